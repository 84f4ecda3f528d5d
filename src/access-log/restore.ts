import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { decodeRecord } from '../core/log/record.js';
import { appendLeaf, hashLeaf, rootOf, type Frontier } from '../core/log/tree.js';
import { applyAct, type ActAppliers } from './acts.js';
import {
  insertRound,
  readCoverFrontier,
  readCoverHead,
  readRound,
} from './cover/cover.repository.js';
import { place, type Draft } from './group-commit.js';
import { growTrees } from './grow-trees.js';
import { anotherThanSigned } from './intact-leaves.js';
import type { CoverEntry, JournalEntry, RecordEntry } from './journal/line.js';
import { lastNumberOfWriter } from './journaled-entries.js';
import { makeMonth, monthOf } from './months/months.js';
import { forgottenMonths } from './retention.js';
import type { ListStored } from './search/list-stored.js';
import type { SideRow } from './search/side-rows.js';
import {
  leavesOfWriter,
  makeTree,
  readFrontier,
  readTree,
  type PlacedLeaf,
  type Queryable,
} from './tree.repository.js';

const mostInBatch = 1_000;

/** The lines of one journal from a number on, oldest first. */
export interface JournalLines {
  /** The journal's id: the writer in the database. */
  readonly id: string;
  readonly lastNumber: number;
  /** Where comparing begins even though nothing is lost. */
  readonly segmentStart: number;
  read(from: number): AsyncIterable<readonly JournalEntry[]>;
}

export interface Restored {
  readonly records: number;
  readonly acts: number;
  readonly rounds: number;
}

/**
 * Holds journals and database against each other before the log opens.
 *
 * The database commits first, so a journal never leads: a line the database lacks was committed and
 * then lost by it (the embedded database runs without fsync; a backup was restored), and is put back
 * byte for byte in the same place, which makes the same heads. Acts are applied again. Where both
 * have an entry they must have the same one. What a journal lacks is completed afterwards
 * (complete-journal.ts).
 *
 * Several gateways write one tree, so the lines of one journal may have to wait for those of
 * another: journals are merged in the one order that fits.
 *
 * @param journals this home's own, and those brought here from other gateways after a restore
 * @param list how search lists a record that is put back
 * @param forgotten what is done beside the records that are put back
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE
 */
export async function restoreFromJournals(
  dataSource: DataSource,
  journals: readonly JournalLines[],
  appliers: ActAppliers,
  list: ListStored,
  forgotten: ForgottenRecords = async () => [],
): Promise<Restored> {
  const waiting: LostLines[] = [];
  for (const journal of journals) {
    if (journal.lastNumber === 0) continue;
    const known = await lastNumberOfWriter(dataSource, journal.id);
    const from = Math.min(known + 1, journal.segmentStart);
    waiting.push(new LostLines(dataSource, journal, from, known));
  }
  const restored = { records: 0, acts: 0, rounds: 0 };
  for (let moved = true; moved;) {
    moved = false;
    for (const lines of waiting) {
      for (;;) {
        const batch = await fittingBatch(dataSource, lines);
        if (batch.length === 0) break;
        // Not in the transaction: the embedded database has one connection.
        const sides = new Map<JournalEntry, SideRow>();
        const records = batch.filter((line) => line.kind === 'record');
        for (const line of records) sides.set(line, await list(line));
        // Of a forgotten month too: retention takes it away again.
        for (const month of new Set(records.map(monthOfRecord))) await makeMonth(dataSource, month);
        const beside = await forgotten(batch);
        await dataSource.transaction(async (manager) => {
          await restoreBatch(manager, lines.writer, batch, appliers, sides);
          for (const apply of beside) await apply(manager);
        });
        for (const { kind } of batch) {
          restored[kind === 'record' ? 'records' : kind === 'act' ? 'acts' : 'rounds'] += 1;
        }
        moved = true;
      }
    }
  }
  for (const lines of waiting) {
    const line = await lines.peek();
    if (line !== undefined) throw blocked(line, await sizeFor(dataSource, line));
  }
  return restored;
}

/**
 * What is done after lines were put back, in their transaction; prepared before it begins.
 */
export type ForgottenRecords = (
  lines: readonly JournalEntry[],
) => Promise<readonly ((manager: EntityManager) => Promise<void>)[]>;

/** What one journal has and the database lacks, a line at a time. */
class LostLines {
  readonly writer: string;
  readonly #pages: AsyncIterator<readonly JournalEntry[]>;
  readonly #database: Queryable;
  readonly #known: number;
  #page: readonly JournalEntry[] = [];
  #at = 0;

  constructor(database: Queryable, journal: JournalLines, from: number, known: number) {
    this.writer = journal.id;
    this.#database = database;
    this.#known = known;
    this.#pages = journal.read(from)[Symbol.asyncIterator]();
  }

