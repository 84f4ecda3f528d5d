import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The clock of enforcement: when each running replica first judged by an authority that knows an act.
 * All times are the database's. A change of authority also notifies, which makes replicas that nobody
 * asks anything learn of it.
 */
export class Enforcement1768000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE staff_act_enforcement (
        act uuid PRIMARY KEY REFERENCES staff_act (id),
        authority_version bigint NOT NULL,
        done_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE gateway_replica (
        id uuid PRIMARY KEY,
        alive_at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE authority_seen (
        replica uuid NOT NULL REFERENCES gateway_replica (id) ON DELETE CASCADE,
        version bigint NOT NULL,
        seen_at timestamptz NOT NULL,
        PRIMARY KEY (replica, version)
      )`);
    await runner.query(`
      CREATE OR REPLACE FUNCTION authority_changed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE authority_head SET version = version + 1;
        PERFORM pg_notify('safeconduct_authority', '');
        RETURN NULL;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION authority_changed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE authority_head SET version = version + 1;
        RETURN NULL;
      END $$`);
    for (const table of ['authority_seen', 'gateway_replica', 'staff_act_enforcement']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
