import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Once there is staff, the act behind a version, a resumption or a key has to be the one that says so:
 * of that kind, about that grant and digest, approved by who is named. Any act of two people would
 * otherwise back any version, and one would back as many as there are.
 *
 * A version's terms are held to its digest whenever they are read (grant.repository.ts), and an
 * acceptance counts for the digest it names.
 */
export class ActsNamed1771000000601 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(actSays);
    await runner.query(`
      CREATE OR REPLACE FUNCTION grant_version_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        v_test boolean;
        v_partner text;
      BEGIN
        SELECT test, partner INTO v_test, v_partner FROM access_grant WHERE id = NEW.grant_id;
        IF NOT NEW.narrows AND NOT (
          act_says(NEW.act, 'GRANT_APPROVE', NEW.approved_by, jsonb_build_object(
            'grant', NEW.grant_id::text, 'version', NEW.version, 'digest', NEW.digest))
          OR v_test AND (
            act_says(NEW.act, 'PARTNER_ADD', NEW.approved_by, jsonb_build_object('code', v_partner))
            OR act_says(NEW.act, 'TEST_GRANT_RENEW', NEW.approved_by,
              jsonb_build_object('partner', v_partner)))) THEN
          RAISE EXCEPTION 'a version needs the act of two people that names it';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(grantIsBacked({ resumed: resumedByName, accepted: acceptedByDigest }));
    await runner.query(`
      CREATE FUNCTION grant_key_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF (NEW.partner, NEW.kid, NEW.jwk) IS DISTINCT FROM (OLD.partner, OLD.kid, OLD.jwk)
            OR NEW.active AND NOT OLD.active THEN
            RAISE EXCEPTION 'a key for grants is removed for good and otherwise stays as it is';
          END IF;
        ELSIF EXISTS (SELECT FROM staff_account) AND NOT EXISTS (
          SELECT FROM staff_act a WHERE a.act = 'GRANT_KEY_ADD' AND act_says(a.id, a.act,
            NEW.approved_by, jsonb_build_object('partner', NEW.partner, 'jwk', NEW.jwk))) THEN
          RAISE EXCEPTION 'a key for grants needs the act of two people that names it';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER grant_key_backed AFTER INSERT OR UPDATE ON grant_key
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grant_key_is_backed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER grant_key_backed ON grant_key');
    await runner.query('DROP FUNCTION grant_key_is_backed()');
    await runner.query(
      grantIsBacked({
        resumed: 'widening_is_backed(NEW.act, OLD.act)',
        accepted: 'a.version = NEW.version',
      }),
    );
    await runner.query(`
      CREATE OR REPLACE FUNCTION grant_version_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT NEW.narrows AND NOT widening_is_backed(NEW.act, NULL) THEN
          RAISE EXCEPTION 'a version needs an act approved by a second person';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query('DROP FUNCTION act_says(uuid, text, text, jsonb)');
  }
}

/** Whether an act of two people is done, of this kind, approved by this account, and says all of this. */
const actSays = `
  CREATE FUNCTION act_says(p_act uuid, p_kind text, p_approver text, p_says jsonb) RETURNS boolean
  LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM staff_account) OR EXISTS (
      SELECT FROM staff_act a WHERE a.id = p_act AND a.act = p_kind AND a.state = 'DONE'
        AND a.needs_second AND a.decided_by::text = p_approver AND a.payload::jsonb @> p_says)
  $$`;

const resumedByName = `(widening_is_backed(NEW.act, OLD.act) AND EXISTS (
  SELECT WHERE NOT EXISTS (SELECT FROM staff_account)
  UNION ALL
  SELECT FROM staff_act a WHERE a.id = NEW.act AND a.act = 'GRANT_RESUME'
    AND a.payload::jsonb ->> 'grant' = NEW.id::text))`;
const acceptedByDigest = `a.version = NEW.version AND a.digest = (
  SELECT v.digest FROM grant_version v WHERE v.grant_id = NEW.id AND v.version = NEW.version)`;

/** grant-acts.migration.ts has it as it was. */
const grantIsBacked = (rule: { readonly resumed: string; readonly accepted: string }): string => `
  CREATE OR REPLACE FUNCTION grant_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' THEN
      IF EXISTS (SELECT FROM staff_account) AND (NEW.state <> 'DRAFT' OR NEW.version <> 0) THEN
        RAISE EXCEPTION 'a grant begins as a draft';
      END IF;
      RETURN NULL;
    END IF;
    IF (NEW.id, NEW.partner) IS DISTINCT FROM (OLD.id, OLD.partner) THEN
      RAISE EXCEPTION 'whose grant it is never changes';
    END IF;
    IF NEW.version < OLD.version THEN
      RAISE EXCEPTION 'versions of a grant only go up';
    END IF;
    IF OLD.state = 'REVOKED' AND (NEW.state, NEW.version) IS DISTINCT FROM (OLD.state, OLD.version) THEN
      RAISE EXCEPTION 'a grant is revoked for good';
    END IF;
    IF NEW.version > OLD.version AND NOT EXISTS (
        SELECT FROM grant_version WHERE grant_id = NEW.id AND version = NEW.version AND narrows)
      AND NOT EXISTS (
        SELECT FROM grant_acceptance a WHERE a.grant_id = NEW.id AND ${rule.accepted}) THEN
      RAISE EXCEPTION 'a version is in force when its partner has accepted it';
    END IF;
    IF NEW.state = 'ACTIVE' AND OLD.state <> 'ACTIVE' THEN
      IF NEW.version = 0 THEN
        RAISE EXCEPTION 'a grant without a version is not in force';
      END IF;
      IF OLD.version > 0 AND NOT ${rule.resumed} THEN
        RAISE EXCEPTION 'a suspended grant is resumed by an act approved by a second person';
      END IF;
    END IF;
    RETURN NULL;
  END $$`;
