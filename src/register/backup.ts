import { GatewayError } from '../core/errors.js';

/**
 * Erasure epochs whose keys a backup needs; it holds none of them.
 *
 * @throws {GatewayError} ERR_CONFLICT while an earlier release's keys are still in the database
 */
export async function readEpochsForBackup(database: {
  query<Result>(statement: string): Promise<Result>;
}): Promise<readonly number[]> {
  const rows = await database.query<{ id: number; held: boolean }[]>(
    'SELECT id, key_wrapped IS NOT NULL AS held FROM erasure_epoch ORDER BY id',
  );
  if (rows.some(({ held }) => held)) {
    throw new GatewayError('ERR_CONFLICT', {
      detail:
        'keys of erasure epochs are still in the database: a first start of this release moves ' +
        'them out; start it, then make the backup',
    });
  }
  return rows.map(({ id }) => id);
}
