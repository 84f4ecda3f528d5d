import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import {
  accessEntry,
  checkAsPartner,
  emptyAccessLog,
  openTestLog,
  partner,
} from '../../test/support/access-log.js';
import { openTestDatabase, temporaryHome } from '../../test/support/databases.js';
import { FaultyFiles, type Fault } from '../../test/support/faulty-files.js';
import type { Database } from '../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog } from './index.js';

/** A connection that can lose the answer of a statement after, or before, it took effect. */
class Connection {
  lost: 'before' | 'after' | undefined;

  constructor(readonly real: DataSource) {}

  readonly dataSource = new Proxy({} as DataSource, {
    get: (_, member) => {
      const value: unknown = Reflect.get(this.real, member, this.real);
      if (typeof value !== 'function') return value;
      const bound = value.bind(this.real) as (...all: unknown[]) => Promise<unknown>;
      if (member === 'createQueryRunner') return () => this.#runner();
      return member === 'query' || member === 'transaction'
        ? (...all: unknown[]) => this.#run(() => bound(...all), JSON.stringify(all))
        : bound;
    },
  });

  /** A runner whose connection loses answers as well. */
  #runner() {
    const runner = this.real.createQueryRunner();
    return {
      release: async () => runner.release(),
      connect: async () => {
        const connection = (await runner.connect()) as {
          query(statement: { text: string }): Promise<unknown>;
        };
        return {
          query: async (statement: { text: string }) =>
            this.#run(() => connection.query(statement), statement.text),
        };
      },
    };
  }

  async #run(work: () => Promise<unknown>, what: string): Promise<unknown> {
    const lost =
      what.includes('INSERT INTO access_log_leaf') || what === '[null]' ? this.lost : undefined;
    if (lost === undefined) return work();
    if (lost === 'after') await work();
    throw new Error('connection lost');
  }
}

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly alongside: boolean }
  | { readonly kind: 'journal'; readonly fault: Fault }
  | { readonly kind: 'database'; readonly lost: 'before' | 'after' }
  | { readonly kind: 'mend' }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      count: fc.integer({ min: 1, max: 4 }),
      alongside: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('journal'),
      fault: fc.constantFrom<Fault>('write', 'short write', 'sync'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('database'),
      lost: fc.constantFrom('before', 'after'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('mend') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
);

let database: Database;
beforeAll(async () => {
  database = await openTestDatabase('PostgreSQL', accessLogMigrations);
});
afterAll(async () => database.close());

test('whatever fails in whatever order, what was acknowledged is in the log exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      await emptyAccessLog(database.dataSource);
      const home = temporaryHome();
      const files = new FaultyFiles();
      const connection = new Connection(database.dataSource);
      const open = () => openTestLog(connection.dataSource, home.path, { files });
      const acknowledged: { readonly entry: AccessEntry; readonly index: number }[] = [];
      let log: AccessLog = await open();
      const mend = () => {
        files.mend();
        connection.lost = undefined;
      };
      for (const at of steps) {
        if (at.kind === 'append') {
          const entries = Array.from({ length: at.count }, () => accessEntry());
          const alongside = at.alongside ? { alongside: async () => undefined } : {};
          const results = await Promise.allSettled(
            entries.map((entry) => log.append(entry, alongside)),
          );
          results.forEach((result, nth) => {
            const entry = entries[nth];
            if (result.status === 'fulfilled' && entry !== undefined) {
              acknowledged.push({ entry, index: result.value.index });
            }
          });
        } else if (at.kind === 'journal') {
          files.fail(at.fault);
        } else if (at.kind === 'database') {
          connection.lost = at.lost;
        } else if (at.kind === 'mend') {
          mend();
        } else {
          await log.close();
          mend();
          log = await open();
        }
      }
      mend();
      const last = accessEntry();
      acknowledged.push({ entry: last, index: (await log.append(last)).index });
      await log.close();
      log = await open();
      expect(log.report).toMatchObject({ completedFromDatabase: 0, restoredFromJournal: 0 });
      expect(new Set(acknowledged.map(({ index }) => index)).size).toBe(acknowledged.length);
      for (const { entry, index } of acknowledged) {
        const receipt = await log.receipt(partner, entry.id);
        if (receipt === undefined) throw new TypeError('an acknowledged record is gone');
        expect((await checkAsPartner(log, entry, receipt)).index).toBe(index);
      }
      await log.close();
      home.remove();
    }),
    { numRuns: 60 },
  );
});
