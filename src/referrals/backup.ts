import { GatewayError } from '../core/errors.js';

/**
 * A key of told facts that is under no erasure epoch would outlive every forgetting in a backup.
 *
 * @throws {GatewayError} ERR_CONFLICT until the first start of this release put it under one
 */
export async function refuseToldKeysOfNoEpoch(database: {
  query<Result>(statement: string): Promise<Result>;
}): Promise<void> {
  const rows = await database.query<unknown[]>(
    'SELECT 1 FROM told_key WHERE epoch_id IS NULL LIMIT 1',
  );
  if (rows.length > 0) {
    throw new GatewayError('ERR_CONFLICT', {
      detail:
        'told_key holds keys of an earlier release: a first start of this one puts them under an ' +
        'erasure epoch; start it, then make the backup',
    });
  }
}
