import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Named officers: the identity provider of a partner that names them, and those that were revoked;
 * clients that authenticate by their certificate. Guarded as the other tables partners are known by.
 */
export class Officers1768000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE officer_provider (
        partner text PRIMARY KEY REFERENCES partner (code),
        issuer text NOT NULL UNIQUE,
        jwks jsonb NOT NULL,
        active boolean NOT NULL,
        valid_after timestamptz NOT NULL,
        act uuid
      )`);
    await runner.query(`
      CREATE TABLE officer_revocation (
        partner text NOT NULL REFERENCES partner (code),
        officer text NOT NULL,
        revoked_at timestamptz NOT NULL,
        PRIMARY KEY (partner, officer)
      )`);
    await runner.query('ALTER TABLE oauth_client ADD COLUMN tls_subject text');
    await runner.query(`
      CREATE FUNCTION officer_provider_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NOT widening_is_backed(NEW.act, NULL) THEN
            RAISE EXCEPTION 'a new officer_provider needs an act approved by a second person';
          END IF;
        ELSE
          IF NEW.valid_after < OLD.valid_after THEN
            RAISE EXCEPTION 'valid_after only moves forward';
          END IF;
          IF ((NEW.active AND NOT OLD.active) OR NEW.issuer <> OLD.issuer
              OR NOT (OLD.jwks->'keys') @> (NEW.jwks->'keys'))
            AND NOT widening_is_backed(NEW.act, OLD.act) THEN
            RAISE EXCEPTION 'widening an officer_provider needs an act approved by a second person';
          END IF;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER officer_provider_backed AFTER INSERT OR UPDATE ON officer_provider
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION officer_provider_is_backed()`);
    await runner.query(`
      CREATE FUNCTION oauth_client_tls_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.tls_subject IS DISTINCT FROM OLD.tls_subject
          AND NOT widening_is_backed(NEW.act, OLD.act) THEN
          RAISE EXCEPTION 'how a client authenticates is changed by two';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER oauth_client_tls_backed AFTER UPDATE ON oauth_client
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION oauth_client_tls_is_backed()`);
    await runner.query(`
      CREATE TRIGGER officer_revocation_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON officer_revocation
      FOR EACH STATEMENT EXECUTE FUNCTION revocation_stays()`);
    for (const table of ['officer_provider', 'officer_revocation']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER oauth_client_tls_backed ON oauth_client');
    await runner.query('DROP FUNCTION oauth_client_tls_is_backed()');
    await runner.query('ALTER TABLE oauth_client DROP COLUMN tls_subject');
    await runner.query('DROP TABLE officer_revocation');
    await runner.query('DROP TABLE officer_provider');
    await runner.query('DROP FUNCTION officer_provider_is_backed()');
  }
}