  /** The next line, which stays; `undefined` at the end. */
  async peek(): Promise<JournalEntry | undefined> {
    while (this.#at >= this.#page.length) {
      const next = await this.#pages.next();
      if (next.done === true) return undefined;
      const known = next.value.filter(({ number }) => number <= this.#known);
      await compare(this.#database, this.writer, known);
      this.#page = next.value.slice(known.length);
      this.#at = 0;
    }
    return this.#page[this.#at];
  }

  take(): void {
    this.#at += 1;
  }
}

/** Lines from the front of a journal that fit onto what the database has. */
async function fittingBatch(
  database: Queryable,
  lines: LostLines,
): Promise<readonly JournalEntry[]> {
  const batch: JournalEntry[] = [];
  const sizes = new Map<string, number>();
  for (let line = await lines.peek(); line !== undefined; line = await lines.peek()) {
    if (line.kind !== 'act') {
      const [tree, index] = line.kind === 'record' ? [line.tree, line.index] : ['', line.round];
      const size = sizes.get(tree) ?? (await sizeFor(database, line));
      if (index < size) throw contradiction(line, 'another entry is there');
      if (index > size) break;
      sizes.set(tree, size + 1);
    }
    batch.push(line);
    lines.take();
    if (batch.length === mostInBatch) break;
  }
  return batch;
}

async function sizeFor(database: Queryable, line: JournalEntry): Promise<number> {
  if (line.kind === 'cover') return (await readCoverHead(database)).size;
  if (line.kind === 'act') return 0;
  return (await readTree(database, line.tree))?.size ?? 0;
}

async function restoreBatch(
  manager: EntityManager,
  writer: string,
  batch: readonly JournalEntry[],
  appliers: ActAppliers,
  sides: ReadonlyMap<JournalEntry, SideRow>,
): Promise<void> {
  const byTree = new Map<string, RecordEntry[]>();
  for (const line of batch) {
    if (line.kind !== 'record') continue;
    byTree.set(line.tree, [...(byTree.get(line.tree) ?? []), line]);
  }
  for (const lines of byTree.values()) await restoreRecords(manager, writer, lines, sides);
  for (const line of batch) {
    if (line.kind === 'act') await applyAct(manager, appliers, writer, line);
  }
  const rounds = batch.filter((line) => line.kind === 'cover');
  if (rounds.length > 0) await restoreRounds(manager, writer, rounds);
}

/** Puts back records of one tree with indexes that follow on. */
async function restoreRecords(
  database: EntityManager,
  writer: string,
  lines: readonly RecordEntry[],
  sides: ReadonlyMap<JournalEntry, SideRow>,
): Promise<void> {
  const [first] = lines;
  if (first === undefined) return;
  await makeTree(database, first.tree, first.owner);
  const head = await readTree(database, first.tree);
  if (head?.owner !== first.owner) {
    throw contradiction(first, 'its tree belongs to another owner');
  }
  const growth = place(
    first.tree,
    await readFrontier(database, head),
    lines.map((line) => draftOf(line, sides.get(line))),
    first.number,
  );
  const leaves = growth.leaves.map((leaf, at) => ({
    ...leaf,
    number: lines[at]?.number ?? leaf.number,
  }));
  if (!(await growTrees(database, writer, [{ ...growth, leaves }]))) {
    throw contradiction(first, 'the tree moved while it was restored');
  }
}

async function restoreRounds(
  database: Queryable,
  writer: string,
  lines: readonly CoverEntry[],
): Promise<void> {
  let frontier: Frontier = await readCoverFrontier(database, await readCoverHead(database));
  for (const line of lines) {
    const step = appendLeaf(frontier, hashLeaf(line.root));
    frontier = step.frontier;
    await insertRound(database, writer, line, step.stored, rootOf(frontier));
  }
}

async function compare(
  database: Queryable,
  writer: string,
  lines: readonly JournalEntry[],
): Promise<void> {
  const records = lines.filter((line) => line.kind === 'record');
  const first = records[0];
  if (first !== undefined) {
    const leaves = await leavesOfWriter(database, writer, first.number - 1, records.length);
    const over = leaves.some(({ sealed }) => sealed.length === 0)
      ? await forgottenMonths(database)
      : new Set<string>();
    records.forEach((line, at) => {
      const leaf = leaves[at];
      if (leaf === undefined || !isSame(line, leaf, over)) {
        throw contradiction(line, 'the database does not hold this record as it was journaled');
      }
    });
  }
  for (const line of lines) {
    if (line.kind !== 'cover') continue;
    const round = await readRound(database, line.round);
    if (round?.root.equals(line.root) !== true || !round.seed.equals(line.seed)) {
      throw contradiction(line, 'the database does not hold this round as it was journaled');
    }
  }
}

/** The sealed part of a month that was forgotten is empty. */
function isSame(line: RecordEntry, leaf: PlacedLeaf, over: ReadonlySet<string>): boolean {
  const isForgotten = leaf.sealed.length === 0 && over.has(monthOfRecord(line));
  return (
    leaf.number === line.number &&
    leaf.tree === line.tree &&
    leaf.owner === line.owner &&
    leaf.index === line.index &&
    leaf.record.equals(line.record) &&
    (isForgotten || leaf.sealed.equals(line.sealed))
  );
}

const monthOfRecord = ({ record }: RecordEntry): string =>
  monthOf(new Date(decodeRecord(record).at));

function draftOf({ tree, owner, record, sealed }: RecordEntry, side: SideRow | undefined): Draft {
  if (side === undefined) throw new TypeError('a record is put back without being listed');
  return { tree, owner, id: decodeRecord(record).id, record, sealed, side, alongside: undefined };
}

function placeOf(line: JournalEntry): string {
  if (line.kind === 'record') return `tree ${line.tree}, leaf ${line.index}`;
  return line.kind === 'cover' ? `cover tree, round ${line.round}` : `act ${line.act}`;
}

function blocked(line: JournalEntry, size: number): GatewayError {
  return new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
    detail:
      `${lineOf(line)}: what comes before it, from ${size} on, is in no journal of this home; bring ` +
      'the journals of the other gateways into journal-merge (docs/operations.md, "A database ' +
      'restored from a backup")',
  });
}

const contradiction = (line: JournalEntry, detail: string): GatewayError =>
  anotherThanSigned(`${lineOf(line)}: ${detail}`);

const lineOf = (line: JournalEntry): string => `journal line ${line.number}, ${placeOf(line)}`;
