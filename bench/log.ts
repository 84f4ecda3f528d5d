import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createDatabase, startPostgresServer } from '../test/support/postgres-server.js';
import { accessEntry, openTestLog, partner } from '../test/support/access-log.js';
import { accessLogMigrations } from '../src/access-log/index.js';
import { measureSearch, type SearchFigures } from './log-search.js';
import { measureVerification, type VerificationFigures } from './log-verification.js';
import { processorTime } from './processor-time.js';
import { migrate, openDatabase } from '../src/platform/database/database.js';

/**
 * `npm run bench:log [-- --seconds 5] [--records 1000000] [--in-flight 256] [--json]
 * [--search-rows 10000000] [--only speed|search]`: see docs/log.md. Everything is a ratio of two things
 * measured by turns in one run, on PostgreSQL on this disk: durable records a second against one
 * INSERT a commit, one in flight; the time of a record alone in units of one fdatasync; seconds to
 * verify an export.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    records: { type: 'string', default: '100000' },
    'in-flight': { type: 'string', default: '256' },
    'search-rows': { type: 'string', default: '200000' },
    only: { type: 'string', default: 'all' },
    json: { type: 'boolean', default: false },
  },
});
const slots = 5;
const slotMs = (Number(values.seconds) * 1000) / slots;
const inFlight = Number(values['in-flight']);
const goalRatio = 25;
/** Two are the least: the commit's and the journal's. */
const goalSyncs = 4;

