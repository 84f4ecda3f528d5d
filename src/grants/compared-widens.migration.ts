import type { MigrationInterface, QueryRunner } from 'typeorm';
import { comparedWithin, termsNarrowSql } from './grant-acts.migration.js';

/**
 * A version that compares fewer elements takes two people (core/grants/widening.ts): what is not
 * compared speaks against nobody, so that more people match.
 */
export class ComparedWidens1773000000602 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      termsNarrowSql(`${comparedWithin} AND p_before->'matchOn' <@ (p_after->'matchOn')`),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(termsNarrowSql(comparedWithin));
  }
}
