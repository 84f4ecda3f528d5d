import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../../../core/errors.js';
import {
  fileOf,
  type BackupManifest,
  type PartitionInBackup,
  type TableInBackup,
} from './backup-manifest.js';
import {
  describeTables,
  portableTexts,
  quoted,
  readMigrations,
  readPartitions,
  rowsOf,
  type Querier,
  type TableShape,
} from './tables.js';
import {
  isMarker,
  lockUnfinishedRestore,
  markRestoreBegun,
  markRestoreFinished,
  refuseUsedDatabase,
} from './unfinished-restore.js';

const portionBytes = 4 * 1024 * 1024;
const portionRows = 5_000;

/**
 * Brings a backup into an empty database: the tables by the migrations it names, then every row in
 * one transaction. Interrupted anywhere it leaves no row, and a database that nothing starts on;
 * done again it goes on from there.
 *
 * Needs no more than to own the tables: triggers are off and foreign keys away while rows come, and
 * back, each checked over all rows, before anybody sees one.
 *
 * @param dataSource knows the migrations of the backup and no others
 * @throws {GatewayError} ERR_CONFLICT when the database is not empty; ERR_INPUT_INVALID naming a file
 *   that is another than it was
 */
export async function loadDatabase(
  dataSource: DataSource,
  manifest: BackupManifest,
  directory: string,
  onRows: (done: number, total: number) => void,
): Promise<void> {
  await refuseUsedDatabase(dataSource);
  await markRestoreBegun(dataSource);
  await dataSource.runMigrations();
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.query('BEGIN');
    try {
      for (const statement of portableTexts) await runner.query(statement);
      await lockUnfinishedRestore(runner);
      await refuseOtherMigrations(runner, manifest);
      await loadTables(runner, manifest, directory, onRows);
      await markRestoreFinished(runner);
      await runner.query('COMMIT');
    } catch (error) {
      await runner.query('ROLLBACK');
      throw error;
    }
    // So that the first questions are planned as those before; what is lost of it comes by itself.
    await runner.query('ANALYZE');
    await runner.query('CHECKPOINT').catch(() => undefined);
  } finally {
    await runner.release();
  }
}

async function refuseOtherMigrations(
  querier: Querier,
  { migrations }: BackupManifest,
): Promise<void> {
  const done = (await readMigrations(querier)) ?? [];
  if (done.length !== migrations.length || done.some((name) => !migrations.includes(name))) {
    throw new GatewayError('ERR_CONFLICT', {
      detail:
        'an interrupted restore of another backup is in this database: begin with an empty one',
    });
  }
}

async function loadTables(
  querier: Querier,
  manifest: BackupManifest,
  directory: string,
  onRows: (done: number, total: number) => void,
): Promise<void> {
  const shapes = (await describeTables(querier)).filter(({ table }) => !isMarker(table));
  const pairs = pairTables(shapes, manifest.tables);
  const foreignKeys = await rowsOf<{ table: string; name: string; definition: string }>(
    querier,
    `SELECT c.relname AS table, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace`,
  );
  for (const { table, name } of foreignKeys) {
    await querier.query(`ALTER TABLE ${quoted(table)} DROP CONSTRAINT ${quoted(name)}`);
  }
  for (const { table } of shapes) {
    await querier.query(`ALTER TABLE ${quoted(table)} DISABLE TRIGGER USER`);
  }
  await querier.query(`TRUNCATE ${shapes.map(({ table }) => quoted(table)).join(', ')}`);
  await replacePartitions(querier, shapes, manifest.partitions);

  const total = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  onRows(done, total);
  for (const { shape, stored } of pairs) {
    await loadTable(querier, shape, stored, join(directory, fileOf(stored.table)), (rows) => {
      done += rows;
      onRows(done, total);
    });
  }
  for (const { table, column, lastValue, isCalled } of manifest.sequences) {
    const shape = shapes.find((one) => one.table === table && one.identity === column);
    if (shape === undefined) throw otherShape(table);
    await querier.query('SELECT setval(pg_get_serial_sequence($1, $2)::regclass, $3, $4)', [
      quoted(table),
      column,
      lastValue,
      isCalled,
    ]);
  }
  for (const { table, name, definition } of foreignKeys) {
    await querier.query(
      `ALTER TABLE ${quoted(table)} ADD CONSTRAINT ${quoted(name)} ${definition}`,
    );
  }
  for (const { table } of shapes) {
    await querier.query(`ALTER TABLE ${quoted(table)} ENABLE TRIGGER USER`);
  }
}

