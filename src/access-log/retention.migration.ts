import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key of a month that was forgotten is null: its row stays, so that no file puts it back. */
export class LogRetention1768100000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE access_log_key ALTER COLUMN wrapped DROP NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM access_log_key WHERE wrapped IS NULL');
    await runner.query('ALTER TABLE access_log_key ALTER COLUMN wrapped SET NOT NULL');
  }
}
