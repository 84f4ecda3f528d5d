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
import { makeTree } from './tree.repository.js';

describeOnEachDatabase('growing trees', (kind) => {
  let database: Database;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
    ({ dataSource } = database);
    await makeMonth(dataSource, monthOf(new Date(0)));
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
    side: { kind: 1, day: 20_000, at: new Date(0), referenceMark: `${at}`, marks: null },
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
          arrayOf(type, sent),
        ]);
        const expected = type === 'bigint' ? sent.map((n) => (n === null ? n : String(n))) : sent;
        expect(found.map(({ value }) => value)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