const otherShape = (table: string): GatewayError =>
  new GatewayError('ERR_INPUT_INVALID', {
    argument: 'from',
    detail: `the backup has another table ${JSON.stringify(table)} than its migrations make`,
  });

/** The tables of a backup are those its migrations make, column by column: no other name is used. */
function pairTables(
  shapes: readonly TableShape[],
  tables: readonly TableInBackup[],
): readonly { readonly shape: TableShape; readonly stored: TableInBackup }[] {
  const pairs = tables.map((stored) => {
    const shape = shapes.find(({ table }) => table === stored.table);
    const names = shape?.columns.map(({ name }) => name) ?? [];
    const isSame =
      names.length === stored.columns.length &&
      names.every((name) => stored.columns.includes(name));
    if (shape === undefined || !isSame) throw otherShape(stored.table);
    return { shape, stored };
  });
  const missing = shapes.find(({ table }) => !tables.some((stored) => stored.table === table));
  if (missing !== undefined) throw otherShape(missing.table);
  return pairs;
}

const value = String.raw`(?:\d{1,12}|'[\d :+.-]{1,40}')`;
const boundsForm = new RegExp(
  `^(?:DEFAULT|FOR VALUES (?:IN \\(${value}\\)|FROM \\((?:MINVALUE|${value})\\) TO \\((?:MAXVALUE|${value})\\)))$`,
);

/** The parts of partitioned tables as they were; those the migrations make are of today. */
async function replacePartitions(
  querier: Querier,
  shapes: readonly TableShape[],
  partitions: readonly PartitionInBackup[],
): Promise<void> {
  for (const { name } of await readPartitions(querier)) {
    await querier.query(`DROP TABLE ${quoted(name)}`);
  }
  for (const { parent, name, bounds } of partitions) {
    const isKnown = shapes.some(({ table }) => table === parent);
    if (!isKnown || !boundsForm.test(bounds)) throw otherShape(name);
    await querier.query(`CREATE TABLE ${quoted(name)} PARTITION OF ${quoted(parent)} ${bounds}`);
  }
}

async function loadTable(
  querier: Querier,
  shape: TableShape,
  stored: TableInBackup,
  path: string,
  onRows: (rows: number) => void,
): Promise<void> {
  const types = new Map(shape.columns.map(({ name, type }) => [name, type]));
  const names = stored.columns.map(quoted).join(', ');
  const values = stored.columns
    .map((name, at) => `(line ->> ${at})::${types.get(name) ?? 'text'}`)
    .join(', ');
  const statement = `INSERT INTO ${quoted(shape.table)} (${names}) OVERRIDING SYSTEM VALUE
     SELECT ${values} FROM jsonb_array_elements($1::jsonb) AS line`;
  let lines: string[] = [];
  let bytes = 0;
  const flush = async () => {
    if (lines.length === 0) return;
    await querier.query(statement, [`[${lines.join(',')}]`]);
    onRows(lines.length);
    lines = [];
    bytes = 0;
  };
  const hash = createHash('sha256');
  for await (const line of linesOf(path, hash)) {
    lines.push(line.toString('utf8'));
    bytes += line.length;
    if (bytes >= portionBytes || lines.length >= portionRows) await flush();
  }
  await flush();
  if (hash.digest('hex') !== stored.sha256) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'from',
      detail: `${fileOf(stored.table)} was changed while it was read`,
    });
  }
}

/** Lines by LF alone: text may hold what else begins a line. */
async function* linesOf(
  path: string,
  hash: { update(bytes: Buffer): unknown },
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
