import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which revocation list was taken last of each CA, and the entries of lists that a restored database
 * has forgotten and the journal has not. A list taken before this release
 * has no row: the journal does not know it, and the next one is journaled whole.
 */
export class RevocationLists1770000000701 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE crl_taken (
        anchor uuid PRIMARY KEY REFERENCES trust_anchor (id),
        this_update timestamptz NOT NULL,
        next_update timestamptz NOT NULL,
        from_journal boolean NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE crl_entry (
        anchor uuid NOT NULL REFERENCES trust_anchor (id),
        serial text NOT NULL CHECK (serial ~ '^([0-9a-f]{2})+$'),
        PRIMARY KEY (anchor, serial)
      )`);
    for (const table of ['crl_taken', 'crl_entry']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE crl_entry');
    await runner.query('DROP TABLE crl_taken');
  }
}
