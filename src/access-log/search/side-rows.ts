import type { AccessRecord } from '../../core/log/record.js';
import {
  dayOfInstant,
  marksOf,
  referenceBytes,
  windowOf,
  type Markable,
  type Marks,
} from '../../core/log/marks.js';
import { arrayOf } from '../prepared.js';
import type { HostPart } from '../sealed-part.js';
import type { Queryable } from '../tree.repository.js';
import type { Kinds } from './kinds.js';
import type { MarkKeys } from './mark-keys.js';

/** What the side table has of one record besides its place. */
export interface SideRow {
  readonly kind: number;
  readonly day: number;
  readonly at: Date;
  /** 8 bytes. */
  readonly referenceMark: Buffer;
  /** Null for a record of a window whose keys are destroyed. */
  readonly marks: Marks | null;
}

export type ListedRecord = Pick<
  AccessRecord,
  'id' | 'grant' | 'grantVersion' | 'purpose' | 'outcome' | 'fields' | 'reference'
>;

/** Makes rows of the side table. */
export class SideRows {
  constructor(
    private readonly kinds: Kinds,
    private readonly keys: MarkKeys,
  ) {}

  /**
   * @param host the sealed part; null when it can no longer be opened
   * @param person canonical evidence of the question; null where none was understood
   */
  async rowOf(
    tree: string,
    at: Date,
    record: ListedRecord,
    host: HostPart | null,
    person: string | null,
  ): Promise<SideRow> {
    const { id, reference } = record;
    const window = windowOf(at);
    const kind = await this.kinds.numberOf({ ...record, tree });
    const current = await this.keys.key(window);
    const next = await this.keys.key(window + 1);
    const markable: Markable = {
      tree,
      id,
      person,
      caseReference: host?.caseReference ?? null,
      officer: host?.officer ?? null,
      clientId: host?.clientId ?? null,
      subject: host?.subject ?? null,
    };
    return {
      kind,
      day: dayOfInstant(at),
      at,
      referenceMark: referenceBytes(reference ?? id),
      // A record restored from the journal when its window's own key is over has its later marks.
      marks: next === undefined ? null : marksOf(markable, current ?? next, next),
    };
  }
}

/** A row of the side table with its place. */
export interface PlacedSideRow {
  readonly index: number;
  readonly side: SideRow;
}

interface MarkedSideRow extends PlacedSideRow {
  readonly side: SideRow & { readonly marks: Marks };
}

const isMarked = (row: PlacedSideRow): row is MarkedSideRow => row.side.marks !== null;

/**
 * The part of the statement that inserts records (grow-trees.ts) which lists them, so that no record
 * is ever without its row. It follows a part `head`, of one row when there is to be anything.
 *
 * @param from number of the first parameter
 */
export function listingStatement(from: number): string {
  const column = (at: number, type: string) => `($${from + at}::${type}[])`;
  const place = (at: number) =>
    `${column(at, 'int')}[i], ${column(at + 1, 'int')}[i], ${column(at + 2, 'timestamptz')}[i],
      ${column(at + 3, 'bigint')}[i]`;
  const marks = [9, 10, 11, 12, 13].map((at) => `${column(at, 'bigint')}[i]`);
  return `listed AS (
    INSERT INTO access_log_entry (kind, day, at, leaf_index, reference_mark)
    SELECT ${place(0)}, ${column(4, 'bigint')}[i]
    FROM head CROSS JOIN generate_series(1, cardinality${column(0, 'int')}) AS i
  ), marked AS (
    INSERT INTO access_log_mark (kind, day, at, leaf_index, asker, person, person_next, case_mark,
      subject_mark)
    SELECT ${place(5)}, ${marks.join(', ')}
    FROM head CROSS JOIN generate_series(1, cardinality${column(5, 'int')}) AS i
  )`;
}

/** Parameters of {@link listingStatement}. */
export function listingParameters(rows: readonly PlacedSideRow[]): unknown[] {
  const marked = rows.filter(isMarked);
  return [
    arrayOf('integer', rows, ({ side }) => side.kind),
    arrayOf('integer', rows, ({ side }) => side.day),
    arrayOf('timestamptz', rows, ({ side }) => side.at),
    arrayOf('bigint', rows, ({ index }) => index),
    arrayOf('bigint', rows, ({ side }) => side.referenceMark),
    arrayOf('integer', marked, ({ side }) => side.kind),
    arrayOf('integer', marked, ({ side }) => side.day),
    arrayOf('timestamptz', marked, ({ side }) => side.at),
    arrayOf('bigint', marked, ({ index }) => index),
    arrayOf('bigint', marked, ({ side }) => side.marks.asker),
    arrayOf('bigint', marked, ({ side }) => side.marks.person),
    arrayOf('bigint', marked, ({ side }) => side.marks.personNext),
    arrayOf('bigint', marked, ({ side }) => side.marks.caseReference),
    arrayOf('bigint', marked, ({ side }) => side.marks.subject),
  ];
}

/**
 * As {@link listingStatement} for one record with marks: the part `head` then has its `leaf_index`.
 *
 * @param from number of the first parameter
 */
export function listingOne(from: number): string {
  const p = (at: number) => `$${from + at}`;
  const place = `${p(0)}::int, ${p(1)}::int, ${p(2)}::timestamptz, leaf_index`;
  return `listed AS (
    INSERT INTO access_log_entry (kind, day, at, leaf_index, reference_mark)
    SELECT ${place}, ${p(3)}::bigint FROM head
  ), marked AS (
    INSERT INTO access_log_mark (kind, day, at, leaf_index, asker, person, person_next, case_mark,
      subject_mark)
    SELECT ${place}, ${p(4)}::bigint, ${p(5)}::bigint, ${p(6)}::bigint, ${p(7)}::bigint,
      ${p(8)}::bigint
    FROM head
  )`;
}

/** Parameters of {@link listingOne}. */
export function listingOneParameters(row: SideRow & { readonly marks: Marks }): unknown[] {
  const { kind, day, at, referenceMark: reference, marks } = row;
  const { asker, person, personNext, caseReference, subject } = marks;
  const time = at.toISOString();
  return [kind, day, time, reference, asker, person, personNext, caseReference, subject];
}

/** Lists records that are there already. */
export async function listRecords(
  database: Queryable,
  rows: readonly PlacedSideRow[],
): Promise<void> {
  await database.query(
    `WITH head AS (SELECT 1), ${listingStatement(1)} SELECT 1`,
    listingParameters(rows),
  );
}