const server = await startPostgresServer();
const directory = mkdtempSync(join(tmpdir(), 'safeconduct-bench-'));
try {
  if (values.only !== 'search') process.stdout.write(report(await measure()));
  if (values.only !== 'speed') process.stdout.write(searchReport(await search()));
} finally {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

interface Figures {
  readonly logPerSecond: readonly number[];
  readonly plainPerSecond: readonly number[];
  readonly aloneMs: readonly number[];
  readonly plainMs: readonly number[];
  readonly syncMs: readonly number[];
  /** Processor time of a record, in microseconds: this process, and the database's backends. */
  readonly gatewayMicroseconds: number;
  readonly databaseMicroseconds: number;
  readonly verification: VerificationFigures | undefined;
}

async function measure(): Promise<Figures> {
  const url = await createDatabase(server.url, 'bench');
  const database = await openDatabase({ home: directory, url, migrations: accessLogMigrations });
  await migrate(database.dataSource);
  const log = await openTestLog(database.dataSource, directory, {
    journal: { segmentBytes: 16 * 1024 * 1024, stepBytes: 4 * 1024 * 1024 },
  });
  const plain = new pg.Client({ connectionString: url });
  await plain.connect();
  await plain.query('CREATE TABLE plain (id bigserial PRIMARY KEY, record bytea NOT NULL)');
  const record = Buffer.alloc(1_500, 7);
  const insert = async () => {
    await plain.query({
      name: 'insert',
      text: 'INSERT INTO plain (record) VALUES ($1)',
      values: [record],
    });
  };
  const append = async () => {
    await log.append(accessEntry());
  };

  await rate(append, inFlight, 500);
  await rate(insert, 1, 200);
  const figures = {
    logPerSecond: [] as number[],
    plainPerSecond: [] as number[],
    aloneMs: [] as number[],
    plainMs: [] as number[],
    syncMs: [] as number[],
  };
  let recorded = 0;
  let gateway = 0;
  let databases = 0;
  for (let slot = 0; slot < slots; slot += 1) {
    figures.syncMs.push(...syncTimes(record));
    figures.plainPerSecond.push(await rate(insert, 1, slotMs));
    const sizeBefore = await treeSize();
    const before = await processorTime(database.dataSource);
    figures.logPerSecond.push(await rate(append, inFlight, slotMs));
    const after = await processorTime(database.dataSource);
    recorded += (await treeSize()) - sizeBefore;
    gateway += after.gateway - before.gateway;
    databases += after.database - before.database;
    figures.plainMs.push(...(await times(insert, slotMs / 2)));
    figures.aloneMs.push(...(await times(append, slotMs / 2)));
  }

  const verification = values.only === 'speed' ? undefined : await verified();

  await log.close();
  await plain.end();
  await database.close();
  return {
    ...figures,
    gatewayMicroseconds: gateway / recorded,
    databaseMicroseconds: databases / recorded,
    verification,
  };

  async function verified(): Promise<VerificationFigures> {
    const wanted = Number(values.records);
    for (let done = await treeSize(); done < wanted; done = await treeSize()) {
      await Promise.all(Array.from({ length: Math.min(1_000, wanted - done) }, append));
    }
    return measureVerification(log, directory, wanted);
  }

  async function treeSize(): Promise<number> {
    return Number((await log.checkpoint({ kind: 'partner', partner })).split('\n')[1]);
  }
}

async function search(): Promise<SearchFigures> {
  const url = await createDatabase(server.url, 'search');
  const home = join(directory, 'search');
  const database = await openDatabase({ home, url, migrations: accessLogMigrations });
  try {
    await migrate(database.dataSource);
    return await measureSearch(database.dataSource, home, Number(values['search-rows']), 40);
  } finally {
    await database.close();
  }
}

function searchReport({ rows, makingSeconds, p95Ms, worstP95Ms }: SearchFigures): string {
  if (values.json) return `${JSON.stringify({ searchRows: rows, searchP95Ms: p95Ms })}\n`;
  return [
    `search of ${rows} records     p95 at most ${round(worstP95Ms)} ms (goal 200 at 10,000,000; made in ${Math.round(makingSeconds)} s)`,
    ...Object.entries(p95Ms).map(([name, ms]) => `  ${name.padEnd(26)}${round(ms)} ms`),
    '',
  ].join('\n');
}

/** Completed a second with so many under way. */
async function rate(work: () => Promise<void>, parallel: number, ms: number): Promise<number> {
  const begun = performance.now();
  let done = 0;
  const worker = async () => {
    while (performance.now() - begun < ms) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return done / ((performance.now() - begun) / 1000);
}

async function times(work: () => Promise<void>, ms: number): Promise<number[]> {
  const found: number[] = [];
  for (const begun = performance.now(); performance.now() - begun < ms;) {
    const from = performance.now();
    await work();
    found.push(performance.now() - from);
  }
  return found;
}

/** One write into a preallocated file and one fdatasync, on the disk of the journal. */
function syncTimes(record: Buffer): number[] {
  const file = openSync(join(directory, 'sync'), 'w');
  writeSync(file, Buffer.alloc(4 * 1024 * 1024));
  fdatasyncSync(file);
  const found: number[] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const from = performance.now();
    writeSync(file, record, 0, record.length, turn * record.length);
    fdatasyncSync(file);
    found.push(performance.now() - from);
  }
  closeSync(file);
  return found;
}

function median(found: readonly number[]): number {
  return [...found].sort((a, b) => a - b)[Math.floor(found.length / 2)] ?? Number.NaN;
}

function report(found: Figures): string {
  const ratios = found.logPerSecond.map((rate, at) => rate / (found.plainPerSecond[at] ?? 1));
  const sync = median(found.syncMs);
  const alone = median(found.aloneMs);
  const { verification } = found;
  const figures = {
    durableRecordsPerSecond: Math.round(median(found.logPerSecond)),
    onePerCommitPerSecond: Math.round(median(found.plainPerSecond)),
    ratio: round(median(ratios)),
    recordAloneMs: round(alone),
    insertAloneMs: round(median(found.plainMs)),
    fdatasyncMs: round(sync),
    recordAloneInFdatasyncs: round(alone / sync),
    gatewayMicroseconds: Math.round(found.gatewayMicroseconds),
    databaseMicroseconds: Math.round(found.databaseMicroseconds),
    ...(verification && {
      verifiedRecords: verification.records,
      verifySeconds: round(verification.seconds),
      verifyMebibytes: verification.mebibytes,
      verifySecondsPerMillion: round(verification.secondsAMillion),
    }),
  };
  if (values.json) return `${JSON.stringify(figures)}\n`;
  const besideDisk = alone - 2 * sync;
  const wantedPerSecond = goalRatio * median(found.plainPerSecond);
  const affordable = (availableParallelism() * 1_000_000) / wantedPerSecond;
  const spent = figures.gatewayMicroseconds + figures.databaseMicroseconds;
  return [
    `durable records a second    ${figures.durableRecordsPerSecond} with ${inFlight} in flight`,
    `PostgreSQL, one a commit    ${figures.onePerCommitPerSecond} with one in flight`,
    `ratio                       ${figures.ratio} (goal ${goalRatio}; slots ${ratios.map(round).join(' ')})`,
    `  which would be            ${Math.round(wantedPerSecond)} a second: ${round(affordable)} us of all ${availableParallelism()} processors a record, and it takes ${spent}`,
    `one record alone, p50       ${figures.recordAloneMs} ms = ${figures.recordAloneInFdatasyncs} fdatasyncs of ${figures.fdatasyncMs} ms (goal ${goalSyncs})`,
    `  beside two fdatasyncs     ${round(besideDisk)} ms: the goal holds where one takes ${round(besideDisk / (goalSyncs - 2))} ms or more`,
    `one plain INSERT, p50       ${figures.insertAloneMs} ms`,
    `processor time of a record  ${figures.gatewayMicroseconds} us of the gateway, ${figures.databaseMicroseconds} us of PostgreSQL`,
    ...(verification === undefined ? [] : [verificationReport(verification)]),
    '',
  ].join('\n');
}

function verificationReport(found: VerificationFigures): string {
  const { records, seconds, startSeconds, secondsAMillion, mebibytes } = found;
  return `verification                ${records} records in ${round(seconds)} s, ${round(startSeconds)} s of it the start: ${round(secondsAMillion)} s a million (goal 60), ${mebibytes} MiB`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
