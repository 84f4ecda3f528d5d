import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from './acts-of-one.js';

/**
 * Planting a honey record lets nobody learn more, so one person does it; retiring one blinds the
 * watch, and takes two.
 */
export class HoneyActs1770000000311 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, ['HONEY_PLANT']);
  }

  /** A name more in the constraint lets nothing happen that the table of acts does not have. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
