import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { AccessLog } from '../src/access-log/index.js';
import { makeBackup } from '../src/cli/host/backup-command.js';
import { restoreBackup } from '../src/cli/host/restore-command.js';
import { openDoors, openRooms, type Gateway, type GatewaySettings } from '../src/main.js';
import {
  encodeManifest,
  type BackupManifest,
} from '../src/platform/database/backup/backup-manifest.js';
import {
  isRestoreUnfinished,
  refuseUsedDatabase,
} from '../src/platform/database/backup/unfinished-restore.js';
import { openDatabase } from '../src/platform/database/database.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { encodingsOf, everyFile, findNeedles, valuesOf } from './support/byte-sweep.js';
import { safeconduct, type Ran } from './support/command.js';
import { describeOnEachDatabase, freshDatabaseUrl, temporaryHome } from './support/databases.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { captureOutput } from './support/output.js';
import { passport, personRow, testCaseload } from './support/register.js';
import { approveAct, changeRegister } from './support/registrar.js';
import { answerOf, codeOf } from './support/replies.js';

const people = (...wanted: readonly number[]) => ({
  caseload: testCaseload,
  references: wanted.map((number) => `T-${number}`),
});
const persons = [1, 2, 3, 4];

/** The same database for a user who owns it and may nothing more, as in production. */
async function ownedByPlainUser(url: string | undefined): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const owned = new URL(url);
  const name = owned.pathname.slice(1);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE ROLE ${name} LOGIN NOSUPERUSER`);
  await client.query(`ALTER DATABASE ${name} OWNER TO ${name}`);
  await client.end();
  owned.username = name;
  return owned.href;
}

describeOnEachDatabase('a backup', (kind) => {
  const place = temporaryHome();
  const made = join(place.path, 'monday');
  let gateway: TestGateway;
  let restarted: Gateway | undefined;
  /** Where the next restore goes. */
  let settings: GatewaySettings;
  let before: readonly boolean[];
  let logSize = 0;

  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, checkpointCopy: true });
    settings = gateway.settings;
    await gateway.addPeople(persons.map((number) => personRow(number)));
    before = await told();
    // A signed head of the cover tree is in the copy of checkpoints, which is looked for below.
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await log.makeRound(new Date());
    await log.published.coverCheckpoint();
  });
  afterAll(async () => {
    await restarted?.close();
    await gateway?.close();
    place.remove();
  });

  const isTold = async (number: number): Promise<boolean> => {
    const reply = await gateway.partner('ALPHA-BORDER').verify({
      names: [{ full: 'Zarghuna Wardakpur' }],
      documents: [{ type: 'PASSPORT', number: passport(number) }],
    });
    return answerOf(reply).outcome === 'MATCH';
  };
  const told = async () => Promise.all(persons.map(isTold));
  const epochKeys = () => join(gateway.files.tokenKey, '..', 'epochs');
  const run = (...args: readonly string[]): Promise<Ran> => runIn(settings, ...args);
  const runIn = (
    { configuration: { home, databaseUrl } }: GatewaySettings,
    ...args: readonly string[]
  ): Promise<Ran> =>
    safeconduct(args, {
      SAFECONDUCT_HOME: home,
      SAFECONDUCT_LOG_ORIGIN: 'log.test',
      SAFECONDUCT_EPOCH_KEYS_DIR: epochKeys(),
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    });
  const manifestOf = (directory: string) =>
    (
      JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as {
        manifest: BackupManifest;
      }
    ).manifest;
  const lost = () => join(place.path, 'lost');
  /** The gateway is down; its database is lost, and everything else is there. */
  const loseDatabase = async () => {
    const { configuration } = settings;
    rmSync(lost(), { recursive: true, force: true });
    if (kind === 'PGlite' && existsSync(join(configuration.home, 'database'))) {
      renameSync(join(configuration.home, 'database'), lost());
    }
    const databaseUrl = await ownedByPlainUser(await freshDatabaseUrl(kind));
    settings = { ...settings, configuration: { ...configuration, databaseUrl } };
  };
  /** A copy to be bent. */
  const bentCopy = (): string => {
    const path = join(place.path, 'bent');
    rmSync(path, { recursive: true, force: true });
    cpSync(made, path, { recursive: true });
    return path;
  };
  /** Nothing was put where a restore would go. */
  const isUntouched = async (): Promise<boolean> => {
    const { home, databaseUrl } = settings.configuration;
    if (databaseUrl === undefined) return !existsSync(join(home, 'database'));
    const database = await openDatabase({ home, url: databaseUrl, migrations: [] });
    await refuseUsedDatabase(database.dataSource);
    const isBegun = await isRestoreUnfinished(database.dataSource);
    await database.close();
    return !isBegun;
  };

  test('is made while the gateway serves, or says that it has to be stopped', async () => {
    expect(before).toEqual([true, true, true, true]);
    if (kind === 'PGlite') {
      const refused = await run('backup', '--out', made);
      expect([refused.code, refused.err]).toEqual([
        3,
        expect.stringContaining('while it is stopped'),
      ]);
      expect(existsSync(made)).toBe(false);
      await gateway.gateway.close();
    }
    const { code, out, err } = await run('backup', '--out', made, '--json');
    expect([code, err]).toEqual([0, expect.stringMatching(/rows: \d+ of \d+/)]);
    const said = JSON.parse(out) as { rows: number; bytes: number; missingLogKeys: string[] };
    expect(said.rows).toBeGreaterThan(100);
    expect(said.bytes).toBeGreaterThan(10_000);
    expect(said.missingLogKeys).toEqual([]);
    if (kind === 'PGlite') {
      restarted = await openDoors(settings, await openRooms(settings));
    }
  });

  test('says what it is, is its user’s alone, and is overwritten by nothing', async () => {
    const names = ['.', ...readdirSync(made, { recursive: true, encoding: 'utf8' })];
    const open = names.filter((name) => (lstatSync(join(made, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    const manifest = manifestOf(made);
    expect(manifest).toMatchObject({
      format: 'safeconduct-backup',
      version: 1,
      database: kind === 'PGlite' ? 'EMBEDDED' : 'POSTGRESQL',
      log: {
        origin: 'log.test',
        trees: expect.arrayContaining([expect.objectContaining({ tree: 'host' })]),
      },
    });
    logSize = manifest.log.trees.reduce((sum, { size }) => sum + size, 0);
    expect(logSize).toBeGreaterThan(4);
    expect(manifest.migrations.length).toBeGreaterThan(20);
    const again = await run('backup', '--out', made);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('there already')]);
    expect(manifestOf(made)).toEqual(manifest);
  });

  test('holds nothing of people and no key, in no encoding in use', () => {
    const bytes = everyFile(made);
    const values = new Set(persons.flatMap((number) => valuesOf(personRow(number))));
    const needles = [...values].flatMap((value) => encodingsOf(value));
    expect(needles.length).toBeGreaterThan(50);
    expect(findNeedles(bytes, needles).length).toBe(0);

    const { master, log, token, checkpoint } = gateway.settings.keys;
    const wrapped = [epochKeys(), join(gateway.home, 'log-keys')].flatMap((directory) =>
      readdirSync(directory).map((name) => readFileSync(join(directory, name))),
    );
    const secrets = [
      Buffer.from(master),
      Buffer.from(log),
      ...[token, checkpoint].map(({ key }) =>
        Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'),
      ),
      ...wrapped.map((key) => {
        const text = /^[0-9a-f]+ ([\w-]+)\n$/.exec(key.toString('latin1'))?.[1];
        return text === undefined ? key : Buffer.from(text, 'base64url');
      }),
    ];
    expect(secrets.length).toBeGreaterThan(5);
    const spelled = secrets.flatMap((secret) => [
      secret,
      ...(['hex', 'base64', 'base64url'] as const).map((one) => Buffer.from(secret.toString(one))),
    ]);
    expect(findNeedles(bytes, spelled).length).toBe(0);
    // It would be found: the database has the keys of the log's months, beside the files.
    expect(findNeedles(Buffer.concat([bytes, Buffer.from(log)]), spelled).length).toBe(1);
    const checkpoints = readFileSync(gateway.files.checkpoints);
    expect(findNeedles(bytes, [checkpoints.subarray(0, 64)]).length).toBe(0);
    const tls = Buffer.from(readFileSync(gateway.files.certificateKey, 'utf8').slice(40, 90));
    expect(findNeedles(bytes, [tls]).length).toBe(0);
    expect(keyPem(token.key)).toContain('PRIVATE KEY');
  });

  test('is not restored where a gateway runs, or into a database that is not empty', async () => {
    const running = await run('restore', made);
    expect([running.code, running.err]).toEqual([3, expect.stringContaining('in use')]);
    const other = temporaryHome();
    cpSync(join(gateway.home, 'log-keys'), join(other.path, 'log-keys'), { recursive: true });
    const elsewhere = {
      ...settings,
      configuration: { ...settings.configuration, home: other.path },
    };
    if (kind === 'PostgreSQL') {
      for (const args of [
        ['restore', made],
        ['restore', made, '--dry-run'],
      ]) {
        const used = await runIn(elsewhere, ...args);
        expect([used.code, used.err]).toEqual([3, expect.stringContaining('not empty')]);
      }
    }
    other.remove();
  });

  test('brings back all that was, and the journal all that came since', async () => {
    const [one, two] = [gateway.staff('REG-1'), gateway.staff('REG-2')];
    const suppressed = await changeRegister(one, 'suppressPeople', 'SuppressPeopleInput', {
      people: people(1),
      codes: ['ALPHA-BORDER'],
    });
    expect(suppressed.change.people).toBe(1);
    const asked = await changeRegister(one, 'erasePeople', 'ErasePeopleInput', {
      people: people(3),
    });
    expect((await approveAct(two, asked.change.act)).code).toBeUndefined();
    const bravo = gateway.partner('BRAVO-CONSULAR');
    const revoked = await gateway
      .staff('SEC-1')
      .graphql('mutation R($input: GrantReasonInput!) { revokeGrant(input: $input) { id } }', {
        input: { grant: bravo.grantId, reason: 'of this test' },
      });
    expect(revoked.code).toBeUndefined();
    expect(await told()).toEqual([false, true, false, true]);
    await (restarted ?? gateway.gateway).close();

    if (kind === 'PGlite') {
      const used = await run('restore', made);
      expect([used.code, used.err]).toEqual([3, expect.stringContaining('not empty')]);
    }
    await loseDatabase();
    const dry = await run('restore', made, '--dry-run', '--json');
    expect([dry.code, JSON.parse(dry.out)]).toEqual([
      0,
      expect.objectContaining({ dryRun: true, missingLogKeys: [], missingEpochKeys: [] }),
    ]);
    expect(await isUntouched()).toBe(true);
    const { code, out } = await run('restore', made);
    expect([code, out]).toEqual([0, expect.stringMatching(/\d+ lines more than the backup/)]);
    expect(out).toContain('Gone for good');
    const again = join(place.path, 'again');
    expect((await run('backup', '--out', again)).code).toBe(0);
    const { tables, partitions, sequences, log, migrations } = manifestOf(made);
    expect(partitions.length).toBeGreaterThan(2);
    // Row by row, but for where the keys of the log are: in the files of the home alone.
    const { log: newLog, ...others } = manifestOf(again);
    expect(others).toMatchObject({ tables, partitions, sequences, migrations });
    expect(newLog).toEqual({ ...log, keys: [] });

    const rooms = await openRooms(settings);
    restarted = await openDoors(settings, rooms);
    expect(await told()).toEqual([false, true, false, true]);
    const after = await bravo.verify({
      names: [{ full: 'Zarghuna Wardakpur' }],
      documents: [{ type: 'PASSPORT', number: passport(4) }],
    });
    expect(codeOf(after)).toBe('ERR_GRANT_NOT_USABLE');
    const rows = await rooms.database.dataSource.query<{ n: string }[]>(
      'SELECT sum(size) AS n FROM access_log_tree',
    );
    expect(Number(rows[0]?.n)).toBeGreaterThan(logSize);
    // What holds the gateway's own rules up is back as well.
    await expect(rooms.database.dataSource.query('DELETE FROM grant_version')).rejects.toThrow();
    await restarted.close();
  });

  test('that was interrupted is none', async () => {
    const half = join(place.path, 'half');
    const captured = captureOutput();
    const stop = makeBackup(settings.configuration, half, (done) => {
      if (done > 50) throw new Error('the power went');
    });
    await expect(stop).rejects.toThrow('the power went');
    captured.end();
    await loseDatabase();
    const { code, err } = await run('restore', half);
    expect([code, err]).toEqual([2, expect.stringContaining('was interrupted')]);
    expect(await isUntouched()).toBe(true);
  });

  test('with one flipped bit, a file too few or too many is refused, naming the file', async () => {
    const names = ['manifest.json', 'tables/subject.jsonl', 'tables/access_log_leaf.jsonl'];
    for (const name of names) {
      const path = bentCopy();
      const bytes = readFileSync(join(path, name));
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(join(path, name), bytes);
      const { code, err } = await run('restore', path);
      expect([name, code, err]).toEqual([name, 2, expect.stringContaining(`${name} is damaged`)]);
    }
    const lacking = bentCopy();
    rmSync(join(lacking, 'tables/subject.jsonl'));
    expect((await run('restore', lacking)).err).toContain('tables/subject.jsonl is missing');
    const more = bentCopy();
    writeFileSync(join(more, 'tables/other.jsonl'), '');
    expect((await run('restore', more)).err).toContain('tables/other.jsonl is not of this backup');
    expect((await run('restore', place.path)).err).toContain('is no backup');
    expect(await isUntouched()).toBe(true);
  });

  test('of a newer release, another format or the other database is refused', async () => {
    const manifest = manifestOf(made);
    const cases: readonly (readonly [object, RegExp])[] = [
      [{ release: '99.0.0' }, /newer than this one/],
      [{ migrations: [...manifest.migrations, 'Later1999999999999'] }, /newer than this one/],
      [{ version: 2 }, /another format/],
      [
        { database: kind === 'PGlite' ? 'POSTGRESQL' : 'EMBEDDED' },
        kind === 'PGlite' ? /set DATABASE_URL/ : /unset it/,
      ],
    ];
    for (const [change, words] of cases) {
      const path = bentCopy();
      const bent = { ...manifest, ...change } as BackupManifest;
      writeFileSync(join(path, 'manifest.json'), encodeManifest(bent));
      const { code, err } = await run('restore', path);
      expect([code, err]).toEqual([2, expect.stringMatching(words)]);
    }
    expect(await isUntouched()).toBe(true);
  });

  test('without the keys of the log is not restored unless that is said', async () => {
    const { configuration } = settings;
    const other = temporaryHome();
    const elsewhere = { ...settings, configuration: { ...configuration, home: other.path } };
    const refused = await runIn(elsewhere, 'restore', made, '--dry-run');
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('log-keys')]);
    const said = await runIn(elsewhere, 'restore', made, '--dry-run', '--without-log-keys');
    expect([said.code, said.out]).toEqual([0, expect.stringContaining('JOURNAL IS NOT IN THIS')]);
    other.remove();
  });

  test('whose restore was interrupted starts nothing, and is restored by the same command', async () => {
    const captured = captureOutput();
    const stop = restoreBackup(settings.configuration, made, {}, (done) => {
      if (done > 50) throw new Error('the power went');
    });
    await expect(stop).rejects.toThrow('the power went');
    captured.end();
    await expect(openRooms(settings)).rejects.toThrow(/ERR_CONFLICT.*begin again/);
    const backup = await run('backup', '--out', join(place.path, 'of-half'));
    expect([backup.code, backup.err]).toEqual([3, expect.stringContaining('was not finished')]);
    // A migration that was renamed since the backup is known by the name the backup has.
    const { migrations, ...others } = manifestOf(made);
    const earlier = bentCopy();
    const renamed = { Alerts1768100000003: 'Alerts1768100000002' } as Record<string, string>;
    const formerly = migrations.map((name) => renamed[name] ?? name);
    expect(formerly).not.toEqual(migrations);
    writeFileSync(
      join(earlier, 'manifest.json'),
      encodeManifest({ ...others, migrations: formerly }),
    );
    expect(await run('restore', earlier)).toMatchObject({ code: 0, err: expect.any(String) });
  });

  test('tells nothing of whom an epoch was to forget, once its key is destroyed', async () => {
    const aside = join(place.path, 'epochs-aside');
    mkdirSync(aside, { mode: 0o700 });
    const names = readdirSync(epochKeys());
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) renameSync(join(epochKeys(), name), join(aside, name));
    await expect(openRooms(settings)).rejects.toThrow(/^ERR_KEY_UNUSABLE/);
    const kept = settings;
    await loseDatabase();
    const dry = await run('restore', made, '--dry-run');
    expect([dry.code, dry.out]).toEqual([0, expect.stringContaining('nothing opens whom they')]);

    // The keys of before, and the journal: whom the register was to forget it has forgotten.
    for (const name of names) renameSync(join(aside, name), join(epochKeys(), name));
    if (kind === 'PGlite') renameSync(lost(), join(settings.configuration.home, 'database'));
    settings = kept;
    restarted = await openDoors(settings, await openRooms(settings));
    expect(await told()).toEqual([false, true, false, true]);
  });
});
