import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { emptyFrontier, emptyRoot, rootOf } from '../core/log/tree.js';
import type { Database } from '../platform/database/database.js';
import { place } from './group-commit.js';
import { growTrees } from './grow-trees.js';
import { accessLogMigrations } from './index.js';
import { makeMonth, monthOf } from './months/months.js';
import { arrayOf, queryPrepared, type Element, type ElementType } from './prepared.js';
import { makeTree, type Growth } from './tree.repository.js';

describeOnEachDatabase('growing trees', (kind) => {
  let database: Database;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
    ({ dataSource } = database);
    await makeMonth(dataSource, monthOf(new Date(0)));
    await makeMonth(dataSource, '2026-03');
  });
  afterAll(async () => {
    await database.close();
  });

  const draft = (tree: string, at: number) => ({
    tree,
    owner: null,
    id: `00000000-0000-4000-8000-00000000000${at}`,
    record: Buffer.from(`${tree} ${at}`),
    sealed: Buffer.from('sealed'),
    alongside: undefined,
    side: {
      kind: 1,
      day: 20_000,
      at: new Date(0),
      referenceMark: Buffer.alloc(8, at),
      marks: null,
    },
  });
  const tables = ['access_log_leaf', 'access_log_sealed', 'access_log_entry'];
  const count = async (table: string) =>
    (await dataSource.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`))[0]
      ?.count;
  const head = async (tree: string) =>
    (
      await dataSource.query<{ size: string; root: Buffer }[]>(
        'SELECT size, root FROM access_log_tree WHERE tree = $1',
        [tree],
      )
    )[0];

  test('several trees grow together, each leaf with its row for search', async () => {
    await makeTree(dataSource, 'one', 'ONE');
    await makeTree(dataSource, 'two', 'TWO');
    const first = place('one', emptyFrontier, [draft('one', 1), draft('one', 2)], 1);
    const second = place('two', emptyFrontier, [draft('two', 3)], 3);
    expect(await growTrees(dataSource, 'writer', [first, second])).toBe(true);
    expect([await head('one'), await head('two')]).toEqual([
      { size: '2', root: rootOf(first.after) },
      { size: '1', root: rootOf(second.after) },
    ]);
    for (const table of tables) expect(await count(table)).toBe(3);
  });

  test('when one head of several has moved, nothing is done to any', async () => {
    await makeTree(dataSource, 'three', 'THREE');
    const fits = place('three', emptyFrontier, [draft('three', 4)], 4);
    const late = place('one', emptyFrontier, [draft('one', 5)], 5);
    expect(await growTrees(dataSource, 'writer', [fits, late])).toBe(false);
    for (const table of tables) expect(await count(table)).toBe(3);
    expect(await head('three')).toEqual({ size: '0', root: emptyRoot });
  });

  test('a record alone leaves the rows it leaves among others, and none where its head has moved', async () => {
    await dataSource.query(
      `CREATE TABLE access_log_mark_1 PARTITION OF access_log_mark FOR VALUES FROM (0) TO (30000)`,
    );
    await makeTree(dataSource, 'alone', 'ALONE');
    await makeTree(dataSource, 'besides', 'BESIDES');
    const side = {
      kind: 77,
      day: 20_513,
      at: new Date('2026-03-01T09:30:00.123Z'),
      referenceMark: Buffer.from('8000000000000000', 'hex'),
      marks: {
        asker: Buffer.alloc(8, 1),
        person: Buffer.alloc(8, 0xff),
        personNext: Buffer.from('7fffffffffffffff', 'hex'),
        caseReference: Buffer.alloc(8, 4),
        subject: Buffer.alloc(8, 5),
      },
    };
    const alone = place('alone', emptyFrontier, [{ ...draft('alone', 6), side }], 6);
    const besides = place('besides', emptyFrontier, [draft('besides', 7)], 7);

    const rowsAfter = async (growths: readonly Growth[]) => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      try {
        const isGrown = await growTrees(runner.manager, 'writer', growths);
        const rows = async (table: string, column: string, value: unknown) =>
          (await runner.query(`SELECT * FROM ${table} WHERE ${column} = $1`, [value])) as unknown[];
        return {
          isGrown,
          tree: await rows('access_log_tree', 'tree', 'alone'),
          leaves: await rows('access_log_leaf', 'tree', 'alone'),
          sealed: await rows('access_log_sealed', 'tree', 'alone'),
          entries: await rows('access_log_entry', 'kind', 77),
          marks: await rows('access_log_mark', 'kind', 77),
        };
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
    };
    const found = await rowsAfter([alone]);
    expect(found).toEqual(await rowsAfter([alone, besides]));
    expect([found.isGrown, found.leaves.length]).toEqual([true, 1]);
    expect(found.sealed).toMatchObject([{ month: 202603, leaf_index: '0' }]);
    expect(found.entries).toMatchObject([{ reference_mark: '-9223372036854775808' }]);
    expect(found.marks).toMatchObject([{ person: '-1', person_next: '9223372036854775807' }]);

    const late = place('alone', alone.after, [{ ...draft('alone', 8), side }], 8);
    expect(await rowsAfter([late])).toMatchObject({
      isGrown: false,
      leaves: [],
      sealed: [],
      marks: [],
    });
  });

  const kinds: readonly { type: ElementType; values: fc.Arbitrary<Element> }[] = [
    { type: 'bytea', values: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
    {
      type: 'text',
      values: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    },
    { type: 'uuid', values: fc.uuid() },
    { type: 'integer', values: fc.integer() },
    { type: 'bigint', values: fc.maxSafeInteger() },
    { type: 'bigint', values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) },
    {
      type: 'timestamptz',
      values: fc.date({
        min: new Date('1900-01-01T00:00:00Z'),
        max: new Date('2200-01-01T00:00:00Z'),
        noInvalidDate: true,
      }),
    },
  ];
  test.each(kinds)('an array of $type arrives as it was sent', async ({ type, values }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(values), { maxLength: 5 }), async (sent) => {
        const statement = {
          name: `echo/${type}`,
          text: `SELECT value FROM unnest($1::${type}[]) AS value`,
        };
        const found = await queryPrepared<{ value: unknown }>(dataSource, statement, [
          arrayOf(type, sent, (value) => value),
        ]);
        const expected = type === 'bigint' ? sent.map((n) => (n === null ? n : String(n))) : sent;
        expect(found.map(({ value }) => value)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
