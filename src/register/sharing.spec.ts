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
import { correctPerson, releaseBatch } from './index.js';

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
