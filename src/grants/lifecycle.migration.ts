import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The life of a grant: proposals before they are versions, acceptances, and the history of every act.
 *
 * Dual control stands here beside the rules: a version has another approver than its requester, or it
 * is one the database itself finds to take away only (`narrows`); an act that takes two people names
 * two; history and acceptances are never changed.
 */
export class GrantLifecycle1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE grant_proposal (
        grant_id uuid NOT NULL REFERENCES access_grant (id),
        version int NOT NULL CHECK (version > 0),
        terms jsonb NOT NULL,
        digest text NOT NULL,
        state text NOT NULL CHECK (state IN ('DRAFT', 'SUBMITTED', 'APPROVED', 'ACTIVE', 'REVOKED')),
        requested_by text NOT NULL CHECK (requested_by <> ''),
        approved_by text,
        PRIMARY KEY (grant_id, version),
        CONSTRAINT proposal_approver_is_not_requester CHECK (
          state NOT IN ('APPROVED', 'ACTIVE') OR
          (approved_by IS NOT NULL AND approved_by <> requested_by))
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX grant_proposal_one_open ON grant_proposal (grant_id)
        WHERE state IN ('DRAFT', 'SUBMITTED', 'APPROVED')`);
    await runner.query(`
      CREATE TABLE grant_acceptance (
        grant_id uuid NOT NULL,
        version int NOT NULL,
        digest text NOT NULL,
        accepted_at timestamptz NOT NULL,
        client_id text NOT NULL,
        officer text,
        signature text,
        PRIMARY KEY (grant_id, version),
        FOREIGN KEY (grant_id, version) REFERENCES grant_version (grant_id, version)
      )`);
    await runner.query(`
      CREATE TABLE grant_event (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        grant_id uuid NOT NULL REFERENCES access_grant (id),
        version int NOT NULL,
        act text NOT NULL,
        at timestamptz NOT NULL,
        by text NOT NULL CHECK (by <> ''),
        approved_by text,
        reason text,
        CONSTRAINT two_people_widen CHECK (
          act NOT IN ('APPROVE', 'RESUME') OR (approved_by IS NOT NULL AND approved_by <> by))
      )`);
    await runner.query('CREATE INDEX grant_event_grant ON grant_event (grant_id, position)');
    await runner.query(`
      CREATE TABLE grant_key (
        partner text NOT NULL REFERENCES partner (code),
        kid text NOT NULL,
        jwk jsonb NOT NULL,
        active boolean NOT NULL,
        requested_by text NOT NULL,
        approved_by text NOT NULL,
        PRIMARY KEY (partner, kid),
        CONSTRAINT key_approver_is_not_requester CHECK (requested_by <> approved_by)
      )`);

    await runner.query('ALTER TABLE grant_version DROP CONSTRAINT approver_is_not_requester');
    await runner.query('ALTER TABLE grant_version ALTER approved_by DROP NOT NULL');
    await runner.query('ALTER TABLE grant_version ADD narrows boolean NOT NULL DEFAULT false');
    await runner.query(`
      ALTER TABLE grant_version ADD CONSTRAINT approver_is_not_requester CHECK (
        CASE WHEN narrows THEN approved_by IS NULL
             ELSE approved_by IS NOT NULL AND approved_by <> requested_by END)`);
    await runner.query(termsBudget);
    await runner.query(termsNarrow);
    await runner.query(`
      CREATE FUNCTION narrowing_is_one() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        v_before jsonb;
      BEGIN
        IF NOT NEW.narrows THEN RETURN NEW; END IF;
        SELECT v.terms INTO v_before FROM access_grant g
          JOIN grant_version v ON v.grant_id = g.id AND v.version = g.version
          WHERE g.id = NEW.grant_id;
        IF v_before IS NULL OR NOT terms_narrow(v_before, NEW.terms) THEN
          RAISE EXCEPTION 'a version by one person takes away only'
            USING ERRCODE = '23514', CONSTRAINT = 'narrowing_is_one';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER grant_version_narrows BEFORE INSERT ON grant_version
      FOR EACH ROW EXECUTE FUNCTION narrowing_is_one()`);
    for (const table of ['grant_acceptance', 'grant_event']) {
      await runner.query(`
        CREATE TRIGGER ${table}_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION grant_version_is_immutable()`);
    }
    for (const table of ['grant_proposal', 'grant_key']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['grant_key', 'grant_event', 'grant_acceptance', 'grant_proposal']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('DROP TRIGGER grant_version_narrows ON grant_version');
    await runner.query('DROP FUNCTION narrowing_is_one()');
    await runner.query('DROP FUNCTION terms_narrow(jsonb, jsonb)');
    await runner.query('DROP FUNCTION terms_budget(jsonb, text)');
    await runner.query('ALTER TABLE grant_version DROP CONSTRAINT approver_is_not_requester');
    await runner.query('ALTER TABLE grant_version DROP COLUMN narrows');
    await runner.query(
      'ALTER TABLE grant_version ADD CONSTRAINT approver_is_not_requester CHECK (requested_by <> approved_by)',
    );
  }
}

/** A budget as said, or as it follows from the questions (core/budget/limits.ts). */
const termsBudget = `
  CREATE FUNCTION terms_budget(p_terms jsonb, p_budget text) RETURNS int
  LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce((p_terms->'budgets'->>p_budget)::int, CASE p_budget
      WHEN 'peoplePerDay' THEN (p_terms->>'questionsPerDay')::int
      WHEN 'missesPerWeek' THEN
        greatest(40, ceil((p_terms->>'questionsPerDay')::int / 10.0))::int
      WHEN 'valuesPerPerson' THEN 10 END)
  $$`;

/**
 * Whether terms only take away: the rule of core/grants/widening.ts again, in the database's own
 * words. What it does not know of has to be equal.
 */
const termsNarrow = `
  CREATE FUNCTION terms_narrow(p_before jsonb, p_after jsonb) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
  DECLARE
    v_levels text[] := ARRAY['WITHHELD','PRESENCE','CONFIRM','GENERALISED','MASKED','FULL'];
    v_judged text[] := ARRAY['fields','caseloads','matchOn','minimumEvidence','possibleMatch',
      'assuranceLevel','requiresNamedOfficer','requiresSignature','handling','questionsPerDay',
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
      AND p_after->'matchOn' <@ (p_before->'matchOn')
      AND p_before->'minimumEvidence' <@ (p_after->'minimumEvidence')
      AND (p_after->>'possibleMatch' = 'FOLDED' OR p_before->>'possibleMatch' = 'ALLOWED')
      AND (p_after->>'assuranceLevel' = 'HIGH' OR p_before->>'assuranceLevel' = 'STANDARD')
      AND ((p_after->>'requiresNamedOfficer')::boolean
        OR NOT (p_before->>'requiresNamedOfficer')::boolean)
      AND (coalesce((p_after->>'requiresSignature')::boolean, false)
        OR NOT coalesce((p_before->>'requiresSignature')::boolean, false))
      AND (p_after->>'handling' = 'NO_ONWARD_TRANSFER'
        OR p_before->>'handling' = 'ORIGINATOR_CONSENT')
      AND (p_after->>'questionsPerDay')::int <= (p_before->>'questionsPerDay')::int
      AND (p_after->>'validFrom')::timestamptz >= (p_before->>'validFrom')::timestamptz
      AND (p_after->>'validUntil')::timestamptz <= (p_before->>'validUntil')::timestamptz, false);
  END $$`;
