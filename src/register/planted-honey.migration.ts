import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Honey records that stand in no export: planted by security officers. */
export class PlantedHoney1770000000310 implements MigrationInterface {
  readonly name = 'PlantedHoney1770000000310';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE honey_record ALTER COLUMN export_id DROP NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM honey_record WHERE export_id IS NULL');
    await runner.query('ALTER TABLE honey_record ALTER COLUMN export_id SET NOT NULL');
  }
}
