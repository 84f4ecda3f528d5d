import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What partners are onboarded with beyond a first set-up: contacts, CAs of their own with a rule,
 * revocation by anchor and serial, revocation lists, and the act behind each row.
 *
 * Once there is staff, nothing here widens without an act a second person approved: a new row, a
 * resumption, a key that was not there. Before, a host sets up what it likes. Revoking and suspending
 * are always free, and `valid_after` only moves forward.
 */
export class PartnerActs1768000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE partner ADD COLUMN contacts jsonb NOT NULL DEFAULT '[]'");
    await runner.query(`
      ALTER TABLE trust_anchor
        ADD COLUMN partner text REFERENCES partner (code),
        ADD COLUMN rule_kind text CHECK (rule_kind IN ('SUBJECT', 'DNS', 'EMAIL', 'URI')),
        ADD COLUMN rule_value text,
        ADD COLUMN valid_after timestamptz NOT NULL DEFAULT 'epoch',
        ADD CONSTRAINT rule_is_whole CHECK ((rule_kind IS NULL) = (rule_value IS NULL)),
        ADD CONSTRAINT rule_names_a_partner CHECK (rule_kind IS NULL OR partner IS NOT NULL)`);
    await runner.query(`
      ALTER TABLE credential
        ADD COLUMN anchor uuid REFERENCES trust_anchor (id),
        ADD COLUMN serial text,
        ADD COLUMN not_after timestamptz`);
    await runner.query(`
      CREATE TABLE certificate_revocation (
        anchor uuid NOT NULL REFERENCES trust_anchor (id),
        serial text NOT NULL CHECK (serial ~ '^([0-9a-f]{2}){1,20}$'),
        revoked_at timestamptz NOT NULL,
        PRIMARY KEY (anchor, serial)
      )`);
    await runner.query(`
      CREATE TABLE anchor_crl (
        anchor uuid PRIMARY KEY REFERENCES trust_anchor (id),
        der bytea NOT NULL,
        this_update timestamptz NOT NULL,
        next_update timestamptz NOT NULL
      )`);
    for (const table of ['certificate_revocation', 'anchor_crl']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
    await runner.query(`
      CREATE FUNCTION revocation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a revocation is never taken back';
      END $$`);
    await runner.query(`
      CREATE TRIGGER certificate_revocation_stays
      BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate_revocation
      FOR EACH STATEMENT EXECUTE FUNCTION revocation_stays()`);
    await this.#guard(runner);
  }

  async #guard(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION widening_is_backed(act uuid, earlier uuid) RETURNS boolean
      LANGUAGE sql STABLE AS $$
        SELECT NOT EXISTS (SELECT FROM staff_account)
          OR (act IS DISTINCT FROM earlier AND staff_act_is_done(act))
      $$`);
    const widens = {
      partner: 'NEW.active AND NOT OLD.active',
      trust_anchor:
        '(NEW.active AND NOT OLD.active) OR (NEW.certificate, NEW.partner, NEW.rule_kind, NEW.rule_value) IS DISTINCT FROM (OLD.certificate, OLD.partner, OLD.rule_kind, OLD.rule_value)',
      credential:
        '(NEW.active AND NOT OLD.active) OR (NEW.partner, NEW.fingerprint) IS DISTINCT FROM (OLD.partner, OLD.fingerprint)',
      oauth_client:
        "(NEW.active AND NOT OLD.active) OR NEW.partner <> OLD.partner OR NOT (OLD.jwks->'keys') @> (NEW.jwks->'keys')",
    };
    for (const [table, condition] of Object.entries(widens)) {
      await runner.query(`ALTER TABLE ${table} ADD COLUMN act uuid`);
      await runner.query(`
        CREATE FUNCTION ${table}_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' THEN
            IF NOT widening_is_backed(NEW.act, NULL) THEN
              RAISE EXCEPTION 'a new ${table} needs an act approved by a second person';
            END IF;
          ELSE
            IF NEW.valid_after < OLD.valid_after THEN
              RAISE EXCEPTION 'valid_after only moves forward';
            END IF;
            IF (${condition}) AND NOT widening_is_backed(NEW.act, OLD.act) THEN
              RAISE EXCEPTION 'widening a ${table} needs an act approved by a second person';
            END IF;
          END IF;
          RETURN NULL;
        END $$`);
      await runner.query(`
        CREATE CONSTRAINT TRIGGER ${table}_backed AFTER INSERT OR UPDATE ON ${table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ${table}_is_backed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['partner', 'trust_anchor', 'credential', 'oauth_client']) {
      await runner.query(`DROP TRIGGER ${table}_backed ON ${table}`);
      await runner.query(`DROP FUNCTION ${table}_is_backed()`);
      await runner.query(`ALTER TABLE ${table} DROP COLUMN act`);
    }
    await runner.query('DROP FUNCTION widening_is_backed(uuid, uuid)');
    await runner.query('DROP TABLE anchor_crl');
    await runner.query('DROP TABLE certificate_revocation');
    await runner.query('DROP FUNCTION revocation_stays()');
    await runner.query(
      'ALTER TABLE credential DROP COLUMN anchor, DROP COLUMN serial, DROP COLUMN not_after',
    );
    await runner.query(
      'ALTER TABLE trust_anchor DROP COLUMN partner, DROP COLUMN rule_kind, DROP COLUMN rule_value, DROP COLUMN valid_after',
    );
    await runner.query('ALTER TABLE partner DROP COLUMN contacts');
  }
}
