import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { migrations } from '../../migrations.js';
import type { Database } from '../../platform/database/database.js';
import type { PrivateJwk } from '../../platform/keys/keys.js';
import { describeOnEachDatabase, openTestDatabase } from '../../../test/support/databases.js';
import { GatewayKeyRing, type KeyUse } from './index.js';

const key = (kid: string): PrivateJwk => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { kid, key: privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid } };
};

describeOnEachDatabase('the ring of signing keys', (kind) => {
  let database: Database;
  const [token, checkpoint, other] = [key('t'), key('c'), key('o')];
  beforeEach(async () => {
    database = await openTestDatabase(kind, migrations);
  });
  afterEach(async () => database.close());
  const open = async (
    keys: Readonly<Record<KeyUse, PrivateJwk>>,
    adopt: readonly KeyUse[] = [],
  ): Promise<GatewayKeyRing> =>
    GatewayKeyRing.open({
      dataSource: database.dataSource,
      keys,
      files: {},
      now: () => new Date(),
      adopt,
    });

  test('takes the first key it ever sees for the one in force, and keeps to it', async () => {
    const ring = await open({ TOKEN: token, CHECKPOINT: checkpoint });
    expect([ring.acceptsToken('t'), ring.acceptsToken('o')]).toEqual([true, false]);
    expect(ring.checkpointSigners()).toEqual([checkpoint.key]);
    await expect(open({ TOKEN: token, CHECKPOINT: checkpoint })).resolves.toBeDefined();
  });

  test('does not open without the key in force', async () => {
    await open({ TOKEN: token, CHECKPOINT: checkpoint });
    await expect(open({ TOKEN: other, CHECKPOINT: checkpoint })).rejects.toThrow(
      'ERR_KEY_UNUSABLE',
    );
  });

  test('adopts another for one that is lost, for good; and nothing where nothing is lost', async () => {
    await open({ TOKEN: token, CHECKPOINT: checkpoint });
    const ring = await open({ TOKEN: other, CHECKPOINT: checkpoint }, ['TOKEN', 'CHECKPOINT']);
    expect(ring.adopted.map(({ use, kid }) => [use, kid])).toEqual([['TOKEN', 'o']]);
    expect(ring.acceptsToken('o')).toBe(true);
    await expect(open({ TOKEN: token, CHECKPOINT: checkpoint })).rejects.toThrow(
      'ERR_KEY_UNUSABLE',
    );
    await expect(open({ TOKEN: token, CHECKPOINT: checkpoint }, ['TOKEN'])).rejects.toThrow(
      'ERR_KEY_UNUSABLE',
    );
  });

  test('does not take one key for two uses', async () => {
    await expect(open({ TOKEN: token, CHECKPOINT: token })).rejects.toThrow('ERR_KEY_UNUSABLE');
  });
});
