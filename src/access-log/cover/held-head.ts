import type { Checkpoint } from '../../core/log/checkpoint.js';
import { anotherThanSigned } from '../intact-leaves.js';
import { checkpointOf } from '../journaled-entries.js';
import type { SlotChange } from '../journal/line.js';
import type { Trees } from '../trees.js';

/**
 * The head a slot holds. A note says itself which tree it is of; a slot that was given to another
 * tree since would make a tree look as if nothing had been signed of it.
 *
 * A round's root is made with the whole note, and the check makes every round again: the signatures
 * on it need not be verified too, and of a key that was revoked they could not be.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming both trees
 */
export function heldHead(trees: Trees, { slot, tree, note }: SlotChange): Checkpoint {
  const held = checkpointOf(note);
  const id = trees.idOf(held.origin);
  // A log that ended has notes here under its own origin.
  const isOfThisLog = id !== undefined && trees.originOf(id) === held.origin;
  if (isOfThisLog && id !== tree) {
    throw anotherThanSigned(
      `slot ${slot}: a round holds tree ${id} in it, and it is tree ${tree}'s`,
    );
  }
  return held;
}
