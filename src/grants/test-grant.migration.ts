import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Test grants, apart from all others by constraints of the tables: a grant is one from its first row
 * to its last, its versions name the built-in caseload alone, and no version of any other names it.
 */
export class TestGrants1770000000101 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE access_grant ADD test boolean NOT NULL DEFAULT false');
    await runner.query(`
      CREATE UNIQUE INDEX access_grant_one_test ON access_grant (partner)
        WHERE test AND state <> 'REVOKED'`);
    await runner.query(`
      CREATE FUNCTION test_caseload_apart() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        v_test boolean;
      BEGIN
        SELECT test INTO v_test FROM access_grant WHERE id = NEW.grant_id;
        IF (CASE WHEN v_test THEN NEW.terms->'caseloads' IS DISTINCT FROM '["TEST"]'::jsonb
                ELSE coalesce(NEW.terms->'caseloads' @> '["TEST"]'::jsonb, true) END) THEN
          RAISE EXCEPTION 'made-up people are for test grants, and nobody else is'
            USING ERRCODE = '23514', CONSTRAINT = 'test_caseload_apart';
        END IF;
        RETURN NEW;
      END $$`);
    for (const table of ['grant_version', 'grant_proposal']) {
      await runner.query(`
        CREATE TRIGGER ${table}_test BEFORE INSERT OR UPDATE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION test_caseload_apart()`);
    }
    await runner.query(`
      CREATE FUNCTION test_grant_stays() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a grant is for tests from its first row to its last'
          USING ERRCODE = '23514', CONSTRAINT = 'test_grant_stays';
      END $$`);
    await runner.query(`
      CREATE TRIGGER access_grant_test BEFORE UPDATE ON access_grant
      FOR EACH ROW WHEN (OLD.test IS DISTINCT FROM NEW.test OR OLD.id <> NEW.id)
      EXECUTE FUNCTION test_grant_stays()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['grant_version', 'grant_proposal', 'access_grant']) {
      await runner.query(`DROP TRIGGER ${table}_test ON ${table}`);
    }
    await runner.query('DROP FUNCTION test_caseload_apart()');
    await runner.query('DROP FUNCTION test_grant_stays()');
    await runner.query('ALTER TABLE access_grant DROP COLUMN test');
  }
}
