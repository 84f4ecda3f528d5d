import type { QueryRunner } from 'typeorm';

/**
 * Lets acts be done by one person in the book of acts: for migrations of rooms whose acts take away,
 * or give nothing by themselves, under names the constraint does not know. It only ever adds names,
 * so that migrations come out the same in any order.
 */
export async function allowActsOfOne(
  runner: QueryRunner,
  names: readonly `${string}_${string}`[],
): Promise<void> {
  if (!names.every((name) => /^[A-Z_]+$/.test(name))) throw new TypeError('names of acts');
  const listed = names.map((name) => `''${name}''`).join(', ');
  await runner.query(`
    DO $$
    DECLARE
      v_rule text;
    BEGIN
      SELECT pg_get_expr(conbin, conrelid) INTO STRICT v_rule FROM pg_constraint
        WHERE conrelid = 'staff_act'::regclass AND conname = 'act_needs_second';
      ALTER TABLE staff_act DROP CONSTRAINT act_needs_second;
      EXECUTE 'ALTER TABLE staff_act ADD CONSTRAINT act_needs_second CHECK ('
        || v_rule || ' OR act IN (${listed}))';
    END $$`);
}
