import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * - `alert`: what was found, once by `key`; `last_at` when it was found last. Reason and
 *   partner hold no personal data.
 * - `alert_note`: what a member of staff made of it; never changed.
 * - `alert_delivery`: what has still to leave to which outlet, and what has.
 * - `alert_progress`: how far each source has been read, so that a start goes on where it stopped.
 */
export class Alerts1768100000003 implements MigrationInterface {
  readonly formerly = 'Alerts1768100000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE alert (
        id uuid PRIMARY KEY,
        key text NOT NULL UNIQUE,
        kind text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
        reason text NOT NULL,
        partner text,
        records jsonb NOT NULL,
        state text NOT NULL CHECK (state IN ('OPEN', 'ACKNOWLEDGED', 'CLOSED')),
        raised_at timestamptz NOT NULL,
        last_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE INDEX alert_raised ON alert (raised_at, id)');
    await runner.query(`
      CREATE TABLE alert_note (
        alert uuid NOT NULL REFERENCES alert (id),
        at timestamptz NOT NULL,
        account uuid NOT NULL,
        state text NOT NULL CHECK (state IN ('ACKNOWLEDGED', 'CLOSED')),
        note text NOT NULL CHECK (length(note) BETWEEN 1 AND 500),
        PRIMARY KEY (alert, state)
      )`);
    await runner.query(`
      CREATE TABLE alert_delivery (
        alert uuid NOT NULL REFERENCES alert (id),
        outlet text NOT NULL CHECK (outlet IN ('WEBHOOK', 'SYSLOG')),
        attempts integer NOT NULL DEFAULT 0,
        next_at timestamptz NOT NULL,
        done_at timestamptz,
        failure text,
        PRIMARY KEY (alert, outlet)
      )`);
    await runner.query(
      'CREATE INDEX alert_delivery_due ON alert_delivery (next_at) WHERE done_at IS NULL',
    );
    await runner.query(`
      CREATE TABLE alert_progress (
        source text PRIMARY KEY,
        position jsonb NOT NULL
      )`);
    await runner.query(`
      INSERT INTO alert_progress (source, position)
      SELECT 'log', coalesce(jsonb_object_agg(coalesce(owner, ''), size), '{}'::jsonb)
      FROM access_log_tree`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['alert_progress', 'alert_delivery', 'alert_note', 'alert']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
