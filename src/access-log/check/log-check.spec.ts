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
  type DatabaseKind,
} from '../../../test/support/databases.js';
import type { PartnerCode } from '../../core/ids.js';
import { openSlotLeaf } from '../../core/log/cover.js';
import { parseVerifierKey } from '../../core/log/note.js';
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from '../../core/log/tree.js';
import type { Database } from '../../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog } from '../index.js';

const now = new Date('2026-03-20T12:00:00Z');
const refusal = { outcome: 'ERR_BUDGET_SPENT', fields: [], reference: null } as const;

type Edit = readonly [what: string, statement: string, alarm: string];

/** What is done to the leaves of one tree ($1), and what the alarm says. */
const edits: readonly Edit[] = [
  ['record', "record = record || ' '::bytea WHERE leaf_index = 1", 'leaf 1: .*this record'],
  [
    'own hash',
    "hashes = overlay(hashes PLACING '\\x00'::bytea FROM 3) WHERE leaf_index = 2",
    'leaf 2: .*this record',
  ],
  [
    'interior hash',
    "hashes = overlay(hashes PLACING '\\x0000'::bytea FROM 35) WHERE leaf_index = 3",
    'leaf 2 to 3: ',
  ],
  [
    'number of hashes',
    'hashes = hashes || substring(hashes FOR 32) WHERE leaf_index = 4',
    'leaf 4: its stored hashes',
  ],
  ['id', 'id = gen_random_uuid() WHERE leaf_index = 2', 'leaf 2: it stands under the id'],
  ['place', 'leaf_index = 70 WHERE leaf_index = 2', 'leaf 2: it is missing'],
  ['last place', 'leaf_index = 70 WHERE leaf_index = 6', 'leaf 6: it is missing'],
  [
    'order',
    'record = b.record FROM access_log_leaf b WHERE b.tree = $1 AND leaf.leaf_index = 1 AND b.leaf_index = 3',
    'leaf 1: .*this record',
  ],
].map(([what, set, alarm]) => [
  `a record that was changed in its ${what}`,
  `UPDATE access_log_leaf leaf SET ${set} AND leaf.tree = $1`,
  `^tree TREE, ${alarm}`,
]);
const deletedTree = `WITH leaf AS (DELETE FROM access_log_leaf WHERE tree = $1)
  DELETE FROM access_log_tree WHERE tree = $1`;
const others: readonly Edit[] = [
  [
    'a sealed part',
    "UPDATE access_log_sealed SET sealed = sealed || '\\x20' WHERE tree = $1 AND leaf_index = 1",
    '^tree TREE, leaf 1: its sealed part is not',
  ],
  [
    'a sealed part that is gone',
    'DELETE FROM access_log_sealed WHERE tree = $1 AND leaf_index = 4',
    '^tree TREE, leaf 4: its sealed part is missing',
  ],
  ['a head', "UPDATE access_log_tree SET root = sha256('x') WHERE tree = $1", 'stored root is not'],
  [
    'an end that was cut off',
    'UPDATE access_log_tree SET size = 5 WHERE tree = $1',
    'it has 5 leaves, and was signed at 7',
  ],
  ['a tree that is gone', deletedTree, '^tree TREE: it is missing .* signed at 7'],
];
/** The same beside that tree. */
const elsewhere: readonly Edit[] = [
  [
    "the host's tree",
    "UPDATE access_log_leaf SET record = record || ' '::bytea WHERE tree = 'host'",
    '^tree host, leaf 0',
  ],
  [
    'a round',
    "UPDATE access_log_cover_round SET seed = sha256('x') WHERE round = 1",
    '^cover tree, round 1: ',
  ],
  [
    'a round that is gone',
    'DELETE FROM access_log_cover_round WHERE round = 0',
    '^cover tree, round 0: ',
  ],
  [
    'what a slot held',
    'DELETE FROM access_log_cover_slot_head WHERE round = 0',
    '^cover tree, round 0: ',
  ],
  [
    'a root of the cover tree',
    "UPDATE access_log_cover_round SET tree_root = sha256('x') WHERE round = 0",
    '^cover tree, round 0: ',
  ],
];
/** The statements are the same on both databases: all of them on the one that is made quickly. */
const sampled = (kind: DatabaseKind): readonly Edit[] =>
  kind === 'PGlite'
    ? [...edits, ...others, ...elsewhere]
    : [edits, others, elsewhere].flatMap((all) => all.slice(0, 1));

