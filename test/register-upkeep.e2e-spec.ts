import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Register, Upkeep } from '../src/register/index.js';
import { describeOnEachDatabase, temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { safeconductAs, writeStaffProfile } from './support/registrar.js';

interface Status {
  readonly job: string;
  readonly state: string;
  readonly done: number;
}

describeOnEachDatabase('keys of the register, moved when security asks for it', (kind) => {
  let gateway: TestGateway;
  const home = temporaryHome();
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    profile = writeStaffProfile(gateway, home.path, 'SEC-1');
  });
  afterAll(async () => {
    await gateway?.close();
    home.remove();
  });
  let profile = '';
  const keys = async (...args: readonly string[]) => safeconductAs(profile, 'keys', ...args);
  const statusOf = async (job: string) => {
    const { value } = await gateway
      .staff('SEC-1')
      .graphql('{ registerUpkeep { job state done startedAt endedAt code } }');
    return (value as Status[]).find((status) => status.job === job);
  };
  /** What a gateway does once a minute. */
  const look = async () => {
    const { store } = gateway.rooms.context.get(Register);
    const logger = { info: () => undefined, error: () => undefined };
    await new Upkeep({ store, embedded: kind === 'PGlite', logger }).look();
  };

  test('each of them, on record, while questions are answered as before', async () => {
    for (const name of ['page', 'epoch', 'master']) {
      const asked = await keys('rotate', name);
      expect([asked.code, asked.out]).toEqual([0, expect.stringMatching(/REGISTER_KEYS_ROTATE/)]);
      expect(await statusOf(name.toUpperCase())).toMatchObject({ state: 'ASKED', done: 0 });
      await look();
      expect(await statusOf(name.toUpperCase())).toMatchObject({ state: 'DONE', code: null });
    }
    expect((await statusOf('PAGE'))?.done).toBeGreaterThan(0);
    expect((await keys('list')).out).toMatch(/^register PAGE {2}done .*: \d+ pages written anew$/m);
    const { status, json } = await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen);
    expect([status, JSON.stringify(json)]).toEqual([200, expect.stringContaining('"MATCH"')]);
  });

  test('stays and says how far it is, with --wait', async () => {
    const waiting = keys('rotate', 'page', '--wait', '--json');
    while ((await statusOf('PAGE'))?.state !== 'ASKED') await Promise.resolve();
    await look();
    const { code, out, err } = await waiting;
    expect([code, JSON.parse(out)]).toMatchObject([0, { upkeep: { job: 'PAGE', state: 'DONE' } }]);
    expect(err).toContain('register PAGE: a gateway begins');
  });

  test('but not when others ask, or for keys there are not', async () => {
    for (const reference of ['REG-1', 'LIA-1', 'OVR-1']) {
      const refused = await gateway
        .staff(reference)
        .graphql('mutation { rotateRegisterKeys(input: { job: PAGE }) { id } }');
      expect([reference, refused.code]).toEqual([reference, 'ERR_ACT_NOT_PERMITTED']);
    }
    expect((await statusOf('PAGE'))?.state).toBe('DONE');
    const registrar = await gateway.staff('REG-1').graphql('{ registerUpkeep { job } }');
    expect(registrar.code).toBe('ERR_ACT_NOT_PERMITTED');
    expect((await keys('rotate', 'pages')).code).toBe(2);
    expect((await keys('rotate', 'page', '--now')).code).toBe(2);
  });
});
