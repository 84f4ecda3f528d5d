import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeOnEachDatabase, openTestDatabase } from '../../../test/support/databases.js';
import { accessLogMigrations } from '../../access-log/index.js';
import type { FoundAlert } from '../../core/alerts/alert.js';
import type { Database } from '../../platform/database/database.js';
import { keepAlerts } from '../alert-store.js';
import { AlertWatch, ProcessSignals } from '../alert-watch.js';
import { alertMigrations } from '../index.js';
import { Outbox } from './outbox.js';
import type { Send } from './outlets.js';

const begin = new Date('2031-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(begin.getTime() + seconds * 1000);

describeOnEachDatabase('alerts that have still to leave', (kind) => {
  let database: Database;
  beforeEach(async () => {
    database = await openTestDatabase(kind, [...accessLogMigrations, ...alertMigrations]);
    for (const [at, reason] of ['first', 'second', 'third'].entries()) {
      const found: FoundAlert = {
        kind: 'CLOCK_JUMP',
        severity: 'HIGH',
        key: reason,
        reason,
        partner: null,
        records: [],
      };
      const to = ['WEBHOOK', 'SYSLOG'] as const;
      await keepAlerts(database.dataSource, [found], to, randomUUID, after(at));
    }
  });
  afterEach(async () => database.close());

  /** A receiver that keeps what it was asked to take, in order, and takes what `takes` says. */
  const receiver = (takes: (reason: string) => boolean) => {
    const asked: string[] = [];
    const send: Send = async ({ reason }) => {
      asked.push(reason);
      if (!takes(reason)) throw new Error('timeout');
    };
    return { asked, send };
  };

  test('reach syslog while the webhook is silent', async () => {
    let giveUp = (): void => undefined;
    const silent: Send = () =>
      new Promise((_, reject) => {
        giveUp = () => reject(new Error('timeout'));
      });
    const reached: string[] = [];
    let reachAll = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      reachAll = resolve;
    });
    const syslog: Send = async ({ reason }) => {
      reached.push(reason);
      if (reached.length === 3) reachAll();
    };
    const outbox = new Outbox(database.dataSource, { WEBHOOK: silent, SYSLOG: syslog });
    const delivering = outbox.deliver(after(10));
    await all;
    expect(reached).toEqual(['first', 'second', 'third']);
    giveUp();
    expect(await delivering).toBe(3);
  });

  test('cost a receiver that fails one attempt, and are asked of it in order later', async () => {
    let works = false;
    const { asked, send } = receiver(() => works);
    const outbox = new Outbox(database.dataSource, { WEBHOOK: send });
    await outbox.deliver(after(10));
    await outbox.deliver(after(39));
    expect(asked).toEqual(['first']);
    works = true;
    expect(await outbox.deliver(after(40))).toBe(3);
    expect(asked).toEqual(['first', 'second', 'third', 'first']);
    expect(await outbox.deliver(after(10_000))).toBe(0);
  });

  test('are held up by no alert that its receiver never takes', async () => {
    const { asked, send } = receiver((reason) => reason !== 'first');
    const outbox = new Outbox(database.dataSource, { WEBHOOK: send });
    await outbox.deliver(after(10));
    expect(await outbox.deliver(after(40))).toBe(2);
    expect(asked).toEqual(['first', 'second', 'third', 'first']);
  });

  test('leave in several batches by a way that takes each slowly', async () => {
    let elapsed = 0;
    const asked: string[] = [];
    const slow: Send = async ({ reason }) => {
      asked.push(reason);
      elapsed += 10_000;
    };
    const outbox = new Outbox(database.dataSource, { WEBHOOK: slow }, () => elapsed);
    expect(await outbox.deliver(after(10))).toBe(2);
    expect(await outbox.deliver(after(10))).toBe(1);
    expect(asked).toEqual(['first', 'second', 'third']);
  });

  test('hold up no look of the watch while they are being taken', async () => {
    let take = (): void => undefined;
    const taken = new Promise<void>((resolve) => {
      take = resolve;
    });
    let start = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    let begun = 0;
    let read = 0;
    const watch = new AlertWatch({
      dataSource: database.dataSource,
      embedded: kind === 'PGlite',
      sources: [{ name: 'source', read: async () => ({ found: [], position: (read += 1) }) }],
      signals: new ProcessSignals(),
      outlets: [],
      newId: randomUUID,
      now: () => begin,
      deliver: async () => {
        begun += 1;
        start();
        await taken;
      },
      onFault: (error) => {
        throw error;
      },
    });
    await watch.look();
    await started;
    await watch.look();
    expect([read, begun]).toEqual([2, 1]);
    take();
    await watch.delivered();
    await watch.look();
    await watch.stop();
    expect([read, begun]).toEqual([3, 2]);
  });

  test('begin to leave no more once the watch is stopped, and stay due', async () => {
    const asked: string[] = [];
    let stopping: Promise<void> | undefined;
    const send: Send = async ({ reason }) => {
      asked.push(reason);
      stopping ??= watch.stop();
    };
    const outbox = new Outbox(database.dataSource, { WEBHOOK: send });
    const watch = new AlertWatch({
      dataSource: database.dataSource,
      embedded: kind === 'PGlite',
      sources: [],
      signals: new ProcessSignals(),
      outlets: [],
      newId: randomUUID,
      now: () => after(10),
      deliver: async (at, isStopped) => outbox.deliver(at, isStopped),
      onFault: (error) => {
        throw error;
      },
    });
    await watch.look();
    await watch.delivered();
    await stopping;
    expect(asked).toEqual(['first']);
    expect(await outbox.deliver(after(10))).toBe(2);
    expect(asked).toEqual(['first', 'second', 'third']);
  });

  test('all leave in one batch, in the order they were raised, when they are taken', async () => {
    const { asked, send } = receiver(() => true);
    const outbox = new Outbox(database.dataSource, { WEBHOOK: send });
    expect(await outbox.deliver(after(10))).toBe(3);
    expect(asked).toEqual(['first', 'second', 'third']);
  });
});
