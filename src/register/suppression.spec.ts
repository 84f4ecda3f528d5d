import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  knownPartners,
  openTestRegister,
  personReference,
  personRow,
  testCaseload,
  type TestRegister,
} from '../../test/support/register.js';
import {
  approveLift,
  openAct,
  pendingActs,
  requestLift,
  suppressPeople,
  withdrawAct,
} from './index.js';

describeOnEachDatabase('a suppression', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(personRow(1), personRow(2), personRow(3));
    await people.importRows(personRow(4));
  });
  afterAll(async () => people.close());

  const command = (numbers: readonly number[], codes: readonly string[]) => ({
    people: { references: numbers.map(personReference) },
    codes,
    requestedBy: 'registrar-1',
    knownPartners,
  });
  const found = async () => {
    const each = await Promise.all([1, 2, 3].map(async (number) => people.find(number)));
    return each.flat();
  };
  const everybody = ['T-1', 'T-2', 'T-3'];

  test('of a list of references holds at once, by partner or by state', async () => {
    const { store } = people.register;
    const byPartner = await suppressPeople(store, command([1], ['AUS-BORDER']));
    const byState = await suppressPeople(store, command([2], ['AUS', 'PAK']));
    expect([byPartner.people, byState.people]).toEqual([1, 1]);
    const replica = await people.replica();
    await people.register.catchUp(byState.version);
    expect(await found()).toEqual(['T-3']);
    expect(await people.find(1, replica)).toEqual([]);
    expect(await suppressPeople(store, command([2], ['PAK']))).toMatchObject({ people: 0 });
  });

  test('names nobody unknown, and is then done for nobody', async () => {
    const { store } = people.register;
    const before = await people.everyRow();
    await expect(suppressPeople(store, command([3, 99], ['AUS']))).rejects.toMatchObject({
      argument: 'references[1]',
    });
    await expect(suppressPeople(store, command([3], ['AUS', 'XX-NOBODY']))).rejects.toMatchObject({
      argument: 'codes[1]',
    });
    await expect(suppressPeople(store, command([3], []))).rejects.toMatchObject({
      argument: 'codes',
    });
    expect(await people.everyRow()).toBe(before);
  });

  test('is lifted by two people, and by one not', async () => {
    const { store } = people.register;
    const act = await requestLift(store, command([1, 2], ['AUS', 'AUS-BORDER']));
    expect(act).toMatchObject({ people: 2, kind: 'LIFT_SUPPRESSION' });
    expect(await pendingActs(store)).toEqual([act]);
    expect(await openAct(store, people.database.dataSource, act.id)).toMatchObject({
      content: { codes: ['AUS', 'AUS-BORDER'] },
    });
    const approve = { actId: act.id, people: 2 };
    await expect(approveLift(store, { ...approve, approvedBy: 'registrar-1' })).rejects.toThrow(
      /^ERR_APPROVER_IS_REQUESTER/,
    );
    await expect(
      approveLift(store, { ...approve, people: 1, approvedBy: 'registrar-2' }),
    ).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    await people.register.load();
    expect(await found()).toEqual(['T-3']);
    const lifted = await approveLift(store, { ...approve, approvedBy: 'registrar-2' });
    await people.register.catchUp(lifted.version);
    expect(await found()).toEqual(everybody);
    expect(await pendingActs(store)).toEqual([]);
    await expect(approveLift(store, { ...approve, approvedBy: 'registrar-2' })).rejects.toThrow(
      /^ERR_ROW_CONFLICT/,
    );
  });

  test('of a caseload holds for those who wait as well, and a changed number stops its lifting', async () => {
    const { store } = people.register;
    const whole = { ...command([], ['AUS']), people: { caseload: testCaseload } };
    expect(await suppressPeople(store, whole)).toMatchObject({ people: 4 });
    const act = await requestLift(store, whole);
    expect(act.people).toBe(4);
    await suppressPeople(store, command([1], ['IRN']));
    await people.importRows(personRow(5, { suppressedFor: ['AUS'] }));
    await expect(
      approveLift(store, { actId: act.id, people: 4, approvedBy: 'registrar-2' }),
    ).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    await withdrawAct(store, act.id);
    expect(await pendingActs(store)).toEqual([]);
    await people.register.load();
    expect(await found()).toEqual([]);
  });

  test('has no lifting in the database that one person did', async () => {
    const { store } = people.register;
    const act = await requestLift(store, command([1], ['AUS']));
    const { dataSource } = people.database;
    const done = 'sealed = NULL, epoch_id = NULL, done_at = now()';
    await expect(
      dataSource.query(`UPDATE register_act SET ${done} WHERE id = $1`, [act.id]),
    ).rejects.toThrow(/register_act_approved/);
    await expect(
      dataSource.query(
        `UPDATE register_act SET ${done}, approved_by = requested_by, approved_at = now()
         WHERE id = $1`,
        [act.id],
      ),
    ).rejects.toThrow(/register_act_two_people/);
  });

  test('leaves no code and no reference in any row', async () => {
    const rows = await people.everyRow();
    expect(rows).not.toMatch(/T-[1-5]|AF-2021|PAK|IRN/);
  });
});
