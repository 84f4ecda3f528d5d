import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../../../core/errors.js';
import { namesNow, nameOfMigration, type Migration } from '../database.js';
import { fileOf, type BackupManifest, type TableInBackup } from './backup-manifest.js';
import {
  describeTables,
  portableTexts,
  quoted,
  readMigrations,
  readPartitions,
  readSequences,
  rowsOf,
  type Querier,
  type TableShape,
} from './tables.js';
import { isRestoreUnfinished } from './unfinished-restore.js';

/** Rows of a table that a backup holds; `keep` is a condition in SQL, ours. */
export interface BackupRule {
  readonly table: string;
  readonly keep: string;
}

export interface DumpOptions<Extra> {
  /** A directory that is there, and empty. */
  readonly directory: string;
  /** Of tables not all of whose rows are copied. */
  readonly rules: readonly BackupRule[];
  /** This release's. */
  readonly migrations: readonly Migration[];
  readonly onRows: (done: number, total: number) => void;
  /** Reads more of the same moment. */
  readonly alsoRead: (querier: Querier) => Promise<Extra>;
}

export type Dump = Pick<BackupManifest, 'migrations' | 'tables' | 'partitions' | 'sequences'>;

/** How much of a table is asked for at a time, bytes of text. */
const portionBytes = 4 * 1024 * 1024;

/**
 * Copies every table into files, all as of one moment: one read-only transaction at repeatable read,
 * which holds nobody up but who drops a table. The files are on disk when this resolves.
 *
 * @throws {GatewayError} ERR_CONFLICT when the database is of another release, or not whole
 */
export async function dumpDatabase<Extra>(
  dataSource: DataSource,
  options: DumpOptions<Extra>,
): Promise<{ readonly dump: Dump; readonly extra: Extra }> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await refuseOtherRelease(runner, options.migrations);
    const tables = await describeTables(runner);
    await runner.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      for (const statement of portableTexts) await runner.query(statement);
      // Before the first statement that takes the snapshot: nothing in it is dropped from under it.
      const names = tables.map(({ table }) => quoted(table)).join(', ');
      await runner.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
      const migrations = await refuseOtherRelease(runner, options.migrations);
      const extra = await options.alsoRead(runner);
      const dump = {
        migrations,
        tables: await copyTables(runner, tables, options),
        partitions: await readPartitions(runner),
        sequences: await readSequences(runner, tables),
      };
      return { dump, extra };
    } finally {
      await runner.query('ROLLBACK');
    }
  } finally {
    await runner.release();
  }
}

/** @returns names of the migrations that were run, as this release calls them */
async function refuseOtherRelease(
  querier: Querier,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const known = migrations.map(nameOfMigration);
  const refused = (detail: string) => new GatewayError('ERR_CONFLICT', { detail });
  const book = await readMigrations(querier);
  if (book === undefined) throw refused('the database is empty: there is nothing to back up');
  const done = namesNow(book, migrations);
  if (await isRestoreUnfinished(querier)) {
    throw refused('a restore into this database was not finished: there is nothing to back up');
  }
  if (done.some((name) => !known.includes(name))) {
    throw refused('the database is of a newer release: back it up with that one');
  }
  if (known.some((name) => !done.includes(name))) {
    throw refused(
      'the database is of an earlier release: back it up with that one, or start this one first',
    );
  }
  return done;
}

async function copyTables(
  querier: Querier,
  tables: readonly TableShape[],
  { directory, rules, onRows }: Pick<DumpOptions<unknown>, 'directory' | 'rules' | 'onRows'>,
): Promise<readonly TableInBackup[]> {
  await mkdir(join(directory, 'tables'), { mode: 0o700 });
  const wanted = tables.map((shape) => {
    const keep = rules.find(({ table }) => table === shape.table)?.keep;
    return { shape, source: `${quoted(shape.table)}${keep === undefined ? '' : ` WHERE ${keep}`}` };
  });
  let total = 0;
  for (const { source } of wanted) {
    const [row] = await rowsOf<{ n: string }>(querier, `SELECT count(*) AS n FROM ${source}`);
    total += Number(row?.n);
  }
  let done = 0;
  onRows(done, total);
  const copied: TableInBackup[] = [];
  for (const { shape, source } of wanted) {
    const path = join(directory, fileOf(shape.table));
    const one = await copyTable(querier, shape, source, path, (rows) => {
      done += rows;
      onRows(done, total);
    });
    copied.push(one);
  }
  await syncDirectory(join(directory, 'tables'));
  return copied;
}

async function copyTable(
  querier: Querier,
  { table, columns }: TableShape,
  source: string,
  path: string,
  onRows: (rows: number) => void,
): Promise<TableInBackup> {
  const texts = columns.map(({ name }) => `${quoted(name)}::text`).join(', ');
  const file = await open(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let [rows, bytes, portion] = [0, 0, 100];
  try {
    await querier.query(
      `DECLARE backup_rows NO SCROLL CURSOR FOR SELECT to_json(ARRAY[${texts}]::text[])::text AS line FROM ${source}`,
    );
    for (;;) {
      const found = await rowsOf<{ line: string }>(querier, `FETCH ${portion} FROM backup_rows`);
      if (found.length === 0) break;
      const lines = Buffer.from(found.map(({ line }) => `${line}\n`).join(''));
      hash.update(lines);
      await file.appendFile(lines);
      rows += found.length;
      bytes += lines.length;
      onRows(found.length);
      const fitting = Math.floor(portionBytes / (lines.length / found.length));
      portion = Math.max(1, Math.min(20_000, fitting));
    }
    await querier.query('CLOSE backup_rows');
    await file.sync();
  } finally {
    await file.close();
  }
  return {
    table,
    columns: columns.map(({ name }) => name),
    rows,
    bytes,
    sha256: hash.digest('hex'),
  };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
