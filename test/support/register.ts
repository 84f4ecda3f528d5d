import { randomBytes } from 'node:crypto';
import type { Caseload, PartnerCode, StateCode } from '../../src/core/ids.js';
import {
  candidateCap,
  evidenceBlockingTerms,
  parseEvidence,
} from '../../src/core/matching/index.js';
import type { Database, Migration } from '../../src/platform/database/database.js';
import { localMasterKey, type MasterKey } from '../../src/platform/keys/keys.js';
import {
  importRegister,
  openRegister,
  registerMigrations,
  releaseBatch,
  type ImportReport,
  type OpenedSubject,
  type Register,
} from '../../src/register/index.js';
import { openTestDatabase, type DatabaseKind } from './databases.js';
import { freshEpochKeys } from './epoch-keys.js';

/** A register of made-up people for the rules of its use cases. */
export interface TestRegister {
  readonly database: Database;
  readonly register: Register;
  readonly masterKey: MasterKey;
  readonly epochKeys: ReturnType<typeof freshEpochKeys>;
  /** What the register takes for now; may be set. */
  now: Date;
  /** Another replica of the same register. */
  replica(masterKey?: MasterKey): Promise<Register>;
  importRows(...rows: readonly object[]): Promise<ImportReport>;
  /** Imports, releases and catches up. */
  addRows(...rows: readonly object[]): Promise<void>;
  /** References of those found by the passport of person `number`, as AUS-BORDER asks. */
  find(number: number, from?: Register): Promise<readonly string[]>;
  /** Those found by it, opened. */
  ask(number: number, from?: Register): Promise<readonly OpenedSubject[]>;
  /** Every row of the register's tables. */
  everyRow(): Promise<string>;
  close(): Promise<void>;
}

export const testCaseload = 'AF-2021' as Caseload;
export const testPartner = { code: 'AUS-BORDER' as PartnerCode, state: 'AUS' as StateCode };
export const knownPartners = new Set([testPartner.code, 'CAN-CONSULAR' as PartnerCode]);

/** Far apart from one another: near numbers share terms. */
export const passport = (number: number): string =>
  `P${String((number * 48_271_331) % 99_999_989).padStart(8, '0')}`;

export const personRow = (number: number, more: object = {}) => ({
  reference: `T-${number}`,
  caseload: testCaseload,
  names: [{ full: 'Zarghuna Wardakpur' }],
  dateOfBirth: '1984-05',
  documents: [{ type: 'PASSPORT', number: passport(number) }],
  ...more,
});

export const personReference = (number: number) => ({
  caseload: testCaseload,
  reference: `T-${number}`,
});

export async function openTestRegister(
  kind: DatabaseKind,
  migrations: readonly Migration[] = registerMigrations,
): Promise<TestRegister> {
  const database = await openTestDatabase(kind, migrations);
  const masterKey = localMasterKey(randomBytes(32));
  const clock = { now: new Date('2026-11-22T10:00:00Z') };
  const { dataSource } = database;
  const epochKeys = freshEpochKeys();
  const now = () => clock.now;
  const replica = async (key = masterKey) =>
    openRegister({ dataSource, masterKey: key, epochKeys, now, random: randomBytes });
  const register = await replica();
  const importRows = async (...rows: readonly object[]) =>
    importRegister(register.store, {
      source: (async function* () {
        for (const row of rows) yield Buffer.from(`${JSON.stringify(row)}\n`);
      })(),
      requestedBy: 'registrar-1',
      knownPartners,
      dryRun: false,
    });
  const ask = async (number: number, from = register) => {
    const evidence = parseEvidence(
      { documents: [{ type: 'PASSPORT', number: passport(number) }] },
      clock.now,
    );
    const scope = {
      caseloads: new Set([testCaseload]),
      partner: testPartner.code,
      state: testPartner.state,
    };
    return from.find(evidenceBlockingTerms(evidence), scope, candidateCap);
  };
  return {
    database,
    register,
    masterKey,
    epochKeys,
    get now() {
      return clock.now;
    },
    set now(now: Date) {
      clock.now = now;
    },
    replica,
    importRows,
    addRows: async (...rows) => {
      const report = await importRows(...rows);
      const { version } = await releaseBatch(register.store, {
        batchId: report.batchId ?? '',
        releasedBy: 'registrar-2',
        people: report.added + report.changed,
      });
      await register.catchUp(version);
    },
    ask,
    find: async (number, from) => (await ask(number, from)).map(({ subject }) => subject.reference),
    everyRow: async () => {
      const rows: unknown[] = [];
      for (const table of [
        'subject',
        'register_page',
        'register_head',
        'import_batch',
        'register_act',
      ]) {
        rows.push(await dataSource.query<unknown[]>(`SELECT * FROM ${table} ORDER BY 1, 2`));
      }
      return JSON.stringify(rows);
    },
    close: async () => database.close(),
  };
}
