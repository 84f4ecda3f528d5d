import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Since when each key of a client and of an identity provider is registered, by `kid`. Keys have no
 * end of their own: their age is what says that one is due. Of keys registered before, `valid_after`
 * says it.
 */
export class KeyAges1769000004003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of ['oauth_client', 'officer_provider']) {
      await runner.query(
        `ALTER TABLE ${table} ADD COLUMN keys_since jsonb NOT NULL DEFAULT '{}'::jsonb`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['oauth_client', 'officer_provider']) {
      await runner.query(`ALTER TABLE ${table} DROP COLUMN keys_since`);
    }
  }
}
