import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  passport,
  personReference,
  personRow,
  type TestRegister,
} from '../../test/support/register.js';
import {
  approveErasure,
  approveMerge,
  findDuplicates,
  keepApart,
  releaseBatch,
  requestErasure,
  requestMerge,
  rotateEpochs,
  suppressPeople,
} from './index.js';
import { findErased } from './erased-references.js';
import { findMergedEntry, mergedEntries } from './merged-entries.js';
import { readKnownAgain, readSurvivors } from './releases.js';

const palwasha = {
  names: [{ full: 'Palwasha Lodinpur' }],
  fatherName: 'Tor Lodinpur',
  dateOfBirth: '1990-04-17',
};
const gulghuta = { names: [{ full: 'Gulghuta Tarzipur' }], dateOfBirth: '1971-11-02' };

describeOnEachDatabase('people entered twice', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(
      personRow(1, palwasha),
      personRow(2, {
        ...palwasha,
        names: [{ full: 'Palwasha Lodinpoor' }],
        sex: 'F',
        sharing: { refusedFor: ['IRN'] },
      }),
      personRow(3, gulghuta),
    );
  });
  afterAll(async () => people.close());

  const pairs = async (batchId?: string) =>
    (await findDuplicates(people.register, batchId)).map(({ one, other }) =>
      [one, other].map(({ reference, state }) => `${reference} ${state}`).sort(),
    );

  test('are listed, and others are not', async () => {
    expect(await pairs()).toEqual([['T-1 LIVE', 'T-2 LIVE']]);
  });

  test('say which of two is kept from somebody, whom the other entry would tell of', async () => {
    const sides = (await findDuplicates(people.register)).flatMap(({ one, other }) => [one, other]);
    expect(sides.map(({ reference, isKept }) => [reference, isKept]).sort()).toEqual([
      ['T-1', false],
      ['T-2', true],
    ]);
  });

  test('are listed of a batch before its release, among themselves and with the live', async () => {
    const household = { household: 'H-9' };
    const report = await people.importRows(
      personRow(4, { ...gulghuta, ...household, fatherName: 'Zmaray' }),
      personRow(5, { ...gulghuta, ...household, fatherName: 'Zmaray' }),
    );
    const found = await findDuplicates(people.register, report.batchId);
    expect(found.map(({ sameHousehold }) => sameHousehold).sort()).toEqual([false, false, true]);
    expect(await pairs(report.batchId)).toEqual(
      expect.arrayContaining([
        ['T-3 LIVE', 'T-4 PENDING'],
        ['T-3 LIVE', 'T-5 PENDING'],
        ['T-4 PENDING', 'T-5 PENDING'],
      ]),
    );
    await expect(
      requestMerge(people.register.store, {
        into: personReference(3),
        from: personReference(4),
        requestedBy: 'registrar-1',
      }),
    ).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    const { version } = await releaseBatch(people.register.store, {
      batchId: report.batchId ?? '',
      releasedBy: 'registrar-2',
      people: 2,
    });
    await people.register.catchUp(version);
  });

  test('are kept apart once a registrar has said that they are two', async () => {
    const { store } = people.register;
    for (const [one, other] of [
      [3, 4],
      [5, 3],
    ] as const) {
      await keepApart(store, {
        people: [personReference(one), personReference(other)],
        by: 'registrar-1',
      });
    }
    expect(await pairs()).toEqual(
      expect.not.arrayContaining([
        ['T-3 LIVE', 'T-4 LIVE'],
        ['T-3 LIVE', 'T-5 LIVE'],
      ]),
    );
  });

  test('are merged by two people, found by what either was found by, kept from whom either was', async () => {
    const { store } = people.register;
    const merge = { into: personReference(1), from: personReference(2) };
    const act = await requestMerge(store, { ...merge, requestedBy: 'registrar-1' });
    const approval = { actId: act.id, people: 2 };
    await expect(approveMerge(store, { ...approval, approvedBy: 'registrar-1' })).rejects.toThrow(
      /^ERR_APPROVER_IS_REQUESTER/,
    );
    await suppressPeople(store, {
      people: { references: [personReference(2)] },
      codes: ['PAK'],
      requestedBy: 'registrar-1',
      knownPartners,
    });
    const replica = await people.replica();
    const merged = await approveMerge(store, { ...approval, approvedBy: 'registrar-2' });
    await replica.catchUp(merged.version);
    await people.register.catchUp(merged.version);
    expect(await people.find(1)).toEqual(['T-1']);
    expect(await people.find(2, replica)).toEqual(['T-1']);
    const [opened] = await replica.open(
      replica.candidatesForHost([{ term: `d:${passport(2)}`, weight: 1 }], 5).slice(0, 1),
    );
    expect(opened?.subject).toMatchObject({
      sex: 'F',
      sharing: { refusedFor: ['IRN'] },
      suppressedFor: ['PAK'],
      names: [{ full: 'Palwasha Lodinpur' }, { full: 'Palwasha Lodinpoor', type: 'ALIAS' }],
    });
    expect(opened?.subject.documents).toHaveLength(2);
    await expect(requestMerge(store, { ...merge, requestedBy: 'registrar-1' })).rejects.toThrow(
      /^ERR_INPUT_INVALID/,
    );
  });

  test('stay one history: who was merged is found again, through a second merge, until the end', async () => {
    const { store } = people.register;
    const { dataSource } = people.database;
    const merge = async (into: number, from: number) => {
      const pair = { into: personReference(into), from: personReference(from) };
      const { id } = await requestMerge(store, { ...pair, requestedBy: 'registrar-1' });
      return approveMerge(store, { actId: id, people: 2, approvedBy: 'registrar-2' });
    };
    await people.addRows(personRow(41), personRow(42), personRow(43));
    const secretOf = async (number: number) => (await people.ask(number))[0]?.referenceSecret;
    const secrets = [await secretOf(42), await secretOf(43)];
    const first = await merge(42, 43);
    await people.register.catchUp((await merge(41, 42)).version);
    const known = await readKnownAgain(store, personReference(41));
    expect(known.merged.map(({ reference }) => reference).sort()).toEqual(['T-42', 'T-43']);
    const others = known.entries.filter(({ id }) => id !== known.subject);
    expect(others.map(({ referenceSecret }) => referenceSecret)).toEqual(
      expect.arrayContaining(secrets),
    );
    for (const number of [42, 43]) {
      expect((await findMergedEntry(store, personReference(number)))?.into).toEqual(
        personReference(41),
      );
    }
    expect(await findMergedEntry(store, personReference(41))).toBeUndefined();
    const survivors = await readSurvivors(store, [first.erased, first.subject, 'nobody']);
    expect([...survivors.values()]).toEqual([known.subject, known.subject]);

    // The key of the week goes, and what was sealed under it has moved on.
    const weekMs = 7 * 24 * 3_600_000;
    for (let week = 0; week < 6; week += 1) {
      people.now = new Date(people.now.getTime() + weekMs);
      await rotateEpochs(store, { everything: true });
    }
    expect((await readKnownAgain(store, personReference(41))).merged).toHaveLength(2);

    // With the survivor everything goes; of each reference it is told that it was erased.
    const asked = await requestErasure(store, {
      target: { references: [personReference(41)] },
      requestedBy: 'registrar-1',
    });
    expect(await findErased(store, personReference(41))).toBeUndefined();
    await approveErasure(store, { actId: asked.id, people: 1, approvedBy: 'registrar-2' });
    expect(await mergedEntries(store, dataSource, [known.subject])).toEqual([]);
    for (const number of [41, 42, 43]) {
      expect(await findMergedEntry(store, personReference(number))).toBeUndefined();
      expect(await findErased(store, personReference(number))).toEqual({
        requestId: asked.id,
        erasedAt: people.now,
        history: undefined,
      });
    }
    expect(await findErased(store, personReference(44))).toBeUndefined();
    // No longer than backups hold the person: without a history for counsel it is forgotten.
    people.now = new Date(people.now.getTime() + 4 * weekMs);
    await rotateEpochs(store, { everything: true });
    expect(await findErased(store, personReference(41))).toBeUndefined();
  });

  test('are not one person named twice', async () => {
    const merge = { into: personReference(1), from: personReference(1) };
    await expect(
      requestMerge(people.register.store, { ...merge, requestedBy: 'registrar-1' }),
    ).rejects.toMatchObject({ argument: 'from' });
  });
});
