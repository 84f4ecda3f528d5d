import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  describeOnEachDatabase,
  migratedDatabaseUrl,
  temporaryHome,
} from '../../test/support/databases.js';
import { freshEpochKeys } from '../../test/support/epoch-keys.js';
import { findNeedles } from '../../test/support/byte-sweep.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { subjectBlockingTerms } from '../core/matching/index.js';
import { migrate, openDatabase, type Database } from '../platform/database/database.js';
import { localMasterKey } from '../platform/keys/keys.js';
import {
  demoCaseloads,
  demoPeopleLines,
  importRegister,
  makeDemoPeople,
  openRegister,
  registerMigrations,
  releaseBatch,
  type DemoPerson,
  type Register,
} from './index.js';

const partners = [
  { code: 'AUS-BORDER' as PartnerCode, state: 'AUS' as StateCode },
  { code: 'CAN-CONSULAR' as PartnerCode, state: 'CAN' as StateCode },
];
const people = makeDemoPeople({ seed: 'at rest', partners });
const masterKey = localMasterKey(randomBytes(32));
const epochKeys = freshEpochKeys();
const options = {
  masterKey,
  epochKeys,
  now: () => new Date('2026-11-22T10:00:00Z'),
  random: randomBytes,
};

test('demo people follow from their seed', () => {
  expect(makeDemoPeople({ seed: 'at rest', partners })).toEqual(people);
  expect(makeDemoPeople({ seed: 'another', partners })).not.toEqual(people);
  expect(people).toHaveLength(1250);
  expect(new Set(people.map(({ caseload }) => caseload))).toEqual(new Set(demoCaseloads));
});

