import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Grants and their immutable versions. Dual control stands here as well as in the rules: a version
 * whose requester is its approver cannot be stored, and a stored version cannot be changed.
 */
export class Grants1763800000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_grant (
        id uuid PRIMARY KEY,
        partner text NOT NULL REFERENCES partner (code),
        state text NOT NULL,
        version int NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE grant_version (
        grant_id uuid NOT NULL REFERENCES access_grant (id),
        version int NOT NULL,
        terms jsonb NOT NULL,
        digest text NOT NULL,
        requested_by text NOT NULL,
        approved_by text NOT NULL,
        approved_at timestamptz NOT NULL,
        PRIMARY KEY (grant_id, version),
        CONSTRAINT approver_is_not_requester CHECK (requested_by <> approved_by)
      )`);
    await runner.query(`
      CREATE FUNCTION grant_version_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a version of a grant is never changed';
      END $$`);
    await runner.query(`
      CREATE TRIGGER grant_version_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON grant_version
      FOR EACH STATEMENT EXECUTE FUNCTION grant_version_is_immutable()`);
    for (const table of ['access_grant', 'grant_version']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE grant_version');
    await runner.query('DROP TABLE access_grant');
    await runner.query('DROP FUNCTION grant_version_is_immutable()');
  }
}
