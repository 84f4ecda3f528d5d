/**
 * The signing keys of the gateway itself, by what they sign. The private keys are in files that only
 * each replica reads; which of them signs stands in the database, by thumbprint (RFC 7638), so that
 * every replica changes over at the same version of authority and none before all can.
 *
 * NEXT: in the files, in the database not. IN_FORCE: signs. ENDING: another came in force; tokens it
 * signed are accepted until the last has ended, checkpoints are signed by it as well until it is
 * removed. ENDED, REVOKED: counts for nothing, for good.
 */
export const keyUses = ['TOKEN', 'CHECKPOINT'] as const;
export type KeyUse = (typeof keyUses)[number];

export const keyStates = ['NEXT', 'IN_FORCE', 'ENDING', 'ENDED', 'REVOKED'] as const;
export type KeyState = (typeof keyStates)[number];

/** A key that is or was in force. */
export interface GatewayKey {
  readonly use: KeyUse;
  /** base64url SHA-256 (RFC 7638). */
  readonly thumbprint: string;
  readonly kid: string;
  readonly inForceFrom: Date;
  /** When another came in force. */
  readonly endedAt: Date | null;
  /** When it ceased to count. */
  readonly goneAt: Date | null;
  readonly revoked: boolean;
}

/** A token lives 300 s; 60 s more for clocks, and for a replica that learns late. */
export const tokenOverlapSeconds = 360;

export function stateOfKey(key: GatewayKey | undefined, now: Date): KeyState {
  if (key === undefined) return 'NEXT';
  if (key.revoked) return 'REVOKED';
  if (key.goneAt !== null) return 'ENDED';
  if (key.endedAt === null) return 'IN_FORCE';
  const overlap = tokenOverlapSeconds * 1000;
  const isOver = key.use === 'TOKEN' && now.getTime() >= key.endedAt.getTime() + overlap;
  return isOver ? 'ENDED' : 'ENDING';
}

/** Whether what it signed counts now. */
export function isKeyAccepted(key: GatewayKey | undefined, now: Date): boolean {
  const state = stateOfKey(key, now);
  return state === 'IN_FORCE' || state === 'ENDING';
}

export const isKeyUse = (text: unknown): text is KeyUse => keyUses.some((use) => use === text);
