import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from '../staff/index.js';

/**
 * `referral`: an unclear case put before people. `verification` is a fingerprint under the key of the
 * verification's month, so that each has one at most; `content` holds what it is about, `evidence` what
 * the partner supplied, null once it is no longer needed; `choice` whom an officer confirmed, while it
 * may be told. `told` is what its partner has been told for good. `referral_view`: how many cases an
 * account opened on a UTC day.
 *
 * A confirmation has to be backed by the act that says so: of one person, or of two where the grant is
 * of high assurance.
 */
export class Referrals1774000001001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, ['REFERRAL_CONFIRM', 'REFERRAL_DECLINE']);
    await runner.query(`
      CREATE TABLE referral (
        id           uuid        PRIMARY KEY,
        epoch        text        NOT NULL,
        verification bytea       NOT NULL UNIQUE CHECK (octet_length(verification) = 32),
        partner      text        NOT NULL,
        account      text        NOT NULL,
        grant_id     uuid        NOT NULL,
        needs_second boolean     NOT NULL,
        requested_at timestamptz NOT NULL,
        deadline     timestamptz NOT NULL,
        content      bytea       NOT NULL CHECK (octet_length(content) = 1052),
        evidence     bytea       CHECK (octet_length(evidence) = 32796),
        decision     text        CHECK (decision IN ('CONFIRMED', 'DECLINED')),
        decided_at   timestamptz,
        act          uuid,
        choice       bytea       CHECK (octet_length(choice) = 284),
        withdrawn_at timestamptz,
        told         text        CHECK (told IN ('CONFIRMED', 'NOT_CONFIRMED')),
        told_at      timestamptz,
        CHECK (told IS DISTINCT FROM 'CONFIRMED' OR decision = 'CONFIRMED'),
        CHECK (choice IS NULL OR decision = 'CONFIRMED')
      )`);
    await runner.query('CREATE INDEX referral_partner ON referral (partner, requested_at, id)');
    await runner.query('CREATE INDEX referral_deadline ON referral (deadline)');
    await runner.query(`
      CREATE TABLE referral_view (
        account uuid PRIMARY KEY REFERENCES staff_account (id),
        day date NOT NULL,
        views int NOT NULL CHECK (views > 0)
      )`);
    await runner.query(`
      CREATE FUNCTION referral_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.decision = 'CONFIRMED' AND EXISTS (SELECT FROM staff_account)
          AND NOT EXISTS (
            SELECT FROM staff_act a WHERE a.id = NEW.act AND a.state = 'DONE'
              AND a.act = CASE WHEN NEW.needs_second
                THEN 'REFERRAL_CONFIRM_BY_TWO' ELSE 'REFERRAL_CONFIRM' END
              AND a.needs_second = NEW.needs_second
              AND a.payload::jsonb ->> 'referral' = NEW.id::text) THEN
          RAISE EXCEPTION 'a confirmation needs the act that names it';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER referral_backed AFTER INSERT OR UPDATE ON referral
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION referral_is_backed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE referral_view');
    await runner.query('DROP TABLE referral');
    await runner.query('DROP FUNCTION referral_is_backed()');
  }
}
