import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The way back where too few administrators are left to approve one another: a recovery, written down
 * by the host's own hand while the gateway is down. It lets an administrator in, and nobody else, who
 * approves nothing for a day; it backs nothing of partners or people. It is never changed or taken
 * out.
 */
export class StaffRecovery1769000004004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE staff_recovery (
        id uuid PRIMARY KEY,
        account uuid NOT NULL,
        at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION staff_recovery_stays() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'a recovery stays on record';
      END $$`);
    await runner.query(`
      CREATE TRIGGER staff_recovery_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_recovery
      FOR EACH STATEMENT EXECUTE FUNCTION staff_recovery_stays()`);
    await this.#guard(
      runner,
      `EXISTS (SELECT FROM staff_recovery r WHERE r.id = NEW.act AND r.account = NEW.id
         AND NEW.roles = ARRAY['ADMINISTRATOR']
         AND NEW.approves_from >= r.at + interval '24 hours')`,
      'EXISTS (SELECT FROM staff_recovery r WHERE r.id = NEW.act AND r.account = NEW.account)',
    );
  }

  /** The guards of accounts and certificates as they were, with what else may stand behind each. */
  async #guard(runner: QueryRunner, account: string, certificate: string): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE FUNCTION staff_account_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.founding THEN
            IF EXISTS (SELECT FROM staff_account
                WHERE NOT founding OR created_at <> NEW.created_at) THEN
              RAISE EXCEPTION 'founding accounts are made together, in an empty table';
            END IF;
          ELSIF NOT staff_act_is_done(NEW.act) AND NOT ${account} THEN
            RAISE EXCEPTION 'an account needs an act approved by a second person';
          END IF;
        ELSIF (NEW.founding, NEW.created_at, NEW.person)
            IS DISTINCT FROM (OLD.founding, OLD.created_at, OLD.person) THEN
          RAISE EXCEPTION 'whose account it is and since when never changes';
        ELSIF NOT NEW.roles <@ OLD.roles OR (NEW.active AND NOT OLD.active)
            OR NEW.approves_from < OLD.approves_from THEN
          IF NEW.act IS NOT DISTINCT FROM OLD.act
              OR (NOT staff_act_is_done(NEW.act) AND NOT ${account}) THEN
            RAISE EXCEPTION 'widening an account needs an act approved by a second person';
          END IF;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE OR REPLACE FUNCTION staff_certificate_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NOT staff_act_is_done(NEW.act) AND NOT ${certificate}
              AND NOT EXISTS (SELECT FROM staff_account
                WHERE id = NEW.account AND founding AND created_at = NEW.registered_at) THEN
            RAISE EXCEPTION 'a certificate needs an act approved by a second person';
          END IF;
        ELSIF (NEW.fingerprint, NEW.account) IS DISTINCT FROM (OLD.fingerprint, OLD.account)
            OR (NEW.active AND NOT OLD.active) THEN
          RAISE EXCEPTION 'a certificate is revoked, and otherwise never changes';
        END IF;
        RETURN NULL;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await this.#guard(runner, 'false', 'false');
    await runner.query('DROP TABLE staff_recovery');
    await runner.query('DROP FUNCTION staff_recovery_stays()');
  }
}
