import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDoors, openRooms, type Gateway } from '../src/main.js';
import { openMigratedDatabase } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { builtInPeople } from '../src/register/built-in-people.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { passport, personRow, testCaseload } from './support/register.js';
import { approveAct, changeRegister } from './support/registrar.js';
import { answerOf } from './support/replies.js';
import { backUpTables, everyTable, restoreTables } from './support/restored-database.js';

const people = (...wanted: readonly number[]) => ({
  caseload: testCaseload,
  references: wanted.map((number) => `T-${number}`),
});

/** Through the doors: a database of yesterday, the journal and the keys of today. */
describeOnEachDatabase('a gateway on yesterday’s database', (kind) => {
  let gateway: TestGateway;
  let restarted: Gateway | undefined;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    await gateway.addPeople([1, 2, 3, 4].map((number) => personRow(number)));
  });
  afterAll(async () => {
    await restarted?.close();
    await gateway?.close();
  });

  const isTold = async (number: number): Promise<boolean> => {
    const reply = await gateway.partner('ALPHA-BORDER').verify({
      names: [{ full: 'Zarghuna Wardakpur' }],
      documents: [{ type: 'PASSPORT', number: passport(number) }],
    });
    return answerOf(reply).outcome === 'MATCH';
  };
  const told = async () => Promise.all([1, 2, 3, 4].map(isTold));

  test('has forgotten whom it was to forget, and keeps from partners whom it kept', async () => {
    expect(await told()).toEqual([true, true, true, true]);
    const tables = await everyTable(gateway.rooms.database);
    await backUpTables(gateway.rooms.database, tables);

    const [one, two] = [gateway.staff('REG-1'), gateway.staff('REG-2')];
    const suppressed = await changeRegister(one, 'suppressPeople', 'SuppressPeopleInput', {
      people: people(1),
      codes: ['ALPHA-BORDER'],
    });
    expect(suppressed.change.people).toBe(1);
    const { result } = await one.upload(
      `${JSON.stringify(personRow(2, { suppressedFor: ['AUS'] }))}\n`,
    );
    expect(result).toMatchObject({ rejected: 0 });
    const asked = await changeRegister(one, 'erasePeople', 'ErasePeopleInput', {
      people: people(3),
    });
    expect((await approveAct(two, asked.change.act)).code).toBeUndefined();
    expect(await told()).toEqual([false, false, false, true]);

    await gateway.gateway.close();
    const database = await openMigratedDatabase(gateway.settings.configuration);
    await restoreTables(database, tables);
    const before = await database.dataSource.query<unknown[]>('SELECT id FROM subject');
    expect(before).toHaveLength(4 + builtInPeople.length);
    await database.close();

    const rooms = await openRooms(gateway.settings);
    expect(await rooms.database.dataSource.query('SELECT id FROM subject')).toHaveLength(
      3 + builtInPeople.length,
    );
    restarted = await openDoors(gateway.settings, rooms);
    expect(await told()).toEqual([false, false, false, true]);
  });
});
