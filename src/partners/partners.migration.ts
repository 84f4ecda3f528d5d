import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Partners, the certificates and clients they authenticate with, and the version of all authority.
 * Every table that says who may do what bumps `authority_head` in the transaction that changes it,
 * so that no writer can forget to.
 */
export class Partners1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE authority_head (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        version bigint NOT NULL
      )`);
    await runner.query('INSERT INTO authority_head (version) VALUES (1)');
    await runner.query(`
      CREATE FUNCTION authority_changed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE authority_head SET version = version + 1;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TABLE partner (
        code text PRIMARY KEY,
        name text NOT NULL,
        state text NOT NULL,
        active boolean NOT NULL,
        valid_after timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE trust_anchor (
        id uuid PRIMARY KEY,
        certificate bytea NOT NULL UNIQUE,
        active boolean NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE credential (
        id uuid PRIMARY KEY,
        partner text NOT NULL REFERENCES partner (code),
        kind text NOT NULL CHECK (kind IN ('CLIENT_CERTIFICATE')),
        fingerprint text NOT NULL UNIQUE,
        active boolean NOT NULL,
        valid_after timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE oauth_client (
        client_id text PRIMARY KEY,
        partner text NOT NULL REFERENCES partner (code),
        jwks jsonb NOT NULL,
        active boolean NOT NULL,
        valid_after timestamptz NOT NULL
      )`);
    for (const table of ['partner', 'trust_anchor', 'credential', 'oauth_client']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['oauth_client', 'credential', 'trust_anchor', 'partner']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('DROP FUNCTION authority_changed()');
    await runner.query('DROP TABLE authority_head');
  }
}
