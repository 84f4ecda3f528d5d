import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * - `access_log_act`: restricting acts, beside what they did; `writer` and `number` name the journal
 *   line.
 * - `access_log_cover_round`: one row a round; `hashes` are the stored hashes its leaf completes,
 *   `tree_root` the cover tree's root with it. The primary key is what makes two gateways make one
 *   round between them.
 * - `access_log_cover_slot`: which tree a slot belongs to, for ever.
 * - `access_log_cover_slot_head`: the signed checkpoint a slot holds from a round on.
 * - `access_log_witness`, `access_log_cosignature`: who may cosign, and who has.
 */
export class CoverTree1767225700300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_log_act (
        writer text   NOT NULL,
        number bigint NOT NULL,
        act    text   NOT NULL,
        body   jsonb  NOT NULL,
        PRIMARY KEY (writer, number)
      )`);
    await runner.query(`
      CREATE TABLE access_log_cover_round (
        round     bigint PRIMARY KEY CHECK (round >= 0),
        seed      bytea  NOT NULL CHECK (octet_length(seed) = 32),
        root      bytea  NOT NULL CHECK (octet_length(root) = 32),
        hashes    bytea  NOT NULL CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) > 0),
        tree_root bytea  NOT NULL CHECK (octet_length(tree_root) = 32),
        made_at   timestamptz NOT NULL,
        writer    text   NOT NULL,
        number    bigint NOT NULL,
        UNIQUE (writer, number)
      )`);
    await runner.query(`
      CREATE TABLE access_log_cover_slot (
        slot integer PRIMARY KEY CHECK (slot BETWEEN 0 AND 63),
        tree text    NOT NULL UNIQUE
      )`);
    await runner.query(`
      CREATE TABLE access_log_cover_slot_head (
        slot  integer NOT NULL REFERENCES access_log_cover_slot (slot),
        round bigint  NOT NULL,
        note  text    NOT NULL,
        PRIMARY KEY (slot, round)
      )`);
    await runner.query(
      'CREATE INDEX access_log_cover_slot_head_round ON access_log_cover_slot_head (round)',
    );
    await runner.query(`
      CREATE TABLE access_log_witness (
        vkey          text PRIMARY KEY,
        partner       text NOT NULL,
        active        boolean NOT NULL,
        registered_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE access_log_cosignature (
        size        bigint NOT NULL,
        vkey        text   NOT NULL REFERENCES access_log_witness (vkey),
        cosigned_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        checkpoint  text   NOT NULL,
        line        text   NOT NULL,
        PRIMARY KEY (size, vkey)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'access_log_cosignature',
      'access_log_witness',
      'access_log_cover_slot_head',
      'access_log_cover_slot',
      'access_log_cover_round',
      'access_log_act',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
