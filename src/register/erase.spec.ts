import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  openTestRegister,
  personReference,
  personRow,
  testCaseload,
  testPartner,
  type TestRegister,
} from '../../test/support/register.js';
import type { HoldRange } from '../core/register/hold-range.js';
import type { Caseload, SubjectId } from '../core/ids.js';
import { discardBatchIn } from './discard-batch.js';
import { epochContext } from './epoch-keys.js';
import {
  approveErasure,
  approveHold,
  approveHoldLift,
  isHeld,
  legalHolds,
  planErasure,
  requestErasure,
  requestHold,
  requestHoldLift,
  rotateEpochs,
  type ErasureTarget,
} from './index.js';
import type { HoldTarget } from './legal-hold.js';
import { openPage } from './page.js';
import { changeRegister } from './register-change.js';
import { openSubject } from './subject-blob.js';

const days = 24 * 60 * 60 * 1000;
const start = new Date('2026-11-22T10:00:00Z');
const later = (count: number) => new Date(start.getTime() + count * days);
const day = (count: number) => later(count).toISOString();

describeOnEachDatabase('forgetting', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    const visa = (expires: string) => ({ visa: { expires } });
    await people.addRows(
      ...[1, 2, 3].map((number) => personRow(number)),
      ...[10, 11].map((number) => personRow(number, visa('2025-06-30'))),
      personRow(12, visa('2025-07-01')),
      ...[20, 21].map((number) => personRow(number, { caseload: 'AF-2022' })),
    );
    await people.importRows(personRow(1, { sex: 'F' }), personRow(13, visa('2024')));
  });
  afterAll(async () => people.close());

  const named = (...numbers: readonly number[]) => ({ references: numbers.map(personReference) });
  const request = async (target: ErasureTarget) =>
    requestErasure(people.register.store, { target, requestedBy: 'registrar-1' });
  const approve = async (act: { id: string; people: number }, approvedBy = 'registrar-2') => {
    const { store } = people.register;
    const report = await approveErasure(store, { actId: act.id, approvedBy, people: act.people });
    await people.register.catchUp(report.version);
    return report;
  };
  const subjects = async () =>
    Number(
      (
        await people.database.dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM subject')
      )[0]?.n,
    );

  test('is foreseen by a dry run that changes nothing', async () => {
    const before = await people.everyRow();
    const plan = await planErasure(people.register.store, named(1, 2));
    // Sealed in the week of 16 November, whose key is destroyed 35 days after it began.
    expect(plan).toEqual({
      people: 2,
      held: 0,
      backupsCoveredBy: new Date('2026-12-21T00:00:00Z'),
    });
    expect(await people.everyRow()).toBe(before);
  });

  test('of a person takes two people, and every version goes', async () => {
    const act = await request(named(1));
    expect(act).toMatchObject({ people: 1, held: 0, kind: 'ERASE' });
    await expect(approve(act, 'registrar-1')).rejects.toThrow(/^ERR_APPROVER_IS_REQUESTER/);
    await expect(approve({ ...act, people: 2 })).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    expect(await people.find(1)).toEqual(['T-1']);
    const before = await subjects();
    const replica = await people.replica();
    const report = await approve(act);
    expect(report).toMatchObject({ people: 1, held: 0 });
    expect(report.subjects).toHaveLength(1);
    expect(await subjects()).toBe(before - 2);
    await replica.catchUp(report.version);
    expect(await people.find(1)).toEqual([]);
    expect(await people.find(1, replica)).toEqual([]);
    expect(await people.find(2)).toEqual(['T-2']);
    await expect(approve(act)).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    await expect(request(named(1))).rejects.toMatchObject({ argument: 'references[0]' });
  });

  test('by a retention rule takes those whose visa ended before the day, in one caseload', async () => {
    const rule = { visaEndedBefore: '2025-07-01', caseload: testCaseload };
    const act = await request(rule);
    expect(act.people).toBe(3);
    await approve(act);
    expect(await Promise.all([10, 11, 12].map(async (one) => people.find(one)))).toEqual([
      [],
      [],
      ['T-12'],
    ]);
    expect(await planErasure(people.register.store, rule)).toEqual({
      people: 0,
      held: 0,
      backupsCoveredBy: undefined,
    });
    await expect(request({ visaEndedBefore: '2025-02-30' })).rejects.toMatchObject({
      argument: 'visaEndedBefore',
    });
  });

  test('stops at a legal hold, set and lifted by two people, until its end', async () => {
    const { store } = people.register;
    const hold = { people: named(2), requestedBy: 'registrar-1' };
    await expect(requestHold(store, { ...hold, endsAt: start })).rejects.toMatchObject({
      argument: 'endsAt',
    });
    const asked = await request(named(2));
    const act = await requestHold(store, { ...hold, endsAt: later(2) });
    const approval = { actId: act.id, people: 1 };
    await expect(approveHold(store, { ...approval, approvedBy: 'registrar-1' })).rejects.toThrow(
      /^ERR_APPROVER_IS_REQUESTER/,
    );
    await approveHold(store, { ...approval, approvedBy: 'registrar-2' });
    expect(await legalHolds(store)).toEqual([
      { id: act.id, endsAt: later(2), people: 1, setBy: 'registrar-1', range: null },
    ]);

    // Asked for before or after: neither.
    await expect(approve(asked)).rejects.toThrow(/^ERR_LEGAL_HOLD/);
    await expect(request(named(2, 3))).rejects.toThrow(/^ERR_LEGAL_HOLD/);
    const whole = await planErasure(store, { caseload: testCaseload });
    expect(whole).toMatchObject({ people: 2, held: 1 });

    const lift = await requestHoldLift(store, { holdId: act.id, requestedBy: 'registrar-2' });
    await expect(
      approveHoldLift(store, { actId: lift.id, people: 1, approvedBy: 'registrar-2' }),
    ).rejects.toThrow(/^ERR_APPROVER_IS_REQUESTER/);
    people.now = later(2);
    expect(await legalHolds(store)).toEqual([]);
    expect(await request(named(2))).toMatchObject({ people: 1, held: 0 });
    people.now = start;
    await approveHoldLift(store, { actId: lift.id, people: 1, approvedBy: 'registrar-1' });
    expect(await request(named(2))).toMatchObject({ people: 1 });
  });

  test('stops at a hold on a range for whoever was there by its end, and no longer', async () => {
    const { store } = people.register;
    const ask = async (range: HoldRange) =>
      requestHold(store, { people: { range }, endsAt: later(2), requestedBy: 'registrar-1' });
    for (const range of [{}, { from: 'yesterday' }, { from: day(2), to: day(1) }]) {
      await expect(ask(range)).rejects.toMatchObject({ argument: 'range' });
    }
    const before = await ask({ partner: testPartner.code, to: day(-1) });
    expect(before.people).toBe(0);
    const act = await ask({ caseload: testCaseload, from: day(-1), to: day(1) });
    await approveHold(store, { actId: act.id, people: act.people, approvedBy: 'registrar-2' });
    await expect(request(named(2))).rejects.toThrow(/^ERR_LEGAL_HOLD/);
    expect(await planErasure(store, { caseload: 'AF-2022' as Caseload })).toMatchObject({
      held: 0,
    });
    const records = (from: number, to: number) => ({
      partner: null,
      from: later(from),
      to: later(to),
      caseloads: null,
    });
    expect(await isHeld(store, records(0, 1))).toBe(true);
    expect(await isHeld(store, { ...records(-5, -4), partner: testPartner.code })).toBe(false);
    expect(await isHeld(store, { ...records(0, 1), caseloads: [testCaseload] })).toBe(true);
    expect(await isHeld(store, { ...records(0, 1), caseloads: [] })).toBe(false);
    people.now = later(2);
    expect(await isHeld(store, records(0, 1))).toBe(false);
    expect(await request(named(2))).toMatchObject({ people: 1, held: 0 });
    people.now = start;
    const lift = await requestHoldLift(store, { holdId: act.id, requestedBy: 'registrar-1' });
    await approveHoldLift(store, {
      actId: lift.id,
      people: act.people,
      approvedBy: 'registrar-2',
    });
  });

  test('of who waits, by giving their batch up, stops at a legal hold as well', async () => {
    const { store } = people.register;
    const { batchId = '' } = await people.importRows(personRow(30), personRow(3, { sex: 'F' }));
    const discard = async () =>
      changeRegister(store, async (change) =>
        discardBatchIn(change, { batchId, by: 'registrar-1' }),
      );
    const hold = async (target: HoldTarget) => {
      const act = await requestHold(store, {
        people: target,
        endsAt: later(2),
        requestedBy: 'registrar-1',
      });
      await approveHold(store, { actId: act.id, people: act.people, approvedBy: 'registrar-2' });
    };
    const before = await people.everyRow();
    for (const target of [named(30), { caseload: testCaseload }, { range: { to: day(1) } }]) {
      await hold(target);
      await expect(discard()).rejects.toThrow(/^ERR_LEGAL_HOLD/);
      await people.database.dataSource.query('DELETE FROM legal_hold');
    }
    const rows = async () => JSON.parse(await people.everyRow()) as unknown[][];
    expect((await rows()).slice(0, 4)).toEqual((JSON.parse(before) as unknown[][]).slice(0, 4));
    // Whoever is on the register stays there, held or not: only what waited of them goes.
    await hold(named(3));
    expect((await discard()).result).toBe(2);
    expect(await people.find(3)).toEqual(['T-3']);
    await people.database.dataSource.query('DELETE FROM legal_hold');
    await expect(request(named(30))).rejects.toMatchObject({ argument: 'references[0]' });
  });

  test('reaches backups when the epoch ends, and takes nobody else along', async () => {
    const { dataSource } = people.database;
    // A backup holds everything but the keys of epochs.
    const backup = {
      subjects: await dataSource.query<SubjectRow[]>('SELECT * FROM subject'),
      pages: await dataSource.query<PageRow[]>('SELECT * FROM register_page'),
    };
    expect(await readable(backup)).toEqual({
      subjects: backup.subjects.length,
      pages: backup.pages.length,
    });
    const act = await request({ caseload: 'AF-2022' as Caseload });
    const report = await approve(act);
    expect(report.people).toBe(2);

    // A week before the end live keys move; on the day the old key goes.
    people.now = later(25);
    const moved = await rotateEpochs(people.register.store);
    expect(moved.rewrapped).toBeGreaterThan(0);
    expect(moved.destroyed).toEqual([]);
    expect((await readable(backup)).subjects).toBe(backup.subjects.length);
    people.now = report.backupsCoveredBy ?? start;
    const ended = await rotateEpochs(people.register.store);
    expect(ended.destroyed).toHaveLength(1);
    expect(await readable(backup)).toEqual({ subjects: 0, pages: 0 });

    // The living are where they were, for this process and for a new one.
    expect(await people.find(3)).toEqual(['T-3']);
    expect(await people.find(3, await people.replica())).toEqual(['T-3']);
    expect(await rotateEpochs(people.register.store)).toEqual({ rewrapped: 0, destroyed: [] });
  });

  test('keeps what waits for a second person over the end of its epoch', async () => {
    const act = await request(named(3));
    people.now = new Date(people.now.getTime() + 29 * days);
    await rotateEpochs(people.register.store);
    people.now = new Date(people.now.getTime() + 7 * days);
    const { destroyed } = await rotateEpochs(people.register.store);
    expect(destroyed.length).toBeGreaterThan(0);
    await approve(act);
    expect(await people.find(3)).toEqual([]);
  });

  test('has no erasure in the database that one person did', async () => {
    const act = await request(named(12));
    await expect(
      people.database.dataSource.query(
        'UPDATE register_act SET sealed = NULL, epoch_id = NULL, done_at = now() WHERE id = $1',
        [act.id],
      ),
    ).rejects.toThrow(/register_act_approved/);
  });

  interface Sealed {
    readonly epoch_id: number;
    readonly key_wrapped: Buffer;
    readonly sealed: Buffer;
  }
  type SubjectRow = Sealed & { readonly id: SubjectId; readonly version: number };
  type PageRow = Sealed & { readonly page_number: number; readonly version: string };

  /** How much of a backup opens with the master key and every epoch key there is. */
  async function readable(backup: { subjects: SubjectRow[]; pages: PageRow[] }) {
    const { epochKeys, masterKey } = people;
    const keys = await Promise.all(
      (await epochKeys.list()).map(async (id) => {
        const kept = await epochKeys.read(id);
        return masterKey.unwrap(kept?.wrapped ?? Buffer.alloc(0), epochContext(id));
      }),
    );
    const opens = (open: (key: Buffer) => void) =>
      keys.some((key) => {
        try {
          open(key);
          return true;
        } catch {
          return false;
        }
      });
    return {
      subjects: backup.subjects.filter((row) =>
        opens((key) =>
          openSubject({ id: row.epoch_id, key }, row.id, row.version, {
            epochId: row.epoch_id,
            keyWrapped: row.key_wrapped,
            sealed: row.sealed,
          }),
        ),
      ).length,
      pages: backup.pages.filter((row) =>
        opens((key) =>
          openPage(
            { id: row.epoch_id, key },
            {
              pageNumber: row.page_number,
              version: BigInt(row.version),
              epochId: row.epoch_id,
              keyWrapped: row.key_wrapped,
              sealed: row.sealed,
            },
          ),
        ),
      ).length,
    };
  }
});
