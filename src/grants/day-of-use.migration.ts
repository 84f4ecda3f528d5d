import type { MigrationInterface, QueryRunner } from 'typeorm';
import { totalsKeptDays } from '../core/budget/index.js';
import { near } from './near-budgets.migration.js';
import { chargeQuestionSql, swept } from './sliding-budgets.migration.js';

/**
 * What was asked under each grant on each UTC day, for oversight (core/budget/told-use.ts): no
 * officer, no person, no fingerprint. `charge_question` counts it, in the round trip there is.
 *
 * - `use_of_day`: `questions` charged, `people` and `tried` values that were new to the grant, `misses`
 *   charged, and of these `matched` questions that were given back `returned` misses.
 * - `use_returned`: misses given back, written with the access record of a match and never updated, so
 *   that the log waits for no budget; the next charge of the grant folds them into the day of their
 *   question.
 *
 * Days before are not told of. Totals in `budget_use`, of officers among them, were kept for this
 * alone and now go with their window.
 */
export class DayOfUse1773000000601 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE use_of_day (
        grant_id uuid NOT NULL,
        ends_at timestamptz NOT NULL,
        questions int NOT NULL,
        people int NOT NULL,
        misses int NOT NULL,
        tried int NOT NULL,
        matched int NOT NULL,
        returned int NOT NULL,
        PRIMARY KEY (grant_id, ends_at)
      )`);
    await runner.query('CREATE INDEX use_of_day_ends ON use_of_day (ends_at)');
    await runner.query(`
      CREATE TABLE use_returned (
        grant_id uuid NOT NULL,
        ends_at timestamptz NOT NULL,
        cost int NOT NULL
      )`);
    await runner.query('CREATE INDEX use_returned_grant ON use_returned (grant_id)');
    await runner.query('CREATE INDEX use_returned_ends ON use_returned (ends_at)');
    await runner.query(chargeQuestionSql(near, day));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(chargeQuestionSql(near));
    await runner.query('DROP TABLE use_returned');
    await runner.query('DROP TABLE use_of_day');
  }
}

const sweepOf = (table: string): string => `
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE ends_at <= p_now - interval '${totalsKeptDays} days'
      LIMIT ${swept} FOR UPDATE SKIP LOCKED));`;

/** What charge_question keeps of days; the account's row of QUESTIONS is held by then. */
export const day = {
  totalsKept: "interval '0'",
  sweep: `${sweepOf('use_of_day')}${sweepOf('use_returned')}`,
  tally: `WITH back AS (
        DELETE FROM use_returned WHERE grant_id = (p_charge->>'grant')::uuid
        RETURNING ends_at, cost),
      counted AS (
        SELECT (p_charge->'ends'->>'QUESTIONS')::timestamptz AS ends_at, 1 AS questions,
          coalesce(sum(used) FILTER (WHERE kind = 'PEOPLE'), 0) AS people, v_cost AS misses,
          coalesce(sum(used) FILTER (WHERE kind IN ('NARROW', 'TAILS', 'WIDE')), 0) AS tried,
          0 AS matched, 0 AS returned
        FROM jsonb_to_recordset(coalesce(v_fresh, '[]'))
          AS f (account text, kind text, used int)
        WHERE account = 'GRANT:' || (p_charge->>'grant')
        UNION ALL
        SELECT ends_at, 0, 0, 0, 0, 1, cost FROM back)
      INSERT INTO use_of_day AS d
        (grant_id, ends_at, questions, people, misses, tried, matched, returned)
      SELECT (p_charge->>'grant')::uuid, ends_at, sum(questions), sum(people), sum(misses),
        sum(tried), sum(matched), sum(returned)
      FROM counted GROUP BY ends_at ORDER BY ends_at
      ON CONFLICT (grant_id, ends_at) DO UPDATE SET
        questions = d.questions + excluded.questions, people = d.people + excluded.people,
        misses = d.misses + excluded.misses, tried = d.tried + excluded.tried,
        matched = d.matched + excluded.matched, returned = d.returned + excluded.returned;`,
};
