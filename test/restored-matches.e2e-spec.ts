import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDoors, openRooms, type Gateway, type OpenRooms } from '../src/main.js';
import { ConfirmationAlarms } from '../src/referrals/index.js';
import { openMigratedDatabase } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';
import { backUpTables, everyTable, restoreTables } from './support/restored-database.js';

const confirmDocument = `mutation Confirm($input: ConfirmCrossingInput!) {
  confirmCrossing(input: $input) { confirmation { revision } } }`;

describeOnEachDatabase('matches on yesterday’s database', (kind) => {
  let gateway: TestGateway;
  let open: Gateway;
  let rooms: OpenRooms;
  let tables: readonly string[];
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [laila] });
    [open, rooms] = [gateway.gateway, gateway.rooms];
    tables = await everyTable(rooms.database);
    await backUpTables(rooms.database, tables);
  });
  afterAll(async () => {
    await open?.close();
    await gateway?.close();
  });

  const restore = async () => {
    await open.close();
    const database = await openMigratedDatabase(gateway.settings.configuration);
    await restoreTables(database, tables);
    await database.close();
    rooms = await openRooms(gateway.settings);
    open = await openDoors(gateway.settings, rooms);
  };
  const counts = async () =>
    (await rooms.context.get(ConfirmationAlarms).counts(new Date())).map(
      ({ account, people, confirmed, outstanding }) => [account, people, confirmed, outstanding],
    );
  const confirm = async (code: string, verificationId: string) => {
    const input = {
      requestId: randomUUID(),
      verificationId,
      state: 'PAK',
      borderPoint: 'PKTRM',
      crossedAt: new Date(Date.now() - 60_000).toISOString(),
    };
    const { json } = await gateway.partner(code).graphql(confirmDocument, { input });
    return [json?.data?.['confirmCrossing'], json?.errors?.[0]?.extensions['code']];
  };

  test('wait for their crossing again, and those confirmed since do not', async () => {
    const ask = async (code: string) => answerOf(await gateway.partner(code).verify(lailaAsSeen));
    const [alpha, bravo] = [await ask('ALPHA-BORDER'), await ask('BRAVO-CONSULAR')];
    expect([alpha.outcome, bravo.outcome]).toEqual(['MATCH', 'MATCH']);
    // A question about nobody waits for nothing, before and after.
    await gateway.partner('ALPHA-BORDER').verify(nobodyAsSeen);
    const first = { confirmation: { revision: 1 } };
    expect(await confirm('BRAVO-CONSULAR', bravo.id)).toEqual([first, undefined]);
    const expected = [
      ['PARTNER:ALPHA-BORDER', 1, 0, 1],
      ['PARTNER:BRAVO-CONSULAR', 1, 1, 0],
    ];
    expect(await counts()).toEqual(expected);

    await restore();
    expect(await counts()).toEqual(expected);
    // The partner's word about its own match is taken as before; about another's it is not.
    expect(await confirm('ALPHA-BORDER', bravo.id)).toEqual([null, 'ERR_VERIFICATION_NOT_USABLE']);
    expect(await confirm('ALPHA-BORDER', alpha.id)).toEqual([first, undefined]);
    expect(await counts()).toEqual([
      ['PARTNER:ALPHA-BORDER', 1, 1, 0],
      ['PARTNER:BRAVO-CONSULAR', 1, 1, 0],
    ]);
  });

  test('none come back that are in no journal', async () => {
    await restore();
    const before = await counts();
    await restore();
    expect(await counts()).toEqual(before);
  });
});
