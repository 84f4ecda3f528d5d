import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { freshEpochKeys } from '../../test/support/epoch-keys.js';
import type { Caseload, PartnerCode, StateCode } from '../core/ids.js';
import { candidateCap, evidenceBlockingTerms, parseEvidence } from '../core/matching/index.js';
import type { Database } from '../platform/database/database.js';
import { localMasterKey } from '../platform/keys/keys.js';
import { blockingScheme } from './blocking-scheme.js';
import { reindexRegister } from './reindex.js';
import {
  importRegister,
  openRegister,
  registerMigrations,
  registerVersionSql,
  releaseBatch,
  type Register,
} from './index.js';

const now = new Date('2026-11-22T10:00:00Z');
const masterKey = localMasterKey(randomBytes(32));
const epochKeys = freshEpochKeys();
const partner = 'AUS-BORDER' as PartnerCode;
const knownPartners = new Set([partner, 'CAN-CONSULAR' as PartnerCode]);
const scope = {
  caseloads: new Set(['AF-2021' as Caseload]),
  partner,
  state: 'AUS' as StateCode,
};

/** Far apart from one another: near numbers share terms. */
const passport = (number: number) =>
  `P${String((number * 48_271_331) % 99_999_989).padStart(8, '0')}`;

const row = (number: number, more: object = {}) => ({
  reference: `T-${number}`,
  caseload: 'AF-2021',
  names: [{ full: 'Zarghuna Wardakpur' }],
  dateOfBirth: '1984-05',
  documents: [{ type: 'PASSPORT', number: passport(number) }],
  ...more,
});
const lines = (...rows: object[]) => rows.map((one) => `${JSON.stringify(one)}\n`).join('');

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const importText = async (register: Register, text: string, more: object = {}) =>
  importRegister(register.store, {
    source: bytesOf(text),
    requestedBy: 'registrar-1',
    knownPartners,
    dryRun: false,
    ...more,
  });

async function importAndRelease(register: Register, text: string) {
  const report = await importText(register, text);
  if (report.batchId !== undefined) {
    const people = report.added + report.changed;
    const { version } = await releaseBatch(register.store, {
      batchId: report.batchId,
      releasedBy: 'registrar-2',
      people,
    });
    await register.catchUp(version);
  }
  return report;
}

const findByPassport = async (register: Register, number: number, among = scope) => {
  const evidence = parseEvidence(
    { documents: [{ type: 'PASSPORT', number: passport(number) }] },
    now,
  );
  const found = await register.find(evidenceBlockingTerms(evidence), among, candidateCap);
  return found.map(({ subject }) => subject.reference);
};

