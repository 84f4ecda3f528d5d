import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { openTestRegister, personRow, type TestRegister } from '../../test/support/register.js';
import { localMasterKey, masterKeyRing } from '../platform/keys/keys.js';
import { askForKeys, Upkeep, upkeepStatus, type Register } from './index.js';
import { epochOf } from './register-keys.js';

const weeks = 7 * 24 * 60 * 60 * 1000;
const next = localMasterKey(randomBytes(32));

describeOnEachDatabase('upkeep of the register', (kind) => {
  let people: TestRegister;
  let register: Register;
  const begun: string[] = [];
  const logger = {
    info: (fields: object, message: string) => {
      if (message.endsWith('begins')) begun.push((fields as { job: string }).job);
    },
    error: (fields: object) => {
      throw new Error(JSON.stringify(fields));
    },
  };
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(personRow(1), personRow(2, { visa: { expires: '2025-01-31' } }));
    register = await people.replica(masterKeyRing(next, people.masterKey));
  });
  afterAll(async () => people.close());

  const upkeepOf = (of: Register, more: Partial<ConstructorParameters<typeof Upkeep>[0]> = {}) =>
    new Upkeep({ store: of.store, embedded: kind === 'PGlite', logger, ...more });
  const look = async (more: Parameters<typeof upkeepOf>[1] = {}) => {
    begun.length = 0;
    await upkeepOf(register, more).look();
    return [...begun];
  };
  const ask = async (job: Parameters<typeof askForKeys>[1]) =>
    people.database.dataSource.transaction(async (manager) => askForKeys(manager, job));
  const status = async () =>
    new Map((await upkeepStatus(people.database.dataSource)).map((one) => [one.job, one]));

  test('moves everything to the key of the week once a week, and destroys what has ended', async () => {
    expect(await look()).toEqual(['EPOCH']);
    expect(await look()).toEqual([]);
    const first = epochOf(people.now);
    people.now = new Date(people.now.getTime() + weeks);
    expect(await look()).toEqual(['EPOCH']);
    expect((await status()).get('EPOCH')).toMatchObject({ state: 'DONE', done: 3, code: null });
    expect(await people.epochKeys.list()).toEqual([first, first + 1]);
    people.now = new Date(people.now.getTime() + 4 * weeks);
    expect(await look()).toEqual(['EPOCH']);
    expect(await people.epochKeys.list()).toEqual([first + 1, first + 5]);
    expect(
      await people.find(1, await people.replica(masterKeyRing(next, people.masterKey))),
    ).toEqual(['T-1']);
  });

  test('does what was asked for, once', async () => {
    await ask('MASTER');
    await ask('PAGE');
    await ask('PAGE');
    expect(await look()).toEqual(['MASTER', 'PAGE']);
    expect(await look()).toEqual([]);
    expect((await status()).get('MASTER')).toMatchObject({ state: 'DONE', done: 1 });
    expect((await status()).get('PAGE')).toMatchObject({ state: 'DONE', done: 1 });
    expect(await people.find(1, await people.replica(next))).toEqual(['T-1']);
  });

  test('moves what a previous master key wrapped, once after a start that has both', async () => {
    const upkeep = upkeepOf(register, { hasPreviousMasterKey: true });
    begun.length = 0;
    await upkeep.look();
    await upkeep.look();
    expect(begun).toEqual(['MASTER']);
  });

  test('goes on where it was stopped', async () => {
    await ask('PAGE');
    const stopped: Upkeep = upkeepOf(register, {
      logger: { ...logger, info: () => void stopped.stop() },
    });
    await stopped.look();
    expect((await status()).get('PAGE')?.state).toBe('RUNNING');
    expect(await look()).toEqual(['PAGE']);
    // The page it had written is not written again.
    expect((await status()).get('PAGE')).toMatchObject({ state: 'DONE', done: 0 });
  });

  test('says what failed, and goes on with the rest', async () => {
    const other = await people.replica(next);
    people.now = new Date(people.now.getTime() + weeks);
    const failures: object[] = [];
    await people.epochKeys.replace(epochOf(people.now), {
      masterKeyId: 'aa',
      wrapped: randomBytes(60),
    });
    await ask('PAGE');
    await upkeepOf(other, {
      logger: { info: () => undefined, error: (fields) => failures.push(fields) },
    }).look();
    expect(failures).toContainEqual({ job: 'EPOCH', code: 'ERR_KEY_UNUSABLE' });
    expect((await status()).get('EPOCH')).toMatchObject({
      state: 'FAILED',
      code: 'ERR_KEY_UNUSABLE',
    });
    await people.epochKeys.destroy(epochOf(people.now));
    expect(await look()).toContain('EPOCH');
    expect((await status()).get('EPOCH')).toMatchObject({ state: 'DONE', code: null });
  });

  test('counts once a day who is due by the retention rule, and erases nobody', async () => {
    const statuses: object[] = [];
    const rule = { retentionDays: 365, onStatus: (one: object) => statuses.push(one) };
    expect(await look(rule)).toEqual(['RETENTION']);
    expect((await status()).get('RETENTION')).toMatchObject({ state: 'DONE', done: 1 });
    expect(statuses.at(-1)).toMatchObject({ job: 'RETENTION', done: 1 });
    expect(await look(rule)).toEqual([]);
    expect(await people.find(2, await people.replica(next))).toEqual(['T-2']);
  });

  test('is done by one gateway at a time', async () => {
    if (kind === 'PGlite') return;
    await ask('MASTER');
    begun.length = 0;
    await Promise.all([1, 2, 3].map(async () => upkeepOf(register).look()));
    expect(begun).toEqual(['MASTER']);
  });
});
