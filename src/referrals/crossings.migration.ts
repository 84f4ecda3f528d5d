import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * - `told_key`: a month's key, wrapped; the row is deleted to forget (told-keys.ts).
 * - `match_told`: one row a MATCH, written in the transaction of its access record. `match` and
 *   `person` are fingerprints under the month's key, of the verification and of partner and person;
 *   `sealed` says of whom, under which grant and what was told, always of one size. `account` is who
 *   asked, as budgets name them. `confirmed_at` is set by a crossing confirmation, and taken back with
 *   it.
 * - `crossing`: one row a revision of a confirmation; `sealed` holds where and when.
 * - `confirmation_alarm`: open while `cleared_at` is null; one of a kind and account at a time.
 * - `notice`: what a partner was told and is no longer so; `sealed` holds reference and fields.
 *
 * `match_history` gives what the rule of core/crossings looks at, people and not questions; `note_match`
 * writes a match and gives the history with it, in one round trip of the log's transaction.
 */
export class Crossings1769100000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE told_key (
        epoch   text  PRIMARY KEY CHECK (epoch ~ '^[0-9]{4}-[0-9]{2}$'),
        wrapped bytea NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE match_told (
        match        bytea       PRIMARY KEY CHECK (octet_length(match) = 32),
        epoch        text        NOT NULL,
        account      text        NOT NULL,
        partner      text        NOT NULL,
        person       bytea       NOT NULL CHECK (octet_length(person) = 32),
        matched_at   timestamptz NOT NULL,
        sealed       bytea       NOT NULL CHECK (octet_length(sealed) = 1052),
        confirmed_at timestamptz
      )`);
    await runner.query('CREATE INDEX match_told_account ON match_told (account, matched_at DESC)');
    await runner.query('CREATE INDEX match_told_partner ON match_told (partner, matched_at DESC)');
    await runner.query('CREATE INDEX match_told_person ON match_told (person)');
    await runner.query(`
      CREATE INDEX match_told_confirmed ON match_told (partner, matched_at)
      WHERE confirmed_at IS NOT NULL`);
    await runner.query(`
      CREATE TABLE crossing (
        id          uuid        NOT NULL,
        revision    int         NOT NULL CHECK (revision >= 1),
        epoch       text        NOT NULL,
        match       bytea       NOT NULL,
        partner     text        NOT NULL,
        recorded_at timestamptz NOT NULL,
        sealed      bytea       NOT NULL CHECK (octet_length(sealed) = 540),
        PRIMARY KEY (id, revision),
        UNIQUE (match, revision)
      )`);
    await runner.query(`
      CREATE TABLE confirmation_alarm (
        id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account    text        NOT NULL,
        kind       text        NOT NULL CHECK (kind IN
          ('NEVER_CONFIRMS', 'UNCONFIRMED_RUN', 'UNCONFIRMED_SHARE', 'OVERDUE')),
        severe     boolean     NOT NULL,
        partner    text        NOT NULL,
        people     int         NOT NULL,
        raised_at  timestamptz NOT NULL,
        cleared_at timestamptz
      )`);
    await runner.query(`
      CREATE UNIQUE INDEX confirmation_alarm_open ON confirmation_alarm (account, kind)
      WHERE cleared_at IS NULL`);
    await runner.query('CREATE INDEX confirmation_alarm_raised ON confirmation_alarm (raised_at)');
    await runner.query(`
      CREATE TABLE notice (
        id       uuid        PRIMARY KEY,
        epoch    text        NOT NULL,
        partner  text        NOT NULL,
        since    timestamptz NOT NULL,
        sealed   bytea       NOT NULL CHECK (octet_length(sealed) = 540)
      )`);
    await runner.query('CREATE INDEX notice_partner ON notice (partner, since, id)');
    await runner.query(matchHistory);
    await runner.query(noteMatch);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION note_match(bytea, text, text, text, bytea, timestamptz, bytea, timestamptz, int)',
    );
    await runner.query('DROP FUNCTION match_history(text, text, timestamptz, int)');
    for (const table of ['notice', 'confirmation_alarm', 'crossing', 'match_told', 'told_key']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

const people = (column: 'account' | 'partner', value: string) => `(
  SELECT coalesce(jsonb_agg(
      jsonb_build_object('matchedAt', first, 'confirmed', confirmed) ORDER BY last DESC), '[]')
    FROM (
      SELECT min(matched_at) AS first, max(matched_at) AS last,
        bool_or(confirmed_at IS NOT NULL) AS confirmed
      FROM (
        SELECT person, matched_at, confirmed_at FROM match_told
        WHERE ${column} = ${value} AND matched_at >= p_since
        ORDER BY matched_at DESC LIMIT p_most) AS latest
      GROUP BY person) AS told)`;

const matchHistory = `
  CREATE FUNCTION match_history(
    p_partner text, p_account text, p_since timestamptz, p_most int
  ) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
      'confirms', EXISTS (
        SELECT FROM match_told
        WHERE partner = p_partner AND matched_at >= p_since AND confirmed_at IS NOT NULL),
      'asker', ${people('account', 'p_account')},
      'whole', ${people('partner', 'p_partner')},
      'open', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('account', account, 'kind', kind)), '[]')
        FROM confirmation_alarm
        WHERE account IN (p_account, 'PARTNER:' || p_partner) AND cleared_at IS NULL))
  $$`;

const noteMatch = `
  CREATE FUNCTION note_match(
    p_match bytea, p_epoch text, p_account text, p_partner text, p_person bytea, p_at timestamptz,
    p_sealed bytea, p_since timestamptz, p_most int
  ) RETURNS jsonb LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO match_told (match, epoch, account, partner, person, matched_at, sealed)
      VALUES (p_match, p_epoch, p_account, p_partner, p_person, p_at, p_sealed)
      ON CONFLICT (match) DO NOTHING;
    RETURN match_history(p_partner, p_account, p_since, p_most);
  END $$`;
