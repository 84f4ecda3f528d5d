import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What stays of entries that were merged (merged-entries.ts) and erased (erased-references.ts). */
export class MergedAndErased1772000000401 implements MigrationInterface {
  readonly name = 'MergedAndErased1772000000401';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE merged_entry (
        id uuid PRIMARY KEY,
        into_id uuid NOT NULL,
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        sealed bytea NOT NULL,
        CONSTRAINT merged_entry_two CHECK (id <> into_id)
      )`);
    await runner.query('CREATE INDEX merged_entry_into ON merged_entry (into_id)');
    await runner.query(`
      CREATE TABLE erased_reference (
        act_id uuid NOT NULL REFERENCES register_act (id),
        mark bytea NOT NULL CHECK (octet_length(mark) = 16),
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        sealed bytea NOT NULL,
        PRIMARY KEY (act_id, mark)
      )`);
  }

  async down(): Promise<void> {
    throw new Error('what was told under entries that were merged is found by nothing else');
  }
}
