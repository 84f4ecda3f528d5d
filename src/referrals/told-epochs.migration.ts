import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Keys of what partners were told come under the key of an erasure epoch as well (told-keys.ts). Null
 * until the first start has put a row there; the reference keeps the epoch's key as long as it is needed.
 */
export class ToldEpochs1772000000402 implements MigrationInterface {
  readonly name = 'ToldEpochs1772000000402';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE told_key ADD COLUMN epoch_id integer REFERENCES erasure_epoch (id)',
    );
  }

  async down(): Promise<void> {
    throw new Error('what is under the key of an epoch cannot be read without it');
  }
}
