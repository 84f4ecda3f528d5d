import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { logKeysStayHere, missingLogKeys, readLogForBackup } from '../../access-log/index.js';
import { GatewayError, inputInvalid, isGatewayError } from '../../core/errors.js';
import { migrations } from '../../migrations.js';
import {
  readConfiguration,
  type Configuration,
} from '../../platform/configuration/configuration.js';
import {
  encodeManifest,
  manifestName,
  type BackupManifest,
} from '../../platform/database/backup/backup-manifest.js';
import { dumpDatabase } from '../../platform/database/backup/dump.js';
import type { Querier } from '../../platform/database/backup/tables.js';
import { openDatabase } from '../../platform/database/database.js';
import { lockHome, type HomeLock } from '../../platform/database/home-lock.js';
import { writeFileAtomically } from '../../platform/pki/index.js';
import { refuseToldKeysOfNoEpoch } from '../../referrals/index.js';
import { readEpochsForBackup } from '../../register/index.js';
import { startProgress, type Progress } from '../progress.js';

/** Copies the database into a directory; docs/operations.md, "A backup". */
export async function backup(options: {
  readonly out: string;
  readonly json?: true;
}): Promise<void> {
  const configuration = readConfiguration(process.env);
  const out = resolve(options.out);
  const { manifest, bytes } = await makeBackup(configuration, out);
  const missing = await missingLogKeys(configuration.home, manifest.log.keys);
  if (missing.length > 0) {
    process.stderr.write(
      `Not in log-keys of this home: ${missing.join(', ')}. A restore needs them: copy them from the home of another gateway.\n`,
    );
  }
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  const { release, createdAt, database, log, epochs } = manifest;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ out, release, createdAt, database, rows, bytes, log, epochs, missingLogKeys: missing })}\n`
      : `${out}: ${rows} rows, ${(bytes / 1e6).toFixed(1)} MB, as of ${createdAt}.\n` +
          'It holds no key and no journal: keep log-keys, the keys and a tailed journal elsewhere (docs/operations.md).\n',
  );
}

export interface BackupMade {
  readonly manifest: BackupManifest;
  readonly bytes: number;
}

/** @param onRows told how far it is; a fault thrown there interrupts */
export async function makeBackup(
  configuration: Configuration,
  out: string,
  onRows: (done: number, total: number) => void = () => undefined,
): Promise<BackupMade> {
  const { databaseUrl, home, logOrigin } = configuration;
  if (isThere(out))
    throw inputInvalid('out', `--out: ${out} is there already; nothing is overwritten`);
  if (databaseUrl === undefined && !existsSync(join(home, 'database'))) {
    throw new GatewayError('ERR_CONFLICT', {
      detail: `${home} has no database: there is nothing to back up (SAFECONDUCT_HOME, DATABASE_URL)`,
    });
  }
  const lock = databaseUrl === undefined ? lockStoppedHome(home) : undefined;
  let progress: Progress | undefined;
  try {
    const database = await openDatabase({
      home,
      migrations,
      ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    });
    try {
      makeDirectory(out);
      const createdAt = new Date().toISOString();
      const { dump, extra } = await dumpDatabase(database.dataSource, {
        directory: out,
        rules: logKeysStayHere,
        migrations,
        onRows: (done, total) => {
          progress ??= startProgress('rows', total, 0);
          progress.reach(done);
          onRows(done, total);
        },
        alsoRead: async (querier) => ({
          log: { origin: logOrigin, ...(await readLogForBackup(querier)) },
          epochs: await epochsOf(querier),
        }),
      });
      const manifest: BackupManifest = {
        format: 'safeconduct-backup',
        version: 1,
        release: release(),
        createdAt,
        database: database.embedded ? 'EMBEDDED' : 'POSTGRESQL',
        ...extra,
        ...dump,
      };
      await writeFileAtomically(join(out, manifestName), encodeManifest(manifest), 0o600);
      return { manifest, bytes: dump.tables.reduce((sum, table) => sum + table.bytes, 0) };
    } catch (error) {
      if (isThere(out)) {
        process.stderr.write(`${out} is not whole, and no backup: remove it\n`);
      }
      throw fileFault(error);
    } finally {
      progress?.stop();
      await database.close();
    }
  } finally {
    lock?.release();
  }
}

/** Epochs it hangs on; refuses while keys of an earlier release hang on none. */
async function epochsOf(querier: Querier): Promise<readonly number[]> {
  await refuseToldKeysOfNoEpoch(querier);
  return readEpochsForBackup(querier);
}

/** Of this gateway, as package.json has it. */
export function release(): string {
  const file = new URL('../../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

function lockStoppedHome(home: string): HomeLock {
  try {
    return lockHome(home);
  } catch (error) {
    if (!isGatewayError(error, 'ERR_HOME_IN_USE')) throw error;
    throw new GatewayError('ERR_HOME_IN_USE', {
      detail:
        `a gateway runs on ${home}: the embedded database is backed up while it is stopped ` +
        '(one on PostgreSQL is backed up while it serves)',
      cause: error,
    });
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function makeDirectory(out: string): void {
  try {
    mkdirSync(out, { mode: 0o700 });
  } catch (cause) {
    throw inputInvalid('out', `--out: ${out} cannot be made (${codeOf(cause)})`);
  }
}

/** What a file system says, in words; everything else as it is. */
function fileFault(error: unknown): unknown {
  const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
  const isFull = ['ENOSPC', 'EDQUOT', 'EIO'].includes(codeOf(error));
  if (!isOfFiles && !isFull) return error;
  return new GatewayError('ERR_CONFLICT', {
    detail: `--out: cannot be written (${codeOf(error)})`,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'a fault';
}
