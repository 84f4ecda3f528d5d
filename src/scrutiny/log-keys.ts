import type { AccessLog, TreeName } from '../access-log/index.js';
import { logKeysKind, type LogKeys, type TreeKeys } from '../core/log/log-keys.js';

/** The part of the log that knows keys. */
export type KeyedLog = Pick<
  AccessLog,
  'verifierKeys' | 'coverSlot' | 'coverVerifierKeys' | 'witnesses'
>;

/** What these trees are verified with up to the cosigned cover tree. */
export async function logKeysOf(log: KeyedLog, names: readonly TreeName[]): Promise<LogKeys> {
  const trees: TreeKeys[] = [];
  for (const name of names) {
    const slot = await log.coverSlot(name.kind === 'host' ? null : name.partner);
    trees.push({ verifierKeys: await log.verifierKeys(name), coverSlot: slot ?? null });
  }
  const witnesses = await log.witnesses.list();
  return {
    v: 1,
    kind: logKeysKind,
    trees,
    coverVerifierKeys: log.coverVerifierKeys(),
    witnessVerifierKeys: witnesses.map(({ vkey }) => vkey),
    witnessQuorum: log.witnesses.quorum,
  };
}
