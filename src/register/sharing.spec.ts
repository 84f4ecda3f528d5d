import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  passport,
  personReference,
  personRow,
  testCaseload,
  testPartner,
  type TestRegister,
} from '../../test/support/register.js';
import { evidenceBlockingTerms, parseEvidence } from '../core/matching/index.js';
import type { RestrictingAct } from '../access-log/index.js';
import { discardBatchIn } from './discard-batch.js';
import { correctPerson, importRegister, releaseBatch } from './index.js';
import { readPerson } from './person-view.js';
import { changeRegister } from './register-change.js';

const told = { basis: 'CONSENT', informedOn: '2026-01-15' };

describeOnEachDatabase('what a person said of sharing', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(personRow(1, { sharing: told }), personRow(2));
  });
  afterAll(async () => people.close());

  const findTold = async (number: number) => {
    const documents = [{ type: 'PASSPORT' as const, number: passport(number) }];
    const found = await people.register.find(
      evidenceBlockingTerms(parseEvidence({ documents }, people.now)),
      {
        caseloads: new Set([testCaseload]),
        partner: testPartner.code,
        state: testPartner.state,
        requiresNotice: true,
      },
      5,
    );
    return found.map(({ subject }) => subject.reference);
  };
  const correct = async (number: number, sharing: object | null) => {
    const changed = await correctPerson(people.register.store, {
      ...personReference(number),
      correction: { sharing },
      requestedBy: 'registrar-1',
      knownPartners,
    });
    await people.register.catchUp(changed.version);
    return changed;
  };
  const release = async (batchId = '') => {
    const released = { batchId, people: 1, releasedBy: 'registrar-2' };
    const { version } = await releaseBatch(people.register.store, released);
    await people.register.catchUp(version);
  };

  test('decides where notice is required: who was not told is not there', async () => {
    expect([await people.find(1), await people.find(2)]).toEqual([['T-1'], ['T-2']]);
    expect([await findTold(1), await findTold(2)]).toEqual([['T-1'], []]);
  });

  test('keeps a refusal at once, by partner or state, and takes it back by two people', async () => {
    const refused = await correct(1, { refusedFor: ['AUS'] });
    expect(refused).toMatchObject({ state: 'LIVE', fields: ['sharing.refusedFor'] });
    expect(await people.find(1)).toEqual([]);
    const back = await correct(1, { refusedFor: null });
    expect(back).toMatchObject({ state: 'PENDING' });
    expect(await people.find(1)).toEqual([]);
    await release(back.batchId);
    expect(await people.find(1)).toEqual(['T-1']);
  });

  test('needs a second person for the word that notice was given', async () => {
    const changed = await correct(2, told);
    expect(changed).toMatchObject({ state: 'PENDING' });
    expect(await findTold(2)).toEqual([]);
    await release(changed.batchId);
    expect(await findTold(2)).toEqual(['T-2']);
  });

  test('stays through a file that says nothing of it, and that file is unchanged the second time', async () => {
    await correct(2, { refusedFor: ['AUS-BORDER'] });
    await people.addRows(personRow(2, { household: 'H-2' }));
    expect(await people.find(2)).toEqual([]);
    expect(await people.importRows(personRow(2, { household: 'H-2' }))).toMatchObject({
      unchanged: 1,
    });
    const back = await correct(2, { refusedFor: null });
    await release(back.batchId);
    expect(await findTold(2)).toEqual(['T-2']);
  });

  test('of a refusal that is imported holds before the release', async () => {
    const report = await people.importRows(
      personRow(1, { sharing: { ...told, refusedFor: ['AUS'] } }),
    );
    await people.register.catchUp(report.version);
    expect(await people.find(1)).toEqual([]);
  });

  test('of a refusal that is imported stays, whatever becomes of the file it came with', async () => {
    const { store } = people.register;
    await people.addRows(
      personRow(3, { sharing: told }),
      personRow(4, { sharing: told }),
      personRow(6, { sharing: told }),
    );
    const refused = { ...told, refusedFor: ['AUS'] };
    const journaled: RestrictingAct[] = [];
    const source = (...rows: readonly object[]) =>
      (async function* () {
        for (const row of rows) yield Buffer.from(`${JSON.stringify(row)}\n`);
      })();
    const report = await importRegister(store, {
      source: source(
        personRow(3, { sharing: refused }),
        personRow(4, { household: 'H-4', sharing: { basis: 'CONSENT' } }),
        personRow(6, { sharing: refused }),
      ),
      requestedBy: 'registrar-1',
      knownPartners,
      dryRun: false,
      inRecord: async (work) => {
        journaled.push(...(await people.database.dataSource.transaction(work)));
      },
    });
    await people.register.catchUp(report.version);
    expect([await people.find(3), await findTold(4)]).toEqual([[], []]);
    // Those of one kind in one act.
    expect(journaled.map(({ act }) => act)).toEqual(['register.narrowed', 'register.narrowed']);

    // 1. Another file that does not know of it, and waits.
    const other = await people.importRows(personRow(3, { sharing: told }));
    await people.register.catchUp(other.version);
    expect(await people.find(3)).toEqual([]);
    // 2. Both given up.
    for (const batchId of [report.batchId ?? '', other.batchId ?? '']) {
      const { version } = await changeRegister(store, async (change) =>
        discardBatchIn(change, { batchId, by: 'registrar-1' }),
      );
      await people.register.catchUp(version);
    }
    expect([await people.find(3), await findTold(4)]).toEqual([[], []]);
    expect(await people.find(4)).toEqual(['T-4']);
    expect((await readPerson(store, personReference(3))).content.sharing).toEqual(refused);
    const kept = (await readPerson(store, personReference(4))).content;
    expect([kept.sharing, kept.household]).toEqual([{ basis: 'CONSENT' }, undefined]);
    // 3. Taken back by two.
    const back = await correct(3, { refusedFor: null });
    expect(await people.find(3)).toEqual([]);
    await release(back.batchId);
    expect(await people.find(3)).toEqual(['T-3']);
  });

  test('kept from a correction that waits makes whoever asked for it an author of the file', async () => {
    const { store } = people.register;
    await people.addRows(personRow(5));
    await correct(5, told);
    const report = await importRegister(store, {
      source: (async function* () {
        yield Buffer.from(JSON.stringify(personRow(5, { household: 'H-5' })));
      })(),
      requestedBy: 'registrar-2',
      knownPartners,
      dryRun: false,
    });
    const batchId = report.batchId ?? '';
    const released = releaseBatch(store, { batchId, people: 1, releasedBy: 'registrar-1' });
    await expect(released).rejects.toThrow(/^ERR_APPROVER_IS_REQUESTER/);
    expect(await findTold(5)).toEqual([]);
  });

  test.each([
    [{ basis: 'HABIT' }, 'sharing.basis'],
    [{ informedOn: '2026-01' }, 'sharing.informedOn'],
    [{ refusedFor: ['XX-NOBODY'] }, 'sharing.refusedFor[0]'],
    [{ told: true }, 'sharing'],
  ])('is rejected out of form: %j', async (sharing, column) => {
    const report = await people.importRows(personRow(9, { sharing }));
    expect(report.rejections.map((one) => one.column)).toEqual([column]);
  });
});
