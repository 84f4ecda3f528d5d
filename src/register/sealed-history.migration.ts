import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What partners were told of people who were erased, for one public key that is not the gateway's:
 * lines of JWE. Goes some days after it was fetched.
 */
export class SealedHistory1770000000502 implements MigrationInterface {
  readonly name = 'SealedHistory1770000000502';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE sealed_history (
        act_id uuid PRIMARY KEY REFERENCES register_act (id),
        records integer NOT NULL CHECK (records >= 0),
        sealed text NOT NULL,
        fetched_at timestamptz
      )`);
    await runner.query('ALTER TABLE sealed_history ALTER COLUMN sealed SET STORAGE EXTERNAL');
  }

  async down(): Promise<void> {
    throw new Error('what was sealed for counsel is nowhere else');
  }
}
