import type { MigrationInterface, QueryRunner } from 'typeorm';
import { day } from './day-of-use.migration.js';
import { near } from './near-budgets.migration.js';
import { chargeQuestionSql } from './sliding-budgets.migration.js';

/**
 * A duty officer's release lets questions through, never a referral: `charge_question` takes `released`,
 * false for what no release may pay for.
 */
export class ReferralCharge1774000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chargeQuestionSql(near, day));
  }

  /** The function as it was does the same without the member. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
