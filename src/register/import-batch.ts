import type { EntityManager } from 'typeorm';
import type { SubjectId } from '../core/ids.js';
import { BatchChange } from './batch-change.js';
import type { ImportRules, InRecord } from './import-register.js';
import { decideStep, type AcceptedRow, type BatchOutcome, type Step } from './import-step.js';
import type { KnownPeople, ReferenceDirectory } from './reference-directory.js';
import type { EpochKey } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { makeSubjectId } from './subject-uuid.js';

export interface ImportBatch {
  /** Takes rows in, or only counts them in a dry run. */
  take(rows: readonly AcceptedRow[]): Promise<BatchOutcome>;
  /** Id of the batch, once somebody is pending from it. */
  id(): string | undefined;
}

/**
 * Rows in one transaction that holds the log as well, and answers with it: each may be on a page of
 * its own.
 */
const restrictingRowsAtOnce = 128;

/** Rows were to be taken in without a record, and one restricts somebody by now. */
class Restricts extends Error {}

/**
 * Rows of one import, in transactions that hold the register's head.
 *
 * Rows that keep somebody who was there from more partners go by themselves, in the transaction of an
 * access record: what they take away is in the log's book with the change, both or neither, and with
 * the record in the journal before the import goes on. A gateway that ends in between writes the
 * journal lines from that book when it starts.
 */
export function beginBatch(
  store: RegisterStore,
  directory: ReferenceDirectory,
  command: Pick<ImportRules, 'requestedBy' | 'dryRun' | 'inRecord'>,
): ImportBatch {
  const { requestedBy, dryRun, inRecord } = command;
  let batchId: SubjectId | undefined;

  /** @param isShared whether the transaction is that of a record, and of others with it */
  const changeIn = async (
    manager: EntityManager,
    { rows, id, epoch, isShared }: Taken & { readonly isShared: boolean },
  ): Promise<BatchChange> => {
    const head = await store.readHead(manager, 'lock');
    let people: KnownPeople = directory;
    if (head.version !== directory.version) {
      // What others do in a shared transaction may be undone with it.
      if (isShared) people = await directory.beyond(store, manager, head);
      else await directory.catchUp(store, manager, head);
    }
    const made = new BatchChange(store, manager, head, epoch, id, people);
    await made.apply(rows);
    if (made.restricts && !isShared && inRecord !== undefined) throw new Restricts();
    if (made.pendingAdded > 0) await made.recordBatch(requestedBy, batchId === undefined);
    return made;
  };

  /** Takes over what was committed. */
  const learn = async (made: BatchChange, id: SubjectId): Promise<BatchOutcome> => {
    if (made.pendingAdded > 0) batchId = id;
    if (made.version !== directory.version + 1n) {
      await store.dataSource.transaction('REPEATABLE READ', async (manager) =>
        directory.catchUp(store, manager, await store.readHead(manager, 'read')),
      );
    } else if (made.peopleOnPage.size > 0) {
      // Where another import was faster nothing was written, and no version made: the next is another's.
      directory.advance(made.version, made.people, made.peopleOnPage);
    }
    return made.outcome;
  };

  const nextId = () => batchId ?? makeSubjectId(store.now(), store.random(10));

  const takePlain = async (
    rows: readonly AcceptedRow[],
    epoch: EpochKey,
  ): Promise<readonly BatchOutcome[]> => {
    const id = nextId();
    const made = await store.dataSource.transaction(async (manager) =>
      changeIn(manager, { rows, id, epoch, isShared: false }),
    );
    return [await learn(made, id)];
  };

  const takeRecorded = async (
    rows: readonly AcceptedRow[],
    epoch: EpochKey,
    record: InRecord,
  ): Promise<readonly BatchOutcome[]> => {
    const outcomes: BatchOutcome[] = [];
    for (let at = 0; at < rows.length; at += restrictingRowsAtOnce) {
      const some = rows.slice(at, at + restrictingRowsAtOnce);
      const id = nextId();
      // The last one counts: a transaction may be tried again.
      const attempts: BatchChange[] = [];
      await record(async (manager) => {
        const made = await changeIn(manager, { rows: some, id, epoch, isShared: true });
        attempts.push(made);
        return made.restricting();
      });
      const made = attempts.at(-1);
      if (made === undefined) throw new TypeError('a record was made without its work');
      outcomes.push(await learn(made, id));
    }
    return outcomes;
  };

  return {
    id: () => batchId,
    take: async (rows) => {
      if (rows.length === 0) return sum([]);
      const steps = rows.map((row) => decideStep(row, directory));
      const foreseen = countSteps(steps);
      if (dryRun || foreseen.unchanged === rows.length) return foreseen;
      const epoch = await store.epochs.current(store.now());
      if (inRecord === undefined) return sum(await takePlain(rows, epoch));
      const restricts = (at: number) => {
        const step = steps[at];
        return step?.kind === 'CHANGE' && step.restricts;
      };
      const restricting = rows.filter((_, at) => restricts(at));
      const others = rows.filter((_, at) => !restricts(at));
      const first = await takeRecorded(restricting, epoch, inRecord);
      if (others.length === 0) return sum(first);
      try {
        return sum([...first, ...(await takePlain(others, epoch))]);
      } catch (error) {
        // Another import was faster with some of them.
        if (!(error instanceof Restricts)) throw error;
        return sum([...first, ...(await takeRecorded(others, epoch, inRecord))]);
      }
    },
  };
}

interface Taken {
  readonly rows: readonly AcceptedRow[];
  readonly id: SubjectId;
  readonly epoch: EpochKey;
}

const countSteps = (steps: readonly Step[]): BatchOutcome => ({
  added: steps.filter(({ kind }) => kind === 'ADD').length,
  changed: steps.filter(({ kind }) => kind === 'CHANGE').length,
  unchanged: steps.filter(({ kind }) => kind === 'UNCHANGED').length,
});

const sum = (outcomes: readonly BatchOutcome[]): BatchOutcome => ({
  added: outcomes.reduce((total, { added }) => total + added, 0),
  changed: outcomes.reduce((total, { changed }) => total + changed, 0),
  unchanged: outcomes.reduce((total, { unchanged }) => total + unchanged, 0),
});
