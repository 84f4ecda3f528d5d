import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Terms that say nothing of `valuesPerPerson` allow six (core/budget/limits.ts), where the database
 * had ten: it refused a version that went back to the default from seven to ten, which takes away, and
 * would have let one person go from the default up to ten.
 */
export class ValuesDefault1771000000101 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(termsBudget(6));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(termsBudget(10));
  }
}

const termsBudget = (values: number): string => `
  CREATE OR REPLACE FUNCTION terms_budget(p_terms jsonb, p_budget text) RETURNS int
  LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce((p_terms->'budgets'->>p_budget)::int, CASE p_budget
      WHEN 'peoplePerDay' THEN (p_terms->>'questionsPerDay')::int
      WHEN 'missesPerWeek' THEN
        greatest(40, ceil((p_terms->>'questionsPerDay')::int / 10.0))::int
      WHEN 'valuesPerPerson' THEN ${values} END)
  $$`;
