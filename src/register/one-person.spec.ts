import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  passport,
  personReference,
  personRow,
  testPartner,
  type TestRegister,
} from '../../test/support/register.js';
import { evidenceBlockingTerms, parseEvidence } from '../core/matching/index.js';
import { addPerson, changeVisaStatus, correctPerson, releaseBatch } from './index.js';
import { readBatch } from './batches.js';
import { discardBatchIn } from './discard-batch.js';
import { readPerson } from './person-view.js';
import { changeRegister } from './register-change.js';

describeOnEachDatabase('one person', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
  });
  afterAll(async () => people.close());

  const add = async (row: object) =>
    addPerson(people.register.store, {
      row: { ...row },
      requestedBy: 'registrar-1',
      knownPartners,
    });
  const correct = async (number: number, correction: object, more: object = {}) =>
    correctPerson(people.register.store, {
      ...personReference(number),
      correction: { ...correction },
      requestedBy: 'registrar-1',
      ...more,
    });

  test('added by one registrar is found once another has released it', async () => {
    const added = await add(personRow(1));
    expect(added).toMatchObject({ state: 'PENDING', subjectVersion: 1 });
    expect(added.fields).toContain('names');
    await people.register.catchUp(added.version);
    expect(await people.find(1)).toEqual([]);
    const release = { batchId: added.batchId ?? '', people: 1 };
    const { store } = people.register;
    await expect(releaseBatch(store, { ...release, releasedBy: 'registrar-1' })).rejects.toThrow(
      /^ERR_APPROVER_IS_REQUESTER/,
    );
    const { version } = await releaseBatch(store, { ...release, releasedBy: 'registrar-2' });
    await people.register.catchUp(version);
    expect(await people.find(1)).toEqual(['T-1']);
  });

  test('is not added twice, nor with a member that is not valid', async () => {
    await expect(add(personRow(1))).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    await expect(add(personRow(2, { sex: 'male' }))).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
      argument: 'sex',
    });
  });

  test('has a new visa status at once, on a replica that answers after it', async () => {
    await people.addRows(personRow(10, { visa: { status: 'GRANTED', class: 'PROTECTION' } }));
    const replica = await people.replica();
    const changed = await changeVisaStatus(people.register.store, {
      ...personReference(10),
      status: 'CANCELLED',
      requestedBy: 'registrar-1',
    });
    expect(changed).toMatchObject({ state: 'LIVE', fields: ['visa.status'], subjectVersion: 2 });
    await replica.catchUp(changed.version);
    const visa = { class: 'PROTECTION', status: 'CANCELLED' };
    expect(await visaOf(10, replica)).toEqual(visa);
    expect(await people.find(10, replica)).toEqual(['T-10']);
  });

  test('is not corrected to what a spreadsheet has spoilt', async () => {
    for (const [member, correction] of [
      ['visa.reference', { visa: { reference: '1.2E+11' } }],
      ['documents[0].number', { documents: [{ type: 'PASSPORT', number: 'unknown' }] }],
    ] as const) {
      await expect(correct(10, correction)).rejects.toMatchObject({
        code: 'ERR_INPUT_INVALID',
        argument: member,
      });
    }
  });

  test('has a corrected birth once another person has released it', async () => {
    await people.addRows(personRow(20));
    const changed = await correct(20, { dateOfBirth: '1985-05', household: 'H-1' });
    expect(changed).toMatchObject({ state: 'PENDING', fields: ['dateOfBirth', 'household'] });
    const { version } = await releaseBatch(people.register.store, {
      batchId: changed.batchId ?? '',
      releasedBy: 'registrar-2',
      people: 1,
    });
    await people.register.catchUp(version);
    expect(await people.find(20)).toEqual(['T-20']);
  });

  test('is corrected on top of what waits, and the batch that waited loses it', async () => {
    const first = await add(personRow(30));
    const second = await correct(30, { visa: { status: 'USED' } });
    expect(second).toMatchObject({ state: 'PENDING', subjectVersion: 2 });
    const { store } = people.register;
    const release = { releasedBy: 'registrar-2', people: 1 };
    await expect(releaseBatch(store, { ...release, batchId: first.batchId ?? '' })).rejects.toThrow(
      /^ERR_ROW_CONFLICT/,
    );
    const { version } = await releaseBatch(store, { ...release, batchId: second.batchId ?? '' });
    await people.register.catchUp(version);
    expect(await people.find(30)).toEqual(['T-30']);
  });

  test('who waits is released by nobody whose work is in what waits', async () => {
    const { store } = people.register;
    const { batchId: imported } = await people.importRows(personRow(60));
    const changed = await correct(60, { household: 'H-1' }, { requestedBy: 'registrar-2' });
    expect(changed).toMatchObject({ state: 'PENDING', fields: ['household'] });
    const again = await correct(60, { household: 'H-2' }, { requestedBy: 'registrar-3' });
    const batchId = again.batchId ?? '';
    expect(await readBatch(store, batchId)).toMatchObject({
      requestedBy: 'registrar-3',
      alsoBy: ['registrar-1', 'registrar-2'],
      added: 1,
      changed: 0,
    });
    expect([imported, changed.batchId]).not.toContain(batchId);
    for (const releasedBy of ['registrar-1', 'registrar-2', 'registrar-3']) {
      await expect(releaseBatch(store, { batchId, releasedBy, people: 1 })).rejects.toThrow(
        /^ERR_APPROVER_IS_REQUESTER/,
      );
    }
    const releaseAs = `UPDATE import_batch SET released_by = $2, released_at = now() WHERE id = $1`;
    const byHand = store.dataSource.query(releaseAs, [batchId, 'registrar-1']);
    await expect(byHand).rejects.toThrow(/import_batch_no_author_releases/);
    await releaseBatch(store, { batchId, releasedBy: 'registrar-4', people: 1 });
    expect((await readPerson(store, personReference(60))).state).toBe('LIVE');
  });

  test('whose own work alone is corrected again is released by any other registrar', async () => {
    const { store } = people.register;
    await people.importRows(personRow(61));
    const { batchId = '' } = await correct(61, { household: 'H-1' });
    expect(await readBatch(store, batchId)).toMatchObject({ alsoBy: [] });
    await releaseBatch(store, { batchId, releasedBy: 'registrar-2', people: 1 });
  });

  test.each([
    ['without it', 50, {}],
    ['with the same in it', 51, { visa: { status: 'USED' } }],
  ])(
    'has a visa status at once while a correction waits %s, and keeps both once it is released',
    async (_what, number, more) => {
      const { store } = people.register;
      await people.addRows(personRow(number, { visa: { status: 'GRANTED', class: 'A' } }));
      const waiting = await correct(number, { fatherName: 'Ghulam Haidar', ...more });
      expect(waiting.state).toBe('PENDING');
      const command = { ...personReference(number), requestedBy: 'registrar-3' };
      const changed = await changeVisaStatus(store, { ...command, status: 'USED' });
      expect(changed).toMatchObject({ state: 'LIVE', fields: ['visa.status'] });
      expect(changed.batchId).toBeUndefined();
      await people.register.catchUp(changed.version);
      expect(await visaOf(number)).toEqual({ class: 'A', status: 'USED' });
      expect((await readPerson(store, command)).waiting).toEqual(['fatherName']);
      const before = await people.everyRow();
      const again = await changeVisaStatus(store, { ...command, status: 'USED' });
      expect([again.fields, await people.everyRow()]).toEqual([[], before]);

      const { version } = await releaseBatch(store, {
        batchId: waiting.batchId ?? '',
        releasedBy: 'registrar-2',
        people: 1,
      });
      await people.register.catchUp(version);
      const { content, state } = await readPerson(store, command);
      expect([state, content]).toMatchObject([
        'LIVE',
        { fatherName: 'Ghulam Haidar', visa: { class: 'A', status: 'USED' } },
      ]);
      expect(await visaOf(number)).toEqual(content.visa);
    },
  );

  test('who was never released has a new visa status with the release', async () => {
    const added = await add(personRow(52, { visa: { status: 'GRANTED' } }));
    expect(added.state).toBe('PENDING');
    const changed = await correct(52, { visa: { status: 'CANCELLED' } });
    expect(changed).toMatchObject({ state: 'PENDING', fields: ['visa.status'] });
  });

  test('waits with what takes a refusal back, and names nobody in between', async () => {
    await people.addRows(personRow(53));
    const refused = await correct(53, {
      fatherName: 'Ghulam Haidar',
      sharing: { refusedFor: [testPartner.state] },
    });
    await people.register.catchUp(refused.version);
    expect(await people.find(53)).toEqual([]);
    const back = await correct(53, { sharing: { refusedFor: null }, visa: { status: 'USED' } });
    expect(back.state).toBe('PENDING');
    await people.register.catchUp(back.version);
    expect(await people.find(53)).toEqual([]);
    const release = { batchId: back.batchId ?? '', releasedBy: 'registrar-2', people: 1 };
    const { version } = await releaseBatch(people.register.store, release);
    await people.register.catchUp(version);
    expect(await people.find(53)).toEqual(['T-53']);
  });

  test('is kept from whom they refused although the correction it came with is given up', async () => {
    await people.addRows(personRow(54, { sharing: { basis: 'CONSENT' } }));
    const sharing = { refusedFor: [testPartner.code] };
    const correction = { fatherName: 'Ghulam Haidar', sharing };
    const refused = await correct(54, correction, { knownPartners });
    expect(refused.state).toBe('PENDING');
    const { version } = await changeRegister(people.register.store, async (change) =>
      discardBatchIn(change, { batchId: refused.batchId ?? '', by: 'registrar-1' }),
    );
    await people.register.catchUp(version);
    expect(await people.find(54)).toEqual([]);
    const { content, state } = await readPerson(people.register.store, personReference(54));
    expect(state).toBe('LIVE');
    expect(content.sharing).toEqual({ basis: 'CONSENT', refusedFor: [testPartner.code] });
    expect(content.fatherName).toBeUndefined();
  });

  test('stays as it is when nothing differs', async () => {
    const before = await people.everyRow();
    expect(await correct(10, { visa: { status: 'CANCELLED' } })).toMatchObject({
      fields: [],
      state: 'LIVE',
    });
    expect(await people.everyRow()).toBe(before);
  });

  test('is not corrected against another version, nor when nobody has the reference', async () => {
    const stale = correct(10, { household: 'H' }, { subjectVersion: 1 });
    await expect(stale).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    await expect(correct(99, { household: 'H' })).rejects.toThrow(/^ERR_NOT_FOUND/);
  });

  test.each(['reference', 'caseload', 'suppressedFor'])('has no corrected %s', async (member) => {
    await expect(correct(10, { [member]: null })).rejects.toMatchObject({ argument: member });
  });

  test('loses no correction to another that is made at the same time', async () => {
    await people.addRows(personRow(40));
    const changes = ['A', 'B', 'C'].map(async (text) => correct(40, { household: text }));
    const done = await Promise.all(changes);
    expect(done.map(({ subjectVersion }) => subjectVersion).sort()).toEqual([2, 3, 4]);
  });

  const visaOf = async (number: number, from = people.register) => {
    const evidence = parseEvidence(
      { documents: [{ type: 'PASSPORT', number: passport(number) }] },
      people.now,
    );
    const found = await from.find(
      evidenceBlockingTerms(evidence),
      {
        caseloads: new Set([personReference(number).caseload]),
        partner: testPartner.code,
        state: testPartner.state,
      },
      10,
    );
    return found[0]?.subject.visa;
  };
});
