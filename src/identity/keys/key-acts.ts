import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import {
  fingerprintForm,
  replicasHolding,
  textMember,
  type ActHandler,
  type ActPayload,
} from '../../staff/index.js';
import { isKeyUse, stateOfKey, type GatewayKey, type KeyUse } from './gateway-key.js';
import { endKey, giveWay, insertKeyInForce, readGatewayKeys } from './gateway-key.repository.js';

/** Acts about the gateway's own signing keys: `use`, `thumbprint`, `next`. */
export const keyActs = {
  KEY_ROTATE: (content) => {
    const use = useMember(content);
    const thumbprint = textMember(content, 'thumbprint', fingerprintForm);
    return {
      payload: { use, thumbprint },
      apply: async (manager, { at, actId }) => {
        const keys = await keysOf(manager, use);
        if (keys.some((key) => key.thumbprint === thumbprint)) {
          throw conflict('thumbprint', 'this key is or was in force');
        }
        // Notes bear two signatures, not three: a slot of the cover tree has room for no more.
        const isEnding = keys.some((key) => stateOfKey(key, at) === 'ENDING');
        if (use === 'CHECKPOINT' && isEnding) {
          throw conflict('use', 'the key before still signs; it is removed first');
        }
        const kid = await heldByAll(manager, use, thumbprint, 'thumbprint');
        await giveWay(manager, use, at);
        await insertKeyInForce(manager, { use, thumbprint, kid, at, act: actId });
      },
    };
  },

  KEY_REMOVE: (content) => {
    const use = useMember(content);
    const thumbprint = textMember(content, 'thumbprint', fingerprintForm);
    return {
      payload: { use, thumbprint },
      apply: async (manager, { at }) => {
        const key = (await keysOf(manager, use)).find((one) => one.thumbprint === thumbprint);
        if (key === undefined) throw notFound('thumbprint', 'no such key was in force');
        if (stateOfKey(key, at) !== 'ENDING') {
          throw conflict('thumbprint', 'it is in force, or has ended');
        }
        await endKey(manager, { use, thumbprint, kid: key.kid, at, revoked: false });
      },
    };
  },

  KEY_REVOKE: (content) => {
    const use = useMember(content);
    const thumbprint = textMember(content, 'thumbprint', fingerprintForm);
    const hasNext = content['next'] !== undefined && content['next'] !== null;
    const next = hasNext ? textMember(content, 'next', fingerprintForm) : null;
    if (next === thumbprint) throw inputInvalid('next');
    return {
      payload: { use, thumbprint, next },
      apply: async (manager, { at, actId }) => {
        const keys = await keysOf(manager, use);
        const key = keys.find((one) => one.thumbprint === thumbprint);
        if (key?.revoked === true) throw conflict('thumbprint', 'it is revoked already');
        const isInForce = key?.endedAt === null;
        const kid = key?.kid ?? (await kidOf(manager, use, thumbprint));
        if (kid === undefined) throw notFound('thumbprint', 'no replica holds such a key');
        if (!isInForce) {
          await endKey(manager, { use, thumbprint, kid, at, revoked: true });
          return;
        }
        if (next === null) throw conflict('next', 'it is in force, and none would come after it');
        if (keys.some((one) => one.thumbprint === next)) {
          throw conflict('next', 'this key is or was in force');
        }
        const nextKid = await heldByAll(manager, use, next, 'next');
        await endKey(manager, { use, thumbprint, kid, at, revoked: true });
        await insertKeyInForce(manager, { use, thumbprint: next, kid: nextKid, at, act: actId });
      },
    };
  },
} as const satisfies Readonly<Record<`KEY_${string}`, ActHandler>>;

function useMember(content: ActPayload): KeyUse {
  const use = content['use'];
  if (!isKeyUse(use)) throw inputInvalid('use');
  return use;
}

async function keysOf(manager: EntityManager, use: KeyUse): Promise<readonly GatewayKey[]> {
  const keys = await readGatewayKeys(manager, { lock: true });
  return keys.filter((key) => key.use === use);
}

async function kidOf(
  manager: EntityManager,
  use: KeyUse,
  thumbprint: string,
): Promise<string | undefined> {
  const holding = await replicasHolding(manager, use, thumbprint);
  return holding.find(({ kid }) => kid !== null)?.kid ?? undefined;
}

/**
 * The `kid` of a key that every running replica holds: one without it could sign nothing and would
 * refuse what the others signed.
 */
async function heldByAll(
  manager: EntityManager,
  use: KeyUse,
  thumbprint: string,
  argument: string,
): Promise<string> {
  const replicas = await replicasHolding(manager, use, thumbprint);
  const without = replicas.filter(({ kid }) => kid === null).map(({ name }) => name);
  if (without.length > 0) {
    throw conflict(argument, `these replicas do not hold the key: ${without.join(', ')}`);
  }
  // With no replica running this is a restored database that is told again what was done.
  return replicas[0]?.kid ?? 'restored';
}

const conflict = (argument: string, detail: string) =>
  new GatewayError('ERR_CONFLICT', { argument, detail });
const notFound = (argument: string, detail: string) =>
  new GatewayError('ERR_NOT_FOUND', { argument, detail });
