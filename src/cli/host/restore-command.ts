import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findJournal, missingLogKeys } from '../../access-log/index.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import { migrations } from '../../migrations.js';
import {
  readConfiguration,
  type Configuration,
} from '../../platform/configuration/configuration.js';
import type { BackupManifest } from '../../platform/database/backup/backup-manifest.js';
import { checkFiles, readManifest } from '../../platform/database/backup/check-backup.js';
import { loadDatabase } from '../../platform/database/backup/load.js';
import { refuseUsedDatabase } from '../../platform/database/backup/unfinished-restore.js';
import { nameOfMigration, openDatabase, type Database } from '../../platform/database/database.js';
import { lockHome } from '../../platform/database/home-lock.js';
import { epochKeyFiles } from '../../platform/keys/epoch-key-files.js';
import { startProgress, type Progress } from '../progress.js';
import { release } from './backup-command.js';

export interface RestoreOptions {
  readonly dryRun?: true;
  readonly withoutLogKeys?: true;
  readonly json?: true;
}

/** Brings a backup into an empty database; docs/operations.md, "A database restored from a backup". */
export async function restore(from: string, options: RestoreOptions): Promise<void> {
  const configuration = readConfiguration(process.env);
  const { manifest, found } = await restoreBackup(configuration, resolve(from), options);
  const { release, createdAt, database, log } = manifest;
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ dryRun: options.dryRun === true, release, createdAt, database, rows, log, ...found })}\n`
      : `${options.dryRun === true ? 'Would restore' : 'Restored'} ${rows} rows as of ${createdAt}.\n${describe(manifest, found)}`,
  );
}

/** What of a gateway is beside the backup, and decides what the next start can do. */
export interface FoundBeside {
  /** Lines the journal of this home has that the backup has not; null without a journal it knows. */
  readonly journalLinesAfter: number | null;
  /** Journals of other gateways the backup has lines of. */
  readonly otherJournals: readonly string[];
  readonly missingLogKeys: readonly string[];
  /** Null where `SAFECONDUCT_EPOCH_KEYS_DIR` is not told. */
  readonly missingEpochKeys: readonly number[] | null;
}

/**
 * @param onRows told how far it is; a fault thrown there interrupts
 * @throws {GatewayError} ERR_INPUT_INVALID for what is not restored, naming the file; ERR_CONFLICT,
 *   ERR_HOME_IN_USE for where it does not go
 */
export async function restoreBackup(
  configuration: Configuration,
  from: string,
  options: Pick<RestoreOptions, 'dryRun' | 'withoutLogKeys'> = {},
  onRows: (done: number, total: number) => void = () => undefined,
): Promise<{ readonly manifest: BackupManifest; readonly found: FoundBeside }> {
  const { home } = configuration;
  const isDry = options.dryRun === true;
  const manifest = await readManifest(from, migrations);
  refuseOther(manifest, configuration);
  await withProgress('bytes checked', async (reach) => checkFiles(from, manifest, reach));
  // Only looking makes no home.
  const lock = isDry && !existsSync(home) ? undefined : lockHome(home);
  try {
    const found = await lookBeside(configuration, manifest);
    if (found.missingLogKeys.length > 0 && options.withoutLogKeys !== true) {
      throw new GatewayError('ERR_CONFLICT', {
        detail:
          `log-keys of this home lacks ${found.missingLogKeys.join(', ')}: put the files back first ` +
          '(they are in no backup; other gateways have them too). Where they are gone for good, what ' +
          'they sealed is unreadable: --without-log-keys',
      });
    }
    if (isDry && !hasDatabase(configuration)) return { manifest, found };
    const database = await openFor(configuration, manifest);
    try {
      if (isDry) await refuseUsedDatabase(database.dataSource);
      else {
        await withProgress('rows', async (reach) =>
          loadDatabase(database.dataSource, manifest, from, (done, total) => {
            reach(done, total);
            onRows(done, total);
          }),
        );
      }
    } finally {
      await database.close();
    }
    return { manifest, found };
  } finally {
    lock?.release();
  }
}

/** A PostgreSQL database is there, or nothing works; the embedded one once it has a file. */
function hasDatabase({ databaseUrl, home }: Configuration): boolean {
  const directory = join(home, 'database');
  return databaseUrl !== undefined || (existsSync(directory) && readdirSync(directory).length > 0);
}

/** Opens the database with the migrations of the backup alone; the next start runs the others. */
async function openFor(
  { home, databaseUrl }: Configuration,
  manifest: BackupManifest,
): Promise<Database> {
  return openDatabase({
    home,
    migrations: migrations.filter((one) => manifest.migrations.includes(nameOfMigration(one))),
    ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
  });
}

function refuseOther(manifest: BackupManifest, { databaseUrl }: Configuration): void {
  const known = migrations.map(nameOfMigration);
  const isNewer =
    compareReleases(manifest.release, release()) > 0 ||
    manifest.migrations.some((name) => !known.includes(name));
  if (isNewer) {
    throw inputInvalid(
      'from',
      `the backup is of release ${manifest.release}, which is newer than this one (${release()}): restore it with that one`,
    );
  }
  const wanted = databaseUrl === undefined ? 'EMBEDDED' : 'POSTGRESQL';
  if (manifest.database !== wanted) {
    throw inputInvalid(
      'from',
      manifest.database === 'EMBEDDED'
        ? 'the backup is of an embedded database, and DATABASE_URL is set: unset it'
        : 'the backup is of a PostgreSQL database: set DATABASE_URL to an empty one',
    );
  }
}

/** Which of two releases is later, by their numbers. */
function compareReleases(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.split(/[.-]/).map(Number));
  for (const at of [0, 1, 2]) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function lookBeside(
  { home, epochKeysDirectory }: Configuration,
  { log, epochs }: BackupManifest,
): Promise<FoundBeside> {
  const journal = await findJournal(home);
  const known = log.journals.find(({ id }) => id === journal?.id);
  const isTold = epochKeysDirectory !== undefined;
  const kept =
    isTold && existsSync(epochKeysDirectory)
      ? await epochKeyFiles(epochKeysDirectory, 'SAFECONDUCT_EPOCH_KEYS_DIR').list()
      : [];
  return {
    journalLinesAfter:
      journal === undefined || known === undefined
        ? null
        : Math.max(0, journal.lastNumber - known.lastNumber),
    otherJournals: log.journals.map(({ id }) => id).filter((id) => id !== journal?.id),
    missingLogKeys: await missingLogKeys(home, log.keys),
    missingEpochKeys: isTold ? epochs.filter((epoch) => !kept.includes(epoch)) : null,
  };
}

async function withProgress(
  what: string,
  work: (reach: (done: number, total: number) => void) => Promise<void>,
): Promise<void> {
  let progress: Progress | undefined;
  try {
    await work((done, total) => {
      progress ??= startProgress(what, total, 0);
      progress.reach(done);
    });
  } finally {
    progress?.stop();
  }
}

/** What the next start will do, and what it cannot. */
function describe(manifest: BackupManifest, found: FoundBeside): string {
  const { journalLinesAfter: later, otherJournals, missingLogKeys, missingEpochKeys } = found;
  const lines: string[] = [];
  if (later !== null) {
    lines.push(
      `The journal of this home has ${later} lines more than the backup: the next start puts them back. Who was revoked, suspended, suppressed or erased since is so again.`,
    );
  } else {
    lines.push(
      'THE JOURNAL IS NOT IN THIS HOME. Put the tailed copy into journal/ before the start. Without it what was recorded, revoked, suppressed or erased since the backup is lost, and comes back as it was.',
    );
  }
  if (otherJournals.length > 0 && manifest.database === 'POSTGRESQL') {
    lines.push(
      `Other gateways wrote to it too (${otherJournals.length}): copy their journals to journal-merge/ first.`,
    );
  }
  if (missingLogKeys.length > 0) {
    lines.push(`Sealed parts of these are unreadable: ${missingLogKeys.join(', ')}.`);
  }
  if (missingEpochKeys === null) {
    lines.push('SAFECONDUCT_EPOCH_KEYS_DIR is not set here: its keys were not looked for.');
  } else if (missingEpochKeys.length > 0) {
    lines.push(
      `Keys of erasure epochs ${missingEpochKeys.join(', ')} are gone: nothing opens whom they sealed, and the start is refused while somebody is.`,
    );
  }
  lines.push(
    `Gone for good: imports, releases, corrections, grants, certificates and everything else that widens, since ${manifest.createdAt}. Import again, and let two people decide again.`,
  );
  return `${lines.join('\n')}\n`;
}
