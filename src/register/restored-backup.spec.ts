import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { emptyAccessLog, openTestLog } from '../../test/support/access-log.js';
import { findNeedles } from '../../test/support/byte-sweep.js';
import { FaultyFiles } from '../../test/support/faulty-files.js';
import { describeOnEachDatabase, temporaryHome } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  personReference,
  personRow,
  testCaseload,
  testPartner,
  type TestRegister,
} from '../../test/support/register.js';
import { backUpTables, restoreTables } from '../../test/support/restored-database.js';
import type { AccessLog } from '../access-log/index.js';
import type { PartnerCode } from '../core/ids.js';
import { migrations } from '../migrations.js';
import { readBatches } from './batches.js';
import { discardBatchIn } from './discard-batch.js';
import { approveErasureIn, requestErasure } from './erase.js';
import { findErased } from './erased-references.js';
import { approveExportIn, requestExport } from './export-register.js';
import { honeyPeopleOf } from './honey.js';
import type { InRecord } from './import-register.js';
import { approveMergeIn, requestMerge } from './merge.js';
import { approveHoldIn, isHeld, legalHolds, requestHold } from './legal-hold.js';
import { correctPersonIn } from './one-person.js';
import { changeRegisterIn, readyToChange, type RegisterChange } from './register-change.js';
import { importRegister, registerActAppliers, type Register } from './index.js';
import { epochOf } from './register-keys.js';
import {
  inventHoney,
  newHoneyId,
  plantedHoney,
  plantHoneyIn,
  retireHoneyIn,
} from './planted-honey.js';
import { releaseBatchIn } from './release-batch.js';
import { readKnownAgain } from './releases.js';
import { suppressPeopleIn } from './suppression.js';

const tables = [
  ...['erasure_epoch', 'register_head', 'register_page', 'subject', 'import_batch'],
  ...['register_act', 'legal_hold', 'kept_apart', 'honey_record'],
  ...['merged_entry', 'erased_reference'],
  ...['tree', 'leaf', 'key', 'act', 'cover_round', 'cover_slot', 'cover_slot_head'].map(
    (name) => `access_log_${name}`,
  ),
];

const sharing = { informedOn: '2026-01-05' };
const visaOf = (number: number) => ({ reference: `V-${number}`, status: 'GRANTED' });
const row = (number: number, more: object = {}) =>
  personRow(number, { visa: visaOf(number), sharing, ...more });

