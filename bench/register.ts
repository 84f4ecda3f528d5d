import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate, openDatabase, type Database } from '../src/platform/database/database.js';
import { epochKeyFiles } from '../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../src/platform/keys/keys.js';
import {
  importFile,
  makeDemoPeople,
  openRegister,
  registerMigrations,
  releaseBatch,
} from '../src/register/index.js';
import { createDatabase, startPostgresServer } from '../test/support/postgres-server.js';

/**
 * npm run bench:register -- [--people N] [--database PGlite|PostgreSQL]
 *
 * Imports made-up people from a file of JSON Lines, releases them, and starts anew on them; each
 * step in a process of its own, so that its memory is its own, the most it ever was. Times are
 * from the opening of the database on. 20,000 people when not said
 * otherwise; the goals are for 1,000,000. See docs/register.md.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    people: { type: 'string', default: '20000' },
    database: { type: 'string' },
  },
});

interface Figures {
  readonly people: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly residentMebibytes: number;
  readonly atRestBytes?: number;
  readonly indexBytes?: number;
}

interface Place {
  readonly home: string;
  readonly url: string;
  readonly masterKey: string;
  readonly file: string;
}

const [step, placeJson] = positionals;
if (step === undefined) await measure();
else await runStep(step, JSON.parse(placeJson ?? '') as Place);

async function measure(): Promise<void> {
  const people = Number(values.people);
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-bench-'));
  const file = join(directory, 'people.jsonl');
  writePeople(file, people);
  const server = await startPostgresServer();
  try {
    for (const database of ['PostgreSQL', 'PGlite']) {
      if (values.database !== undefined && values.database !== database) continue;
      const url = database === 'PGlite' ? '' : await createDatabase(server.url, 'bench');
      const masterKey = randomBytes(32).toString('hex');
      const place: Place = { home: join(directory, database), url, masterKey, file };
      const floor = await inProcess('floor', place);
      const imported = await inProcess('import', place);
      const started = await inProcess('start', place);
      print(database, people, floor, imported, started);
    }
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function print(
  database: string,
  people: number,
  floor: Figures,
  imported: Figures,
  started: Figures,
): void {
  const lines = [
    ['people', people.toLocaleString('en')],
    ['rows imported a second', (imported.people / imported.seconds).toFixed(0)],
    ['gateway CPU a row', `${((imported.cpuSeconds / people) * 1e6).toFixed(0)} us`],
    [
      'resident while importing',
      `${imported.residentMebibytes.toFixed(0)} MiB (${floor.residentMebibytes.toFixed(0)} with an empty register)`,
    ],
    ['at rest a person', `${((imported.atRestBytes ?? 0) / people).toFixed(0)} bytes`],
    ['index a person', `${((started.indexBytes ?? 0) / people).toFixed(0)} bytes`],
    [
      'cold start',
      `${started.seconds.toFixed(2)} s (${((started.seconds / people) * 1e6).toFixed(1)} s a million)`,
    ],
    ['resident once started', `${started.residentMebibytes.toFixed(0)} MiB`],
  ];
  process.stdout.write(`\n${database}\n`);
  for (const [name = '', value = ''] of lines) {
    process.stdout.write(`  ${name.padEnd(28)}${value}\n`);
  }
}

async function inProcess(name: string, place: Place): Promise<Figures> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ...process.argv.slice(1, 2), name, JSON.stringify(place)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as Figures;
}

async function runStep(name: string, place: Place): Promise<void> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const database = await openDatabase({
    home: place.home,
    migrations: registerMigrations,
    ...(place.url === '' ? {} : { url: place.url }),
  });
  await migrate(database.dataSource);
  const options = {
    dataSource: database.dataSource,
    masterKey: localMasterKey(Buffer.from(place.masterKey, 'hex')),
    epochKeys: epochKeyFiles(`${place.home}-epoch-keys`, 'bench'),
    now: () => new Date(),
    random: randomBytes,
  };
  const register = await openRegister(options);
  if (name === 'import') {
    const result = await importFile(register.store, {
      file: { open: () => createReadStream(place.file, { highWaterMark: 1 << 18 }) },
      requestedBy: 'registrar-1',
      knownPartners: new Set(),
      dryRun: false,
    });
    if (!result.taken || result.report.rejected > 0) throw new Error('the file was not taken');
    const people = result.report.added;
    const imported = figures(people, begin, cpu);
    const atRestBytes = await bytesAtRest(database.dataSource);
    const batchId = result.report.batchId ?? '';
    await releaseBatch(register.store, { batchId, releasedBy: 'registrar-2', people });
    // What the release takes beyond the import counts as well.
    tell({ ...imported, atRestBytes, residentMebibytes: mostResident() });
  } else {
    tell({ ...figures(register.size, begin, cpu), indexBytes: register.indexBytes });
  }
  await database.close();
}

function figures(people: number, begin: number, cpu: NodeJS.CpuUsage): Figures {
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { people, seconds, cpuSeconds: (user + system) / 1e6, residentMebibytes: mostResident() };
}

async function bytesAtRest(dataSource: Database['dataSource']): Promise<number> {
  const [size] = await dataSource.query<{ bytes: string }[]>(
    `SELECT pg_total_relation_size('subject') + pg_total_relation_size('register_page') AS bytes`,
  );
  return Number(size?.bytes);
}

function tell(figures: Figures): void {
  process.stdout.write(JSON.stringify(figures));
}

/** The most this process had in memory so far, MiB. */
function mostResident(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Families of a thousand people at a time, each thousand from its own seed. */
function writePeople(path: string, count: number): void {
  const descriptor = openSync(path, 'wx', 0o600);
  for (let from = 0; from < count; from += 1000) {
    const some = makeDemoPeople({
      seed: `bench ${from}`,
      partners: [],
      count: Math.min(1000, count - from),
    });
    const lines = some.map((person, at) =>
      JSON.stringify({ ...person, reference: `B-${from + at}` }),
    );
    writeSync(descriptor, `${lines.join('\n')}\n`);
  }
  closeSync(descriptor);
}
