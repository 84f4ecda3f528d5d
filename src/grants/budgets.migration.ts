import type { MigrationInterface, QueryRunner } from 'typeorm';
import { totalsKeptDays } from '../core/budget/index.js';

/**
 * Budgets of every kind, at every level, counted in one round trip.
 *
 * `charge_question(request, question, now, charge)` is the one place where use is counted. It takes
 * all of a question's charges or none: the accounts in the order given (narrowest first, so that no
 * two questions wait for each other), the row of QUESTIONS first, which keeps everybody else of that
 * account waiting until the rest is counted. It answers JSON: `{"verdict", "kind", "retryAt"}` with
 * CHARGED, RELEASED (spent, and let through by a duty officer's release), REPEATED (free), REUSED
 * (same request, another question), SPENT (`kind` says which budget, `retryAt` when it is no longer).
 *
 * `charge`:
 * ```
 * {"grant","partner","accounts":[{"name","QUESTIONS","PEOPLE","MISSES","NARROW","TAILS","WIDE"}],
 *  "person":hex,"probes":[{"width","anchor":hex,"value":hex}],
 *  "ends":{"QUESTIONS","PEOPLE","MISSES","VALUES"},"missesPerMatch","repeatMinutes","repeatLimit",
 *  "slowSeconds"}
 * ```
 * A miss is given back by a row in `miss_returned`, written in the transaction of the access record
 * and never updated, so that the log waits for no budget; the next charge of the account folds it in.
 *
 * People, anchors and values are fingerprints under a key the database does not have, and are
 * deleted when their window has ended.
 */
