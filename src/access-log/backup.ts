import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openJournalCopy } from './journal/journal-copy.js';
import { localFiles } from './journal/journal-files.js';
import { readCoverHead } from './cover/cover.repository.js';
import type { Queryable } from './tree.repository.js';
import { coverId } from './trees.js';

/**
 * Keys of months and of marks are in no backup: each home has its files of them, and a start puts
 * back from there what the database lacks. That one was destroyed is in a backup, so that no file
 * brings it back.
 */
export const logKeysStayHere = ['access_log_key', 'access_log_mark_key'].map((table) => ({
  table,
  keep: 'wrapped IS NULL',
}));

/** The log as a backup tells of it. */
export interface LogInBackup {
  readonly trees: readonly {
    readonly tree: string;
    readonly size: number;
    readonly root: string;
  }[];
  readonly journals: readonly { readonly id: string; readonly lastNumber: number }[];
  /** Names of files of `log-keys` that open what it holds. */
  readonly keys: readonly string[];
}

export async function readLogForBackup(database: Queryable): Promise<LogInBackup> {
  const trees = await database.query<{ tree: string; size: string; root: Buffer }[]>(
    'SELECT tree, size, root FROM access_log_tree ORDER BY tree',
  );
  const cover = await readCoverHead(database);
  const journals = await database.query<{ id: string; last: string }[]>(
    `SELECT writer AS id, max(number) AS last FROM (
       SELECT writer, max(number) AS number FROM access_log_leaf GROUP BY writer
       UNION ALL SELECT writer, max(number) FROM access_log_act GROUP BY writer
       UNION ALL SELECT writer, max(number) FROM access_log_cover_round GROUP BY writer
     ) AS lines GROUP BY writer ORDER BY writer`,
  );
  const keys = await database.query<{ name: string }[]>(
    `SELECT epoch AS name FROM access_log_key WHERE wrapped IS NOT NULL
     UNION ALL SELECT 'marks-' || key FROM access_log_mark_key WHERE wrapped IS NOT NULL
     ORDER BY name`,
  );
  return {
    trees: [
      ...trees.map(({ tree, size, root }) => ({
        tree,
        size: Number(size),
        root: root.toString('base64'),
      })),
      { tree: coverId, size: cover.size, root: cover.root.toString('base64') },
    ],
    journals: journals.map(({ id, last }) => ({ id, lastNumber: Number(last) })),
    keys: keys.map(({ name }) => name),
  };
}

/** Keys among those named that no file of a home has. */
export async function missingLogKeys(
  home: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const directory = join(home, 'log-keys');
  const found = existsSync(directory) ? await localFiles.list(directory) : [];
  return names.filter((name) => !found.includes(name));
}

/**
 * The journal in a home, as a restore tells of it: `undefined` when there is none.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function findJournal(
  home: string,
): Promise<{ readonly id: string; readonly lastNumber: number } | undefined> {
  const directory = join(home, 'journal');
  const journal = existsSync(directory) ? await openJournalCopy(directory) : undefined;
  return journal && { id: journal.id, lastNumber: journal.lastNumber };
}
