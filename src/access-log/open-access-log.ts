import { join } from 'node:path';
import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { AccessLog } from './access-log.js';
import { describeFault } from './availability.js';
import {
  checkRemembered,
  journalMergeDirectory,
  openCheckpointCopy,
  type CheckpointCopy,
} from './checkpoint-copy.js';
import { completeJournal } from './complete-journal.js';
import { openJournalCopy, type JournalCopy } from './journal/journal-copy.js';
import { localFiles, type JournalFiles } from './journal/journal-files.js';
import { openJournal } from './journal/journal.js';
import type { AccessLogOptions, ReconciliationReport } from './log-options.js';
import { openRecordKeys, type RecordKeys } from './record-keys.js';
import { openRestored } from './restored-records.js';
import { retentionActs } from './retention.js';
import type { JournalEntry } from './journal/line.js';
import { refuseEarlierOrigin, renewalAppliers } from './renewal/renewals.js';
import { restoreFromJournals } from './restore.js';
import { Kinds } from './search/kinds.js';
import { listOldRecords, listStored } from './search/list-stored.js';
import { MarkKeys } from './search/mark-keys.js';
import { SideRows } from './search/side-rows.js';
import { checkpointKeysOf, Trees } from './trees.js';

/**
 * Opens the log: reconciles journal and database first.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE, ERR_KEY_UNUSABLE
 */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { dataSource, home, random, logger } = options;
  const acts = { ...options.acts, ...retentionActs, ...renewalAppliers };
  const files = options.files ?? localFiles;
  const keyOptions = {
    database: dataSource,
    files,
    directory: join(home, 'log-keys'),
    logKey: options.logKey,
    random,
  };
  const keys = await openRecordKeys(keyOptions);
  const markKeys = await MarkKeys.open(keyOptions);
  const kinds = new Kinds(dataSource);
  const sides = new SideRows(kinds, markKeys);
  const list = listStored(keys, sides);
  const directory = join(home, 'journal');
  const isRenewed = options.renewsLog === true;
  const isWithout = (await files.list(directory)).length === 0;
  if (options.embedded === true && !isRenewed && isWithout) await refuseLostJournal(dataSource, '');
  const copy = await openCopy(options, files);
  // Before a journal is begun where the lost one is to be put back.
  if (isWithout) refuseForeignJournal(copy, options.checkpointFile, '', true);
  const { journal, isNew, repairedBytes } = await openJournal({
    directory,
    files,
    random,
    ...options.journal,
  });
  try {
    // A journal without a line, as a renewal that was cut off leaves it, is none.
    if (options.embedded === true && !isRenewed && journal.lastNumber === 0) {
      await refuseLostJournal(dataSource, journal.id);
    }
    refuseForeignJournal(copy, options.checkpointFile, journal.id, isNew);
    if (copy !== undefined) copy.journal = journal.id;
    const brought = await openBroughtJournals(home, files);
    const restored = await restoreFromJournals(
      dataSource,
      [journal, ...brought],
      acts,
      list,
      async (lines) => forgottenOf(options.restored, lines, keys),
    );
    // After the journal: a database restored from before a renewal learns of it there.
    if (!isRenewed) await refuseEarlierOrigin(dataSource, options.origin);
    await listOldRecords(dataSource, list);
    const completed = await completeJournal(dataSource, journal);
    const report: ReconciliationReport = {
      repaired: repairedBytes > 0,
      completedFromDatabase: completed,
      restoredFromJournal: restored.records,
      reappliedActs: restored.acts,
      restoredRounds: restored.rounds,
      journalIsNew: isNew,
    };
    if (report.repaired || completed + restored.records + restored.acts + restored.rounds > 0) {
      logger?.warn(report, 'the access log was reconciled with its journal');
    }
    const trees = new Trees({
      ...options,
      database: dataSource,
      checkpointKeys: checkpointKeysOf(options.checkpointKey),
      ...(copy === undefined ? {} : { copy }),
    });
    const remembered = copy?.checkpoints ?? [];
    await checkRemembered(dataSource, remembered, (origin) => trees.idOf(origin));
    for (const checkpoint of remembered) trees.remember(checkpoint);
    return new AccessLog(
      { ...options, acts, keys, kinds, markKeys, sides, journal, trees, copy },
      report,
    );
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/**
 * An embedded database keeps nothing through a power cut that the journal does not: records beside no
 * journal are not known to be all there were, and a second history must not be begun on them.
 */
async function refuseLostJournal(
  dataSource: AccessLogOptions['dataSource'],
  journalId: string,
): Promise<void> {
  const leaves = await dataSource.query<unknown[]>(
    'SELECT 1 FROM access_log_leaf WHERE writer <> $1 LIMIT 1',
    [journalId],
  );
  if (leaves.length > 0) {
    throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
      detail: 'this home has lost its journal (docs/operations.md, "A lost journal")',
    });
  }
}

/** What is to be done for records that are put back. */
async function forgottenOf(
  restored: AccessLogOptions['restored'],
  lines: readonly JournalEntry[],
  keys: RecordKeys,
): Promise<readonly ((manager: EntityManager) => Promise<void>)[]> {
  if (restored === undefined) return [];
  const opened = await openRestored(lines, keys, restored.since);
  return opened.map((record) => async (manager) => restored.apply(manager, record));
}

async function openCopy(
  { checkpointFile: path, checkpointKey, logger }: AccessLogOptions,
  files: JournalFiles,
): Promise<CheckpointCopy | undefined> {
  if (path === undefined) return undefined;
  const onFault = (error: unknown) =>
    logger?.error({ detail: describeFault(error) }, 'the copy of checkpoints cannot be written');
  const checkpointKeys = checkpointKeysOf(checkpointKey);
  return openCheckpointCopy({ path, files, checkpointKeys, onFault });
}

/** A home that had another journal than now has lost it. */
function refuseForeignJournal(
  copy: CheckpointCopy | undefined,
  path: string | undefined,
  journalId: string,
  journalIsNew: boolean,
): void {
  if (copy?.journal === undefined || copy.journal === journalId) return;
  throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
    detail: `${path} was written by a gateway with another journal${
      journalIsNew ? ': this home has lost its journal' : ''
    } (docs/operations.md, "A lost journal")`,
  });
}

async function openBroughtJournals(
  home: string,
  files: JournalFiles,
): Promise<readonly JournalCopy[]> {
  const directory = journalMergeDirectory(home);
  const journals: JournalCopy[] = [];
  for (const name of await files.list(directory)) {
    const journal = await openJournalCopy(join(directory, name), files);
    if (journal !== undefined) journals.push(journal);
  }
  return journals;
}
