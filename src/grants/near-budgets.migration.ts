import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chargeQuestionSql } from './sliding-budgets.migration.js';

/**
 * Budgets of questions and of people near their end raise an alarm too, as those of misses and values
 * do: once a window, when more than three quarters are used. Nobody who asks is told of it.
 */
export class NearBudgets1770000000702 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chargeQuestionSql(near));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(chargeQuestionSql({ questions: '', people: '' }));
  }
}

/** What charge_question does for accounts near their end. */
export const near = {
  questions: `IF v_near THEN
        INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
        SELECT u.account, 'QUESTIONS', 'NEAR', u.ends_at, p_now, p_charge->>'partner'
        FROM budget_use u JOIN jsonb_array_elements(p_charge->'accounts') AS t (a)
          ON u.account = a->>'name'
        WHERE u.kind = 'QUESTIONS' AND u.anchor = ''
          AND u.ends_at = (p_charge->'ends'->>'QUESTIONS')::timestamptz
          AND u.used * 4 > (a->>'QUESTIONS')::int * 3
        ON CONFLICT DO NOTHING;
      END IF;`,
  people: `INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
            VALUES (v_row.account, 'PEOPLE', 'NEAR', (p_charge->'ends'->>'PEOPLE')::timestamptz,
              p_now, p_charge->>'partner')
            ON CONFLICT DO NOTHING;`,
};
