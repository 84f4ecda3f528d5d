import { equalInConstantTime } from '../../core/bytes.js';
import { decodeRecord, type AccessRecord } from '../../core/log/record.js';
import type { Frontier } from '../../core/log/tree.js';
import { readCoverHead, readSlotHeads } from '../cover/cover.repository.js';
import { heldHead } from '../cover/held-head.js';
import type { HashedColumns } from '../intact-leaves.js';
import type { SlotChange } from '../journal/line.js';
import { monthOf } from '../months/months.js';
import { withSealed, type SealedColumns } from '../months/sealed-rows.js';
import { commitSealedPart } from '../sealed-part.js';
import type { Queryable } from '../tree.repository.js';
import type { Trees } from '../trees.js';
import { letThrough } from './let-through.js';
import { contradiction, walkHashes, type KnownHead } from './walk-hashes.js';

/** A record that is as it was signed, and its sealed part; empty where it was forgotten. */
export interface CheckedLeaf {
  readonly index: number;
  readonly record: AccessRecord;
  readonly sealed: Buffer;
}

/** Months whose key there is: what was sealed in them is there, and can be opened. */
export async function readableMonths(database: Queryable): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ epoch: string }[]>(
    'SELECT epoch FROM access_log_key WHERE wrapped IS NOT NULL',
  );
  return new Set(rows.map(({ epoch }) => epoch));
}

interface LeafColumns extends HashedColumns, SealedColumns {
  readonly id: string;
}

/**
 * Holds leaves of one tree, from where the frontier ends, against the hashes stored with them and the
 * heads that are known, and what is sealed against the commitments to it.
 *
 * @param heads in the order of their sizes
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming tree and leaf
 */
export async function checkLeaves(
  database: Queryable,
  tree: string,
  begin: Frontier,
  to: number,
  heads: readonly KnownHead[],
): Promise<{ readonly frontier: Frontier; readonly leaves: readonly CheckedLeaf[] }> {
  const from = begin.size;
  const stored = await database.query<LeafColumns[]>(
    `SELECT tree, leaf_index, id, record, hashes, month, sealed FROM access_log_leaf
     WHERE tree = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
    [tree, from, to],
  );
  const frontier = await walkHashes(
    { tree: `tree ${tree}`, one: 'leaf' },
    begin,
    stored.map(({ leaf_index: index, record: leaf, hashes }) => {
      return { index: Number(index), leaf, hashes };
    }),
    heads,
  );
  if (frontier.size < to) {
    throw contradiction(`tree ${tree}, leaf ${frontier.size}`, 'it is missing from the database');
  }
  const rows = await withSealed(database, stored);
  // Read after them: a month forgotten meanwhile is not one whose sealed parts were taken.
  const months = await readableMonths(database);
  const leaves: CheckedLeaf[] = [];
  for (const { leaf_index: index, id, record: bytes, sealed } of rows) {
    const record = decodeRecord(bytes);
    const where = `tree ${tree}, leaf ${index}`;
    if (id !== record.id) throw contradiction(where, 'it stands under the id of another record');
    const isThere = sealed.length > 0;
    if (isThere && !equalInConstantTime(commitSealedPart(sealed), record.sealed)) {
      throw contradiction(where, 'its sealed part is not the one it was signed with');
    }
    if (!isThere && months.has(monthOf(new Date(record.at)))) {
      throw contradiction(where, 'its sealed part is missing from the database');
    }
    leaves.push({ index: Number(index), record, sealed });
    await letThrough(leaves.length);
  }
  return { frontier, leaves };
}

const headsInStep = 200;

/**
 * Heads of a tree that rounds of the cover tree hold, up to a size: what was signed of it before.
 *
 * @param after number of the last round whose heads were looked at
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF when its slot holds another tree
 */
export async function headsInRounds(
  database: Queryable,
  trees: Trees,
  tree: string,
  after: number,
  to: number,
): Promise<{ readonly heads: readonly KnownHead[]; readonly after: number }> {
  const own = trees.originOf(tree);
  const heads: KnownHead[] = [];
  let round = after;
  for (;;) {
    const rows = await database.query<(SlotChange & { readonly round: string })[]>(
      `SELECT slot.slot, slot.tree, head.round, head.note FROM access_log_cover_slot slot
       JOIN access_log_cover_slot_head head ON head.slot = slot.slot
       WHERE slot.tree = $1 AND head.round > $2 ORDER BY head.round LIMIT ${headsInStep}`,
      [tree, round],
    );
    for (const row of rows) {
      const { origin, size, root } = heldHead(trees, row);
      // A log that ended has heads here of what it lost.
      if (origin === own && size > to) return { heads, after: round };
      if (origin === own) heads.push({ size, root });
      round = Number(row.round);
    }
    if (rows.length < headsInStep) return { heads, after: round };
  }
}

/**
 * The largest size of a tree that a round holds; 0 when none does.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF when any slot holds another tree than it was given to
 */
export async function sizeInRounds(
  database: Queryable,
  trees: Trees,
  tree: string,
): Promise<number> {
  const { size } = await readCoverHead(database);
  const slots = await readSlotHeads(database, size - 1);
  // A slot never goes back: what it holds now is the largest. Of all of them, so that one which was
  // given to another tree hides nothing.
  const heads = slots.map((change) => heldHead(trees, change));
  const own = heads.filter(({ origin }) => origin === trees.originOf(tree));
  return Math.max(0, ...own.map((head) => head.size));
}
