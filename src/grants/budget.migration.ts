import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Use of budgets, and the questions of the last ten minutes by keyed fingerprint.
 *
 * `charge_question` is the one place where use is counted: it is atomic, refuses at the limit, lets
 * a repeated question through at no cost, and returns the versions of register and authority in the
 * same round trip. Its verdicts: CHARGED, REPEATED (free), REUSED (same request, another question),
 * SPENT.
 */
export class Budget1763800000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE budget_use (
        grant_id uuid NOT NULL REFERENCES access_grant (id),
        kind text NOT NULL CHECK (kind IN ('QUESTIONS')),
        window_start timestamptz NOT NULL,
        used int NOT NULL CHECK (used >= 0),
        PRIMARY KEY (grant_id, kind, window_start)
      )`);
    await runner.query(`
      CREATE TABLE question_asked (
        request bytea PRIMARY KEY,
        question bytea NOT NULL,
        asked_at timestamptz NOT NULL,
        repeats int NOT NULL DEFAULT 0
      )`);
    await runner.query('CREATE INDEX question_asked_age ON question_asked (asked_at)');
    await runner.query(`
      CREATE FUNCTION charge_question(
        p_grant uuid, p_request bytea, p_question bytea, p_limit int, p_now timestamptz,
        p_repeat_window interval, p_repeat_limit int
      ) RETURNS text LANGUAGE plpgsql AS $$
      DECLARE
        earlier question_asked%ROWTYPE;
        taken int;
      BEGIN
        DELETE FROM question_asked WHERE request IN (
          SELECT request FROM question_asked WHERE asked_at <= p_now - p_repeat_window
          ORDER BY asked_at LIMIT 16 FOR UPDATE SKIP LOCKED);
        LOOP
          INSERT INTO question_asked (request, question, asked_at)
            VALUES (p_request, p_question, p_now) ON CONFLICT (request) DO NOTHING;
          EXIT WHEN FOUND;
          SELECT * INTO earlier FROM question_asked WHERE request = p_request FOR UPDATE;
          CONTINUE WHEN NOT FOUND;
          IF earlier.asked_at > p_now - p_repeat_window THEN
            IF earlier.question <> p_question THEN RETURN 'REUSED'; END IF;
            IF earlier.repeats < p_repeat_limit THEN
              UPDATE question_asked SET repeats = repeats + 1 WHERE request = p_request;
              RETURN 'REPEATED';
            END IF;
            EXIT;
          END IF;
          UPDATE question_asked SET question = p_question, asked_at = p_now, repeats = 0
            WHERE request = p_request;
          EXIT;
        END LOOP;
        IF p_limit > 0 THEN
          INSERT INTO budget_use (grant_id, kind, window_start, used)
            VALUES (p_grant, 'QUESTIONS', date_trunc('day', p_now, 'UTC'), 1)
            ON CONFLICT (grant_id, kind, window_start)
            DO UPDATE SET used = budget_use.used + 1 WHERE budget_use.used < p_limit
            RETURNING used INTO taken;
        END IF;
        IF taken IS NULL THEN
          DELETE FROM question_asked WHERE request = p_request AND repeats = 0;
          RETURN 'SPENT';
        END IF;
        RETURN 'CHARGED';
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION charge_question(uuid, bytea, bytea, int, timestamptz, interval, int)',
    );
    await runner.query('DROP TABLE question_asked');
    await runner.query('DROP TABLE budget_use');
  }
}
