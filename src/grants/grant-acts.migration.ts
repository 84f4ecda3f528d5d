import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from '../staff/index.js';

/**
 * Grants through the book of acts. Once there is staff, a version that widens, and a suspended grant
 * that is used again, need an act two people did. A grant changes as its life allows and in no other
 * way: revoked is for good, versions only go up, and one is in force when its partner has accepted it
 * or when it only takes away.
 */
export class GrantActs1769000000301 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, [
      'GRANT_DRAFT',
      'GRANT_AMEND',
      'GRANT_NARROW',
      'BUDGET_RELEASE',
      'BUDGET_RELEASE_REVIEW',
    ]);
    await runner.query(termsNarrowSql(comparedWithin));
    await runner.query('ALTER TABLE grant_version ADD COLUMN act uuid');
    await runner.query('ALTER TABLE access_grant ADD COLUMN act uuid');
    await runner.query(`
      ALTER TABLE budget_release ADD COLUMN approved_by text,
        ADD CONSTRAINT release_approver_is_another CHECK (approved_by <> released_by)`);
    await runner.query(`
      CREATE FUNCTION grant_version_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT NEW.narrows AND NOT widening_is_backed(NEW.act, NULL) THEN
          RAISE EXCEPTION 'a version needs an act approved by a second person';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER grant_version_backed AFTER INSERT ON grant_version
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grant_version_is_backed()`);
    await runner.query(`
      CREATE FUNCTION grant_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
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
            SELECT FROM grant_acceptance WHERE grant_id = NEW.id AND version = NEW.version) THEN
          RAISE EXCEPTION 'a version is in force when its partner has accepted it';
        END IF;
        IF NEW.state = 'ACTIVE' AND OLD.state <> 'ACTIVE' THEN
          IF NEW.version = 0 THEN
            RAISE EXCEPTION 'a grant without a version is not in force';
          END IF;
          IF OLD.version > 0 AND NOT widening_is_backed(NEW.act, OLD.act) THEN
            RAISE EXCEPTION 'a suspended grant is resumed by an act approved by a second person';
          END IF;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER access_grant_backed AFTER INSERT OR UPDATE ON access_grant
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grant_is_backed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER access_grant_backed ON access_grant');
    await runner.query('DROP FUNCTION grant_is_backed()');
    await runner.query('DROP TRIGGER grant_version_backed ON grant_version');
    await runner.query('DROP FUNCTION grant_version_is_backed()');
    await runner.query('ALTER TABLE budget_release DROP COLUMN approved_by');
    await runner.query('ALTER TABLE access_grant DROP COLUMN act');
    await runner.query('ALTER TABLE grant_version DROP COLUMN act');
  }
}

/** Was judged as taking away, and is not any more (compared-widens.migration.ts). */
export const comparedWithin = "p_after->'matchOn' <@ (p_before->'matchOn')";

/**
 * The rule of core/grants/widening.ts, with notice to the person.
 *
 * @param compared what the elements compared have to be
 */
export const termsNarrowSql = (compared: string): string => `
  CREATE OR REPLACE FUNCTION terms_narrow(p_before jsonb, p_after jsonb) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    v_levels text[] := ARRAY['WITHHELD','PRESENCE','CONFIRM','GENERALISED','MASKED','FULL'];
    v_judged text[] := ARRAY['fields','caseloads','matchOn','minimumEvidence','possibleMatch',
      'assuranceLevel','requiresNamedOfficer','requiresNotice',
      'requiresSignature','handling','questionsPerDay',
      'budgets','validFrom','validUntil'];
    v_field text;
    v_budget text;
  BEGIN
    IF (p_before - v_judged) <> (p_after - v_judged) THEN RETURN false; END IF;
    FOR v_field IN SELECT jsonb_object_keys(p_after->'fields') LOOP
      IF array_position(v_levels, p_after->'fields'->>v_field) IS NULL OR
         array_position(v_levels, p_after->'fields'->>v_field) >
         array_position(v_levels, coalesce(p_before->'fields'->>v_field, 'WITHHELD'))
      THEN RETURN false; END IF;
    END LOOP;
    FOREACH v_budget IN ARRAY ARRAY['peoplePerDay','missesPerWeek','valuesPerPerson'] LOOP
      IF terms_budget(p_after, v_budget) > terms_budget(p_before, v_budget) THEN
        RETURN false;
      END IF;
    END LOOP;
    RETURN coalesce(p_after->'caseloads' <@ (p_before->'caseloads')
      AND ${compared}
      AND p_before->'minimumEvidence' <@ (p_after->'minimumEvidence')
      AND (p_after->>'possibleMatch' = 'FOLDED' OR p_before->>'possibleMatch' = 'ALLOWED')
      AND (p_after->>'assuranceLevel' = 'HIGH' OR p_before->>'assuranceLevel' = 'STANDARD')
      AND ((p_after->>'requiresNamedOfficer')::boolean
        OR NOT (p_before->>'requiresNamedOfficer')::boolean)
      AND (coalesce((p_after->>'requiresNotice')::boolean, false)
        OR NOT coalesce((p_before->>'requiresNotice')::boolean, false))
      AND (coalesce((p_after->>'requiresSignature')::boolean, false)
        OR NOT coalesce((p_before->>'requiresSignature')::boolean, false))
      AND (p_after->>'handling' = 'NO_ONWARD_TRANSFER'
        OR p_before->>'handling' = 'ORIGINATOR_CONSENT')
      AND (p_after->>'questionsPerDay')::int <= (p_before->>'questionsPerDay')::int
      AND (p_after->>'validFrom')::timestamptz >= (p_before->>'validFrom')::timestamptz
      AND (p_after->>'validUntil')::timestamptz <= (p_before->>'validUntil')::timestamptz, false);
  END $$`;
