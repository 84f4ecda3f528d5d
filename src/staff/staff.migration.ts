import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * People, their accounts and certificates, and the book of acts. What core/staff/acts.ts decides
 * stands here again, for whoever reaches the database by another way:
 *
 * - one account a person; liaison and security never together; an administrator has accounts only;
 * - an act is in the book before it happens, is never changed or taken out, and an act that is not on
 *   the list of acts of one person is done by a second person only, who is neither the requester nor
 *   the one it is about, in time, and whose account has settled;
 * - an account, a wider role, a certificate, a resumption is there only with such an act behind it;
 *   the founding accounts, all of one instant in an empty table, are the exception.
 */
export class Staff1768000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE staff_person (
        id uuid PRIMARY KEY,
        reference text NOT NULL UNIQUE CHECK (reference ~ '^[A-Z0-9][A-Z0-9./-]{0,31}$'),
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100)
      )`);
    await runner.query(`
      CREATE TABLE staff_account (
        id uuid PRIMARY KEY,
        person uuid NOT NULL UNIQUE REFERENCES staff_person (id),
        roles text[] NOT NULL,
        active boolean NOT NULL,
        founding boolean NOT NULL,
        created_at timestamptz NOT NULL,
        approves_from timestamptz NOT NULL,
        act uuid,
        CONSTRAINT roles_are_known CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
          'LIAISON', 'REGISTRAR', 'SECURITY', 'OVERSIGHT', 'PROTECTION_OFFICER', 'ADMINISTRATOR']),
        CONSTRAINT liaison_is_not_security CHECK (NOT roles @> ARRAY['LIAISON', 'SECURITY']),
        CONSTRAINT administrator_has_accounts_only
          CHECK (NOT 'ADMINISTRATOR' = ANY (roles) OR cardinality(roles) = 1),
        CONSTRAINT founding_are_administrators CHECK (NOT founding OR roles = ARRAY['ADMINISTRATOR']),
        CONSTRAINT new_account_settles
          CHECK (founding OR approves_from >= created_at + interval '24 hours'),
        CONSTRAINT account_has_act CHECK (founding OR act IS NOT NULL)
      )`);
    await runner.query(`
      CREATE TABLE staff_certificate (
        fingerprint text PRIMARY KEY,
        account uuid NOT NULL REFERENCES staff_account (id),
        not_after timestamptz NOT NULL,
        active boolean NOT NULL,
        registered_at timestamptz NOT NULL,
        act uuid
      )`);
    await runner.query(`
      CREATE TABLE staff_act (
        id uuid PRIMARY KEY,
        act text NOT NULL,
        payload text NOT NULL,
        digest text NOT NULL,
        concerns uuid,
        needs_second boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('PENDING', 'DONE', 'REFUSED')),
        requested_by uuid NOT NULL REFERENCES staff_account (id),
        requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        decided_by uuid REFERENCES staff_account (id),
        decided_at timestamptz,
        CONSTRAINT act_needs_second CHECK (needs_second OR act ~ '_(SUSPEND|REVOKE|REMOVE|IMPORT)$'),
        CONSTRAINT decision_is_whole CHECK (
          (state = 'PENDING') = (decided_at IS NULL) AND (state <> 'PENDING' OR needs_second)),
        CONSTRAINT approver_is_not_requester CHECK (
          state <> 'DONE' OR NOT needs_second
          OR (decided_by IS NOT NULL AND decided_by <> requested_by)),
        CONSTRAINT approver_is_not_concerned CHECK (
          state <> 'DONE' OR NOT needs_second OR decided_by IS DISTINCT FROM concerns),
        CONSTRAINT approved_in_time CHECK (
          state <> 'DONE' OR NOT needs_second
          OR (decided_at >= requested_at AND decided_at < expires_at))
      )`);
    await runner.query('CREATE INDEX staff_act_requested ON staff_act (requested_at)');
    await this.#guardBook(runner);
    await this.#guardAccounts(runner);
    for (const table of ['staff_account', 'staff_certificate']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  /** An act is decided once and otherwise stays as it was asked for; its approver has settled. */
  async #guardBook(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION staff_act_stays() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP <> 'UPDATE' THEN
          RAISE EXCEPTION 'an act is never taken out of the book';
        END IF;
        IF OLD.state <> 'PENDING' OR (NEW.id, NEW.act, NEW.payload, NEW.digest, NEW.needs_second,
            NEW.requested_by, NEW.requested_at, NEW.expires_at)
          IS DISTINCT FROM (OLD.id, OLD.act, OLD.payload, OLD.digest, OLD.needs_second,
            OLD.requested_by, OLD.requested_at, OLD.expires_at)
          OR NEW.concerns IS DISTINCT FROM OLD.concerns THEN
          RAISE EXCEPTION 'an act is decided once and never changed';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER staff_act_stays_row BEFORE UPDATE OR DELETE ON staff_act
      FOR EACH ROW EXECUTE FUNCTION staff_act_stays()`);
    await runner.query(`
      CREATE TRIGGER staff_act_stays_table BEFORE TRUNCATE ON staff_act
      FOR EACH STATEMENT EXECUTE FUNCTION staff_act_stays()`);
    await runner.query(`
      CREATE FUNCTION staff_approver_has_settled() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.state = 'DONE' AND NEW.needs_second AND NOT EXISTS (
          SELECT FROM staff_account
          WHERE id = NEW.decided_by AND active AND approves_from <= NEW.decided_at) THEN
          RAISE EXCEPTION 'the account of the approver is suspended or too new';
        END IF;
        RETURN NEW;
      END $$`);
    await runner.query(`
      CREATE TRIGGER staff_approver_settled BEFORE INSERT OR UPDATE ON staff_act
      FOR EACH ROW EXECUTE FUNCTION staff_approver_has_settled()`);
  }

  /** Checked at commit, when the act behind a change has to be done. */
  async #guardAccounts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION staff_act_is_done(id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM staff_act a WHERE a.id = $1 AND a.state = 'DONE' AND a.needs_second)
      $$`);
    await runner.query(`
      CREATE FUNCTION staff_account_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.founding THEN
            IF EXISTS (SELECT FROM staff_account
                WHERE NOT founding OR created_at <> NEW.created_at) THEN
              RAISE EXCEPTION 'founding accounts are made together, in an empty table';
            END IF;
          ELSIF NOT staff_act_is_done(NEW.act) THEN
            RAISE EXCEPTION 'an account needs an act approved by a second person';
          END IF;
        ELSIF (NEW.founding, NEW.created_at, NEW.person)
            IS DISTINCT FROM (OLD.founding, OLD.created_at, OLD.person) THEN
          RAISE EXCEPTION 'whose account it is and since when never changes';
        ELSIF NOT NEW.roles <@ OLD.roles OR (NEW.active AND NOT OLD.active)
            OR NEW.approves_from < OLD.approves_from THEN
          IF NEW.act IS NOT DISTINCT FROM OLD.act OR NOT staff_act_is_done(NEW.act) THEN
            RAISE EXCEPTION 'widening an account needs an act approved by a second person';
          END IF;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER staff_account_backed AFTER INSERT OR UPDATE ON staff_account
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION staff_account_is_backed()`);
    await runner.query(`
      CREATE FUNCTION staff_certificate_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NOT staff_act_is_done(NEW.act) AND NOT EXISTS (SELECT FROM staff_account
              WHERE id = NEW.account AND founding AND created_at = NEW.registered_at) THEN
            RAISE EXCEPTION 'a certificate needs an act approved by a second person';
          END IF;
        ELSIF (NEW.fingerprint, NEW.account) IS DISTINCT FROM (OLD.fingerprint, OLD.account)
            OR (NEW.active AND NOT OLD.active) THEN
          RAISE EXCEPTION 'a certificate is revoked, and otherwise never changes';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER staff_certificate_backed AFTER INSERT OR UPDATE ON staff_certificate
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION staff_certificate_is_backed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['staff_act', 'staff_certificate', 'staff_account', 'staff_person']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    for (const name of [
      'staff_act_stays()',
      'staff_approver_has_settled()',
      'staff_account_is_backed()',
      'staff_certificate_is_backed()',
      'staff_act_is_done(uuid)',
    ]) {
      await runner.query(`DROP FUNCTION ${name}`);
    }
  }
}
