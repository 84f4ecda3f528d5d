import type { KeyObject } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { isGatewayError } from '../../core/errors.js';
import {
  dayOfInstant,
  isKeyOver,
  marksOf,
  referenceMark,
  windowOf,
  type Marks,
} from '../../core/log/marks.js';
import { decodeRecord, type AccessRecord } from '../../core/log/record.js';
import { monthOf, rangeOfMonth } from '../months/months.js';
import { deriveRecordSecrets, type RecordKeys } from '../record-keys.js';
import { kindColumns, type Kinds } from '../search/kinds.js';
import type { MarkKeys } from '../search/mark-keys.js';
import { listRecords, type PlacedSideRow, type SideRows } from '../search/side-rows.js';
import { openHostPart, type HostPart } from '../sealed-part.js';
import type { CheckedLeaf } from './check-leaves.js';
import { letThrough } from './let-through.js';

export interface CheckRowsOptions {
  readonly dataSource: DataSource;
  readonly keys: RecordKeys;
  readonly markKeys: MarkKeys;
  readonly kinds: Kinds;
  readonly sides: SideRows;
}

/** What a record's rows of search have to be. */
interface ExpectedRows {
  readonly leaf: CheckedLeaf;
  readonly at: Date;
  /** `undefined` where no row says what the record is: then it cannot be found. */
  readonly kind: number | undefined;
  readonly host: HostPart | null;
  /** Null where the keys of marks are over, or the sealed part cannot be opened. */
  readonly marks: Marks | null;
}

interface KindColumns {
  readonly kind: number;
  readonly grant_id: string | null;
  readonly grant_version: number | null;
  readonly purpose: string | null;
  readonly outcome: string;
  readonly fields: string;
}

/* Both look-ups are by LATERAL with a limit: each row is a place in an index, whatever the tables' statistics. */
const rowsInStep = 500;
const dayMs = 86_400_000;

/**
 * Holds rows of search against records that are as they were signed, and lists again what is not found
 * by them. Of a question's own marks (`person`) only the presence can be told: the question is nowhere,
 * so that rows which were lost come back without them.
 */
export class CheckRows {
  constructor(private readonly options: CheckRowsOptions) {}

  /**
   * @param months whose keys there are; rows of others are gone, or going
   * @returns leaves whose rows were not there, or others; they are listed again now
   */
  async check(
    tree: string,
    leaves: readonly CheckedLeaf[],
    months: ReadonlySet<string>,
    now: Date,
  ): Promise<readonly number[]> {
    const kinds = await this.#kindsOf(tree);
    const keys = await this.#keysOf(leaves, months);
    const expected: ExpectedRows[] = [];
    for (const [done, leaf] of leaves.entries()) {
      await letThrough(done);
      const at = new Date(leaf.record.at);
      const key = keys.get(monthOf(at));
      if (key === undefined) continue;
      const kind = kinds.get(nameOf(leaf.record, tree));
      const host = hostOf(tree, leaf, key);
      expected.push({ leaf, at, kind, host, marks: await this.#marks(tree, leaf, host, at, now) });
    }
    const listed = await this.#listed(expected);
    const marked = await this.#marked(expected);
    const lost = expected.filter((one) => !listed.has(one.leaf) || !marked.has(one.leaf));
    if (lost.length > 0) await this.#list(tree, lost);
    return lost.map(({ leaf }) => leaf.index);
  }

  /**
   * Takes away rows of a month that list no record of it, or one as what it is not.
   *
   * @param expected how many rows the month has to have for leaves before `size`
   * @returns how many were taken away
   */
  async clear(tree: string, month: string, expected: number, size: number): Promise<number> {
    const { dataSource } = this.options;
    const kinds = await this.#kindsOf(tree);
    const { from, to } = rangeOfMonth(month);
    const range = [[...kinds.values()], from, to, size];
    const [row] = await dataSource.query<{ count: string }[]>(
      `SELECT count(*) AS count FROM access_log_entry
       WHERE kind = ANY ($1::int[]) AND at >= $2 AND at < $3 AND leaf_index < $4`,
      range,
    );
    if (Number(row?.count ?? 0) <= expected) return 0;
    let taken = 0;
    let last: readonly [number, string, string] = [0, from.toISOString(), '-1'];
    for (;;) {
      const page = await dataSource.query<
        { kind: number; at: string; leaf_index: string; record: Buffer | null }[]
      >(
        `SELECT e.kind, e.at, e.leaf_index, leaf.record FROM (
           SELECT DISTINCT kind, at AS instant, leaf_index,
             to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
           FROM access_log_entry
           WHERE kind = ANY ($1::int[]) AND at >= $2 AND at < $3 AND leaf_index < $4
             AND (kind, at, leaf_index) > ($6, $7::timestamptz, $8::bigint)
           ORDER BY kind, instant, leaf_index LIMIT ${rowsInStep}) e
         LEFT JOIN access_log_leaf leaf ON leaf.tree = $5 AND leaf.leaf_index = e.leaf_index
         ORDER BY e.kind, e.instant, e.leaf_index`,
        [...range, tree, ...last],
      );
      for (const { kind, at, leaf_index: index, record } of page) {
        last = [kind, at, index];
        const listed = record === null ? undefined : decodeRecord(record);
        const isRight =
          listed !== undefined &&
          kinds.get(nameOf(listed, tree)) === kind &&
          at === `${listed.at.slice(0, -1)}000Z`;
        if (isRight) continue;
        await dataSource.query(
          'DELETE FROM access_log_entry WHERE kind = $1 AND at = $2::timestamptz AND leaf_index = $3',
          [kind, at, index],
        );
        taken += 1;
      }
      if (page.length < rowsInStep) return taken;
    }
  }

  async #kindsOf(tree: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.options.dataSource.query<KindColumns[]>(
      `SELECT kind, grant_id, grant_version, purpose, outcome, fields FROM access_log_kind
       WHERE tree = $1`,
      [tree],
    );
    return new Map(
      rows.map(({ kind, grant_id: grant, grant_version: version, purpose, outcome, fields }) => [
        JSON.stringify([tree, grant, version, purpose, outcome, fields]),
        kind,
      ]),
    );
  }

