import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { decodeRecord } from '../core/log/record.js';
import { place, type Draft } from './group-commit.js';
import type { Journal } from './journal/journal.js';
import type { JournalEntry, RecordEntry } from './journal/line.js';
import {
  growTree,
  lastNumberOfWriter,
  leavesOfWriter,
  makeTree,
  readFrontier,
  readTree,
  type PlacedLeaf,
  type Queryable,
} from './tree.repository.js';

const pageOfLeaves = 500;

/**
 * Holds journal and database against each other before the log opens.
 *
 * The database commits first, so the journal never leads: a line the database lacks was committed
 * and then lost by it (the embedded database runs without fsync), and is put back byte for byte under
 * the same index, which makes the same head. Where both have a record they must have the same one.
 * Leaves the journal lacks are completed afterwards ({@link completeJournal}).
 *
 * @returns how many records were put back
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function restoreFromJournal(
  dataSource: DataSource,
  journal: Journal,
): Promise<number> {
  const known = await lastNumberOfWriter(dataSource, journal.id);
  if (journal.lastNumber === 0) return 0;
  let restored = 0;
  for await (const entries of journal.read(Math.min(known + 1, journal.segmentStart))) {
    const records = entries.map(recordOnly);
    await compare(
      dataSource,
      journal.id,
      records.filter(({ number }) => number <= known),
    );
    const lost = records.filter(({ number }) => number > known);
    if (lost.length > 0) {
      await dataSource.transaction(async (manager) => restore(manager, journal.id, lost));
      restored += lost.length;
    }
  }
  return restored;
}

/**
 * Writes journal lines for the leaves the database has of this gateway and the journal lacks: their
 * answers may have left before a crash, or were in doubt after a fault.
 *
 * @returns how many
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE
 */
export async function completeJournal(database: Queryable, journal: Journal): Promise<number> {
  for (let completed = 0; ;) {
    const after = journal.lastNumber;
    const leaves = await leavesOfWriter(database, journal.id, after, pageOfLeaves);
    if (leaves.length === 0) return completed;
    if (leaves.some(({ number }, at) => number !== after + 1 + at)) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
        detail: `leaves of this gateway are missing from the database after line ${after}`,
      });
    }
    await journal.append(leaves.map(recordLine));
    completed += leaves.length;
  }
}

/** The journal line of a leaf. */
export function recordLine(leaf: PlacedLeaf): RecordEntry {
  const { tree, owner, index, record, sealed, number } = leaf;
  return { kind: 'record', number, tree, owner, index, record, sealed };
}

/** To pass over an act that cannot be applied again would undo it. */
function recordOnly(entry: JournalEntry): RecordEntry {
  if (entry.kind === 'record') return entry;
  throw new GatewayError('ERR_JOURNAL_UNAVAILABLE', {
    detail: `journal line ${entry.number} is an act this version cannot apply again`,
  });
}

async function compare(
  database: Queryable,
  writer: string,
  lines: readonly RecordEntry[],
): Promise<void> {
  const first = lines[0];
  if (first === undefined) return;
  const leaves = await leavesOfWriter(database, writer, first.number - 1, lines.length);
  lines.forEach((line, at) => {
    const leaf = leaves[at];
    if (leaf === undefined || !isSame(line, leaf)) {
      throw contradiction(line, 'the database does not hold this record as it was journaled');
    }
  });
}

function isSame(line: RecordEntry, leaf: PlacedLeaf): boolean {
  return (
    leaf.number === line.number &&
    leaf.tree === line.tree &&
    leaf.owner === line.owner &&
    leaf.index === line.index &&
    leaf.record.equals(line.record) &&
    leaf.sealed.equals(line.sealed)
  );
}

async function restore(
  database: Queryable,
  writer: string,
  lines: readonly RecordEntry[],
): Promise<void> {
  for (const run of runsOfOneTree(lines)) {
    const first = run[0];
    if (first === undefined) continue;
    await makeTree(database, first.tree, first.owner);
    const head = await readTree(database, first.tree);
    if (head === undefined || head.owner !== first.owner) {
      throw contradiction(first, 'its tree belongs to another owner');
    }
    if (first.index < head.size) throw contradiction(first, 'another record is there');
    if (first.index > head.size) {
      throw contradiction(first, `the records from ${head.size} on are in no journal of this home`);
    }
    const growth = place(
      first.tree,
      await readFrontier(database, head),
      run.map(draftOf),
      first.number,
    );
    if (!(await growTree(database, writer, growth))) {
      throw contradiction(first, 'the tree moved while it was restored');
    }
  }
}

/** Cuts lines into stretches of one tree with indexes that follow on. */
function runsOfOneTree(lines: readonly RecordEntry[]): readonly (readonly RecordEntry[])[] {
  const runs: RecordEntry[][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run !== undefined && last?.tree === line.tree && last.index + 1 === line.index) {
      run.push(line);
    } else {
      runs.push([line]);
    }
  }
  return runs;
}

function draftOf({ tree, owner, record, sealed }: RecordEntry): Draft {
  return { tree, owner, id: decodeRecord(record).id, record, sealed, alongside: undefined };
}

function contradiction(line: RecordEntry, detail: string): GatewayError {
  return new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
    detail: `journal line ${line.number}, tree ${line.tree}, leaf ${line.index}: ${detail}`,
  });
}
