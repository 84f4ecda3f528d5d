import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `screen_round`: one row a round of the screen (question-screen.ts), whether anything was found or
 * not, always of one size: neither the rows nor their number say that somebody was asked for.
 */
export class Screening1769100000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE screen_round (
        id     uuid        PRIMARY KEY,
        epoch  text        NOT NULL,
        at     timestamptz NOT NULL,
        sealed bytea       NOT NULL CHECK (octet_length(sealed) = 4124)
      )`);
    await runner.query('CREATE INDEX screen_round_at ON screen_round (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE screen_round');
  }
}