describeOnEachDatabase('the register at rest', (kind) => {
  const home = temporaryHome();
  let database: Database;
  let register: Register;
  beforeAll(async () => {
    const url = await migratedDatabaseUrl(kind, home.path, registerMigrations);
    database = await openDatabase({
      home: home.path,
      migrations: registerMigrations,
      ...(url === undefined ? {} : { url }),
    });
    await migrate(database.dataSource);
    register = await openRegister({ ...options, dataSource: database.dataSource });
  });
  afterAll(async () => {
    await database.close();
    home.remove();
  });

  test('takes every demo person', async () => {
    async function* source() {
      yield* demoPeopleLines(people);
    }
    const report = await importRegister(register.store, {
      source: source(),
      requestedBy: 'registrar-1',
      knownPartners: new Set(partners.map(({ code }) => code)),
      dryRun: false,
    });
    expect(report.rejections).toEqual([]);
    expect(report).toMatchObject({ rows: 1250, added: 1250, rejected: 0 });
    const { version } = await releaseBatch(register.store, {
      batchId: report.batchId ?? '',
      releasedBy: 'registrar-2',
      people: 1250,
    });
    await register.catchUp(version);
    expect(register.size).toBe(1250);
  });

  test('holds no name, date, number, caseload, suppression or key of a term', async () => {
    const bytes = await everyByte();
    expect(findNeedles(bytes, needles())).toHaveLength(0);
    // The sweep finds what is there.
    expect(findNeedles(bytes, [Buffer.from('registrar-2')])).toHaveLength(1);
  });

  test('refuses a blob that was moved to another person', async () => {
    await tampered(
      `UPDATE subject SET key_wrapped = other.key_wrapped, sealed = other.sealed FROM subject other
       WHERE subject.id < other.id`,
      async () => expect(openEverybody()).rejects.toThrow(/^ERR_SEALED_DATA_DAMAGED/),
    );
  });

  test('refuses a blob whose version was changed', async () => {
    await tampered('UPDATE subject SET version = version + 1', async () =>
      expect(openEverybody()).rejects.toThrow(/^ERR_SEALED_DATA_DAMAGED/),
    );
  });

  test.each([
    ['dropped', 'DELETE FROM register_page WHERE page_number = 1'],
    ['set back', 'UPDATE register_page SET version = 1 WHERE page_number = 0'],
    [
      'moved',
      `UPDATE register_page SET key_wrapped = other.key_wrapped, sealed = other.sealed
       FROM register_page other WHERE register_page.page_number <> other.page_number`,
    ],
    [
      'flipped in one bit',
      'UPDATE register_page SET sealed = set_bit(sealed, 999, 1 - get_bit(sealed, 999))',
    ],
  ])('refuses to start on a page that was %s', async (_, sql) => {
    await tampered(sql, async () =>
      expect(openRegister({ ...options, dataSource: database.dataSource })).rejects.toThrow(
        /^ERR_SEALED_DATA_DAMAGED/,
      ),
    );
  });

  test('refuses a register older than the one it has seen', async () => {
    const [head] = await database.dataSource.query<{ version: string; state_mac: Buffer }[]>(
      'SELECT version, state_mac FROM register_head',
    );
    const empty = await openRegister({ ...options, dataSource: database.dataSource });
    await tampered('UPDATE register_head SET version = 0', async () =>
      expect(empty.load()).rejects.toThrow(/^ERR_SEALED_DATA_DAMAGED/),
    );
    expect(empty.version()).toBe(BigInt(head?.version ?? 0));
  });

  async function openEverybody() {
    const evidence = people.flatMap((person) => termsOf(person)).slice(0, 200);
    return register.find(
      evidence.map((term) => ({ term, weight: 1 })),
      {
        caseloads: new Set(demoCaseloads) as never,
        partner: 'X1' as PartnerCode,
        state: 'D' as StateCode,
      },
      100,
    );
  }

  /** Runs the check on tampered tables, then puts them back. */
  async function tampered(sql: string, check: () => Promise<void>) {
    const tables = ['subject', 'register_page', 'register_head'];
    for (const table of tables) {
      await database.dataSource.query(`CREATE TABLE copy_of_${table} AS SELECT * FROM ${table}`);
    }
    await database.dataSource.query(sql);
    try {
      await check();
    } finally {
      for (const table of tables) {
        await database.dataSource.query(`DELETE FROM ${table}`);
        await database.dataSource.query(`INSERT INTO ${table} SELECT * FROM copy_of_${table}`);
        await database.dataSource.query(`DROP TABLE copy_of_${table}`);
      }
    }
  }

  /** Every file under the home; on PostgreSQL every column of every table. */
  async function everyByte(): Promise<Buffer> {
    if (kind === 'PGlite') {
      await database.dataSource.query('CHECKPOINT');
      const files = readdirSync(home.path, { recursive: true, withFileTypes: true });
      return Buffer.concat(
        files
          .filter((file) => file.isFile())
          .map((file) => readFileSync(join(file.parentPath, file.name))),
      );
    }
    const chunks: Buffer[] = [];
    const tables = await database.dataSource.query<{ table_name: string }[]>(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    for (const { table_name: table } of tables) {
      const rows = await database.dataSource.query<Record<string, unknown>[]>(
        `SELECT * FROM ${table}`,
      );
      for (const value of rows.flatMap((row) => Object.values(row))) {
        chunks.push(Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)));
      }
    }
    return Buffer.concat(chunks);
  }

  /** What must not be found: values in UTF-8 and UTF-16, keys of terms and references. */
  function* needles(): Generator<Buffer> {
    const values = new Set<string>();
    for (const person of people) {
      for (const { full } of person.names) if (full.length > 6) values.add(full);
      if ((person.dateOfBirth?.length ?? 0) > 7) values.add(person.dateOfBirth ?? '');
      for (const document of person.documents ?? []) values.add(document['number'] ?? '');
      if (person.visa?.['reference'] !== undefined) values.add(person.visa['reference']);
      values.add(person.reference);
      const { keys } = register.store;
      for (const term of termsOf(person).slice(0, 10)) {
        yield keys.termKey(term);
        yield Buffer.from(keys.termKey(term).toString('hex'));
      }
      yield keys.referenceKey(person.caseload as never, person.reference);
    }
    for (const value of [...values, ...demoCaseloads, 'AUS-BORDER', 'PAK IRN']) {
      yield Buffer.from(value, 'utf8');
      yield Buffer.from(value, 'utf16le');
      yield Buffer.from(Buffer.from(value, 'utf8').toString('hex'));
    }
  }
});

function termsOf(person: DemoPerson): readonly string[] {
  return subjectBlockingTerms({ documents: [], suppressedFor: [], ...person } as never);
}