/** What is done to rows of search; each is found once, and then all is as before. */
const rowEdits = [
  ['gone', 'DELETE FROM access_log_entry WHERE leaf_index = 6'],
  [
    'of another kind',
    'UPDATE access_log_entry SET kind = (SELECT min(kind) FROM access_log_kind) WHERE leaf_index = 5',
  ],
  [
    'of another time',
    "UPDATE access_log_entry SET at = at + interval '1 microsecond' WHERE leaf_index = 6",
  ],
  [
    'of another month',
    "UPDATE access_log_entry SET at = at - interval '20 days' WHERE leaf_index = 6",
  ],
  ['of another reference', 'UPDATE access_log_entry SET reference_mark = 7 WHERE leaf_index = 6'],
  [
    'there twice',
    'INSERT INTO access_log_entry SELECT * FROM access_log_entry WHERE leaf_index = 6',
  ],
  [
    'said to be something else',
    "UPDATE access_log_kind SET purpose = 'ELSE' WHERE outcome LIKE 'ERR%'",
  ],
  ['without a kind', "DELETE FROM access_log_kind WHERE outcome LIKE 'ERR%'"],
] as const;
/** What is done to marks, and whether the question can be found by its own afterwards. */
const markEdits = [
  ['UPDATE access_log_mark SET asker = 7 WHERE leaf_index = 6', true],
  ['UPDATE access_log_mark SET case_mark = 7 WHERE leaf_index = 6', true],
  ['UPDATE access_log_mark SET subject_mark = 7 WHERE leaf_index = 6', true],
  ['DELETE FROM access_log_mark WHERE leaf_index = 6', false],
] as const;

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

  test.each(sampled(kind))('finds %s, and stops the log', async (_, statement, alarm) => {
    await query(statement, statement.includes('$1') ? [tree] : []);
    expect(await check()).toMatch(new RegExp(alarm.replace('TREE', tree)));
    await expect(log.append(accessEntry({ at: now }))).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.check.progress.endedAt).toBeUndefined();
  });

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

  test('makes rows of search again that were changed or taken away, and says which', async () => {
    const findAll = async () => [
      await idsBy({}),
      await idsBy({ outcomes: ['MATCH'], purpose: 'BORDER_VERIFICATION' }),
      await idsBy({ refused: true, purpose: 'BORDER_VERIFICATION' }),
      await idsBy({ reference: 'p-7Q2M' }),
    ];
    const all = await findAll();
    for (const [what, statement] of rowEdits) {
      await query(statement);
      expect(await check()).toBeUndefined();
      const found = log.check.takeRelisted();
      expect([what, found.flatMap(({ leaves }) => leaves).length]).toEqual([what, 1]);
      expect(found[0]).toMatchObject({ tree, partner });
      expect([what, await findAll()]).toEqual([what, all]);
    }
    await check();
    expect(log.check.takeRelisted()).toEqual([]);
    expect(log.check.progress.relisted).toBe(rowEdits.length);
  });

  test('makes marks again; of the question only what is still there', async () => {
    const last = (await log.search.tail(partner, 6, 1))[0]?.record.id ?? '';
    const asked = await idsBy({ partner, officer: 'officer' });
    const ofCase = await idsBy({ caseReference: 'CASE/1' });
    const same = await idsBy({ sameQuestionAs: last });
    expect([asked.length, ofCase.length, same.length]).toEqual([7, 9, 9]);
    for (const [statement, isKept] of markEdits) {
      await query(statement);
      expect(await check()).toBeUndefined();
      expect(log.check.takeRelisted()).toMatchObject([{ tree, partner, leaves: [6], taken: 0 }]);
      expect(await idsBy({ partner, officer: 'officer' })).toEqual(asked);
      expect(await idsBy({ caseReference: 'CASE/1' })).toEqual(ofCase);
      expect(await idsBy({ sameQuestionAs: last })).toHaveLength(isKept ? same.length : 1);
    }
  });

  test('misses nothing of a month that was forgotten', async () => {
    const rule = { months: 0, isHeld: async () => false };
    expect((await log.applyRetention(rule, now)).months).toEqual(['2026-02']);
    expect(await check()).toBeUndefined();
    expect(log.check.takeRelisted()).toEqual([]);
  });

  test('passes rounds that were restored with the slot of a tree that had no record', async () => {
    const empty = 'KLM' as PartnerCode;
    const name = { kind: 'partner', partner: empty } as const;
    await log.published.checkpoint(empty);
    await log.makeRound(now);
    const slot = await log.coverSlot(empty);
    await log.close();
    await emptyAccessLog(database.dataSource);
    log = await openTestLog(database.dataSource, home.path);
    expect(await log.makeRound(now)).toBe(4);
    expect(await check()).toBeUndefined();
    await log.append(accessEntry({ at: now, tree: name }));
    await log.makeRound(now);
    expect(await check()).toBeUndefined();
    const of = { slot: slot ?? -1, tree: parseVerifierKey(await log.verifierKey(name)) };
    for (const [round, size] of [0, 0, 1].entries()) {
      const { leaf } = (await log.published.slotLeaf(empty, round + 2)) ?? {};
      const opened = openSlotLeaf(leaf ?? Buffer.of(), of);
      expect(opened).toMatchObject({ round: round + 2, checkpoint: { size } });
    }
  });

  test.each([
    ['its row and records are gone', '', 'tree TREE: it is missing .* signed at 6'],
    [
      'its slot was given to another as well',
      "UPDATE access_log_cover_slot SET tree = 'else' WHERE tree = $1",
      "holds tree TREE in it, and it is tree else's",
    ],
  ])('misses a tree of which a round was signed, though %s', async (_, statement, alarm) => {
    await log.close();
    // What this process signed it has forgotten then.
    log = await openTestLog(database.dataSource, home.path);
    await query(deletedTree, [tree]);
    if (statement !== '') await query(statement, [tree]);
    expect(await check()).toMatch(new RegExp(alarm.replace('TREE', tree)));
  });

  test('makes no round without a tree of which records were signed', async () => {
    await query(deletedTree, [tree]);
    await expect(log.makeRound(now)).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.contradiction?.detail).toMatch(`tree ${tree}: a round holds it at size 6`);
  });
});
