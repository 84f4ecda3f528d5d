import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { accessLogMigrations, openAccessLog } from '../src/access-log/index.js';
import { parseVerifierKey } from '../src/core/log/note.js';
import { checkTlogProof } from '../src/core/log/tlog-proof.js';
import { rootAt } from '../src/access-log/tree.repository.js';
import { coverHashes } from '../src/access-log/cover/cover.repository.js';
import { openDatabase } from '../src/platform/database/database.js';
import { otherPartner, partner } from './support/access-log.js';
import {
  freshDatabaseUrl,
  migratedDatabaseUrl,
  temporaryHome,
  type DatabaseKind,
} from './support/databases.js';

/**
 * Logs in processes of their own, ended without warning under load. `FAULT_ROUNDS=200 npm test --
 * test/log-faults` is the long run.
 */
const rounds = Number(process.env['FAULT_ROUNDS'] ?? 0);
/** Milliseconds from the start of a process to its open log; told at the end of a long run. */
const restartsMs: number[] = [];
const roundsOn = (kind: DatabaseKind): number => rounds || (kind === 'PostgreSQL' ? 16 : 4);

const writer = fileURLToPath(new URL('support/log-writer.ts', import.meta.url));
const register = new URL('../bench/register-typescript.mjs', import.meta.url).href;
const { privateKey } = generateKeyPairSync('ed25519');
const logKey = randomBytes(32);

/** Everything the processes of one test were told. */
class Told {
  readonly records = new Map<string, number>();
  readonly roots = new Map<number, string>();
  refused = 0;

  note(line: string): void {
    const [what, one = '', two = ''] = line.split(' ');
    if (what === 'refused') this.refused += 1;
    if (what === 'record') {
      if (this.records.has(one)) throw new Error('told twice');
      this.records.set(one, Number(two));
    }
    if (what === 'cover') {
      const size = Number(one);
      if ((this.roots.get(size) ?? two) !== two) throw new Error(`two roots of size ${size}`);
      this.roots.set(size, two);
    }
  }
}

class Writer {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  #waiting: { readonly on: () => boolean; readonly resolve: () => void }[] = [];
  #isOpen = false;
  #errors = '';

  constructor(
    readonly told: Told,
    home: string,
    url: string | undefined,
    fileLimitBlocks?: number,
  ) {
    const settings = JSON.stringify({
      home,
      url,
      logKey: logKey.toString('hex'),
      checkpointKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('hex'),
    });
    const node = [process.execPath, '--import', register, writer, settings];
    const [command = '', ...rest] =
      fileLimitBlocks === undefined
        ? node
        : ['sh', '-c', `ulimit -S -f ${fileLimitBlocks}; exec "$0" "$@"`, ...node];
    this.process = spawn(command, rest, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    this.process.stderr?.on('data', (bytes: Buffer) => (this.#errors += bytes.toString()));
    if (this.process.stdout === null) throw new TypeError('no output');
    const lines = createInterface({ input: this.process.stdout });
    lines.on('line', (line) => {
      // A line torn by the end of the process was told to nobody.
      if (line === 'open') this.#isOpen = true;
      else if (/^(?:record [0-9a-f-]{36} \d+|cover \d+ \S{44}|refused)$/.test(line))
        told.note(line);
      this.#check();
    });
    this.ended = new Promise((resolve) => {
      lines.once('close', () => {
        resolve();
        this.#check();
      });
    });
  }

  async open(): Promise<void> {
    const begun = performance.now();
    await this.until(() => this.#isOpen);
    restartsMs.push(performance.now() - begun);
  }

  /** Resolves once it holds; rejects when the process has ended before. */
  async until(on: () => boolean): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#waiting.push({ on, resolve });
        this.#check();
      }),
      this.ended.then(() => {
        if (!on()) throw new Error(`the writer ended: ${this.#errors.slice(-2000)}`);
      }),
    ]);
  }

  /** Until so many more records were told. */
  async more(records: number): Promise<void> {
    const wanted = this.told.records.size + records;
    await this.until(() => this.told.records.size >= wanted);
  }

  fault(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ on, resolve }) => {
      if (!on()) return true;
      resolve();
      return false;
    });
  }
}