  /** Keys of months: none is made, and one that was destroyed since is not brought back. */
  async #keysOf(
    leaves: readonly CheckedLeaf[],
    months: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, KeyObject>> {
    const times = leaves.map(({ record }) => new Date(record.at));
    const keys = new Map<string, KeyObject>();
    for (const [month, at] of new Map(times.map((at) => [monthOf(at), at]))) {
      const key = months.has(month) ? await this.options.keys.existingKey(at) : undefined;
      if (key !== undefined) keys.set(month, key);
    }
    return keys;
  }

  async #marks(
    tree: string,
    { record: { id } }: CheckedLeaf,
    host: HostPart | null,
    at: Date,
    now: Date,
  ): Promise<Marks | null> {
    const next = windowOf(at) + 1;
    // A day early: another gateway's clock may be ahead, and marks that are over are not missed.
    const isOver = isKeyOver(next, new Date(now.getTime() + dayMs));
    const key = isOver ? undefined : await this.options.markKeys.key(next);
    if (key === undefined || host === null) return null;
    const { caseReference, officer, clientId, subject } = host;
    return marksOf({ tree, id, person: null, caseReference, officer, clientId, subject }, key, key);
  }

  async #listed(expected: readonly ExpectedRows[]): Promise<ReadonlySet<CheckedLeaf>> {
    const wanted = expected.filter(({ kind }) => kind !== undefined);
    if (wanted.length === 0) return new Set();
    const rows = await this.options.dataSource.query<
      { leaf_index: string; day: number; reference_mark: string }[]
    >(
      `SELECT e.leaf_index, e.day, e.reference_mark
       FROM unnest($1::int[], $2::timestamptz[], $3::bigint[]) AS wanted (kind, at, leaf_index)
       CROSS JOIN LATERAL (
         SELECT row.leaf_index, row.day, row.reference_mark FROM access_log_entry row
         WHERE row.kind = wanted.kind AND row.at = wanted.at AND row.leaf_index = wanted.leaf_index
           AND row.at >= $4 AND row.at <= $5 LIMIT 2) e`,
      [...placesOf(wanted), ...spanOf(wanted)],
    );
    return onlyRows(wanted, rows, ({ leaf, at }, { day, reference_mark: mark }) => {
      const { reference, id } = leaf.record;
      return day === dayOfInstant(at) && mark === referenceMark(reference ?? id);
    });
  }

  async #marked(expected: readonly ExpectedRows[]): Promise<ReadonlySet<CheckedLeaf>> {
    const wanted = expected.filter(({ kind, marks }) => kind !== undefined && marks !== null);
    // Not by the day: indexes that begin with it would be chosen, and read a whole day for each.
    const rows = await this.options.dataSource.query<
      { leaf_index: string; day: number; case_mark: string; subject_mark: string }[]
    >(
      `SELECT m.leaf_index, m.day, m.case_mark, m.subject_mark
       FROM unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::bigint[])
         AS wanted (kind, at, leaf_index, asker)
       CROSS JOIN LATERAL (
         SELECT row.leaf_index, row.day, row.case_mark, row.subject_mark FROM access_log_mark row
         WHERE row.asker = wanted.asker AND row.kind = wanted.kind AND row.at = wanted.at
           AND row.leaf_index = wanted.leaf_index LIMIT 2) m`,
      [...placesOf(wanted), wanted.map(({ marks }) => textOf(marks?.asker))],
    );
    const marked = onlyRows(wanted, rows, ({ marks, at }, row) => {
      return (
        row.day === dayOfInstant(at) &&
        row.case_mark === textOf(marks?.caseReference) &&
        row.subject_mark === textOf(marks?.subject)
      );
    });
    const without = expected.filter(({ marks }) => marks === null).map(({ leaf }) => leaf);
    return new Set([...marked, ...without]);
  }

  async #list(tree: string, lost: readonly ExpectedRows[]): Promise<void> {
    const { dataSource, kinds, sides } = this.options;
    // What a record is may have been taken away, or given another number, since it was asked for.
    kinds.forget();
    const rows: { readonly row: PlacedSideRow; readonly checked: Marks | null }[] = [];
    for (const { leaf, at, host, marks } of lost) {
      const side = await sides.rowOf(tree, at, leaf.record, host, null);
      rows.push({ row: { index: leaf.index, side }, checked: marks });
    }
    await dataSource.transaction(async (manager) => {
      // Another gateway may be at the same.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtext('safeconduct/log-rows'))`);
      const listed: PlacedSideRow[] = [];
      for (const { row, checked } of rows) {
        const { index, side } = row;
        const { kind, at, day } = side;
        await manager.query(
          'DELETE FROM access_log_entry WHERE kind = $1 AND at = $2 AND leaf_index = $3',
          [kind, at, index],
        );
        const place = [day, kind, at, index];
        const where = 'WHERE day = $1 AND kind = $2 AND at = $3 AND leaf_index = $4';
        if (checked === null) {
          listed.push({ index, side: { ...side, marks: null } });
          continue;
        }
        // A row that still stands there keeps what it says of the question.
        const [, kept] = await manager.query<[unknown, number]>(
          `UPDATE access_log_mark SET asker = $5, case_mark = $6, subject_mark = $7 ${where}`,
          [...place, textOf(checked.asker), textOf(checked.caseReference), textOf(checked.subject)],
        );
        if (kept > 1) await manager.query(`DELETE FROM access_log_mark ${where}`, place);
        listed.push(kept === 1 ? { index, side: { ...side, marks: null } } : row);
      }
      await listRecords(manager, listed);
    });
  }
}

