import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { openDoors, openRooms, type Gateway, type OpenRooms } from '../src/main.js';
import {
  createClientCa,
  issueClientKeyPair,
  signCrl,
  type IssuedKeyPair,
} from '../src/platform/pki/index.js';
import { journalEarlierLists } from '../src/partners/index.js';
import { openMigratedDatabase } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';
import { TestStaffClient } from './support/staff-client.js';
import { backUpTables, everyTable, restoreTables } from './support/restored-database.js';

const hour = 3_600_000;
const serialOf = ({ certificate }: IssuedKeyPair) =>
  new X509Certificate(certificate).serialNumber.toLowerCase();
/** More than one line of the journal holds. */
const strangers = Array.from({ length: 4_100 }, (_, at) => (0x10000000 + at).toString(16));

describeOnEachDatabase('revocation lists on yesterday’s database', (kind) => {
  let gateway: TestGateway;
  let open: Gateway;
  let rooms: OpenRooms;
  let tables: readonly string[];
  const pairs: IssuedKeyPair[] = [];
  const made: { close(): void }[] = [];
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    open = gateway.gateway;
    rooms = gateway.rooms;
    for (const number of [1, 2, 3]) {
      const names = { organization: 'ALPHA-BORDER', commonName: `system ${number}` };
      const pair = issueClientKeyPair(gateway.clientCa, names, new Date());
      pairs.push(pair);
      const certificate = new X509Certificate(pair.certificate).toString();
      const input = { partner: 'ALPHA-BORDER', certificate };
      const asked = await gateway.staff('LIA-1').act('addCertificate', input);
      expect((await gateway.staff('LIA-2').approve(asked)).code).toBeUndefined();
    }
    tables = await everyTable(gateway.rooms.database);
    await backUpTables(gateway.rooms.database, tables);
  });
  afterAll(async () => {
    for (const one of made) one.close();
    await open?.close();
    await gateway?.close();
  });

  /** Which of the three systems are let in, each on a connection of its own. */
  const letIn = async (): Promise<readonly boolean[]> =>
    Promise.all(
      pairs.map(async (pair) => {
        const { options } = gateway.partner('ALPHA-BORDER');
        const system = new TestPartner({ ...options, pair });
        made.push(system);
        return system.graphql('{ access { partner { code } } }').then(
          ({ status }) => status === 200,
          () => false,
        );
      }),
    );
  const importList = async (ageMs: number, serials: readonly string[]): Promise<string> => {
    const revoked = serials.map((serial) => ({ serial, revokedAt: new Date() }));
    const der = signCrl(gateway.clientCa, revoked, {
      number: 1,
      thisUpdate: new Date(Date.now() - ageMs),
      nextUpdate: new Date(Date.now() + hour),
    });
    const pair = gateway.staffPair('SEC-1');
    const security = new TestStaffClient(open.staff?.url ?? '', gateway.serverCaPem, pair);
    made.push(security);
    const crl = der.toString('base64');
    return (await security.act('importCrl', { crl })).code ?? 'DONE';
  };
  const reopen = async (between = async (): Promise<void> => undefined) => {
    await open.close();
    await between();
    rooms = await openRooms(gateway.settings);
    open = await openDoors(gateway.settings, rooms);
  };
  const restore = async () =>
    reopen(async () => {
      const database = await openMigratedDatabase(gateway.settings.configuration);
      await restoreTables(database, tables);
      await database.close();
    });
  const lists = async () => {
    const rows = await rooms.database.dataSource.query<object[]>(
      `SELECT (SELECT count(*)::int FROM crl_entry) AS entries, from_journal,
         (SELECT count(*)::int FROM anchor_crl) AS lists FROM crl_taken`,
    );
    return rows;
  };

  test('without a list in the journal everybody comes back who was let in', async () => {
    await restore();
    expect(await letIn()).toEqual([true, true, true]);
    expect(await lists()).toEqual([]);
  });

  test('whom a list revoked after the backup stays out, by whichever of them, and nobody else', async () => {
    const [one, two] = pairs.map(serialOf) as [string, string];
    expect(await importList(1000, [one])).toBe('DONE');
    expect(await letIn()).toEqual([false, true, true]);
    expect(await importList(0, [one, two, ...strangers])).toBe('DONE');
    expect(await letIn()).toEqual([false, false, true]);

    await restore();
    expect(await letIn()).toEqual([false, false, true]);
    const restored = [{ entries: strangers.length + 2, from_journal: true, lists: 0 }];
    expect(await lists()).toEqual(restored);
  });

  test('an older list does not take its place, the CA’s own does', async () => {
    expect(await importList(hour, [])).toBe('ERR_CONFLICT');
    expect(await letIn()).toEqual([false, false, true]);
    // The CA has let the second go since: what the list does not have is let in again.
    const [one] = pairs.map(serialOf) as [string];
    expect(await importList(0, [one])).toBe('DONE');
    expect(await lists()).toEqual([{ entries: 0, from_journal: false, lists: 1 }]);
    expect(await letIn()).toEqual([false, true, true]);
  });

  test('a list an earlier release imported is in the journal from the next start on', async () => {
    const [one, , three] = pairs.map(serialOf) as [string, string, string];
    const revoked = [one, three].map((serial) => ({ serial, revokedAt: new Date() }));
    const dates = [new Date(), new Date(Date.now() + hour)] as const;
    const [thisUpdate, nextUpdate] = dates;
    const der = signCrl(gateway.clientCa, revoked, { number: 2, thisUpdate, nextUpdate });
    const { dataSource } = rooms.database;
    await dataSource.query('UPDATE anchor_crl SET der = $1, this_update = $2, next_update = $3', [
      der,
      ...dates,
    ]);
    await dataSource.query('DELETE FROM crl_taken');
    await reopen();
    expect(await lists()).toEqual([{ entries: 0, from_journal: false, lists: 1 }]);
    expect(await letIn()).toEqual([false, true, false]);
    await restore();
    expect((await letIn())[2]).toBe(false);
    await reopen();
    expect((await letIn())[2]).toBe(false);
  });

  test('a list that cannot be read keeps no other out of the journal', async () => {
    const { dataSource } = rooms.database;
    const first = '00000000-0000-4000-8000-000000000000';
    const names = { organization: 'Other', commonName: 'Other CA' };
    const { certificate } = createClientCa(names, new Date());
    await dataSource.query('DELETE FROM crl_taken');
    await dataSource.query('ALTER TABLE trust_anchor DISABLE TRIGGER USER');
    await dataSource.query(
      'INSERT INTO trust_anchor (id, certificate, active) VALUES ($1, $2, true)',
      [first, new X509Certificate(certificate).raw],
    );
    await dataSource.query('ALTER TABLE trust_anchor ENABLE TRIGGER USER');
    const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000);
    const nextUpdate = new Date(thisUpdate.getTime() + hour);
    const der = signCrl(gateway.clientCa, [], { number: 3, thisUpdate, nextUpdate });
    await dataSource.query('DELETE FROM anchor_crl');
    await dataSource.query(
      `INSERT INTO anchor_crl (anchor, der, this_update, next_update)
       SELECT id, CASE WHEN id = $1 THEN $2::bytea ELSE $3 END, $4, $5 FROM trust_anchor`,
      [first, Buffer.from('no list'), der, thisUpdate, nextUpdate],
    );
    const refused: string[] = [];
    const journaled: string[] = [];
    const count = await journalEarlierLists(
      dataSource,
      async ({ act }) => {
        journaled.push(act);
        // Another gateway takes a newer list meanwhile, which is not the one in the journal.
        await dataSource.query(
          "UPDATE anchor_crl SET this_update = this_update + interval '1 hour'",
        );
      },
      (_, anchor) => refused.push(anchor),
    );
    expect([count, journaled.length, refused]).toEqual([1, 1, [first]]);
    const noted = await dataSource.query<object[]>('SELECT this_update FROM crl_taken');
    expect(noted).toEqual([{ this_update: thisUpdate }]);
  });
});
