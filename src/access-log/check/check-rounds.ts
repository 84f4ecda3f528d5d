import { setImmediate } from 'node:timers/promises';
import { buildRound } from '../../core/log/cover.js';
import { rootOf, type Frontier } from '../../core/log/tree.js';
import { readSlotHeads } from '../cover/cover.repository.js';
import type { Queryable } from '../tree.repository.js';
import { contradiction, walkHashes, type KnownHead } from './walk-hashes.js';

interface RoundColumns {
  readonly round: string;
  readonly seed: Buffer;
  readonly root: Buffer;
  readonly hashes: Buffer;
  readonly tree_root: Buffer;
}

/**
 * Holds rounds of the cover tree, from where the frontier ends, against what their slots hold and what
 * is stored with them.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming the round
 */
export async function checkRounds(
  database: Queryable,
  begin: Frontier,
  to: number,
  heads: readonly KnownHead[],
): Promise<Frontier> {
  const rounds = await database.query<RoundColumns[]>(
    `SELECT round, seed, root, hashes, tree_root FROM access_log_cover_round
     WHERE round >= $1 AND round < $2 ORDER BY round`,
    [begin.size, to],
  );
  const changes = await database.query<{ round: string; slot: number; note: string }[]>(
    `SELECT round, slot, note FROM access_log_cover_slot_head
     WHERE round >= $1 AND round < $2 ORDER BY round`,
    [begin.size, to],
  );
  const before = await readSlotHeads(database, begin.size - 1);
  const notes = new Map(before.map(({ slot, note }) => [slot, note]));
  let at = 0;
  let frontier = begin;
  for (const { round, seed, root, hashes, tree_root: treeRoot } of rounds) {
    for (let change = changes[at]; change?.round === round; change = changes[++at]) {
      notes.set(change.slot, change.note);
    }
    const index = Number(round);
    if (index === frontier.size && !buildRound(index, seed, notes).root.equals(root)) {
      throw contradiction(
        `cover tree, round ${round}`,
        'what is stored does not make the root that was signed',
      );
    }
    const stored = [{ index, leaf: root, hashes }];
    frontier = await walkHashes({ tree: 'cover tree', one: 'round' }, frontier, stored, heads);
    if (!rootOf(frontier).equals(treeRoot)) {
      throw contradiction(
        `cover tree, round ${round}`,
        'the stored root is not that of its rounds',
      );
    }
    await setImmediate();
  }
  if (frontier.size < to) {
    throw contradiction(`cover tree, round ${frontier.size}`, 'it is missing from the database');
  }
  return frontier;
}