export class Budgets1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE budget_use (
        account text NOT NULL,
        kind text NOT NULL
          CHECK (kind IN ('QUESTIONS', 'PEOPLE', 'MISSES', 'NARROW', 'TAILS', 'WIDE')),
        anchor bytea NOT NULL,
        ends_at timestamptz NOT NULL,
        used int NOT NULL CHECK (used >= 0),
        earned int NOT NULL DEFAULT 0 CHECK (earned >= 0),
        slowed_until timestamptz,
        PRIMARY KEY (account, kind, anchor, ends_at)
      )`);
    await runner.query('CREATE INDEX budget_use_ends ON budget_use (ends_at)');
    await runner.query(`
      CREATE TABLE budget_seen (
        account text NOT NULL,
        kind text NOT NULL,
        anchor bytea NOT NULL,
        value bytea NOT NULL,
        ends_at timestamptz NOT NULL,
        PRIMARY KEY (account, kind, anchor, value, ends_at)
      )`);
    await runner.query('CREATE INDEX budget_seen_ends ON budget_seen (ends_at)');
    await runner.query(`
      CREATE TABLE miss_returned (
        account text NOT NULL,
        ends_at timestamptz NOT NULL,
        matched bytea NOT NULL
      )`);
    await runner.query('CREATE INDEX miss_returned_account ON miss_returned (account, ends_at)');
    await runner.query(`
      CREATE TABLE question_asked (
        request bytea PRIMARY KEY,
        question bytea NOT NULL,
        asked_at timestamptz NOT NULL,
        repeats int NOT NULL DEFAULT 0,
        miss_ends_at timestamptz NOT NULL,
        given_back boolean NOT NULL DEFAULT false
      )`);
    await runner.query('CREATE INDEX question_asked_age ON question_asked (asked_at)');
    await runner.query(`
      CREATE TABLE budget_alarm (
        account text NOT NULL,
        kind text NOT NULL,
        stage text NOT NULL CHECK (stage IN ('NEAR', 'SPENT')),
        ends_at timestamptz NOT NULL,
        raised_at timestamptz NOT NULL,
        partner text NOT NULL,
        PRIMARY KEY (account, kind, stage, ends_at)
      )`);
    await runner.query(`
      CREATE TABLE budget_release (
        id uuid PRIMARY KEY,
        grant_id uuid NOT NULL REFERENCES access_grant (id),
        released_by text NOT NULL,
        released_at timestamptz NOT NULL,
        until timestamptz NOT NULL,
        left_over int NOT NULL CHECK (left_over BETWEEN 0 AND 5),
        reason text NOT NULL CHECK (reason <> ''),
        reviewed_by text,
        reviewed_at timestamptz,
        CONSTRAINT release_lasts_an_hour CHECK (until <= released_at + interval '1 hour'),
        CONSTRAINT reviewer_is_another CHECK (reviewed_by <> released_by),
        CONSTRAINT reviewed_once CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL))
      )`);
    await runner.query(chargeQuestion);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION charge_question(bytea, bytea, timestamptz, jsonb)');
    for (const table of [
      'budget_release',
      'budget_alarm',
      'question_asked',
      'miss_returned',
      'budget_seen',
      'budget_use',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}

/** Rows deleted at a charge, of each table, once their window has ended. */
const swept = 64;
/** Totals are kept for oversight; fingerprints and counts around them are not. */
const totalsKept = `interval '${totalsKeptDays} days'`;

const chargeQuestion = `
  CREATE FUNCTION charge_question(
    p_request bytea, p_question bytea, p_now timestamptz, p_charge jsonb
  ) RETURNS jsonb LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    v_earlier question_asked%ROWTYPE;
    v_window interval := make_interval(mins => (p_charge->>'repeatMinutes')::int);
    v_misses timestamptz := (p_charge->'ends'->>'MISSES')::timestamptz;
    v_fresh jsonb;
    v_row record;
    v_account text;
    v_until timestamptz;
    v_kind text;
    v_hint text;
  BEGIN
    DELETE FROM question_asked WHERE request IN (
      SELECT request FROM question_asked WHERE asked_at <= p_now - v_window
      ORDER BY asked_at LIMIT ${swept} FOR UPDATE SKIP LOCKED);
    DELETE FROM budget_seen WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM budget_seen WHERE ends_at <= p_now LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    DELETE FROM miss_returned WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM miss_returned WHERE ends_at <= p_now LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    DELETE FROM budget_use WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM budget_use WHERE ends_at <= p_now
        AND (anchor <> '' OR ends_at <= p_now - ${totalsKept})
      LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    BEGIN
      -- The same request again is free; a new one is noted.
      LOOP
        INSERT INTO question_asked (request, question, asked_at, miss_ends_at)
          VALUES (p_request, p_question, p_now, v_misses) ON CONFLICT (request) DO NOTHING;
        EXIT WHEN FOUND;
        SELECT * INTO v_earlier FROM question_asked WHERE request = p_request FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        IF v_earlier.asked_at > p_now - v_window THEN
          IF v_earlier.question <> p_question THEN RETURN '{"verdict":"REUSED"}'; END IF;
          IF v_earlier.repeats < (p_charge->>'repeatLimit')::int THEN
            UPDATE question_asked SET repeats = repeats + 1 WHERE request = p_request;
            RETURN '{"verdict":"REPEATED"}';
          END IF;
          UPDATE question_asked SET given_back = false, miss_ends_at = v_misses
            WHERE request = p_request;
          EXIT;
        END IF;
        UPDATE question_asked SET question = p_question, asked_at = p_now, repeats = 0,
          given_back = false, miss_ends_at = v_misses WHERE request = p_request;
        EXIT;
      END LOOP;

      -- QUESTIONS, and with it the account for all that follows.
      WITH account AS (
        SELECT place, a->>'name' AS name, (a->>'QUESTIONS')::int AS most
        FROM jsonb_array_elements(p_charge->'accounts') WITH ORDINALITY AS t (a, place)),
      counted AS (
        INSERT INTO budget_use AS u (account, kind, anchor, ends_at, used)
        SELECT name, 'QUESTIONS', '', (p_charge->'ends'->>'QUESTIONS')::timestamptz, 1
        FROM account ORDER BY place
        ON CONFLICT (account, kind, anchor, ends_at) DO UPDATE SET used = u.used + 1
        RETURNING u.account, u.used)
      SELECT counted.account INTO v_account FROM counted JOIN account ON name = counted.account
        WHERE counted.used > most ORDER BY place LIMIT 1;
      IF v_account IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_account, DETAIL = 'QUESTIONS';
      END IF;

      -- What was not seen before: people, and values around anchors.
      WITH account AS (
        SELECT a->>'name' AS name FROM jsonb_array_elements(p_charge->'accounts') AS t (a)),
      tried AS (
        SELECT 'PEOPLE' AS kind, ''::bytea AS anchor, decode(p_charge->>'person', 'hex') AS value,
          (p_charge->'ends'->>'PEOPLE')::timestamptz AS ends_at
        UNION
        SELECT p->>'width', decode(p->>'anchor', 'hex'), decode(p->>'value', 'hex'),
          (p_charge->'ends'->>'VALUES')::timestamptz
        FROM jsonb_array_elements(p_charge->'probes') AS t (p)),
      fresh AS (
        INSERT INTO budget_seen (account, kind, anchor, value, ends_at)
        SELECT name, kind, anchor, value, ends_at FROM account CROSS JOIN tried
        ON CONFLICT DO NOTHING RETURNING account, kind, anchor, ends_at)
      SELECT jsonb_agg(f) INTO v_fresh FROM (
        SELECT account, kind, encode(anchor, 'hex') AS anchor, ends_at, count(*)::int AS used
        FROM fresh GROUP BY account, kind, anchor, ends_at) AS f;

      -- A new value where nearly all are tried waits its turn.
      SELECT u.account, u.slowed_until INTO v_account, v_until
        FROM jsonb_to_recordset(coalesce(v_fresh, '[]'))
          AS f (account text, kind text, anchor text, ends_at timestamptz)
        JOIN budget_use u ON u.account = f.account AND u.kind = f.kind
          AND u.anchor = decode(f.anchor, 'hex') AND u.ends_at = f.ends_at
        WHERE u.slowed_until > p_now ORDER BY u.slowed_until DESC LIMIT 1;
      IF v_account IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_account, DETAIL = 'VALUES',
          HINT = to_char(v_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
      END IF;

      FOR v_row IN
        WITH account AS (
          SELECT place, a->>'name' AS name, a
          FROM jsonb_array_elements(p_charge->'accounts') WITH ORDINALITY AS t (a, place)),
        counted AS (
          INSERT INTO budget_use AS u (account, kind, anchor, ends_at, used)
          SELECT account, kind, decode(anchor, 'hex'), ends_at, used
          FROM jsonb_to_recordset(coalesce(v_fresh, '[]'))
            AS f (account text, kind text, anchor text, ends_at timestamptz, used int)
          ON CONFLICT (account, kind, anchor, ends_at) DO UPDATE SET used = u.used + excluded.used
          RETURNING u.account, u.kind, u.anchor, u.ends_at, u.used)
        SELECT counted.account, counted.kind, anchor, ends_at, used, (a->>counted.kind)::int AS most
        FROM counted JOIN account ON name = counted.account
        WHERE used * 4 > (a->>counted.kind)::int * 3
        ORDER BY counted.kind <> 'PEOPLE', place
      LOOP
        IF v_row.used > v_row.most THEN
          RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_row.account,
            DETAIL = CASE v_row.kind WHEN 'PEOPLE' THEN 'PEOPLE' ELSE 'VALUES' END;
        END IF;
        CONTINUE WHEN v_row.kind = 'PEOPLE';
        UPDATE budget_use
          SET slowed_until = p_now + make_interval(secs => (p_charge->>'slowSeconds')::int)
          WHERE account = v_row.account AND kind = v_row.kind AND anchor = v_row.anchor
            AND ends_at = v_row.ends_at;
        INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
          VALUES (v_row.account, 'VALUES', 'NEAR', v_row.ends_at, p_now, p_charge->>'partner')
          ON CONFLICT DO NOTHING;
      END LOOP;

      -- A miss, until a match gives it back; those given back since are folded in first.
      FOR v_row IN
        WITH account AS (
          SELECT place, a->>'name' AS name, (a->>'MISSES')::int AS most
          FROM jsonb_array_elements(p_charge->'accounts') WITH ORDINALITY AS t (a, place)),
        returned AS (
          DELETE FROM miss_returned r USING account
          WHERE r.account = name AND r.ends_at = v_misses RETURNING r.account, r.matched),
        fresh AS (
          INSERT INTO budget_seen (account, kind, anchor, value, ends_at)
          SELECT DISTINCT account, 'MATCHED', ''::bytea, matched, v_misses FROM returned
          ON CONFLICT DO NOTHING RETURNING account),
        counted AS (
          INSERT INTO budget_use AS u (account, kind, anchor, ends_at, used, earned)
          SELECT name, 'MISSES', '', v_misses, 1,
            (SELECT count(*) FROM fresh WHERE fresh.account = name)
          FROM account ORDER BY place
          ON CONFLICT (account, kind, anchor, ends_at) DO UPDATE SET
            used = greatest(0,
              u.used - (SELECT count(*)::int FROM returned WHERE returned.account = u.account)) + 1,
            earned = u.earned + excluded.earned
          RETURNING u.account, u.used, u.earned)
        SELECT counted.account, used, most + earned * (p_charge->>'missesPerMatch')::int AS most
        FROM counted JOIN account ON name = counted.account ORDER BY place
      LOOP
        IF v_row.used > v_row.most THEN
          RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_row.account, DETAIL = 'MISSES';
        END IF;
        CONTINUE WHEN v_row.used * 4 <= v_row.most * 3;
        INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
          VALUES (v_row.account, 'MISSES', 'NEAR', v_misses, p_now, p_charge->>'partner')
          ON CONFLICT DO NOTHING;
      END LOOP;
      RETURN '{"verdict":"CHARGED"}';
    EXCEPTION WHEN SQLSTATE 'SB001' THEN
      GET STACKED DIAGNOSTICS v_account = MESSAGE_TEXT, v_kind = PG_EXCEPTION_DETAIL,
        v_hint = PG_EXCEPTION_HINT;
    END;

    -- Spent. Nothing was charged; a duty officer's release lets the question through all the same.
    INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
      VALUES (v_account, v_kind, 'SPENT', (p_charge->'ends'->>v_kind)::timestamptz, p_now,
        p_charge->>'partner')
      ON CONFLICT DO NOTHING;
    UPDATE budget_release SET left_over = left_over - 1 WHERE id = (
      SELECT id FROM budget_release
      WHERE grant_id = (p_charge->>'grant')::uuid AND released_at <= p_now AND until > p_now
        AND left_over > 0
      ORDER BY released_at LIMIT 1 FOR UPDATE);
    IF FOUND THEN
      INSERT INTO question_asked (request, question, asked_at, miss_ends_at, given_back)
        VALUES (p_request, p_question, p_now, v_misses, true) ON CONFLICT DO NOTHING;
      RETURN '{"verdict":"RELEASED"}';
    END IF;
    RETURN jsonb_build_object('verdict', 'SPENT', 'kind', v_kind,
      'retryAt', coalesce(nullif(v_hint, ''), p_charge->'ends'->>v_kind));
  END $$`;
