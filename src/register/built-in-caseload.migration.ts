import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which edition of the built-in caseload the register holds. */
export class BuiltInCaseload1770000000102 implements MigrationInterface {
  readonly name = 'BuiltInCaseload1770000000102';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE built_in_caseload (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        edition bytea NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE built_in_caseload');
  }
}
