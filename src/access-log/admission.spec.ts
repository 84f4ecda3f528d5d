import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  accessEntry,
  emptyAccessLog,
  openTestLog,
  otherPartner,
} from '../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../test/support/databases.js';
import type { Database } from '../platform/database/database.js';
import { Admission, reserveOf, volumeSpace } from './admission.js';
import { accessLogMigrations, type AccessLog } from './index.js';

const gib = 1024 ** 3;

describe('what is kept of a volume', () => {
  test.each([
    [10 * 1024 ** 2, 1024 ** 2],
    [5 * gib, gib / 2],
    [10 * gib, gib],
    [4_000 * gib, gib],
  ])('of %d bytes: %d', (sizeBytes, kept) => {
    expect(reserveOf({ freeBytes: 0, sizeBytes })).toBe(kept);
  });

  test('the volume of a directory is read from the system', async () => {
    const { freeBytes, sizeBytes } = await volumeSpace('/tmp');
    expect(sizeBytes).toBeGreaterThan(freeBytes);
    expect(freeBytes).toBeGreaterThan(0);
  });
});

test('the volume is read again once a second, and not for every record', async () => {
  let [elapsed, readings, freeBytes] = [0, 0, 100];
  const admission = new Admission({
    database: { query: async <Result>() => [{ size: '0', first: '0' }] as Result },
    space: async () => {
      readings += 1;
      return { freeBytes, sizeBytes: 100 };
    },
    recordsPerDay: 10,
    elapsedMs: () => elapsed,
  });
  const at = new Date(0);
  await admission.admit('tree', 0, at);
  freeBytes = 10;
  elapsed = 999;
  await admission.admit('tree', 1, at);
  expect(readings).toBe(1);
  elapsed = 1_000;
  await expect(admission.admit('tree', 2, at)).rejects.toThrow('ERR_JOURNAL_UNAVAILABLE');
  expect(admission.hasRoom).toBe(false);
  freeBytes = 11;
  elapsed = 2_000;
  await admission.admit('tree', 2, at);
  expect([admission.hasRoom, readings]).toEqual([true, 3]);
});

describeOnEachDatabase('a partner that asks without end', (kind) => {
  let database: Database;
  let home: ReturnType<typeof temporaryHome>;
  let log: AccessLog | undefined;
  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
    home = temporaryHome();
  });
  beforeEach(async () => emptyAccessLog(database.dataSource));
  afterAll(async () => {
    await database.close();
    home.remove();
  });
  const open = async (more: Parameters<typeof openTestLog>[2]) => {
    const opened = temporaryHome();
    log = await openTestLog(database.dataSource, opened.path, more);
    return {
      log,
      close: async () => {
        await log?.close();
        opened.remove();
      },
    };
  };
  const host = { tree: { kind: 'host' } } as const;
  const full = /ERR_LOG_UNAVAILABLE/;

  test('is refused before the reserve is touched, and what restricts goes on', async () => {
    const { log: running, close } = await open({
      volume: async () => ({ freeBytes: Math.floor(gib / 10), sizeBytes: gib }),
      acts: { 'thing.stopped': async () => undefined },
    });
    await expect(running.append(accessEntry())).rejects.toThrow(full);
    expect(running.isWritable()).toBe(false);
    await running.append(accessEntry(host));
    await running.restrict({ act: 'thing.stopped', body: {} });
    await running.makeRound(new Date('2026-03-01T09:30:10Z'));
    await close();
  });

  test('has its quota of a day, across a restart, and another partner has its own', async () => {
    const day = (hours: number) => new Date(Date.UTC(2026, 2, 1, hours));
    const first = await open({ recordsPerDay: 3 });
    await first.log.append(accessEntry({ at: day(-1) }));
    for (let at = 0; at < 3; at += 1) await first.log.append(accessEntry({ at: day(at) }));
    await expect(first.log.append(accessEntry({ at: day(4) }))).rejects.toThrow(full);
    await first.log.append(accessEntry({ tree: { kind: 'partner', partner: otherPartner } }));
    for (let at = 0; at < 5; at += 1) await first.log.append(accessEntry({ ...host, at: day(at) }));
    expect(first.log.isWritable()).toBe(true);
    await first.close();
    const second = await open({ recordsPerDay: 3 });
    await expect(second.log.append(accessEntry({ at: day(23) }))).rejects.toThrow(full);
    await second.log.append(accessEntry({ at: day(24) }));
    await second.close();
  });
});
