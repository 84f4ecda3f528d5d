import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  passport,
  type TestRegister,
} from '../../test/support/register.js';
import type { SubjectId } from '../core/ids.js';
import { importRegister, releaseBatch, type Register } from './index.js';
import type { PagePerson } from './page.js';
import type { RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId } from './subject-uuid.js';

const caseloads = ['AF-2021', 'AF-2022'];
const codes = ['AUS', 'PAK'];

/** One row of a file: who, and which of three wholes is said of them. */
interface Row {
  readonly person: number;
  readonly caseload: number;
  readonly whole: number;
  readonly suppressedFor: readonly string[];
  /** Undefined: the row says nothing of sharing. */
  readonly refusedFor: readonly string[] | undefined;
}

/** What the register knows of one person. */
interface Known {
  /** The newest row taken: the same again changes nothing. */
  readonly said: string;
  readonly whole: number;
  readonly refusedFor: readonly string[];
  readonly suppressedFor: readonly string[];
}
type State = ReadonlyMap<string, Known>;

const union = (...lists: readonly (readonly string[])[]): readonly string[] =>
  [...new Set(lists.flat())].sort();

/** What rows taken in one transaction make of a state. */
function taken(state: State, rows: readonly Row[]): State {
  const next = new Map(state);
  for (const { person, caseload, whole, suppressedFor, refusedFor } of rows) {
    const name = `${caseload} ${person}`;
    const known = next.get(name);
    const said = JSON.stringify([whole, refusedFor]);
    const isSame = known?.said === said;
    next.set(name, {
      said,
      whole,
      refusedFor: (isSame ? undefined : refusedFor) ?? known?.refusedFor ?? [],
      suppressedFor: union(known?.suppressedFor ?? [], suppressedFor),
    });
  }
  return next;
}

/** Every state that transactions can end in, one after another, each import's in its own order. */
function serialEnds(state: State, imports: readonly (readonly (readonly Row[])[])[]): Set<string> {
  const waiting = imports.filter((transactions) => transactions.length > 0);
  if (waiting.length === 0) return new Set([textOf(state)]);
  const ends = waiting.flatMap(([first = [], ...rest]) => {
    const others = waiting.filter(([other]) => other !== first);
    return [...serialEnds(taken(state, first), [rest, ...others])];
  });
  return new Set(ends);
}

const textOf = (state: State): string =>
  JSON.stringify(
    [...state]
      .map(([name, { whole, refusedFor, suppressedFor }]) => [
        name,
        { whole, refusedFor, suppressedFor },
      ])
      .sort(),
  );

const some = fc.subarray(codes);
const fileOf = (mostRows: number) =>
  fc.uniqueArray(
    fc.record({
      person: fc.integer({ min: 1, max: 4 }),
      caseload: fc.constantFrom(0, 0, 1),
      whole: fc.nat({ max: 2 }),
      suppressedFor: fc.oneof(fc.constant([]), some),
      refusedFor: fc.option(some, { nil: undefined }),
    }),
    // A second row of a reference is rejected, whatever its caseload.
    { minLength: 1, maxLength: mostRows, selector: ({ person }) => person },
  );
const world = fc.record({
  /** Released before: these people have a live version below what waits. */
  before: fc.oneof(fc.constant([]), fileOf(3)),
  files: fc.oneof(
    fc.tuple(fileOf(4), fileOf(4)),
    fileOf(4).map((file) => [file, file]),
    fc.tuple(fileOf(3), fileOf(3), fileOf(3)),
  ),
  /** STEPS: one transaction at a time. CROWD: they overtake each other. */
  pace: fc.constantFrom('STEPS' as const, 'CROWD' as const),
  rowsPerTransaction: fc.constantFrom(1, 2),
  scheduler: fc.scheduler(),
});

