import type { MigrationInterface, QueryRunner } from 'typeorm';
import { day } from './day-of-use.migration.js';
import { near } from './near-budgets.migration.js';
import { chargeQuestionSql } from './sliding-budgets.migration.js';

/**
 * A question charges everybody it may be about, and a match gives back the one found. For databases
 * that ran {@link DayOfUse1773000000601} while its function charged one person: on a new one that
 * makes the same function, and this makes it again.
 */
export class PeopleByDocument1773000000603 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chargeQuestionSql(near, day));
  }

  /** Asked for one person, as an earlier release asks, the function counts one. */
  async down(): Promise<void> {
    return undefined;
  }
}
