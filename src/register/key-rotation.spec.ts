import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { openTestRegister, personRow, type TestRegister } from '../../test/support/register.js';
import { localMasterKey, masterKeyRing } from '../platform/keys/keys.js';
import { rotateEpochs, rotateMasterKey, rotatePageKeys } from './index.js';

const next = localMasterKey(randomBytes(32));

describeOnEachDatabase('keys of the register', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(personRow(1), personRow(2));
  });
  afterAll(async () => people.close());

  test('move to another master key while the old one still serves, and go on where they stopped', async () => {
    const ring = masterKeyRing(next, people.masterKey);
    const rotating = await people.replica(ring);
    const stopped = rotateMasterKey(rotating.store, () => {
      throw new Error('stopped');
    });
    await expect(stopped).rejects.toThrow('stopped');
    expect(await people.find(1)).toEqual(['T-1']);
    expect(await rotateMasterKey(rotating.store)).toBe(1);
    expect(await rotateMasterKey(rotating.store)).toBe(0);
    expect(await people.find(1)).toEqual(['T-1']);
    expect(await people.find(1, rotating)).toEqual(['T-1']);
    expect(await people.find(1, await people.replica(next))).toEqual(['T-1']);
  });

  test('refuse the old master key after that, and name both', async () => {
    const { id } = people.masterKey;
    await expect(people.replica()).rejects.toThrow(
      new RegExp(`^ERR_KEY_UNUSABLE: SAFECONDUCT_MASTER_KEY_FILE .*${id}.* under ${next.id}`),
    );
  });

  test('of pages are made anew while people are found, once for each page', async () => {
    const { dataSource } = people.database;
    const sealed = async () =>
      (await dataSource.query<{ sealed: Buffer }[]>('SELECT sealed FROM register_page'))[0]?.sealed;
    const replica = await people.replica(next);
    const before = await sealed();
    const rotation = await rotatePageKeys(replica.store);
    expect(rotation.pages).toBe(1);
    expect(before?.equals((await sealed()) ?? Buffer.alloc(0))).toBe(false);
    expect(await rotatePageKeys(replica.store, rotation)).toMatchObject({ pages: 0 });
    await replica.load();
    expect(await people.find(2, replica)).toEqual(['T-2']);
  });

  test('of an epoch move to the next one on demand', async () => {
    const replica = await people.replica(next);
    people.now = new Date(people.now.getTime() + 7 * 24 * 60 * 60 * 1000);
    expect(await rotateEpochs(replica.store)).toEqual({ rewrapped: 0, destroyed: [] });
    expect(await rotateEpochs(replica.store, { everything: true })).toEqual({
      rewrapped: 3,
      destroyed: [],
    });
    expect(await people.find(1, replica)).toEqual(['T-1']);
  });
});
