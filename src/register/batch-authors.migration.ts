import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Batches know everybody whose work is in them; none of these releases them. */
export class BatchAuthors1772000000601 implements MigrationInterface {
  readonly name = 'BatchAuthors1772000000601';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import_batch
        ADD COLUMN also_by text[] NOT NULL DEFAULT '{}',
        ADD CONSTRAINT import_batch_no_author_releases CHECK (NOT (released_by = ANY (also_by)))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE import_batch DROP COLUMN also_by');
  }
}
