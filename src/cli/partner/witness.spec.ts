import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  accessEntry,
  emptyAccessLog,
  openTestLog,
  partner,
} from '../../../test/support/access-log.js';
import { openTestDatabase, temporaryHome } from '../../../test/support/databases.js';
import { accessLogMigrations, type AccessLog } from '../../access-log/index.js';
import { formatWitnessKey } from '../../core/log/cosignature.js';
import { parseVerifierKey } from '../../core/log/note.js';
import { parseTilePath } from '../../core/log/tile.js';
import type { Database } from '../../platform/database/database.js';
import type { HttpAnswer } from './partner-client.js';
import type { LogClient } from './witness.js';
import { Watch } from './witness-command.js';

const at = new Date('2026-03-01T09:30:00Z');
const signer = { name: 'w.example', privateKey: generateKeyPairSync('ed25519').privateKey };
const vkey = formatWitnessKey(signer.name, signer.privateKey);

/** What the door serves, without a door; what is served can be bent, or taken from another log. */
class PublishedClient implements LogClient {
  bend: (path: string, body: Buffer) => Buffer = (_, body) => body;
  asked: string[] = [];
  posted: string[] = [];

  constructor(public log: AccessLog) {}

  async get(path: string): Promise<HttpAnswer> {
    this.asked.push(path);
    const { published } = this.log;
    const headers = new Headers();
    const body = await (async () => {
      const tile = parseTilePath(path.replace(/^\/log\/(?:cover\/)?tile\//, ''));
      if (path === '/log/cover/checkpoint') return published.coverCheckpoint();
      if (path.startsWith('/log/cover/leaf/')) {
        const found = await published.slotLeaf(partner, Number(path.slice(16)));
        headers.set('slot-path', found?.path.join(', ') ?? '');
        return found?.leaf;
      }
      if (tile === undefined) return undefined;
      return path.startsWith('/log/cover/')
        ? published.coverTile(tile)
        : published.tile(partner, tile);
    })();
    if (body === undefined) return { status: 404, headers, text: '', bytes: Buffer.alloc(0) };
    const bytes = this.bend(path, Buffer.from(body));
    return { status: 200, headers, text: bytes.toString('utf8'), bytes };
  }

  async post(_path: string, _type: string, body: string): Promise<HttpAnswer> {
    this.posted.push(body);
    const answer = await this.log.published.takeCosignatures(partner, body, at);
    const status = answer.taken ? 200 : answer.cause === 'ANOTHER_TREE' ? 409 : 403;
    return { status, headers: new Headers(), text: '', bytes: Buffer.alloc(0) };
  }

  close(): void {
    this.asked = [];
  }
}

describe('a witness', () => {
  let databases: Database[];
  let homes: ReturnType<typeof temporaryHome>[];
  let log: AccessLog;
  let client: PublishedClient;
  let statePath: string;

  beforeAll(async () => {
    databases = [
      await openTestDatabase('PGlite', accessLogMigrations),
      await openTestDatabase('PGlite', accessLogMigrations),
    ];
  });
  afterAll(async () => {
    for (const database of databases) await database.close();
  });
  beforeEach(async () => {
    homes = [temporaryHome(), temporaryHome()];
    for (const { dataSource } of databases) await emptyAccessLog(dataSource);
    log = await open(0);
    await log.witnesses.register(partner, vkey, at);
    client = new PublishedClient(log);
    statePath = join(homes[0]?.path ?? '', 'witness.json');
  });
  afterEach(async () => {
    await log.close();
    for (const home of homes) home.remove();
  });

  const open = (which: 0 | 1): Promise<AccessLog> => {
    const database = databases[which];
    if (database === undefined) throw new TypeError('no database');
    return openTestLog(database.dataSource, homes[which]?.path ?? '');
  };
  const rounds = async (count: number, on = log) => {
    for (let round = 0; round < count; round += 1) {
      if (round % 2 === 0) await on.append(accessEntry());
      await on.makeRound(at);
    }
  };
  const watch = async () =>
    new Watch(
      client,
      {
        signer,
        tree: parseVerifierKey(await log.verifierKey({ kind: 'partner', partner })),
        cover: parseVerifierKey(log.coverVerifierKey()),
        slot: (await log.coverSlot(partner)) ?? -1,
      },
      statePath,
    );

  test('cosigns what only grew, and looks at its slot of every round', async () => {
    await rounds(3);
    const one = await watch();
    expect(await one.once(at)).toEqual({ what: 'COSIGNED', size: 3, rounds: 1, ownSize: 2 });
    await rounds(4);
    client.asked = [];
    expect(await one.once(at)).toEqual({ what: 'COSIGNED', size: 7, rounds: 4, ownSize: 4 });
    for (const round of [3, 4, 5, 6]) expect(client.asked).toContain(`/log/cover/leaf/${round}`);
    expect(await one.once(at)).toMatchObject({ what: 'COSIGNED', rounds: 0 });
    expect((await log.witnesses.list())[0]).toMatchObject({ size: 7 });
  });

  test('remembers before it signs, in a file only it can read', async () => {
    await rounds(2);
    const sizes: number[] = [];
    const post = client.post.bind(client);
    client.post = async (...sent) => {
      sizes.push((JSON.parse(readFileSync(statePath, 'utf8')) as { size: number }).size);
      return post(...sent);
    };
    const one = await watch();
    await one.once(at);
    await rounds(1);
    await one.once(at);
    expect(sizes).toEqual([2, 3]);
    expect(statSync(statePath).mode & 0o777).toBe(0o600);
  });

  test('goes on from what it remembered, and after the gateway was away', async () => {
    await rounds(2);
    await (await watch()).once(at);
    await rounds(2);
    const again = await watch();
    const get = client.get.bind(client);
    client.get = async () => ({
      status: 503,
      headers: new Headers(),
      text: '',
      bytes: Buffer.alloc(0),
    });
    expect(await again.once(at)).toMatchObject({ what: 'UNREACHED' });
    client.get = get;
    expect(await again.once(at)).toMatchObject({ what: 'COSIGNED', size: 4, rounds: 2 });
  });

  const alarmed = async (one: Watch, reason: RegExp) => {
    const before = client.posted.length;
    const found = await one.once(at);
    if (found.what !== 'ALARM') throw new TypeError(`no alarm: ${found.what}`);
    expect(found.detail).toMatch(reason);
    const evidence = JSON.parse(readFileSync(found.evidence, 'utf8')) as Record<string, string>;
    expect(evidence['remembered']).toContain('/cover\n');
    expect(evidence['served'] ?? evidence['cosigned']).toContain('/cover\n');
    // The gateway is told what it signed, and gets no cosignature.
    expect(client.posted.slice(before)).toEqual([evidence['remembered']]);
    expect(evidence['remembered']).not.toContain(`— ${signer.name}`);
    expect(client.log.isWritable()).toBe(client.log === log);
    // And it stays: nothing is signed by this process or the next, whatever is served.
    client.bend = (_, body) => body;
    client.log = log;
    expect(await one.once(at)).toMatchObject({ what: 'ALARM', evidence: found.evidence });
    expect(await (await watch()).once(at)).toMatchObject({ what: 'ALARM' });
    expect(new Set(client.posted.slice(before))).toEqual(new Set([evidence['remembered']]));
    expect(log.isWritable()).toBe(true);
  };

  test('raises the alarm on a second history of the cover tree, and keeps both', async () => {
    await rounds(2);
    const one = await watch();
    await one.once(at);
    const fork = await open(1);
    await rounds(3, fork);
    client.log = fork;
    await alarmed(one, /rewritten|own tree/);
    await fork.close();
  });

  test('raises the alarm on a second root of one size', async () => {
    await rounds(2);
    const one = await watch();
    await one.once(at);
    const fork = await open(1);
    await rounds(2, fork);
    client.log = fork;
    await alarmed(one, /two roots/);
    await fork.close();
  });

  test('raises the alarm on a tree put back', async () => {
    await rounds(3);
    const one = await watch();
    await one.once(at);
    const fork = await open(1);
    await rounds(1, fork);
    client.log = fork;
    await alarmed(one, /put back/);
    await fork.close();
  });

  test('raises the alarm when its slot is shown with something else in it', async () => {
    await rounds(2);
    const one = await watch();
    await one.once(at);
    await rounds(2);
    client.bend = (path, body) => {
      if (path !== '/log/cover/leaf/3') return body;
      const bent = Buffer.from(body);
      randomBytes(32).copy(bent, 11);
      return bent;
    };
    await alarmed(one, /own slot shown/);
  });

  test('raises the alarm when its slot holds another tree', async () => {
    await rounds(2);
    const one = await watch();
    await one.once(at);
    await rounds(2);
    client.bend = (path, body) => {
      if (path !== '/log/cover/leaf/2') return body;
      const bent = Buffer.from(body);
      bent.write('X', 50);
      return bent;
    };
    await alarmed(one, /no checkpoint of the own tree/);
    expect(existsSync(statePath)).toBe(true);
  });

  test('refuses a state it cannot read, instead of beginning anew', async () => {
    const { writeFileSync } = await import('node:fs');
    writeFileSync(statePath, '{');
    await expect(watch()).rejects.toThrow(/ERR_CONFIGURATION/);
  });
});