describeOnEachDatabase('yesterday’s register restored', (kind) => {
  let people: TestRegister;
  let log: AccessLog;
  let home: ReturnType<typeof temporaryHome>;
  let register: Register;

  beforeAll(async () => {
    people = await openTestRegister(kind, migrations);
    await people.addRows(...[1, 2, 3, 4, 5, 6].map((number) => row(number)));
  });
  afterAll(async () => people.close());
  beforeEach(async () => {
    await emptyAccessLog(people.database.dataSource);
    home = temporaryHome();
    await open();
    await backUpTables(people.database, tables);
  });
  afterEach(async () => {
    await log.close();
    await restore();
    home.remove();
  });

  const restore = async () => restoreTables(people.database, tables);
  const open = async (acts = registerActAppliers) => {
    register = await people.replica();
    log = await openTestLog(people.database.dataSource, home.path, { acts: acts(register.store) });
  };
  /** A start on the database of yesterday, with the journal of today. */
  const restart = async () => {
    await log.close();
    await restore();
    await open();
    await register.load();
  };
  const query = async <T>(sql: string) => people.database.dataSource.query<T[]>(sql);
  const hostEntry = () => ({
    tree: { kind: 'host' as const },
    id: randomUUID(),
    requestId: randomUUID(),
    at: people.now,
    grant: null,
    grantVersion: null,
    purpose: 'TEST',
    person: {},
    outcome: 'ACT_DONE' as const,
    fields: [],
    reference: null,
    host: {
      clientId: 'registrar-2',
      officer: null,
      certificate: '',
      caseReference: null,
      subject: null,
      finding: null,
    },
  });
  /** As an act of staff is done: in the transaction of its record. */
  const recorded = async (work: (change: RegisterChange) => Promise<unknown>) => {
    const ready = await readyToChange(register.store);
    await log.append(hostEntry(), {
      alongside: async (manager) =>
        (await changeRegisterIn(register.store, manager, ready, work)).restricting,
    });
    await register.load();
  };
  const named = (...numbers: readonly number[]) => ({ references: numbers.map(personReference) });
  const suppress = async (...numbers: readonly number[]) =>
    recorded(async (change) =>
      suppressPeopleIn(change, {
        people: named(...numbers),
        codes: [testPartner.code],
        requestedBy: 'registrar-1',
        knownPartners,
      }),
    );
  const erase = async (...numbers: readonly number[]) => {
    const { id, people: count } = await requestErasure(register.store, {
      target: named(...numbers),
      requestedBy: 'registrar-1',
    });
    await recorded(async (change) =>
      approveErasureIn(change, { actId: id, approvedBy: 'registrar-2', people: count }),
    );
  };
  const correct = async (number: number, correction: object) =>
    recorded(async (change) =>
      correctPersonIn(change, {
        ...personReference(number),
        correction: { ...correction },
        requestedBy: 'registrar-1',
        knownPartners,
      }),
    );
  const found = async (...numbers: readonly number[]) =>
    (await Promise.all(numbers.map(async (number) => people.find(number, register)))).flat();

  test('suppressed stays suppressed, erased stays erased, before anybody asks', async () => {
    await suppress(1, 2);
    await erase(3);
    expect(await found(1, 2, 3, 4)).toEqual(['T-4']);
    await restart();
    expect(log.report.reappliedActs).toBe(2);
    expect(await found(1, 2, 3, 4)).toEqual(['T-4']);
    // Nobody else has anything of the erased: no version, no key.
    expect(await query('SELECT id FROM subject')).toHaveLength(5);
    expect(
      await query(
        `SELECT kind, approved_by FROM register_act WHERE kind IN ('SUPPRESS', 'ERASE') ORDER BY 1`,
      ),
    ).toEqual([
      { kind: 'ERASE', approved_by: 'registrar-2' },
      { kind: 'SUPPRESS', approved_by: null },
    ]);
  });

  test('merged stays merged: who went is gone again, and who stays is kept from whom either was', async () => {
    await suppress(2);
    const pair = { into: personReference(1), from: personReference(2) };
    const { id } = await requestMerge(register.store, { ...pair, requestedBy: 'registrar-1' });
    await recorded(async (change) =>
      approveMergeIn(change, { actId: id, approvedBy: 'registrar-2', people: 2 }),
    );
    await restart();
    expect(await found(1, 2)).toEqual([]);
    const [act] = await query<{ kind: string; approved_by: string }>(
      `SELECT kind, approved_by FROM register_act WHERE id::text = '${id}'`,
    );
    expect(act).toEqual({ kind: 'MERGE', approved_by: 'registrar-2' });
    // What partners were told of who went is still the history of who stays.
    const known = await readKnownAgain(register.store, personReference(1));
    expect(known.merged).toEqual([personReference(2)]);
    expect(known.entries).toHaveLength(2);
    // Nobody is left to be merged with; the one who stays is there, for those she is not kept from.
    const again = requestMerge(register.store, { ...pair, requestedBy: 'registrar-1' });
    await expect(again).rejects.toMatchObject({ argument: 'references[1]' });
  });

  test('of who is forgotten again it is known that they were, and of nobody else', async () => {
    await erase(2);
    const told = await findErased(register.store, personReference(2));
    expect(told?.history).toBeUndefined();
    await restart();
    expect(await findErased(register.store, personReference(2))).toEqual(told);
    expect(await findErased(register.store, personReference(1))).toBeUndefined();
    const rows = await query('SELECT 1 FROM erased_reference');
    await log.close();
    await open();
    expect(await query('SELECT 1 FROM erased_reference')).toHaveLength(rows.length);
  });

  test('of an entry that was merged into somebody the backup does not have, nothing stays', async () => {
    await people.addRows(personRow(9));
    await register.load();
    const { id } = await requestMerge(register.store, {
      into: personReference(9),
      from: personReference(2),
      requestedBy: 'registrar-1',
    });
    await recorded(async (change) =>
      approveMergeIn(change, { actId: id, approvedBy: 'registrar-2', people: 2 }),
    );
    expect(await query('SELECT 1 FROM merged_entry')).toHaveLength(1);
    await restart();
    expect(await found(2, 9)).toEqual([]);
    expect(await query('SELECT 1 FROM merged_entry')).toEqual([]);
  });

  test('a trap that was planted is set again, and one that was retired is not', async () => {
    const plant = async (place: string) => {
      const id = newHoneyId(register.store);
      await recorded(async (change) =>
        plantHoneyIn(change, {
          id,
          person: await inventHoney(change, testCaseload),
          place,
          by: 'security-1',
        }),
      );
      return id;
    };
    const [stays, goes] = [await plant('a copy for the printers'), await plant('a briefing')];
    await recorded(async (change) => retireHoneyIn(change, goes));
    const planted = await plantedHoney(register.store);
    expect(planted.map(({ id }) => id)).toEqual([stays]);
    await restart();
    expect(log.report.reappliedActs).toBe(3);
    expect(await plantedHoney(register.store)).toEqual(planted);
  });

  test('the traps of an export that left are set again, and the export is not asked for anew', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const asked = await requestExport(register.store, {
      caseload: testCaseload,
      recipient: publicKey.export({ format: 'jwk' }),
      requestedBy: 'registrar-1',
    });
    await recorded(async (change) =>
      approveExportIn(change, {
        actId: asked.id,
        approvedBy: 'registrar-2',
        people: asked.people,
      }),
    );
    const honey = await honeyPeopleOf(register.store, asked.id);
    expect(honey.length).toBeGreaterThan(1);
    // A start in between, on the database that has it: it can still be written.
    await log.close();
    await open();
    const [waits] = await query<{ done_at: Date | null }>(
      `SELECT done_at FROM register_act WHERE id::text = '${asked.id}'`,
    );
    expect(waits?.done_at).toBeNull();
    await restart();
    expect(await honeyPeopleOf(register.store, asked.id)).toEqual(honey);
    const [act] = await query<{ kind: string; done: boolean }>(
      `SELECT kind, done_at IS NOT NULL AS done FROM register_act WHERE id::text = '${asked.id}'`,
    );
    expect(act).toEqual({ kind: 'EXPORT', done: true });
  });

  test('a database that knows of the acts is not changed again', async () => {
    await suppress(1);
    await erase(2);
    const before = await people.everyRow();
    await log.close();
    await open();
    expect(log.report.reappliedActs).toBe(0);
    expect(await people.everyRow()).toBe(before);
  });

  test('acts on people the backup does not have change nothing', async () => {
    await people.addRows(personRow(9));
    await register.load();
    await suppress(9);
    await erase(9);
    await restart();
    expect(log.report.reappliedActs).toBe(2);
    expect(await found(1, 9)).toEqual(['T-1']);
  });

  test('a cancelled visa, a refusal and a notice withdrawn stay so', async () => {
    await correct(4, { visa: { status: 'CANCELLED' } });
    await correct(5, { sharing: { refusedFor: [testPartner.code] } });
    await correct(6, { sharing: { informedOn: null } });
    await restart();
    expect(log.report.reappliedActs).toBe(3);
    expect(await found(5)).toEqual([]);
    const [four] = await opened(4);
    expect(four?.subject.visa).toEqual({ reference: 'V-4', status: 'CANCELLED' });
    expect((await opened(6))[0]?.subject.sharing).toBeUndefined();
    expect((await opened(4))[0]?.subject.sharing).toEqual({ informedOn: '2026-01-05' });
    // What did not narrow is no act: it is done again by people.
    await correct(4, { visa: { status: 'GRANTED' } });
    await restart();
    expect((await opened(4))[0]?.subject.visa?.status).toBe('CANCELLED');
  });

  test('a hold that was set stands again, and has not moved its end', async () => {
    const endsAt = new Date(people.now.getTime() + 86_400_000);
    const range = { partner: testPartner.code, to: '2026-12-01T00:00:00Z' };
    const act = await requestHold(register.store, {
      people: { range },
      endsAt,
      requestedBy: 'registrar-1',
    });
    await recorded(async (change) =>
      approveHoldIn(change, { actId: act.id, approvedBy: 'registrar-2', people: act.people }),
    );
    await restart();
    expect(await legalHolds(register.store)).toMatchObject([
      { id: act.id, endsAt, setBy: 'registrar-1', people: act.people },
    ]);
    await expect(erase(1)).rejects.toThrow(/^ERR_LEGAL_HOLD/);
    const november = { from: new Date('2026-11-01'), to: new Date('2026-11-02') };
    const records = { ...november, caseloads: null };
    expect(await isHeld(register.store, { ...records, partner: testPartner.code })).toBe(true);
    expect(
      await isHeld(register.store, { ...records, partner: 'CAN-CONSULAR' as PartnerCode }),
    ).toBe(false);
  });

  /** As a file is imported: what it takes away in the transaction of a record. */
  const importFile = async (
    rows: readonly object[],
    inRecord: InRecord = async (alongside) => void (await log.append(hostEntry(), { alongside })),
  ) => {
    const report = await importRegister(register.store, {
      source: (async function* () {
        for (const one of rows) yield Buffer.from(`${JSON.stringify(one)}\n`);
      })(),
      requestedBy: 'registrar-1',
      knownPartners,
      dryRun: false,
      inRecord,
    });
    await register.load();
    return report;
  };
  const count = async (table: string) => (await query(`SELECT 1 FROM ${table}`)).length;
  const refusing = { sharing: { ...sharing, refusedFor: [testPartner.code] } };
  const suppressed = { suppressedFor: ['AUS'] };

  test('a suppression and a refusal that came with a file stay, and no other row makes a record', async () => {
    const report = await importFile([
      row(1, suppressed),
      row(2, refusing),
      row(3, { household: 'H-3' }),
      row(9, suppressed),
    ]);
    expect(report).toMatchObject({ added: 1, changed: 3, rejected: 0 });
    expect([await count('access_log_leaf'), await count('access_log_act')]).toEqual([1, 2]);
    // Whoever waits is in one batch.
    expect(await query('SELECT id, pending FROM import_batch WHERE pending > 0')).toEqual([
      { id: report.batchId, pending: 3 },
    ]);
    expect(await found(1, 2, 3)).toEqual(['T-3']);
    await restart();
    expect(log.report.reappliedActs).toBe(2);
    expect(await found(1, 2, 3)).toEqual(['T-3']);
    // The same file again has nothing left to take away.
    await importFile([row(1, suppressed)]);
    expect(await count('access_log_act')).toBe(2);
  });

  test('so do those of a file whose gateway ended before its journal had them', async () => {
    await log.close();
    const files = new FaultyFiles();
    const acts = registerActAppliers(register.store);
    log = await openTestLog(people.database.dataSource, home.path, { acts, files });
    files.fail('write');
    const imported = importFile([row(1, refusing), row(2, suppressed)]);
    await expect(imported).rejects.toThrow(/^ERR_LOG_UNAVAILABLE/);
    await log.close();
    // The journal is written from what the transaction left in the database.
    await open();
    await register.load();
    expect(log.report).toMatchObject({ completedFromDatabase: 1, reappliedActs: 0 });
    expect(await found(1, 2, 4)).toEqual(['T-4']);
    await restart();
    expect(log.report.reappliedActs).toBe(2);
    expect(await found(1, 2, 4)).toEqual(['T-4']);
  });

  test('what was undone with its record is not in the journal either', async () => {
    let acts = 0;
    const cutOff = importFile([row(1, suppressed)], async (work) => {
      await log.append(hostEntry(), {
        alongside: async (manager) => {
          acts += (await work(manager)).length;
          throw new Error('the connection is lost');
        },
      });
    });
    await expect(cutOff).rejects.toThrow();
    expect(acts).toBe(1);
    await suppress(2);
    expect(await found(1, 2)).toEqual(['T-1']);
    await restart();
    expect(log.report.reappliedActs).toBe(1);
    expect(await found(1, 2)).toEqual(['T-1']);
  });

  test('files and acts of one person at one time: each holds, and stays', async () => {
    const reports = await Promise.all([
      importFile([row(1, suppressed), row(9, { household: 'H-1' })]),
      suppress(4),
      importFile([row(3, refusing), row(9, { household: 'H-2' }), row(10)]),
      suppress(5),
    ]);
    expect((reports[0]?.added ?? 0) + (reports[2]?.added ?? 0)).toBe(2);
    expect(await found(1, 2, 3, 4, 5)).toEqual(['T-2']);
    await restart();
    expect(await found(1, 2, 3, 4, 5)).toEqual(['T-2']);
  });

  test('a batch that was given up stays so, but for who is held again', async () => {
    const { batchId = '' } = await importFile([row(1, { household: 'H-1' }), row(11), row(12)]);
    const hold = await requestHold(register.store, {
      people: named(12),
      endsAt: new Date(people.now.getTime() + 86_400_000),
      requestedBy: 'registrar-1',
    });
    await recorded(async (change) =>
      approveHoldIn(change, { actId: hold.id, approvedBy: 'registrar-2', people: hold.people }),
    );
    const discard = async () =>
      recorded(async (change) => discardBatchIn(change, { batchId, by: 'registrar-1' }));
    const batch = async () =>
      (await readBatches(register.store, 'ALL')).find(({ id }) => id === batchId);
    await backUpTables(people.database, tables);
    await query('DELETE FROM legal_hold');
    await discard();
    const given = await batch();
    expect(given).toMatchObject({ state: 'DISCARDED', people: 0, decidedBy: 'registrar-1' });
    const versions = 'SELECT id, version FROM subject ORDER BY id, version';
    expect(await query(versions)).toHaveLength(6);
    // On the database of yesterday the hold stands, which had been lifted.
    await restart();
    expect(await batch()).toMatchObject({ state: 'WAITING', people: 1 });
    expect(await query(versions)).toHaveLength(7);
    await restore();
    await query('DELETE FROM legal_hold');
    await backUpTables(people.database, tables);
    await restart();
    expect(await batch()).toEqual(given);
    expect(await query(versions)).toHaveLength(6);
    await backUpTables(people.database, tables);
  });

  test('a visa that a file has ended stays ended once the file is released', async () => {
    const ended = { visa: { ...visaOf(1), status: 'CANCELLED' } };
    const { batchId = '' } = await importFile([row(1, ended), row(2, { fatherName: 'Abdul' })]);
    expect(await count('access_log_act')).toBe(0);
    const ready = await readyToChange(register.store);
    const command = { batchId, people: 2, releasedBy: 'registrar-2' };
    await log.append(hostEntry(), {
      alongside: async (manager) =>
        (await releaseBatchIn(register.store, manager, ready, command)).restricting,
    });
    await restart();
    expect(log.report.reappliedActs).toBe(1);
    const told = [...(await opened(1)), ...(await opened(2))];
    expect(told.map(({ subject }) => [subject.visa?.status, subject.fatherName])).toEqual([
      ['CANCELLED', undefined],
      ['GRANTED', undefined],
    ]);
  });

  test('an act of another release refuses the start, and so does one whose key is gone', async () => {
    await suppress(1);
    await log.close();
    await restore();
    await expect(open(() => ({}))).rejects.toThrow(/^ERR_JOURNAL_UNAVAILABLE.*register.suppressed/);
    const epoch = epochOf(people.now);
    const kept = await people.epochKeys.read(epoch);
    await people.epochKeys.destroy(epoch);
    try {
      const { store } = register;
      await expect(
        openTestLog(people.database.dataSource, home.path, { acts: registerActAppliers(store) }),
      ).rejects.toThrow(/^ERR_KEY_UNUSABLE.*erasure epoch/);
    } finally {
      if (kept !== undefined) await people.epochKeys.create(epoch, kept);
    }
    await open();
    await register.load();
    expect(await found(1)).toEqual([]);
  });

  test('the journal says neither who nor from whom', async () => {
    await suppress(1);
    await erase(2);
    const subjects = await query<{ id: string }>('SELECT id FROM subject');
    const bytes = Buffer.from(JSON.stringify(await query('SELECT act, body FROM access_log_act')));
    const needles = [...subjects.map(({ id }) => id), testCaseload, testPartner.code];
    expect(
      findNeedles(
        bytes,
        needles.map((text) => Buffer.from(text)),
      ),
    ).toEqual([]);
    expect(findNeedles(bytes, [Buffer.from('register.erased')])).toHaveLength(1);
  });

  const opened = async (number: number) => people.ask(number, register);
});
