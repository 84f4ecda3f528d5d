import { parseCheckpoint, type Checkpoint } from '../core/log/checkpoint.js';
import { splitNote } from '../core/log/note.js';
import type { ActEntry, CoverEntry, JournalEntry, RecordEntry } from './journal/line.js';
import { leavesOfWriter, type PlacedLeaf, type Queryable } from './tree.repository.js';

/**
 * Everything a gateway commits and then journals: records, restricting acts, rounds of the cover
 * tree. Each row names its journal line by `writer` and `number`; the numbers of one writer have no
 * gaps over all three kinds.
 */

/** The journal line of a leaf. */
export function recordLine(leaf: PlacedLeaf): RecordEntry {
  const { tree, owner, index, record, sealed, number } = leaf;
  return { kind: 'record', number, tree, owner, index, record, sealed };
}

/** Number of the last line of a writer that the database has; 0 when there is none. */
export async function lastNumberOfWriter(database: Queryable, writer: string): Promise<number> {
  const rows = await database.query<{ number: string | null }[]>(
    `SELECT greatest(
       (SELECT max(number) FROM access_log_leaf WHERE writer = $1),
       (SELECT max(number) FROM access_log_act WHERE writer = $1),
       (SELECT max(number) FROM access_log_cover_round WHERE writer = $1)
     ) AS number`,
    [writer],
  );
  return Number(rows[0]?.number ?? 0);
}

/** What the database has of a writer after a number, as journal lines in their order. */
export async function entriesOfWriter(
  database: Queryable,
  writer: string,
  after: number,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const leaves = await leavesOfWriter(database, writer, after, limit);
  const acts = await actsOfWriter(database, writer, after, limit);
  const rounds = await roundsOfWriter(database, writer, after, limit);
  return [...leaves.map(recordLine), ...acts, ...rounds]
    .sort((a, b) => a.number - b.number)
    .slice(0, limit);
}

/** What a signed note says; the note is our own. */
export function checkpointOf(note: string): Checkpoint {
  return parseCheckpoint(splitNote(note).text);
}

async function actsOfWriter(
  database: Queryable,
  writer: string,
  after: number,
  limit: number,
): Promise<readonly ActEntry[]> {
  const rows = await database.query<{ number: string; act: string; body: ActEntry['body'] }[]>(
    `SELECT number, act, body FROM access_log_act WHERE writer = $1 AND number > $2
     ORDER BY number LIMIT $3`,
    [writer, after, limit],
  );
  return rows.map(({ number, act, body }) => ({ kind: 'act', number: Number(number), act, body }));
}

interface RoundColumns {
  readonly number: string;
  readonly round: string;
  readonly made_at: Date;
  readonly seed: Buffer;
  readonly root: Buffer;
}

async function roundsOfWriter(
  database: Queryable,
  writer: string,
  after: number,
  limit: number,
): Promise<readonly CoverEntry[]> {
  const rows = await database.query<RoundColumns[]>(
    `SELECT number, round, made_at, seed, root FROM access_log_cover_round
     WHERE writer = $1 AND number > $2 ORDER BY number LIMIT $3`,
    [writer, after, limit],
  );
  const changes = await database.query<
    { round: string; slot: number; tree: string; note: string }[]
  >(
    `SELECT head.round, head.slot, slot.tree, head.note
     FROM access_log_cover_slot_head head JOIN access_log_cover_slot slot ON slot.slot = head.slot
     WHERE head.round = ANY($1) ORDER BY head.slot`,
    [rows.map(({ round }) => round)],
  );
  return rows.map(({ number, round, made_at: at, seed, root }) => ({
    kind: 'cover',
    number: Number(number),
    round: Number(round),
    at,
    seed,
    root,
    slots: changes
      .filter((change) => change.round === round)
      .map(({ slot, tree, note }) => ({ slot, tree, note })),
  }));
}
