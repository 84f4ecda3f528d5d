import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
  emptyAccessLog,
  openTestLog,
  otherPartner,
  partner,
} from '../../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../../test/support/databases.js';
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from '../../core/log/tree.js';
import type { Database } from '../../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog } from '../index.js';

const now = new Date('2026-03-20T12:00:00Z');
const refusal = { outcome: 'ERR_BUDGET_SPENT', fields: [], reference: null } as const;

describeOnEachDatabase('the check of the whole log', (kind) => {
  let database: Database;
  let home = temporaryHome();
  let log: AccessLog;
  let tree = '';

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    home = temporaryHome();
    log = await openTestLog(database.dataSource, home.path);
    await write();
  });
  afterEach(async () => {
    await log.close();
    await emptyAccessLog(database.dataSource);
    await query('TRUNCATE access_log_kind, access_log_mark_key');
    home.remove();
  });

  const query = async <Row>(statement: string, parameters: unknown[] = []) =>
    database.dataSource.query<Row[]>(statement, parameters);

  /** Three trees over two months, and rounds between. */
  async function write(): Promise<void> {
    const put = async (at: string, change: Partial<AccessEntry> = {}) =>
      log.append(accessEntry({ at: new Date(at), grouping: 'somebody', ...change }));
    for (let day = 10; day < 15; day += 1) await put(`2026-02-${day}T08:00:00Z`);
    await log.makeRound(now);
    await put('2026-03-01T08:00:00Z', refusal);
    await put('2026-03-02T08:00:00Z', { tree: { kind: 'partner', partner: otherPartner } });
    await put('2026-03-02T08:00:00Z', { tree: { kind: 'host' } });
    await log.makeRound(now);
    await put('2026-03-03T08:00:00Z');
    tree =
      (
        await query<{ tree: string }>('SELECT tree FROM access_log_tree WHERE owner = $1', [
          partner,
        ])
      )[0]?.tree ?? '';
  }

  /** @returns what contradicts the log, once a whole pass is over or nothing goes on any more */
  async function check(): Promise<string | undefined> {
    try {
      for (let steps = 0; !(await log.check.step(now)); steps += 1) {
        if (steps > 50) throw new TypeError('the pass does not end');
      }
    } catch (error) {
      if (log.contradiction === undefined) throw error;
    }
    return log.contradiction?.detail;
  }

  const idsBy = async (filter: Parameters<typeof log.search.find>[0]) =>
    (await log.search.find(filter, { first: 100 }, now)).map(({ record }) => record.id);

  test('passes a log that nobody has changed, and begins again where it stopped', async () => {
    await log.check.step(now);
    const before = log.check.progress;
    expect(before).toMatchObject({ startedAt: now, endedAt: undefined, total: 11, relisted: 0 });
    expect(before.checked).toBeGreaterThan(0);
    await log.close();
    log = await openTestLog(database.dataSource, home.path);
    await log.check.step(now);
    expect(log.check.progress.checked).toBeGreaterThan(before.checked);
    expect(await check()).toBeUndefined();
    expect(log.check.progress).toMatchObject({ startedAt: undefined, endedAt: now, relisted: 0 });
    await log.append(accessEntry({ at: now }));
    expect(await check()).toBeUndefined();
    expect(log.check.takeRelisted()).toEqual([]);
  });

  test.each([
    [
      'record',
      "UPDATE access_log_leaf SET record = record || ' '::bytea WHERE tree = $1 AND leaf_index = 1",
      'leaf 1: .*this record',
    ],
    [
      'own hash',
      "UPDATE access_log_leaf SET hashes = overlay(hashes PLACING '\\x00'::bytea FROM 3) WHERE tree = $1 AND leaf_index = 2",
      'leaf 2: .*this record',
    ],
    [
      'interior hash',
      "UPDATE access_log_leaf SET hashes = overlay(hashes PLACING '\\x0000'::bytea FROM 35) WHERE tree = $1 AND leaf_index = 3",
      'leaf 2 to 3: ',
    ],
    [
      'number of hashes',
      'UPDATE access_log_leaf SET hashes = hashes || substring(hashes FOR 32) WHERE tree = $1 AND leaf_index = 4',
      'leaf 4: its stored hashes',
    ],
    [
      'sealed part',
      "UPDATE access_log_sealed SET sealed = sealed || '\\x20' WHERE tree = $1 AND leaf_index = 1",
      'leaf 1: its sealed part is not',
    ],
    [
      'presence of its sealed part',
      'DELETE FROM access_log_sealed WHERE tree = $1 AND leaf_index = 4',
      'leaf 4: its sealed part is missing',
    ],
    [
      'id',
      'UPDATE access_log_leaf SET id = gen_random_uuid() WHERE tree = $1 AND leaf_index = 2',
      'leaf 2: it stands under the id',
    ],
    [
      'presence',
      'DELETE FROM access_log_leaf WHERE tree = $1 AND leaf_index = 2',
      'leaf 2: it is missing',
    ],
    [
      'order',
      'UPDATE access_log_leaf a SET record = b.record FROM access_log_leaf b WHERE a.tree = $1 AND b.tree = $1 AND a.leaf_index = 1 AND b.leaf_index = 2',
      'leaf 1: .*this record',
    ],
  ])(
    'finds a record that was changed in its %s, and stops the log',
    async (_, statement, named) => {
      await query(statement, [tree]);
      expect(await check()).toMatch(new RegExp(`^tree ${tree}, ${named}`));
      await expect(log.append(accessEntry({ at: now }))).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
      expect(log.check.progress.endedAt).toBeUndefined();
    },
  );

  test('finds records and every hash above them rewritten together, by what was signed between', async () => {
    const rows = await query<{ leaf_index: string; record: Buffer }>(
      'SELECT leaf_index, record FROM access_log_leaf WHERE tree = $1 ORDER BY leaf_index',
      [tree],
    );
    let frontier = emptyFrontier;
    for (const { leaf_index: index, record } of rows) {
      const other = index === '1' ? Buffer.concat([record, Buffer.from(' ')]) : record;
      const step = appendLeaf(frontier, hashLeaf(other));
      frontier = step.frontier;
      await query(
        'UPDATE access_log_leaf SET record = $3, hashes = $4 WHERE tree = $1 AND leaf_index = $2',
        [tree, index, other, Buffer.concat(step.stored)],
      );
    }
    await query('UPDATE access_log_tree SET root = $2 WHERE tree = $1', [tree, rootOf(frontier)]);
    expect(await check()).toMatch(
      `tree ${tree}, leaf 0 to 4: what is stored does not make the root that was signed at size 5`,
    );
  });

  test.each([
    [
      "the host's tree",
      "UPDATE access_log_leaf SET record = record || ' '::bytea WHERE tree = 'host'",
      /^tree host, leaf 0/,
    ],
    [
      'a round',
      "UPDATE access_log_cover_round SET seed = sha256('x') WHERE round = 1",
      /^cover tree, round 1: /,
    ],
    [
      'what a slot held',
      'DELETE FROM access_log_cover_slot_head WHERE round = 0',
      /^cover tree, round 0: /,
    ],
    [
      'a root of the cover tree',
      "UPDATE access_log_cover_round SET tree_root = sha256('x') WHERE round = 0",
      /^cover tree, round 0: /,
    ],
    [
      'a head',
      "UPDATE access_log_tree SET root = sha256('x') WHERE owner IS NOT NULL",
      /at size \d the stored root is not/,
    ],
    [
      'the end',
      'UPDATE access_log_tree SET size = 5 WHERE size = 7',
      /it has 5 leaves, and was signed at 7/,
    ],
  ])('finds %s changed', async (_, statement, named) => {
    await query(statement);
    expect(await check()).toMatch(named);
  });

  test.each([
    ['gone', 'DELETE FROM access_log_entry WHERE leaf_index = 6', 1],
    [
      'of another kind',
      'UPDATE access_log_entry SET kind = (SELECT min(kind) FROM access_log_kind) WHERE leaf_index IN (5)',
      1,
    ],
    [
      'of another time',
      "UPDATE access_log_entry SET at = at + interval '1 microsecond' WHERE leaf_index = 6",
      1,
    ],
    [
      'of another month',
      "UPDATE access_log_entry SET at = at - interval '20 days' WHERE leaf_index = 6",
      1,
    ],
    [
      'of another reference',
      'UPDATE access_log_entry SET reference_mark = 7 WHERE leaf_index = 6',
      1,
    ],
    [
      'there twice',
      'INSERT INTO access_log_entry SELECT * FROM access_log_entry WHERE leaf_index = 6',
      1,
    ],
    [
      'said to be something else',
      "UPDATE access_log_kind SET purpose = 'ELSE' WHERE outcome LIKE 'ERR%'",
      1,
    ],
    ['without a kind', "DELETE FROM access_log_kind WHERE outcome LIKE 'ERR%'", 1],
  ])('makes rows of search again that are %s, and says so', async (_, statement, relisted) => {
    const all = await idsBy({});
    const matches = await idsBy({ outcomes: ['MATCH'], purpose: 'BORDER_VERIFICATION' });
    const refused = await idsBy({ refused: true, purpose: 'BORDER_VERIFICATION' });
    const told = await idsBy({ reference: 'p-7Q2M' });
    await query(statement);
    expect(await check()).toBeUndefined();
    expect(await idsBy({})).toEqual(all);
    expect(await idsBy({ outcomes: ['MATCH'], purpose: 'BORDER_VERIFICATION' })).toEqual(matches);
    expect(await idsBy({ refused: true, purpose: 'BORDER_VERIFICATION' })).toEqual(refused);
    expect(await idsBy({ reference: 'p-7Q2M' })).toEqual(told);
    expect(log.check.progress.relisted).toBe(relisted);
    const found = log.check.takeRelisted();
    expect(found.flatMap(({ leaves }) => leaves)).toHaveLength(relisted);
    expect(found[0]).toMatchObject({ tree, partner });
    // What was put right is right.
    await check();
    expect(log.check.takeRelisted()).toEqual([]);
  });

  test.each([
    ['gone', 'DELETE FROM access_log_mark WHERE leaf_index = 6', false],
    ['of another asker', 'UPDATE access_log_mark SET asker = 7 WHERE leaf_index = 6', true],
    ['of another case', 'UPDATE access_log_mark SET case_mark = 7 WHERE leaf_index = 6', true],
    [
      'of another subject',
      'UPDATE access_log_mark SET subject_mark = 7 WHERE leaf_index = 6',
      true,
    ],
  ])(
    'makes marks again that are %s; of the question only what is there',
    async (_, statement, kept) => {
      const last = (await log.search.tail(partner, 6, 1))[0]?.record.id ?? '';
      const asked = await idsBy({ partner, officer: 'officer' });
      const ofCase = await idsBy({ caseReference: 'CASE/1' });
      const same = await idsBy({ sameQuestionAs: last });
      expect([asked.length, ofCase.length, same.length]).toEqual([7, 9, 9]);
      await query(statement);
      expect(await check()).toBeUndefined();
      expect(log.check.takeRelisted()).toMatchObject([{ tree, partner, leaves: [6], taken: 0 }]);
      expect(await idsBy({ partner, officer: 'officer' })).toEqual(asked);
      expect(await idsBy({ caseReference: 'CASE/1' })).toEqual(ofCase);
      expect(await idsBy({ sameQuestionAs: last })).toHaveLength(kept ? same.length : 1);
    },
  );

  test('misses nothing of a month that was forgotten', async () => {
    const rule = { months: 0, isHeld: async () => false };
    expect((await log.applyRetention(rule, now)).months).toEqual(['2026-02']);
    expect(await check()).toBeUndefined();
    expect(log.check.takeRelisted()).toEqual([]);
  });
});