function hostOf(tree: string, { record, sealed }: CheckedLeaf, key: KeyObject): HostPart | null {
  try {
    return openHostPart(sealed, deriveRecordSecrets(key, tree, record.id), tree, record.id);
  } catch (error) {
    if (isGatewayError(error, 'ERR_SEALED_DATA_DAMAGED')) return null;
    throw error;
  }
}

const nameOf = (record: AccessRecord, tree: string): string =>
  JSON.stringify(kindColumns({ ...record, tree }));

const textOf = (mark: Buffer | undefined): string => mark?.readBigInt64BE(0).toString() ?? '';

const placesOf = (wanted: readonly ExpectedRows[]): unknown[] => [
  wanted.map(({ kind }) => kind),
  wanted.map(({ at }) => at.toISOString()),
  wanted.map(({ leaf }) => leaf.index),
];

/** From the first to the last, so that only their parts of the table are looked at. */
function spanOf(wanted: readonly ExpectedRows[]): readonly Date[] {
  const times = wanted.map(({ at }) => at.getTime());
  return [new Date(Math.min(...times)), new Date(Math.max(...times))];
}

/** Leaves that have one row, and the right one. */
function onlyRows<Row extends { readonly leaf_index: string }>(
  wanted: readonly ExpectedRows[],
  rows: readonly Row[],
  isRight: (expected: ExpectedRows, row: Row) => boolean,
): ReadonlySet<CheckedLeaf> {
  const found = new Map<number, Row | null>();
  for (const row of rows) {
    const index = Number(row.leaf_index);
    found.set(index, found.has(index) ? null : row);
  }
  const right = wanted.filter((expected) => {
    const row = found.get(expected.leaf.index) ?? null;
    return row !== null && isRight(expected, row);
  });
  return new Set(right.map(({ leaf }) => leaf));
}
