import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { accessEntry, openTestLog } from '../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../test/support/databases.js';
import { emptyFrontier, emptyRoot } from '../core/log/tree.js';
import type { Database } from '../platform/database/database.js';
import { place } from './group-commit.js';
import { growTrees, type SideTable } from './grow-trees.js';
import { accessLogMigrations } from './index.js';
import { arrayOf, queryPrepared, type Element, type ElementType } from './prepared.js';
import { makeTree } from './tree.repository.js';

const seen: SideTable = {
  table: 'seen',
  columns: [
    { name: 'mark', type: 'bytea' },
    { name: 'until', type: 'timestamptz' },
  ],
};
const until = new Date('2026-06-01T12:00:00.123Z');

describeOnEachDatabase('growing trees', (kind) => {
  let database: Database;
  let dataSource: DataSource;
  const home = temporaryHome();
  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
    ({ dataSource } = database);
    await dataSource.query(
      'CREATE TABLE seen (tree text, leaf_index bigint, mark bytea, until timestamptz)',
    );
  });
  afterAll(async () => {
    await database.close();
    home.remove();
  });

  const draft = (tree: string, at: number) => ({
    tree,
    owner: null,
    id: `00000000-0000-4000-8000-00000000000${at}`,
    record: Buffer.from(`${tree} ${at}`),
    sealed: Buffer.from('sealed'),
    alongside: undefined,
    side: [{ table: seen, values: [Buffer.of(at), at === 1 ? null : until] }],
  });
  const rows = async () =>
    dataSource.query<{ tree: string; leaf_index: string; mark: Buffer; until: Date | null }[]>(
      'SELECT tree, leaf_index, mark, until FROM seen ORDER BY tree, leaf_index',
    );
  const count = async () =>
    (
      await dataSource.query<{ count: number }[]>(
        'SELECT count(*)::int AS count FROM access_log_leaf',
      )
    )[0]?.count;

  test('rows of other tables come in with the leaves they are about', async () => {
    await makeTree(dataSource, 'one', 'ONE');
    await makeTree(dataSource, 'two', 'TWO');
    const first = place('one', emptyFrontier, [draft('one', 1), draft('one', 2)], 1);
    const second = place('two', emptyFrontier, [draft('two', 3)], 3);
    expect(await growTrees(dataSource, 'writer', [first, second])).toBe(true);
    expect(await rows()).toEqual([
      { tree: 'one', leaf_index: '0', mark: Buffer.of(1), until: null },
      { tree: 'one', leaf_index: '1', mark: Buffer.of(2), until },
      { tree: 'two', leaf_index: '0', mark: Buffer.of(3), until },
    ]);
  });

  test('when one head of several has moved, nothing is done to any', async () => {
    await makeTree(dataSource, 'three', 'THREE');
    const fits = place('three', emptyFrontier, [draft('three', 4)], 4);
    const late = place('one', emptyFrontier, [draft('one', 5)], 5);
    const [leavesBefore, rowsBefore] = [await count(), await rows()];
    expect(await growTrees(dataSource, 'writer', [fits, late])).toBe(false);
    expect(await rows()).toEqual(rowsBefore);
    expect(await count()).toBe(leavesBefore);
    const [head] = await dataSource.query<{ size: string; root: Buffer }[]>(
      `SELECT size, root FROM access_log_tree WHERE tree = 'three'`,
    );
    expect(head).toEqual({ size: '0', root: emptyRoot });
  });

  test('a record brings its rows, and one that is refused brings none', async () => {
    const log = await openTestLog(dataSource, home.path);
    const side = [{ table: seen, values: [Buffer.of(9), until] }];
    const before = await rows();
    await log.append(accessEntry(), { side });
    const refusing = { side, alongside: async () => Promise.reject(new Error('no')) };
    await expect(log.append(accessEntry(), refusing)).rejects.toThrow();
    await log.close();
    expect(await rows()).toHaveLength(before.length + 1);
  });

  const kinds: readonly { type: ElementType; values: fc.Arbitrary<Element> }[] = [
    { type: 'bytea', values: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
    {
      type: 'text',
      values: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    },
    { type: 'uuid', values: fc.uuid() },
    { type: 'bigint', values: fc.maxSafeInteger() },
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
        const expected =
          type === 'bigint' ? sent.map((n) => (n === null ? n : `${Number(n)}`)) : sent;
        expect(found.map(({ value }) => value)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});