describeOnEachDatabase('imports of overlapping files, interleaved', (kind) => {
  let people: TestRegister;
  let replicas: readonly Register[];
  let run = 0;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    replicas = [people.register, await people.replica(), await people.replica()];
  });
  afterAll(async () => people.close());

  const reference = (person: number) => `R${run}-${person}`;
  const line = ({ person, caseload, whole, suppressedFor, refusedFor }: Row): Buffer => {
    const row = {
      reference: reference(person),
      caseload: caseloads[caseload],
      // Each member says which whole it is of: a person of two wholes is half written.
      names: [{ full: ['Palwasha', 'Zarghuna', 'Mahnaz'][whole] }],
      fatherName: ['Abdul', 'Karim', 'Rahim'][whole],
      dateOfBirth: `198${whole}-05`,
      documents: [{ type: 'PASSPORT', number: passport(whole + 1) }],
      suppressedFor,
      ...(refusedFor === undefined ? {} : { sharing: { basis: 'CONSENT', refusedFor } }),
    };
    return Buffer.from(`${JSON.stringify(row)}\n`);
  };
  const wholeOf = ({ names, fatherName, dateOfBirth, documents }: SubjectContent): number => {
    const whole = ['Palwasha', 'Zarghuna', 'Mahnaz'].indexOf(names[0]?.full ?? '');
    expect([fatherName, dateOfBirth, documents[0]?.number]).toEqual([
      ['Abdul', 'Karim', 'Rahim'][whole],
      `198${whole}-05`,
      passport(whole + 1),
    ]);
    return whole;
  };
  const load = async (
    store: RegisterStore,
    rows: AsyncIterable<Uint8Array>,
    more: { rowsPerTransaction?: number; onProgress?: () => void } = {},
  ) =>
    importRegister(store, {
      source: rows,
      requestedBy: 'registrar-1',
      knownPartners,
      dryRun: false,
      ...more,
    });
  const atOnce = async function* (rows: readonly Row[]) {
    for (const row of rows) yield line(row);
  };

  /** Everybody at one moment: each version there is opens, is whole, and nothing is left over. */
  const read = async (): Promise<{
    newest: string;
    live: string;
    told: string;
    refused: ReadonlyMap<string, readonly string[]>;
  }> => {
    const { store } = people.register;
    return store.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const head = await store.readHead(manager, 'read');
      const pages = await store.readPages(manager, [...head.pages.keys()]);
      const everybody = pages.flatMap((page) => page.people);
      const versions = everybody.flatMap((person) =>
        [person.live, person.pending].flatMap((one) =>
          one === undefined ? [] : [{ id: decodeSubjectId(person.subject), version: one.version }],
        ),
      );
      const rows = await manager.query<{ id: SubjectId; version: number }[]>(
        'SELECT id, version FROM subject ORDER BY id, version',
      );
      const byName = (one: { id: string; version: number }) => `${one.id} ${one.version}`;
      expect(rows.map(byName).sort()).toEqual(versions.map(byName).sort());
      const keys = everybody.map(({ referenceKey }) => referenceKey.toString('hex'));
      expect(new Set(keys).size).toBe(keys.length);

      const waiting = new Map<string, number>();
      for (const { pending } of everybody) {
        const batch = pending && decodeSubjectId(pending.batch);
        if (batch !== undefined) waiting.set(batch, (waiting.get(batch) ?? 0) + 1);
      }
      const batches = await manager.query<{ id: string; pending: number }[]>(
        'SELECT id, pending FROM import_batch WHERE pending > 0',
      );
      expect(new Map(batches.map(({ id, pending }) => [id, pending]))).toEqual(waiting);

      const stateOf = async (which: (person: PagePerson) => PagePerson['live']) => {
        const state = new Map<string, Known>();
        const some = everybody.flatMap((person) => {
          const version = which(person);
          return version === undefined ? [] : [{ person, version }];
        });
        const opened = await store.readSubjects(
          manager,
          some.map(({ person, version }) => ({
            id: decodeSubjectId(person.subject),
            version: version.version,
          })),
        );
        for (const { person, version } of some) {
          const content = opened.get(decodeSubjectId(person.subject))?.content;
          if (content === undefined) throw new Error('a version is missing');
          const whole = wholeOf(content);
          if (!content.reference.startsWith(`R${run}-`)) continue;
          const { refusedFor = [] } = content.sharing ?? {};
          // What the page decides by is what the version says.
          expect([version.refusedFor, person.caseload]).toEqual([refusedFor, content.caseload]);
          const name = `${caseloads.indexOf(content.caseload)} ${content.reference.split('-')[1]}`;
          state.set(name, { said: '', whole, refusedFor, suppressedFor: person.suppressedFor });
        }
        return state;
      };
      const live = await stateOf((person) => person.live);
      const told = [...live].map(
        ([name, known]) => [name, { ...known, suppressedFor: [], refusedFor: [] }] as const,
      );
      return {
        newest: textOf(await stateOf((person) => person.pending ?? person.live)),
        live: textOf(live),
        // A suppression and a refusal hold at once, whatever waits.
        told: textOf(new Map(told)),
        refused: new Map([...live].map(([name, { refusedFor }]) => [name, refusedFor])),
      };
    });
  };
  const releaseAll = async (): Promise<void> => {
    const { store } = people.register;
    const batches = await store.dataSource.query<{ id: string; pending: number }[]>(
      'SELECT id, pending FROM import_batch WHERE pending > 0 AND released_at IS NULL ORDER BY id',
    );
    for (const { id: batchId, pending } of batches) {
      await releaseBatch(store, { batchId, people: pending, releasedBy: 'registrar-2' });
    }
  };

  test('end as they would one after another, and nobody is ever half written', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ before, files, pace, scheduler, ...more }) => {
        run += 1;
        const rowsPerTransaction = pace === 'STEPS' ? 1 : more.rowsPerTransaction;
        await load(people.register.store, atOnce(before));
        await releaseAll();
        const { told, refused } = await read();

        let turn = Promise.resolve();
        const imports = files.map(async (rows, at) => {
          // A transaction ends the turn it was begun in; the next row may be asked for before.
          const ends: (() => void)[] = [];
          const source = async function* () {
            for (const row of rows) {
              await scheduler.schedule(Promise.resolve());
              if (pace === 'STEPS') {
                const mine = turn;
                turn = new Promise((resolve) => ends.push(resolve));
                await mine;
              }
              yield line(row);
            }
          };
          const { store } = replicas[at] ?? people.register;
          return load(store, source(), { rowsPerTransaction, onProgress: () => ends.shift()?.() });
        });
        const reader = async () => {
          for (let look = 0; look < 3; look += 1) {
            await scheduler.schedule(Promise.resolve());
            const now = await read();
            expect(now.told).toBe(told);
            for (const [name, codes] of refused) {
              expect(now.refused.get(name)).toEqual(expect.arrayContaining([...codes]));
            }
          }
        };
        const [, ...reports] = await scheduler.waitFor(Promise.all([reader(), ...imports]));

        // 1. Whatever the order was, there is one.
        const transactions = files.map((rows) =>
          Array.from({ length: Math.ceil(rows.length / rowsPerTransaction) }, (_, at) =>
            rows.slice(at * rowsPerTransaction, (at + 1) * rowsPerTransaction),
          ),
        );
        const { newest, told: still, refused: kept } = await read();
        expect([...serialEnds(taken(new Map(), before), transactions)]).toContain(newest);
        expect(still).toBe(told);
        for (const [name, codes] of refused) {
          const rows = files.flat().filter((row) => `${row.caseload} ${row.person}` === name);
          const said = rows.map(({ refusedFor = [] }) => refusedFor);
          expect(kept.get(name)).toEqual(union(codes, ...said));
        }

        // 2. Everybody new was added by one of them, and by one alone.
        const named = new Set(files.flat().map(({ caseload, person }) => `${caseload} ${person}`));
        for (const { caseload, person } of before) named.delete(`${caseload} ${person}`);
        expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(named.size);
        expect(reports.every(({ rejected }) => rejected === 0)).toBe(true);

        // 3. Released, it is what partners are told of; imported twice, each file is as once.
        await releaseAll();
        expect(await read()).toMatchObject({ newest, live: newest });
        for (const rows of files) {
          await load(people.register.store, atOnce(rows));
          const once = await people.everyRow();
          const twice = await load(people.register.store, atOnce(rows));
          expect(twice).toMatchObject({ added: 0, changed: 0, unchanged: rows.length });
          expect(await people.everyRow()).toBe(once);
        }
        await releaseAll();
      }),
      { numRuns: Number(process.env['REGISTER_INTERLEAVINGS'] ?? 15) },
    );
  });
});
