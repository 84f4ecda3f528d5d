import type { DataSource, EntityManager } from 'typeorm';
import type { PartnerCode } from '../core/ids.js';
import { decodeRecord } from '../core/log/record.js';
import type { ActAppliers, RestrictingAct } from './acts.js';
import type { Journal } from './journal/journal.js';
import type { JournalEntry } from './journal/line.js';
import { dropMonths, monthOf, rangeOfMonth } from './months/months.js';
import { moveSealed } from './months/sealed-rows.js';
import type { RecordKeys } from './record-keys.js';
import { readTrees, type Queryable } from './tree.repository.js';

/** What is kept of the log, and for how long. */
export interface RetentionRule {
  /** Whole months after the end of a record's month for which its sealed part is kept. */
  readonly months: number;
  /**
   * Whether anything of a partner (null: of the host's own tree) between two times is under a legal
   * hold. A month any of whose trees is held stays whole: its key is one for all of them.
   */
  readonly isHeld: (range: HeldRange) => Promise<boolean>;
}

export interface HeldRange {
  readonly partner: PartnerCode | null;
  readonly from: Date;
  /** Not in it. */
  readonly to: Date;
  /** What kinds of records there are; null where not every one is listed. */
  readonly kinds: readonly HeldKind[] | null;
}

/** What of a record stands outside of its sealed part and tells whom it can be about. */
export interface HeldKind {
  readonly outcome: string;
  /** Null where none of the partner's own was named. */
  readonly grant: string | null;
  readonly grantVersion: number | null;
}

export interface RetentionReport {
  /** Months forgotten now, e.g. `2025-03`. */
  readonly months: readonly string[];
  /** Records whose sealed part went, and their rows of search. */
  readonly records: number;
  /** Files of the journal that went. */
  readonly segments: number;
}

export interface RetentionOptions {
  readonly dataSource: DataSource;
  readonly keys: RecordKeys;
  readonly journal: Journal;
  /** Does a restricting act of the log's own, and journals it. */
  readonly restrict: (act: RestrictingAct) => Promise<void>;
}

const forgotten = 'log.month-forgotten';

/**
 * The log's own restricting act. Body: `{"month":"2025-03"}`. Where the row was its key is gone, and
 * nothing puts it back: not the file of another gateway, not a database restored from a backup.
 */
export const retentionActs: ActAppliers = {
  [forgotten]: async (manager: EntityManager, { month }) => {
    await manager.query(
      `INSERT INTO access_log_key (epoch, wrapped) VALUES ($1, NULL)
       ON CONFLICT (epoch) DO UPDATE SET wrapped = NULL`,
      [month],
    );
  },
};

/**
 * Forgets whole months: destroys their key, which makes every copy of their sealed parts unreadable
 * wherever the journal was copied to, and then clears away what has become unreadable. Records, hashes
 * and signatures stay: every tree, proof and export verifies as before.
 *
 * The key goes first and in one step, as a restricting act; clearing away may be cut short, and the
 * next time goes on with it.
 */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  async apply({ months, isHeld }: RetentionRule, now: Date): Promise<RetentionReport> {
    const { dataSource, keys, restrict } = this.#options;
    const end = lastMonthOver(now, months);
    const due: string[] = [];
    for (const month of await monthsBefore(dataSource, end)) {
      if (await this.#isHeld(month, isHeld)) continue;
      await restrict({ act: forgotten, body: { month } });
      due.push(month);
    }
    // That a key was destroyed is the database's word, which one who edits it can give: the copy of a
    // month that is not over here, or is held, stays.
    const over = new Set<string>();
    for (const month of await forgottenMonths(dataSource)) {
      if (month > end) continue;
      if (due.includes(month) || !(await this.#isHeld(month, isHeld))) over.add(month);
    }
    for (const month of over) await keys.forget(month);
    const unmoved = await moveSealed(dataSource, over);
    const records = unmoved + (await dropMonths(dataSource, [...over]));
    const segments = await this.#options.journal.dropOldest((entries) =>
      areOver(entries, over, end),
    );
    return { months: due, records, segments };
  }

  async #isHeld(month: string, isHeld: RetentionRule['isHeld']): Promise<boolean> {
    const range = rangeOfMonth(month);
    const { dataSource } = this.#options;
    for (const { tree, owner } of await readTrees(dataSource)) {
      const kinds = await kindsIn(dataSource, tree, range);
      if (kinds?.length === 0) continue;
      if (await isHeld({ partner: owner as PartnerCode | null, ...range, kinds })) return true;
    }
    return false;
  }
}

/**
 * Whether a segment of the journal can go: its records are of forgotten months, its rounds of months
 * the rule is past. Acts say no time and go with what stands around them.
 */
function areOver(
  entries: readonly JournalEntry[],
  over: ReadonlySet<string>,
  lastMonth: string,
): boolean {
  const dated = entries.filter((entry) => entry.kind !== 'act');
  return (
    dated.length > 0 &&
    dated.every((entry) =>
      entry.kind === 'record'
        ? over.has(monthOf(new Date(decodeRecord(entry.record).at)))
        : monthOf(entry.at) <= lastMonth,
    )
  );
}

/** The kinds of a tree's records of a month; null where some came before the side table. */
async function kindsIn(
  database: Queryable,
  tree: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly HeldKind[] | null> {
  const [unlisted] = await database.query<{ listed_from: string }[]>(
    'SELECT listed_from FROM access_log_tree WHERE tree = $1 AND listed_from > 0',
    [tree],
  );
  if (unlisted !== undefined) return null;
  return database.query<HeldKind[]>(
    `SELECT DISTINCT outcome, grant_id AS "grant", grant_version AS "grantVersion"
     FROM access_log_kind kind WHERE tree = $1 AND EXISTS (
       SELECT FROM access_log_entry entry
       WHERE entry.kind = kind.kind AND entry.at >= $2 AND entry.at < $3)`,
    [tree, from, to],
  );
}

/** Months whose key was destroyed. */
export async function forgottenMonths(database: Queryable): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ epoch: string }[]>(
    'SELECT epoch FROM access_log_key WHERE wrapped IS NULL ORDER BY epoch',
  );
  return new Set(rows.map(({ epoch }) => epoch));
}

async function monthsBefore(database: Queryable, last: string): Promise<readonly string[]> {
  const rows = await database.query<{ epoch: string }[]>(
    'SELECT epoch FROM access_log_key WHERE wrapped IS NOT NULL AND epoch <= $1 ORDER BY epoch',
    [last],
  );
  return rows.map(({ epoch }) => epoch);
}

/** The last month that ended at least so many whole months before this one began. */
function lastMonthOver(now: Date, months: number): string {
  return monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months - 1)));
}
