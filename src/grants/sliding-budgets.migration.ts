import type { MigrationInterface, QueryRunner } from 'typeorm';
import { totalsKeptDays } from '../core/budget/index.js';

/**
 * Misses and people counted in windows that slide, and values tried after a match.
 *
 * - **Misses** are a score (`miss_score`): a question without a match adds its cost, two where it
 *   brought no document that could have been compared, else one; a match gives the cost back and
 *   earns more, once a person and day. What was added fades over a week (`faded_misses`), and so does
 *   what was earned, which is never more than the limit again: no week begins with nothing on it, and
 *   nobody banks what honest colleagues earned.
 * - **People** are those of the last 24 hours, kept by the hour.
 * - **After a match** (`matched_anchor`) new values around that person have a limit of their own, the
 *   kind AFTER: whoever was told that this is one person and tries on is climbing. A question with
 *   documents of its own is not counted around a name, where it is a namesake's.
 *
 * `charge_question` takes what it took before (budgets.migration.ts) and beside it `missCost`, `AFTER`
 * of each account and `guard` (hex) of probes, `people` (hex, several) for `person` and `missBack`, what
 * a match gives back; without them it counts as before, for the previous release while both run.
 */
export class SlidingBudgets1769100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE miss_score (
        account text PRIMARY KEY,
        score double precision NOT NULL,
        at timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE matched_anchor (
        account text NOT NULL,
        anchor bytea NOT NULL,
        ends_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX matched_anchor_account ON matched_anchor (account, anchor)');
    await runner.query('CREATE INDEX matched_anchor_ends ON matched_anchor (ends_at)');
    await runner.query('ALTER TABLE question_asked ADD COLUMN miss_cost int NOT NULL DEFAULT 1');
    await runner.query('ALTER TABLE miss_returned ADD COLUMN cost int NOT NULL DEFAULT 1');
    await runner.query('ALTER TABLE budget_use DROP CONSTRAINT budget_use_kind_check');
    await runner.query(`
      ALTER TABLE budget_use ADD CONSTRAINT budget_use_kind_check CHECK (kind IN
        ('QUESTIONS', 'PEOPLE', 'MISSES', 'NARROW', 'TAILS', 'WIDE', 'AFTER'))`);
    await runner.query(fadedMisses);
    await runner.query(chargeQuestionSql({ questions: '', people: '' }));
  }

  /** The function before it is not brought back: an earlier release runs with this one. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION charge_question(bytea, bytea, timestamptz, jsonb)');
    await runner.query(
      'DROP FUNCTION faded_misses(double precision, timestamptz, timestamptz, int)',
    );
    await runner.query('ALTER TABLE question_asked DROP COLUMN miss_cost');
    await runner.query('ALTER TABLE miss_returned DROP COLUMN cost');
    await runner.query('DROP TABLE matched_anchor');
    await runner.query('DROP TABLE miss_score');
  }
}

/** Rows deleted at a charge, of each table, once their window has ended. */
export const swept = 64;
/** Totals are kept for oversight; fingerprints and counts around them are not. */
const totalsKept = `interval '${totalsKeptDays} days'`;
/** In which a whole limit of misses fades. */
const missWindow = "interval '7 days'";
/** When a score has faded to its limit. */
const affordable = `p_now + (v_row.score - v_row.most) / v_row.most * ${missWindow}`;

/** An instant as JSON has it. */
const instant = (expression: string) =>
  `to_char((${expression}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A score some time later: towards nothing from either side, a whole limit in a week. */
const fadedMisses = `
  CREATE FUNCTION faded_misses(
    p_score double precision, p_at timestamptz, p_now timestamptz, p_most int
  ) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_score > 0 THEN greatest(0, p_score - faded) ELSE least(0, p_score + faded) END
    FROM (SELECT p_most * greatest(0, extract(epoch FROM p_now - p_at)::double precision)
      / extract(epoch FROM ${missWindow})::double precision AS faded) AS f
  $$`;

/**
 * The function that charges one question.
 *
 * @param near what is done for an account of which more than three quarters are used: `questions` once
 *   after questions were counted, `v_near` true where there is one; `people` for each, of `v_row`
 * @param day what is kept of whole days (day-of-use.migration.ts): `tally` once all is charged, `sweep`
 *   before; `totalsKept` is an interval for which totals of budgets stay after their window
 */
export const chargeQuestionSql = (
  near: { readonly questions: string; readonly people: string },
  day: { readonly totalsKept: string; readonly sweep: string; readonly tally: string } = {
    totalsKept,
    sweep: '',
    tally: '',
  },
): string => `
  CREATE OR REPLACE FUNCTION charge_question(
    p_request bytea, p_question bytea, p_now timestamptz, p_charge jsonb
  ) RETURNS jsonb LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    v_earlier question_asked%ROWTYPE;
    v_window interval := make_interval(mins => (p_charge->>'repeatMinutes')::int);
    v_misses timestamptz := (p_charge->'ends'->>'MISSES')::timestamptz;
    v_values timestamptz := (p_charge->'ends'->>'VALUES')::timestamptz;
    v_people timestamptz :=
      date_bin('1 hour', p_now, '2000-01-01T00:00:00Z'::timestamptz) + interval '25 hours';
    v_cost int := coalesce((p_charge->>'missCost')::int, 1);
    -- What a match gives back of it.
    v_back int := coalesce((p_charge->>'missBack')::int, v_cost);
    v_fresh jsonb;
    v_row record;
    v_account text;
    v_near boolean;
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
      SELECT ctid FROM miss_returned WHERE ends_at <= p_now - ${missWindow}
      LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    DELETE FROM matched_anchor WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM matched_anchor WHERE ends_at <= p_now LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    DELETE FROM budget_use WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM budget_use WHERE ends_at <= p_now
        AND (anchor <> '' OR ends_at <= p_now - ${day.totalsKept})
      LIMIT ${swept} FOR UPDATE SKIP LOCKED));
    ${day.sweep}
    BEGIN
      -- The same request again is free; a new one is noted.
      LOOP
        INSERT INTO question_asked (request, question, asked_at, miss_ends_at, miss_cost)
          VALUES (p_request, p_question, p_now, v_misses, v_back) ON CONFLICT (request) DO NOTHING;
        EXIT WHEN FOUND;
        SELECT * INTO v_earlier FROM question_asked WHERE request = p_request FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        IF v_earlier.asked_at > p_now - v_window THEN
          IF v_earlier.question <> p_question THEN RETURN '{"verdict":"REUSED"}'; END IF;
          IF v_earlier.repeats < (p_charge->>'repeatLimit')::int THEN
            UPDATE question_asked SET repeats = repeats + 1 WHERE request = p_request;
            RETURN '{"verdict":"REPEATED"}';
          END IF;
          UPDATE question_asked SET given_back = false, miss_ends_at = v_misses,
            miss_cost = v_back WHERE request = p_request;
          EXIT;
        END IF;
        UPDATE question_asked SET question = p_question, asked_at = p_now, repeats = 0,
          given_back = false, miss_ends_at = v_misses, miss_cost = v_back
          WHERE request = p_request;
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
      SELECT (array_agg(counted.account ORDER BY place) FILTER (WHERE counted.used > most))[1],
          bool_or(counted.used * 4 > most * 3) INTO v_account, v_near
        FROM counted JOIN account ON name = counted.account;
      IF v_account IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_account, DETAIL = 'QUESTIONS';
      END IF;
      ${near.questions}

      -- What was not seen before: people, and values around anchors.
      WITH account AS (
        SELECT a->>'name' AS name FROM jsonb_array_elements(p_charge->'accounts') AS t (a)),
      tried AS (
        SELECT 'PEOPLE' AS kind, ''::bytea AS anchor, decode(one, 'hex') AS value,
          v_people AS ends_at
        FROM jsonb_array_elements_text(
          coalesce(p_charge->'people', jsonb_build_array(p_charge->'person'))) AS t (one)
        UNION
        SELECT p->>'width', decode(p->>'anchor', 'hex'), decode(p->>'value', 'hex'), v_values
        FROM jsonb_array_elements(p_charge->'probes') AS t (p)),
      fresh AS (
        INSERT INTO budget_seen (account, kind, anchor, value, ends_at)
        SELECT name, kind, anchor, value, ends_at FROM account CROSS JOIN tried
        WHERE NOT EXISTS (
          SELECT FROM budget_seen s WHERE s.account = name AND s.kind = tried.kind
            AND s.anchor = tried.anchor AND s.value = tried.value AND s.ends_at > p_now)
        ON CONFLICT DO NOTHING RETURNING account, kind, anchor, value, ends_at),
      -- Who was told that this is one person tries on: what is new now is climbing.
      after_match AS (
        SELECT f.account, p->>'guard' AS guard
        FROM fresh f JOIN jsonb_array_elements(p_charge->'probes') AS t (p)
          ON f.kind = p->>'width' AND f.anchor = decode(p->>'anchor', 'hex')
            AND f.value = decode(p->>'value', 'hex')
        WHERE p->>'guard' IS NOT NULL AND EXISTS (
          SELECT FROM matched_anchor m WHERE m.account = f.account
            AND m.anchor = decode(p->>'guard', 'hex') AND m.ends_at > p_now))
      SELECT jsonb_agg(f) INTO v_fresh FROM (
        SELECT account, kind, encode(anchor, 'hex') AS anchor, ends_at, count(*)::int AS used
        FROM fresh GROUP BY account, kind, anchor, ends_at
        UNION ALL
        SELECT account, 'AFTER', guard, v_values, count(*)::int
        FROM after_match GROUP BY account, guard) AS f;

      -- A new value where nearly all are tried waits its turn.
      SELECT u.account, u.slowed_until INTO v_account, v_until
        FROM jsonb_to_recordset(coalesce(v_fresh, '[]'))
          AS f (account text, kind text, anchor text, ends_at timestamptz)
        JOIN budget_use u ON u.account = f.account AND u.kind = f.kind
          AND u.anchor = decode(f.anchor, 'hex') AND u.ends_at = f.ends_at
        WHERE u.slowed_until > p_now ORDER BY u.slowed_until DESC LIMIT 1;
      IF v_account IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_account, DETAIL = 'VALUES',
          HINT = ${instant('v_until')};
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
          RETURNING u.account, u.kind, u.anchor, u.ends_at, u.used),
        -- People of the last 24 hours, an hour at a time.
        earlier AS (
          SELECT u.account, sum(u.used)::int AS used, min(u.ends_at) AS lapses_at
          FROM budget_use u JOIN account ON u.account = name
          WHERE u.kind = 'PEOPLE' AND u.anchor = '' AND u.ends_at > p_now AND u.ends_at < v_people
          GROUP BY u.account),
        summed AS (
          SELECT c.account, c.kind, c.anchor, c.ends_at, e.lapses_at,
            c.used + coalesce(e.used, 0) AS used
          FROM counted c LEFT JOIN earlier e ON c.kind = 'PEOPLE' AND e.account = c.account)
        SELECT summed.account, summed.kind, anchor, ends_at, used, lapses_at,
          (a->>summed.kind)::int AS most
        FROM summed JOIN account ON name = summed.account
        WHERE used * 4 > (a->>summed.kind)::int * 3
        ORDER BY summed.kind <> 'PEOPLE', place
      LOOP
        IF v_row.used > v_row.most THEN
          IF v_row.kind = 'PEOPLE' THEN
            RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_row.account, DETAIL = 'PEOPLE',
              HINT = ${instant('coalesce(v_row.lapses_at, v_people)')};
          END IF;
          RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_row.account, DETAIL = 'VALUES';
        END IF;
        IF v_row.kind = 'PEOPLE' THEN
          ${near.people}
          CONTINUE;
        END IF;
        UPDATE budget_use
          SET slowed_until = p_now + make_interval(secs => (p_charge->>'slowSeconds')::int)
          WHERE account = v_row.account AND kind = v_row.kind AND anchor = v_row.anchor
            AND ends_at = v_row.ends_at;
        INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
          VALUES (v_row.account, 'VALUES', 'NEAR', v_row.ends_at, p_now, p_charge->>'partner')
          ON CONFLICT DO NOTHING;
      END LOOP;

      -- A miss, until a match gives it back; what matches gave back since is folded in first.
      FOR v_row IN
        WITH account AS (
          SELECT place, a->>'name' AS name, (a->>'MISSES')::int AS most
          FROM jsonb_array_elements(p_charge->'accounts') WITH ORDINALITY AS t (a, place)),
        returned AS (
          DELETE FROM miss_returned r USING account
          WHERE r.account = name RETURNING r.account, r.matched, r.cost),
        fresh AS (
          INSERT INTO budget_seen (account, kind, anchor, value, ends_at)
          SELECT DISTINCT account, 'MATCHED', ''::bytea, matched, v_misses FROM returned
          ON CONFLICT DO NOTHING RETURNING account),
        back AS (
          SELECT name, most, place,
            (SELECT coalesce(sum(cost), 0) FROM returned WHERE returned.account = name)
              + (p_charge->>'missesPerMatch')::int
                * (SELECT count(*) FROM fresh WHERE fresh.account = name) AS given
          FROM account),
        counted AS (
          INSERT INTO miss_score AS s (account, score, at)
          SELECT name, greatest(-most, -given) + v_cost, p_now FROM back ORDER BY place
          ON CONFLICT (account) DO UPDATE SET at = greatest(s.at, excluded.at), score = (
            SELECT greatest(-most, faded_misses(s.score, s.at, p_now, most) - given) + v_cost
            FROM back WHERE name = s.account)
          RETURNING s.account, s.score)
        SELECT counted.account, score, most FROM counted JOIN back ON name = counted.account
        ORDER BY place
      LOOP
        IF v_row.score > v_row.most THEN
          RAISE EXCEPTION USING ERRCODE = 'SB001', MESSAGE = v_row.account, DETAIL = 'MISSES',
            HINT = CASE WHEN v_row.most > 0 THEN ${instant(affordable)} ELSE '' END;
        END IF;
        CONTINUE WHEN v_row.score * 4 <= v_row.most * 3;
        INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
          VALUES (v_row.account, 'MISSES', 'NEAR', v_misses, p_now, p_charge->>'partner')
          ON CONFLICT DO NOTHING;
      END LOOP;
      ${day.tally}
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
        AND left_over > 0 AND coalesce((p_charge->>'released')::boolean, true)
      ORDER BY released_at LIMIT 1 FOR UPDATE);
    IF FOUND THEN
      INSERT INTO question_asked (request, question, asked_at, miss_ends_at, given_back)
        VALUES (p_request, p_question, p_now, v_misses, true) ON CONFLICT DO NOTHING;
      RETURN '{"verdict":"RELEASED"}';
    END IF;
    RETURN jsonb_build_object('verdict', 'SPENT', 'kind', v_kind,
      'retryAt', coalesce(nullif(v_hint, ''), p_charge->'ends'->>v_kind));
  END $$`;
