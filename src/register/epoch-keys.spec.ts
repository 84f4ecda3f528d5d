import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { openTestRegister, personRow, type TestRegister } from '../../test/support/register.js';
import { localMasterKey } from '../platform/keys/keys.js';
import { epochContext } from './epoch-keys.js';
import { rotateEpochs } from './index.js';
import { epochOf } from './register-keys.js';

const weeks = 7 * 24 * 60 * 60 * 1000;

describeOnEachDatabase('keys of erasure epochs', (kind) => {
  let people: TestRegister;
  let epoch: number;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(personRow(1));
    epoch = epochOf(people.now);
  });
  afterAll(async () => people.close());

  const query = async <T>(sql: string, parameters?: unknown[]) =>
    people.database.dataSource.query<T[]>(sql, parameters);
  const refusal = new RegExp(`^ERR_KEY_UNUSABLE: SAFECONDUCT_EPOCH_KEYS_DIR.*erasure epoch 2968`);
  const path = () => join(people.epochKeys.directory, `epoch-${epoch}.key`);
  const keptAs = async (check: () => Promise<void>) => {
    const kept = await people.epochKeys.read(epoch);
    try {
      await check();
    } finally {
      rmSync(path(), { force: true });
      if (kept !== undefined) await people.epochKeys.create(epoch, kept);
    }
  };

  test('are in files; the database has what tells them apart', async () => {
    expect(epoch).toBe(2968);
    expect(readdirSync(people.epochKeys.directory)).toEqual([`epoch-${epoch}.key`]);
    expect(await query('SELECT key_wrapped, master_key_id FROM erasure_epoch')).toEqual([
      { key_wrapped: null, master_key_id: null },
    ]);
  });

  test('refuse the start when one that something hangs on is missing, and say which', async () => {
    await keptAs(async () => {
      rmSync(path());
      await expect(people.replica()).rejects.toThrow(refusal);
    });
    expect(await people.find(1, await people.replica())).toEqual(['T-1']);
  });

  test('refuse it when it is another one, or under another master key', async () => {
    const wrapped = async (master = people.masterKey) => ({
      masterKeyId: master.id,
      wrapped: await master.wrap(randomBytes(32), epochContext(epoch)),
    });
    await keptAs(async () => {
      await people.epochKeys.replace(epoch, await wrapped());
      await expect(people.replica()).rejects.toThrow(refusal);
      await people.epochKeys.replace(epoch, await wrapped(localMasterKey(randomBytes(32))));
      await expect(people.replica()).rejects.toThrow(refusal);
    });
  });

  test('refuse it when others may read it, or it is no key', async () => {
    await keptAs(async () => {
      chmodSync(path(), 0o644);
      await expect(people.replica()).rejects.toThrow(/SAFECONDUCT_EPOCH_KEYS_DIR: .*epoch-2968/);
      chmodSync(path(), 0o600);
      writeFileSync(path(), 'no key\n');
      await expect(people.replica()).rejects.toThrow(/SAFECONDUCT_EPOCH_KEYS_DIR: .*epoch-2968/);
    });
  });

  test('of the next week are durable before anything is sealed under them', async () => {
    people.now = new Date(people.now.getTime() + weeks);
    // Made, and the transaction that was to use it lost: the next one finds it.
    await expect(
      people.database.dataSource.transaction(async (manager) => {
        await people.register.store.epochs.current(people.now, manager);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await people.epochKeys.list()).toEqual([epoch, epoch + 1]);
    await people.addRows(personRow(2));
    expect(await people.find(2, await people.replica())).toEqual(['T-2']);
  });

  test('move out of a database that holds them, and the start goes on', async () => {
    const kept = await people.epochKeys.read(epoch);
    if (kept === undefined) throw new TypeError('no key');
    await query(
      `UPDATE erasure_epoch SET key_check = NULL, master_key_id = $2, key_wrapped = $3
       WHERE id = $1`,
      [epoch, kept.masterKeyId, kept.wrapped],
    );
    rmSync(path());
    const replica = await people.replica();
    expect(await people.find(1, replica)).toEqual(['T-1']);
    expect(await query('SELECT id FROM erasure_epoch WHERE key_wrapped IS NOT NULL')).toEqual([]);
    expect(await people.epochKeys.list()).toEqual([epoch, epoch + 1]);
    expect(await people.find(1, await people.replica())).toEqual(['T-1']);
  });

  test('are destroyed once ended and empty, and not in the run that emptied them', async () => {
    people.now = new Date(people.now.getTime() + 5 * weeks);
    const first = await rotateEpochs(people.register.store, { everything: true });
    expect(first.rewrapped).toBeGreaterThan(0);
    expect(first.destroyed).toEqual([]);
    const second = await rotateEpochs(people.register.store, { everything: true });
    expect(second).toEqual({ rewrapped: 0, destroyed: [epoch, epoch + 1] });
    expect(await people.epochKeys.list()).toEqual([epoch + 6]);
    expect(await people.find(1, await people.replica())).toEqual(['T-1']);
  });

  test('that are gone do not stop a start when nothing hangs on them', async () => {
    await query('INSERT INTO erasure_epoch (id, key_check) VALUES ($1, $2)', [
      epoch,
      randomBytes(16),
    ]);
    expect(await people.find(1, await people.replica())).toEqual(['T-1']);
    expect(await query('SELECT id FROM erasure_epoch')).toEqual([{ id: epoch + 6 }]);
  });
});
