import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many people of the register an account previewed on a UTC day; whom is in the log alone. */
export class PreviewsCounted1772000000602 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE preview_count (
        account uuid PRIMARY KEY REFERENCES staff_account (id),
        day date NOT NULL,
        previews int NOT NULL CHECK (previews > 0)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE preview_count');
  }
}