describeOnEachDatabase('the register', (kind) => {
  let database: Database;
  let register: Register;
  const open = async () =>
    openRegister({
      dataSource: database.dataSource,
      masterKey,
      epochKeys,
      now: () => now,
      random: randomBytes,
    });
  beforeAll(async () => {
    database = await openTestDatabase(kind, registerMigrations);
    register = await open();
  });
  afterAll(async () => database.close());

  const everyRow = async () => {
    const rows: unknown[] = [];
    for (const table of ['subject', 'register_page', 'register_head', 'import_batch']) {
      rows.push(await database.dataSource.query(`SELECT * FROM ${table} ORDER BY 1, 2`));
    }
    return JSON.stringify(rows);
  };

  test('keeps imported people from everybody until another person releases them', async () => {
    const report = await importText(register, lines(row(1), row(2)));
    expect(report).toMatchObject({ rows: 2, added: 2, changed: 0, unchanged: 0, rejected: 0 });
    await register.catchUp(report.version);
    expect(await findByPassport(register, 1)).toEqual([]);
    const batchId = report.batchId ?? '';
    const release = { batchId, people: 2 };
    await expect(
      releaseBatch(register.store, { ...release, releasedBy: 'registrar-1' }),
    ).rejects.toThrow(/^ERR_APPROVER_IS_REQUESTER/);
    await expect(
      releaseBatch(register.store, { ...release, people: 3, releasedBy: 'registrar-2' }),
    ).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    const { version } = await releaseBatch(register.store, {
      ...release,
      releasedBy: 'registrar-2',
    });
    await register.catchUp(version);
    expect(await findByPassport(register, 1)).toEqual(['T-1']);
    await expect(
      releaseBatch(register.store, { ...release, releasedBy: 'registrar-2' }),
    ).rejects.toThrow(/^ERR_IMPORT_REFUSED/);
  });

  test('has no batch in the database that its importer released', async () => {
    const report = await importText(register, lines(row(3)));
    await expect(
      database.dataSource.query(
        'UPDATE import_batch SET released_by = requested_by, released_at = now() WHERE id = $1',
        [report.batchId],
      ),
    ).rejects.toThrow(/import_batch_two_people/);
  });

  test('takes the same file twice as once', async () => {
    const text = lines(row(10), row(11, { suppressedFor: ['PAK'] }), row(12));
    await importAndRelease(register, text);
    const before = await everyRow();
    const again = await importText(register, text);
    expect(again).toMatchObject({ rows: 3, added: 0, changed: 0, unchanged: 3, rejected: 0 });
    expect(again.batchId).toBeUndefined();
    expect(await everyRow()).toBe(before);
  });

  test('changes nothing in a dry run and foresees what an import does', async () => {
    const text = lines(row(10, { sex: 'F' }), row(11), row(13));
    const before = await everyRow();
    const dry = await importText(register, text, { dryRun: true });
    expect(dry).toMatchObject({ added: 1, changed: 1, unchanged: 1 });
    expect(await everyRow()).toBe(before);
  });

  test('serves the released version of a person until the next one is released', async () => {
    await importAndRelease(register, lines(row(20)));
    const [first] = await openedByPassport(register, 20);
    const report = await importText(register, lines(row(20, { sex: 'F' })));
    await register.catchUp(report.version);
    expect((await openedByPassport(register, 20))[0]).toEqual(first);
    const { version } = await releaseBatch(register.store, {
      batchId: report.batchId ?? '',
      releasedBy: 'registrar-2',
      people: 1,
    });
    const stale = register.candidates(passportTerms(20), scope, candidateCap);
    await expect(register.open(stale)).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    expect(register.version()).toBe(version);
    const [second] = await openedByPassport(register, 20);
    expect(second).toMatchObject({ id: first?.id, version: 2, subject: { sex: 'F' } });
    expect(second?.referenceSecret.equals(first?.referenceSecret ?? Buffer.alloc(0))).toBe(true);
  });

  test('replaces a version that was never released, and its batch loses the person', async () => {
    const first = await importText(register, lines(row(30), row(31)));
    const second = await importText(register, lines(row(30, { sex: 'M' })));
    expect(second).toMatchObject({ changed: 1 });
    const release = { releasedBy: 'registrar-2', people: 1 };
    await releaseBatch(register.store, { ...release, batchId: first.batchId ?? '' });
    const { version } = await releaseBatch(register.store, {
      ...release,
      batchId: second.batchId ?? '',
    });
    await register.catchUp(version);
    expect((await openedByPassport(register, 30))[0]?.subject.sex).toBe('M');
    expect(await findByPassport(register, 31)).toEqual(['T-31']);
  });

  test('suppresses from the import on; nothing imported lifts a suppression', async () => {
    await importAndRelease(register, lines(row(40)));
    expect(await findByPassport(register, 40)).toEqual(['T-40']);
    const report = await importText(register, lines(row(40, { suppressedFor: ['AUS'] })));
    await register.catchUp(report.version);
    expect(report).toMatchObject({ changed: 1 });
    expect(report.batchId).toBeUndefined();
    expect(await findByPassport(register, 40)).toEqual([]);
    const other = { ...scope, partner: 'CAN-CONSULAR' as PartnerCode, state: 'CAN' as StateCode };
    expect(await findByPassport(register, 40, other)).toEqual(['T-40']);
    for (const suppressedFor of [[], null, undefined]) {
      const lifted = await importText(register, lines(row(40, { suppressedFor })));
      expect(lifted).toMatchObject({ unchanged: 1 });
    }
    expect((await openedByPassport(register, 40, other))[0]?.subject.suppressedFor).toEqual([
      'AUS',
    ]);
  });

  test('finds nobody in a caseload that is not in scope', async () => {
    await importAndRelease(register, lines(row(50, { caseload: 'AF-2022' })));
    expect(await findByPassport(register, 50)).toEqual([]);
    const wider = { ...scope, caseloads: new Set(['AF-2022' as Caseload]) };
    expect(await findByPassport(register, 50, wider)).toEqual(['T-50']);
  });

  test('loads again what it knew', async () => {
    const again = await open();
    expect(again.version()).toBe(register.version());
    expect(again.size).toBe(register.size);
    expect(await findByPassport(again, 1)).toEqual(['T-1']);
  });

  test('files everybody anew when the pages were written by another way of blocking', async () => {
    const { dataSource } = database;
    expect(await reindexRegister(register.store, blockingScheme())).toBe(false);
    await importText(register, lines(row(55)));
    await dataSource.query(`UPDATE register_head SET blocking_scheme = '\\x00'`);
    const before = register.version();
    const again = await open();
    expect(again.version()).toBeGreaterThan(before);
    expect(await findByPassport(again, 1)).toEqual(['T-1']);
    await register.catchUp(again.version());
    expect(await findByPassport(register, 1)).toEqual(['T-1']);
    expect(await reindexRegister(register.store, blockingScheme())).toBe(false);
  });

  test('takes files in from several importers at once', async () => {
    const texts = [60, 70, 60].map((from) => lines(...[0, 1, 2].map((at) => row(from + at))));
    const reports = await Promise.all(texts.map(async (text) => importText(register, text)));
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(6);
    expect(reports.reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(3);
  });

  test('shows a released batch to another replica once it has caught up', async () => {
    const replica = await open();
    await importAndRelease(register, lines(row(80)));
    expect(await findByPassport(replica, 80)).toEqual([]);
    const [head] = await database.dataSource.query<{ version: string }[]>(registerVersionSql);
    await replica.catchUp(BigInt(head?.version ?? 0));
    expect(await findByPassport(replica, 80)).toEqual(['T-80']);
  });

  test('refuses another master key', async () => {
    await expect(
      openRegister({
        dataSource: database.dataSource,
        masterKey: localMasterKey(randomBytes(32)),
        epochKeys,
        now: () => now,
        random: randomBytes,
      }),
    ).rejects.toThrow(/^ERR_KEY_UNUSABLE/);
  });

  const passportTerms = (number: number) =>
    evidenceBlockingTerms(
      parseEvidence({ documents: [{ type: 'PASSPORT', number: passport(number) }] }, now),
    );
  const openedByPassport = async (from: Register, number: number, among = scope) =>
    from.find(passportTerms(number), among, candidateCap);
});
