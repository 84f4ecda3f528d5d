import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
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
import { pairwiseReference } from '../../core/disclosure/pseudonym.js';
import type { Database } from '../../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog, type LogFilter } from '../index.js';

const now = new Date('2026-03-20T12:00:00Z');
const daysBefore = (days: number, minutes = 0) =>
  new Date(now.getTime() - days * 86_400_000 - minutes * 60_000);

describeOnEachDatabase('search of the access log', (kind) => {
  let database: Database;
  let home = temporaryHome();
  let log: AccessLog;

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    home = temporaryHome();
    log = await openTestLog(database.dataSource, home.path);
  });
  afterEach(async () => {
    await log.close();
    await emptyAccessLog(database.dataSource);
    await database.dataSource.query('TRUNCATE access_log_kind, access_log_mark_key');
    home.remove();
  });

  const put = async (change: Partial<AccessEntry> = {}, host: object = {}) => {
    const entry = accessEntry({ at: daysBefore(1), ...change });
    await log.append({ ...entry, host: { ...entry.host, ...host } });
    return entry;
  };
  const refusal = { outcome: 'ERR_BUDGET_SPENT', fields: [], reference: null } as const;
  const ids = async (filter: LogFilter, first = 100) =>
    (await log.search.find(filter, { first }, now)).map(({ record }) => record.id);

  test('finds by each thing a search may ask, and nothing else with it', async () => {
    const match = await put({ at: daysBefore(3) }, { subject: 'S-1' });
    const refused = await put({ ...refusal, at: daysBefore(2), purpose: 'ONWARD_TRAVEL' });
    const other = await put(
      { tree: { kind: 'partner', partner: otherPartner }, grantVersion: 2, reference: 'p-other' },
      { officer: null, caseReference: 'CASE/2', clientId: 'other-client' },
    );
    const all = [other.id, refused.id, match.id];
    const rows: readonly (readonly [LogFilter, readonly string[]])[] = [
      [{}, all],
      [{ partner }, [refused.id, match.id]],
      [{ partner: null }, []],
      [{ partner: otherPartner }, [other.id]],
      [{ partner, officer: 'officer' }, [refused.id, match.id]],
      [{ partner: otherPartner, officer: 'officer' }, []],
      [{ partner: otherPartner, clientId: 'other-client' }, [other.id]],
      [{ partner, clientId: 'client' }, []],
      [{ grant: match.grant ?? '', grantVersion: 2 }, [other.id]],
      [{ purpose: 'ONWARD_TRAVEL' }, [refused.id]],
      [{ outcomes: ['MATCH'] }, [other.id, match.id]],
      [{ refused: true }, [refused.id]],
      [{ field: 'visaStatus' }, [other.id, match.id]],
      [{ field: 'visa' }, []],
      [{ from: daysBefore(2), to: daysBefore(1) }, [refused.id]],
      [{ caseReference: 'CASE/2' }, [other.id]],
      [{ caseReference: 'CASE/' }, []],
      [{ reference: 'p-7Q2M' }, [match.id]],
      [{ reference: 'p-7Q2M', partner: otherPartner }, []],
    ];
    for (const [filter, expected] of rows)
      expect([filter, await ids(filter)]).toEqual([filter, expected]);
  });

  test('refuses an officer without a partner', async () => {
    await expect(ids({ officer: 'officer' })).rejects.toMatchObject({ argument: 'partner' });
  });

  test('opens what it finds for the host', async () => {
    await put({}, { subject: 'S-1' });
    const [found] = await log.search.find({}, { first: 1 }, now);
    expect(found?.host).toMatchObject({
      caseReference: 'CASE/1',
      officer: 'officer',
      subject: 'S-1',
    });
    expect(found).toMatchObject({ partner, index: 0 });
  });

  test('shows every record once, page after page, those of one instant too', async () => {
    const at = daysBefore(1);
    const entries = await Promise.all(
      Array.from({ length: 23 }, (_, n) =>
        put(n % 3 === 0 ? { at, ...refusal } : n % 3 === 1 ? { at } : { at: daysBefore(1, n) }),
      ),
    );
    for (const filter of [
      {},
      { partner },
      { partner, officer: 'officer' },
      { caseReference: 'CASE/1' },
    ]) {
      const seen: string[] = [];
      for (let after = undefined as Parameters<typeof log.search.find>[1]['after']; ;) {
        const page = await log.search.find(filter, { after, first: 5 }, now);
        seen.push(...page.map(({ record }) => record.id));
        after = page.at(-1)?.position;
        if (after === undefined) break;
      }
      expect(new Set(seen)).toEqual(new Set(entries.map(({ id }) => id)));
      expect(seen).toHaveLength(entries.length);
    }
  });

  test('groups questions about one person across partners and windows, as long as a key is theirs', async () => {
    // 2026-03-20 lies in the window that began on 2026-02-23.
    const early = await put({ at: daysBefore(30), grouping: 'somebody' });
    const old = await put({ at: daysBefore(75), grouping: 'somebody' });
    const here = await put({ grouping: 'somebody', ...refusal });
    const there = await put({
      tree: { kind: 'partner', partner: otherPartner },
      at: daysBefore(0.5),
      grouping: 'somebody',
    });
    await put({ grouping: 'somebody else' });
    await put({});
    expect(await ids({ sameQuestionAs: here.id })).toEqual([there.id, here.id, early.id]);
    expect(await ids({ sameQuestionAs: early.id })).toEqual([there.id, here.id, early.id, old.id]);
    expect(await ids({ sameQuestionAs: randomUUID() })).toEqual([]);
  });

  test('finds and groups nothing by a key that was destroyed, and the key is nowhere', async () => {
    const entry = await put({ grouping: 'somebody' });
    const keyFiles = () =>
      readdirSync(join(home.path, 'log-keys')).filter((name) => name.startsWith('marks-'));
    expect(keyFiles()).toHaveLength(2);
    expect(await log.forgetMarks(now)).toBe(0);
    const later = new Date(now.getTime() + 90 * 86_400_000);
    expect(await log.forgetMarks(later)).toBe(2);
    expect(keyFiles()).toEqual([]);
    expect(await ids({ caseReference: 'CASE/1' })).toEqual([]);
    expect(await ids({ sameQuestionAs: entry.id })).toEqual([]);
    expect(await ids({ partner, officer: 'officer' })).toEqual([]);
    expect(await ids({ reference: 'p-7Q2M' })).toEqual([entry.id]);
    const [row] = await database.dataSource.query<{ count: string }[]>(
      'SELECT count(*) AS count FROM access_log_mark',
    );
    expect(row?.count).toBe('0');
  });

  test('counts by partner, outcome and time', async () => {
    await put({ at: daysBefore(2) });
    await put({ at: daysBefore(2) });
    await put({ ...refusal });
    const filter = { from: daysBefore(10), to: now };
    expect(
      (await log.search.count({ filter })).map(({ outcome, count }) => [outcome, count]),
    ).toEqual([
      ['ERR_BUDGET_SPENT', 1],
      ['MATCH', 2],
    ]);
    const days = await log.search.count({ filter, unit: 'DAY' });
    expect(days.map(({ from, count }) => [from?.toISOString(), count])).toEqual([
      ['2026-03-18T00:00:00.000Z', 2],
      ['2026-03-19T00:00:00.000Z', 1],
    ]);
  });

  test('tells who was told of a person, as long ago as there are records, and of nobody else', async () => {
    const person = { id: 'S-1', referenceSecret: Buffer.alloc(32, 5) };
    const stranger = { id: 'S-2', referenceSecret: Buffer.alloc(32, 6) };
    const referenceFor = (whom: typeof person, code: typeof partner) =>
      pairwiseReference(whom.referenceSecret, code, 'BORDER_VERIFICATION');
    const old = await put(
      { at: daysBefore(800), reference: referenceFor(person, partner), fields: [] },
      { subject: 'S-1' },
    );
    const elsewhere = await put({
      tree: { kind: 'partner', partner: otherPartner },
      reference: referenceFor(person, otherPartner),
    });
    await put({ reference: referenceFor(stranger, partner) });
    await put(refusal);
    const told = await log.search.historyOf(person);
    expect(told.map(({ record }) => record.id)).toEqual([old.id, elsewhere.id]);
    expect(told.map(({ person: id }) => id)).toEqual(['S-1', 'S-1']);
    expect(
      (await log.search.partnersTold(person)).map(({ partner: code, fields }) => [code, fields]),
    ).toEqual([
      [partner, []],
      [otherPartner, ['dateOfBirth', 'visaStatus']],
    ]);
    expect(await log.search.historyOf(person, stranger)).toHaveLength(3);
    expect(await log.search.historyOf({ ...person, referenceSecret: Buffer.alloc(32) })).toEqual(
      [],
    );
  });

  test('lists what was recorded before, and what the journal puts back', async () => {
    const entry = await put({ grouping: 'somebody' });
    await log.close();
    await database.dataSource.query('TRUNCATE access_log_entry, access_log_mark');
    await database.dataSource.query('UPDATE access_log_tree SET listed_from = size');
    log = await openTestLog(database.dataSource, home.path);
    expect(await ids({ caseReference: 'CASE/1' })).toEqual([entry.id]);
    await log.close();
    await database.dataSource.query(
      `TRUNCATE access_log_entry, access_log_mark, access_log_leaf, access_log_sealed,
         access_log_tree`,
    );
    log = await openTestLog(database.dataSource, home.path);
    expect(await ids({ caseReference: 'CASE/1' })).toEqual([entry.id]);
    expect(await ids({ partner, officer: 'officer' })).toEqual([entry.id]);
    expect(await ids({ sameQuestionAs: entry.id })).toEqual([entry.id]);
  });
});
