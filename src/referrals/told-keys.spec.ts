import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { openTestRegister, type TestRegister } from '../../test/support/register.js';
import { encodeParts } from '../core/bytes.js';
import { migrations } from '../migrations.js';
import { deriveKey, localMasterKey, unseal } from '../platform/keys/keys.js';
import { epochContext } from '../register/epoch-keys.js';
import { openRegister, rotateEpochs, type Register } from '../register/index.js';
import { epochOf } from '../register/register-keys.js';
import { ToldKeys, type EpochWrapping } from './told-keys.js';

const weekMs = 7 * 24 * 3_600_000;
const logSecret = randomBytes(32);

interface Row {
  readonly epoch: string;
  readonly epoch_id: number | null;
  readonly wrapped: Buffer;
}

describeOnEachDatabase('keys of what partners were told', (kind) => {
  let people: TestRegister;
  let register: Register;
  let keys: ToldKeys;
  beforeAll(async () => {
    people = await openTestRegister(kind, migrations);
    register = await open();
    keys = await openKeys();
  });
  afterAll(async () => people.close());

  const open = async () =>
    openRegister({
      dataSource: people.database.dataSource,
      masterKey: people.masterKey,
      epochKeys: people.epochKeys,
      now: () => people.now,
      random: randomBytes,
      onEpochMove: async (to, last) => keys.move(to, last),
    });
  const wrapping = ({ store }: Register): EpochWrapping => ({
    current: async () => store.epochs.current(store.now()),
    key: async (id, querier) => {
      await store.epochs.load(querier, [id]);
      return store.epochs.key(id);
    },
  });
  const openKeys = async (secret = logSecret) => {
    const opened = new ToldKeys(people.database.dataSource, secret, randomBytes);
    await opened.open(wrapping(register));
    return opened;
  };
  const rows = async () =>
    people.database.dataSource.query<Row[]>('SELECT epoch, epoch_id, wrapped FROM told_key');
  const fingerprint = async (of: ToldKeys) =>
    (await of.at(people.now)).fingerprint('test', 'a person').toString('hex');
  /** What a thief makes of a row with every key of an epoch that is kept, and the log key. */
  const innerOf = async ({ epoch, epoch_id: id, wrapped }: Row): Promise<Buffer | undefined> => {
    for (const kept of await people.epochKeys.list()) {
      const file = await people.epochKeys.read(kept);
      if (file === undefined) continue;
      const key = await people.masterKey.unwrap(file.wrapped, epochContext(kept));
      const outer = deriveKey(key, 'safeconduct/told/epoch/v1');
      const context = encodeParts('safeconduct/told/epoch/v1', epoch, String(id));
      const inner = unseal(outer, wrapped, context);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  const opensWithLogKey = (epoch: string, inner: Buffer): boolean => {
    const own = deriveKey(logSecret, 'safeconduct/told/wrap/v1');
    return unseal(own, inner, encodeParts('safeconduct/told/key/v1', epoch)) !== undefined;
  };

  test('are the same in every gateway, and need both the log key and that of an epoch', async () => {
    const made = await fingerprint(keys);
    expect(await fingerprint(await openKeys())).toBe(made);
    await expect(openKeys(randomBytes(32))).rejects.toThrow(
      /^ERR_KEY_UNUSABLE.*SAFECONDUCT_LOG_KEY_FILE/,
    );
    const [row] = await rows();
    if (row === undefined) throw new TypeError('no key');
    expect(row.epoch_id).toBe(epochOf(people.now));
    // The log key alone opens nothing of the row; under the epoch's it does.
    expect(opensWithLogKey(row.epoch, row.wrapped)).toBe(false);
    const inner = await innerOf(row);
    expect(inner !== undefined && opensWithLogKey(row.epoch, inner)).toBe(true);
  });

  test('of an earlier release come under the epoch’s at the first start, and are the same', async () => {
    const made = await fingerprint(keys);
    const [row] = await rows();
    const inner = row && (await innerOf(row));
    await people.database.dataSource.query(
      'UPDATE told_key SET wrapped = $1, epoch_id = NULL WHERE epoch = $2',
      [inner, row?.epoch],
    );
    // Beside a gateway of that release it is read as it is.
    expect(await keys.live()).toHaveLength(1);
    expect(await fingerprint(await openKeys())).toBe(made);
    const [after] = await rows();
    expect(after?.epoch_id).toBe(epochOf(people.now));
    expect(after?.wrapped.equals(inner ?? Buffer.alloc(0))).toBe(false);
  });

  test('move with the week; a copy of the database tells nothing when its epoch is over', async () => {
    const made = await fingerprint(keys);
    const [copy] = await rows();
    if (copy === undefined) throw new TypeError('no key');
    const start = people.now;
    for (let week = 1; week <= 5; week += 1) {
      people.now = new Date(start.getTime() + week * weekMs);
      await rotateEpochs(register.store, { everything: true });
      const inner = await innerOf(copy);
      expect([week, inner !== undefined]).toEqual([week, week < 5]);
    }
    const live = (await rows()).find(({ epoch }) => epoch === copy.epoch);
    expect(live?.epoch_id).toBe(epochOf(people.now));
    people.now = start;
    expect(await fingerprint(await openKeys())).toBe(made);
    people.now = new Date(start.getTime() + 5 * weekMs);
  });

  test('without the key of their epoch there is no start, and it says which', async () => {
    const epoch = epochOf(people.now);
    const file = await people.epochKeys.read(epoch);
    await people.epochKeys.destroy(epoch);
    await expect(open()).rejects.toThrow(/^ERR_KEY_UNUSABLE.*lacks the key of erasure epoch/);
    // The right number and another key is no better.
    const other = localMasterKey(randomBytes(32));
    await people.epochKeys.create(epoch, {
      masterKeyId: other.id,
      wrapped: await other.wrap(randomBytes(32), epochContext(epoch)),
    });
    await expect(open()).rejects.toThrow(/^ERR_KEY_UNUSABLE/);
    await people.epochKeys.destroy(epoch);
    if (file !== undefined) await people.epochKeys.create(epoch, file);
    register = await open();
    expect(await (await openKeys()).live()).not.toHaveLength(0);
  });

  test('are not used before they were opened', async () => {
    const unopened = new ToldKeys(people.database.dataSource, logSecret, randomBytes);
    await expect(unopened.live()).rejects.toThrow(TypeError);
  });
});
