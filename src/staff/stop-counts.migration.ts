import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often each thing was stopped, and how often it had been when its resumption was asked for. */
export class StopCounts1772000000603 implements MigrationInterface {
  readonly formerly = 'StopCounts1772000000601';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE stop_count (
        resumed_by text NOT NULL,
        thing text NOT NULL,
        stops int NOT NULL CHECK (stops > 0),
        PRIMARY KEY (resumed_by, thing)
      )`);
    await runner.query(`
      CREATE TABLE resumption_asked (
        act uuid PRIMARY KEY REFERENCES staff_act (id),
        stops int NOT NULL CHECK (stops >= 0)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE resumption_asked');
    await runner.query('DROP TABLE stop_count');
  }
}
