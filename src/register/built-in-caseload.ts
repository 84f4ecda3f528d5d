import { sha256 } from '../core/bytes.js';
import { isGatewayError } from '../core/errors.js';
import { builtInCaseload } from '../core/ids.js';
import { builtInPeople } from './built-in-people.js';
import { importRegister } from './import-register.js';
import type { RegisterStore } from './register-store.js';
import { releaseBatch } from './release-batch.js';

/** Who brings the people in, and who lets them be found: a release is made by two. */
const author = 'release: author';
const reviewer = 'release: reviewer';
/** Two replicas that start at once may release each other's batch. */
const attempts = 5;

/**
 * Brings the made-up people of this release onto the register, by the import and the release that
 * bring everybody: same sealing, same index. A register that holds this edition is left as it is; one
 * that was interrupted in between is completed.
 *
 * @returns whether anything was done
 */
export async function seedBuiltInCaseload(store: RegisterStore): Promise<boolean> {
  const lines = builtInPeople.map((person) => Buffer.from(`${JSON.stringify(person)}\n`, 'utf8'));
  const edition = sha256(Buffer.concat(lines));
  const { dataSource } = store;
  for (let attempt = 1; ; attempt += 1) {
    const [held] = await dataSource.query<{ edition: Buffer }[]>(
      'SELECT edition FROM built_in_caseload',
    );
    if (held?.edition.equals(edition) === true) return attempt > 1;
    try {
      await bringIn(store, lines);
    } catch (error) {
      const isOthers =
        isGatewayError(error, 'ERR_ROW_CONFLICT') || isGatewayError(error, 'ERR_IMPORT_REFUSED');
      if (!isOthers || attempt === attempts) throw error;
      continue;
    }
    await dataSource.query(
      `INSERT INTO built_in_caseload (edition) VALUES ($1)
       ON CONFLICT (single) DO UPDATE SET edition = excluded.edition`,
      [edition],
    );
    return true;
  }
}

async function bringIn(store: RegisterStore, lines: readonly Buffer[]): Promise<void> {
  const report = await importRegister(store, {
    source: (async function* () {
      yield* lines;
    })(),
    requestedBy: author,
    caseload: builtInCaseload,
    knownPartners: new Set(),
    dryRun: false,
    builtIn: true,
  });
  if (report.rejected > 0) throw new TypeError('a person of the release cannot be read');
  const waiting = await store.dataSource.query<{ id: string; pending: number }[]>(
    `SELECT id, pending FROM import_batch
     WHERE requested_by = $1 AND released_at IS NULL AND pending > 0`,
    [author],
  );
  for (const { id, pending } of waiting) {
    await releaseBatch(store, { batchId: id, releasedBy: reviewer, people: pending });
  }
}
