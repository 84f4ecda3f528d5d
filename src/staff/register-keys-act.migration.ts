import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from './acts-of-one.js';

/** One person has keys of the register moved: nobody learns more by it. */
export class RegisterKeysAct1770000000501 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, ['REGISTER_KEYS_ROTATE']);
  }

  // The book keeps what was done; the rule only ever grows (acts-of-one.ts).
  async down(): Promise<void> {
    return Promise.resolve();
  }
}