/** Every record told of is there once, where it was said to be, and proves; so does every root. */
async function settle(told: Told, home: string, url: string | undefined): Promise<void> {
  const database = await openDatabase({
    home,
    migrations: accessLogMigrations,
    ...(url === undefined ? {} : { url }),
  });
  const log = await openAccessLog({
    dataSource: database.dataSource,
    home,
    logKey,
    checkpointKey: privateKey,
    origin: 'log.example.org',
    random: randomBytes,
  });
  try {
    const rows = await database.dataSource.query<
      { id: string; leaf_index: string; owner: string }[]
    >(
      `SELECT leaf.id, leaf.leaf_index, tree.owner FROM access_log_leaf leaf
       JOIN access_log_tree tree ON tree.tree = leaf.tree`,
    );
    const found = new Map(rows.map(({ id, leaf_index: index }) => [id, Number(index)]));
    expect(found.size).toBe(rows.length);
    for (const [id, index] of told.records) expect([id, found.get(id)]).toEqual([id, index]);
    for (const owner of [partner, otherPartner]) {
      const key = parseVerifierKey(await log.verifierKey({ kind: 'partner', partner: owner }));
      const own = rows.filter((row) => row.owner === owner && told.records.has(row.id));
      for (const { id } of own.filter((_, at) => at % 50 === 0 || at === own.length - 1)) {
        const receipt = await log.receipt(owner, id);
        const record = Buffer.from(receipt?.record ?? '', 'base64url');
        checkTlogProof(record, receipt?.proof ?? '', key);
      }
    }
    for (const [size, root] of told.roots) {
      const there = await rootAt(coverHashes(database.dataSource), size);
      expect([size, there.toString('base64')]).toEqual([size, root]);
    }
  } finally {
    await log.close();
    await database.close();
  }
}

describe('a log whose process ends without warning', () => {
  const homes: ReturnType<typeof temporaryHome>[] = [];
  const writers: Writer[] = [];
  const home = (): string => {
    const made = temporaryHome();
    homes.push(made);
    return made.path;
  };
  const start = async (...given: ConstructorParameters<typeof Writer>): Promise<Writer> => {
    const made = new Writer(...given);
    writers.push(made);
    await made.open();
    return made;
  };
  afterAll(() => {
    if (rounds === 0) return;
    const sorted = [...restartsMs].sort((a, b) => a - b).map(Math.round);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)];
    process.stderr.write(
      `restart to an open log, process and modules included: median ${at(0.5)} ms, ` +
        `p95 ${at(0.95)} ms, longest ${at(1)} ms of ${sorted.length}\n`,
    );
  });
  afterEach(async () => {
    for (const made of writers.splice(0)) await made.kill();
    for (const made of homes.splice(0)) made.remove();
  });

  test.each(['PGlite', 'PostgreSQL'] as const)(
    'on %s keeps every record it told of, once, wherever it was killed',
    async (kind) => {
      const told = new Told();
      const path = home();
      const url = await migratedDatabaseUrl(kind, path, accessLogMigrations);
      for (let round = 0; round < roundsOn(kind); round += 1) {
        const running = await start(told, path, url);
        await running.more(randomInt(1, 60));
        await running.kill();
      }
      expect(told.records.size).toBeGreaterThan(roundsOn(kind));
      if (rounds > 0) {
        process.stderr.write(`${kind}: ${rounds} kills, ${told.records.size} records told of\n`);
      }
      expect(told.roots.size).toBeGreaterThan(0);
      await settle(told, path, url);
    },
    300_000 + rounds * 15_000,
  );

  test(
    'two gateways on one database: one is killed while it sequences, the other goes on',
    async () => {
      const told = new Told();
      const [first, second, url] = [home(), home(), await freshDatabaseUrl('PostgreSQL')];
      const surviving = await start(told, first, url);
      for (let round = 0; round < (rounds || 3); round += 1) {
        const doomed = await start(told, second, url);
        await doomed.more(randomInt(5, 60));
        await doomed.kill();
        await surviving.more(30);
      }
      expect(told.refused).toBe(0);
      await surviving.kill();
      await settle(told, second, url);
      await settle(told, first, url);
    },
    300_000 + rounds * 15_000,
  );

  test('after a failed fdatasync nothing is told until the journal is whole again', async () => {
    const told = new Told();
    const [path, url] = [home(), await freshDatabaseUrl('PostgreSQL')];
    const running = await start(told, path, url);
    await running.more(20);
    running.fault('sync');
    await running.until(() => told.refused > 0);
    const before = told.records.size;
    const refused = told.refused;
    await running.until(() => told.refused > refused + 20);
    expect(told.records.size).toBe(before);
    running.fault('mend');
    await running.more(20);
    running.fault('sync');
    await running.until(() => told.refused > refused + 40);
    await running.kill();
    await settle(told, path, url);
  });

  test('a disk that takes no more stops it, and it comes back by itself', async () => {
    const told = new Told();
    const [path, url] = [home(), await freshDatabaseUrl('PostgreSQL')];
    // The kernel refuses to let any file of the process grow past 64 KiB: the journal's next
    // preallocation fails as on a full disk.
    const running = await start(told, path, url, 128);
    await running.until(() => told.refused > 20);
    const before = told.records.size;
    const refused = told.refused;
    await running.until(() => told.refused > refused + 20);
    expect(told.records.size).toBe(before);
    execFileSync('prlimit', ['--pid', String(running.process.pid), '--fsize=unlimited']);
    await running.more(50);
    await running.kill();
    await settle(told, path, url);
  });
});
