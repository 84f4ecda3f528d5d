import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Acts on the register that one person does: they narrow, or what they bring waits for its release.
 * Whatever the book let one person do before, it still does.
 */
const alone = ['REGISTER_DISCARD', 'REGISTER_CORRECT', 'REGISTER_SUPPRESS', 'REGISTER_KEEP_APART'];

export class RegisterActs1769100000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [before] = (await runner.query(
      `SELECT pg_get_expr(conbin, conrelid) AS rule FROM pg_constraint
       WHERE conname = 'act_needs_second' AND conrelid = 'staff_act'::regclass`,
    )) as { rule: string }[];
    const names = alone.map((name) => `'${name}'`).join(', ');
    await runner.query(`
      ALTER TABLE staff_act DROP CONSTRAINT act_needs_second,
        ADD CONSTRAINT act_needs_second CHECK ((${before?.rule ?? 'needs_second'}) OR act IN (${names}))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE staff_act DROP CONSTRAINT act_needs_second,
        ADD CONSTRAINT act_needs_second
          CHECK (needs_second OR act ~ '_(SUSPEND|REVOKE|REMOVE|IMPORT)$')`);
  }
}
