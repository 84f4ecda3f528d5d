import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `mistake_report`: a partner says that something it was told is wrong; `sealed` holds what. */
export class Mistakes1769100000150 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE mistake_report (
        id          uuid        PRIMARY KEY,
        epoch       text        NOT NULL,
        request     bytea       NOT NULL UNIQUE CHECK (octet_length(request) = 32),
        partner     text        NOT NULL,
        recorded_at timestamptz NOT NULL,
        sealed      bytea       NOT NULL CHECK (octet_length(sealed) = 1052)
      )`);
    await runner.query('CREATE INDEX mistake_report_recorded ON mistake_report (recorded_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE mistake_report');
  }
}
