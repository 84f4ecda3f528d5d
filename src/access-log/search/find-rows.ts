import type { PartnerCode } from '../../core/ids.js';
import {
  askerMark,
  dayOfInstant,
  markOf,
  referenceMark,
  windowDays,
  windowOf,
} from '../../core/log/marks.js';
import type { Queryable } from '../tree.repository.js';
import type { FoundRow, LogFilter, LogPosition } from './filter.js';
import type { MarkKeys } from './mark-keys.js';

/**
 * Finds rows of the side table, the latest first. Every search first chooses kinds, of which there
 * are few, and then reads one of these, so that none reads more than it shows:
 *
 * - a mark (case, same question) or a pairwise reference: the days one after another, each a place in
 *   an index;
 * - who asked: the newest of each kind under that mark;
 * - otherwise: the newest of each kind, or, of many kinds, of a short time.
 */
export interface RowsWanted {
  readonly filter: LogFilter;
  readonly after: LogPosition | undefined;
  readonly most: number;
  readonly now: Date;
  /** Place of the record whose question is sought, for a filter that names one. */
  readonly sameQuestionAs?: MarkedPlace;
}

interface Source {
  readonly database: Queryable;
  readonly keys: MarkKeys;
}

interface RowColumns {
  readonly kind: number;
  readonly at: Date;
  readonly leaf_index: string;
}

interface Chosen {
  readonly tree: string;
  readonly partner: PartnerCode | null;
}

/** The beginning and the end of time, for an instant nobody gave. */
const earliest = new Date(0);
const latest = new Date(253_402_300_799_999);

export async function findRows(source: Source, wanted: RowsWanted): Promise<readonly FoundRow[]> {
  const { filter } = wanted;
  const kinds = await chooseKinds(source.database, filter);
  if (kinds.size === 0) return [];
  const rows = await rowsOf(source, wanted, [...kinds.keys()], kinds);
  return rows.flatMap(({ kind, at, leaf_index: index }) => {
    const chosen = kinds.get(kind);
    return chosen === undefined ? [] : [{ ...chosen, kind, at, index: Number(index) }];
  });
}

/** Kinds a search may show, by number. */
export async function chooseKinds(
  database: Queryable,
  filter: LogFilter,
): Promise<ReadonlyMap<number, Chosen>> {
  const { partner, grant, grantVersion, purpose, outcomes, refused, field } = filter;
  const rows = await database.query<{ kind: number; tree: string; owner: PartnerCode | null }[]>(
    `SELECT k.kind, k.tree, t.owner FROM access_log_kind k JOIN access_log_tree t ON t.tree = k.tree
     WHERE ($1::text = 'ANY' OR ($1 = 'HOST' AND t.owner IS NULL) OR t.owner = $2)
       AND ($3::text IS NULL OR k.grant_id = $3)
       AND ($4::int IS NULL OR k.grant_version = $4)
       AND ($5::text IS NULL OR k.purpose = $5)
       AND ($6::text[] IS NULL OR k.outcome = ANY ($6))
       AND (NOT $7::boolean OR starts_with(k.outcome, 'ERR_'))
       AND ($8::text IS NULL OR position($8 IN k.fields) > 0)
     ORDER BY k.kind`,
    [
      partner === undefined ? 'ANY' : partner === null ? 'HOST' : 'PARTNER',
      partner ?? null,
      grant ?? null,
      grantVersion ?? null,
      purpose ?? null,
      outcomes === undefined ? null : [...outcomes],
      refused ?? false,
      field === undefined ? null : `[${JSON.stringify(field)},`,
    ],
  );
  return new Map(rows.map(({ kind, tree, owner }) => [kind, { tree, partner: owner }]));
}

async function rowsOf(
  source: Source,
  wanted: RowsWanted,
  kinds: readonly number[],
  chosen: ReadonlyMap<number, Chosen>,
): Promise<readonly RowColumns[]> {
  const { filter } = wanted;
  if (wanted.sameQuestionAs !== undefined) {
    return byMarks(source, wanted, kinds, await questionMarks(source, wanted.sameQuestionAs));
  }
  if (filter.caseReference !== undefined) {
    const value = filter.caseReference;
    const marks = await liveMarks(source, wanted.now, (key) => markOf(key, 'case', value));
    return byMarks(
      source,
      wanted,
      kinds,
      marks.map((mark) => ({ ...mark, column: 'case_mark' })),
    );
  }
  if (filter.reference !== undefined) return byReference(source, wanted, kinds, filter.reference);
  if (filter.officer !== undefined || filter.clientId !== undefined) {
    const tree = [...chosen.values()][0]?.tree ?? '';
    const asker = (key: Parameters<typeof askerMark>[0]) =>
      askerMark(key, tree, filter.officer ?? null, filter.clientId ?? '');
    return byAsker(source, wanted, kinds, await liveMarks(source, wanted.now, asker));
  }
  return byKinds(source, wanted, kinds);
}

interface MarkWanted {
  readonly window: number;
  readonly mark: string;
  readonly column: 'person' | 'person_next' | 'case_mark';
}

/** The mark of a value in every window it can still be found in. */
export async function liveMarks(
  { keys }: Source,
  now: Date,
  compute: (key: Parameters<typeof markOf>[0]) => string,
): Promise<readonly { readonly window: number; readonly mark: string }[]> {
  const current = windowOf(now);
  const marks: { window: number; mark: string }[] = [];
  for (const window of [current, current - 1]) {
    const key = await keys.key(window + 1);
    if (key !== undefined) marks.push({ window, mark: compute(key) });
  }
  return marks;
}

/** Where the row of one record stands in the index of who asked. */
export interface MarkedPlace {
  readonly window: number;
  readonly asker: string;
  readonly kind: number;
  readonly at: Date;
  readonly index: number;
}

/** Marks of the question of one record, in its own window and those beside it. */
async function questionMarks(
  { database }: Source,
  place: MarkedPlace,
): Promise<readonly MarkWanted[]> {
  const [row] = await database.query<{ person: string; person_next: string }[]>(
    `SELECT person, person_next FROM access_log_mark
     WHERE asker = $1 AND kind = $2 AND at = $3 AND leaf_index = $4
       AND day = ANY ($5::int[])`,
    [place.asker, place.kind, place.at, place.index, daysOf(place.window)],
  );
  if (row === undefined) return [];
  const { window } = place;
  return [
    { window, mark: row.person, column: 'person' },
    { window: window + 1, mark: row.person_next, column: 'person' },
    { window: window - 1, mark: row.person, column: 'person_next' },
  ];
}

/** Conditions every statement has: kinds, times, and what was shown before. */
const conditions = (row: string) => `${row}.at >= $2 AND ${row}.at < $3
  AND (${row}.at, ${row}.kind, ${row}.leaf_index) < ($4, $5, $6)`;
const newestFirst = 'ORDER BY at DESC, kind DESC, leaf_index DESC LIMIT $7';

function parametersOf(
  { filter, after, most }: RowsWanted,
  kinds: readonly number[],
  from = filter.from ?? earliest,
): readonly unknown[] {
  const { to = latest } = filter;
  const end = after ?? { at: latest, kind: 0, index: 0 };
  return [[...kinds], from, to, end.at, end.kind, end.index, most];
}

/** The same for the rows of one kind, in a form that is a place in the index (kind, at, leaf_index). */
const ofOneKind = (row: string) => `${row}.kind = chosen.kind AND ${row}.at >= $2 AND ${row}.at < $3
  AND (${row}.at, ${row}.leaf_index) < ($4, CASE WHEN chosen.kind < $5 THEN 9223372036854775807
    WHEN chosen.kind = $5 THEN $6 ELSE -1 END)`;

async function byKinds(
  { database }: Source,
  wanted: RowsWanted,
  kinds: readonly number[],
): Promise<readonly RowColumns[]> {
  return widening(wanted, kinds, (from, isShort) =>
    database.query<RowColumns[]>(isShort ? newestInTime : newestOfKinds, [
      ...parametersOf(wanted, kinds, from),
    ]),
  );
}

/** A place in the index for each kind. */
const newestOfKinds = `SELECT found.kind, found.at, found.leaf_index
  FROM unnest($1::int[]) AS chosen (kind) CROSS JOIN LATERAL (
    SELECT e.kind, e.at, e.leaf_index FROM access_log_entry e
    WHERE ${ofOneKind('e')} ORDER BY e.at DESC, e.leaf_index DESC LIMIT $7) found
  ${newestFirst}`;

/**
 * The rows of a short time, which lie beside each other. `+ 0` keeps the index by kind out of it: a
 * thousand kinds are a thousand places there.
 */
const newestInTime = `SELECT e.kind, e.at, e.leaf_index FROM access_log_entry e
  WHERE e.kind + 0 = ANY ($1::int[]) AND e.at <= $4 AND ${conditions('e')} ${newestFirst}`;

/** A mark of who asked is under a key of one window, so that it says the window as well. */
async function byAsker(
  { database }: Source,
  wanted: RowsWanted,
  kinds: readonly number[],
  marks: readonly { readonly mark: string }[],
): Promise<readonly RowColumns[]> {
  return widening(wanted, kinds, (from) =>
    database.query<RowColumns[]>(
      `SELECT found.kind, found.at, found.leaf_index
       FROM unnest($1::int[]) AS chosen (kind) CROSS JOIN unnest($8::bigint[]) AS sought (mark)
       CROSS JOIN LATERAL (
         SELECT m.kind, m.at, m.leaf_index FROM access_log_mark m
         WHERE m.asker = sought.mark AND ${ofOneKind('m')}
         ORDER BY m.at DESC, m.leaf_index DESC LIMIT $7) found
       ${newestFirst}`,
      [...parametersOf(wanted, kinds, from), marks.map(({ mark }) => mark)],
    ),
  );
}

/** So many kinds are read whole: what is read of each is at most a page. */
const fewKinds = 32;
/** Minutes looked back over at first, and how much further each time too little was found. */
const firstMinutes = 4;
const wider = 16;
/** Up to so much time is read whole rather than kind by kind: 17 hours. */
const shortMinutes = firstMinutes * wider * wider;

/**
 * Of many kinds a page of each would be far more than the page that is shown: looks back over a short
 * time, and over a longer one until the page is full.
 */
async function widening(
  { filter, after, most, now }: RowsWanted,
  kinds: readonly number[],
  read: (from: Date, isShort: boolean) => Promise<readonly RowColumns[]>,
): Promise<readonly RowColumns[]> {
  const { from = earliest, to = latest } = filter;
  if (kinds.length <= fewKinds) return read(from, false);
  const ends = Math.min(now.getTime() + 60_000, to.getTime(), (after?.at ?? latest).getTime());
  for (let minutes = firstMinutes; ; minutes *= wider) {
    const begins = ends - minutes * 60_000;
    const isShort = minutes <= shortMinutes;
    if (begins <= from.getTime()) return read(from, isShort);
    const rows = await read(new Date(begins), isShort);
    if (rows.length >= most) return rows;
  }
}

async function byMarks(
  { database }: Source,
  wanted: RowsWanted,
  kinds: readonly number[],
  marks: readonly MarkWanted[],
): Promise<readonly RowColumns[]> {
  if (marks.length === 0) return [];
  const parameters = [...parametersOf(wanted, kinds)];
  const parts = marks.map(({ window, mark, column }) => {
    const from = parameters.push(daysOf(window), mark) - 1;
    return `SELECT m.kind, m.at, m.leaf_index FROM access_log_mark m
      WHERE m.day = ANY ($${from}::int[]) AND m.${column} = $${from + 1}
        AND m.kind = ANY ($1) AND ${conditions('m')}`;
  });
  return database.query<RowColumns[]>(`${parts.join(' UNION ALL ')} ${newestFirst}`, parameters);
}

async function byReference(
  { database }: Source,
  wanted: RowsWanted,
  kinds: readonly number[],
  reference: string,
): Promise<readonly RowColumns[]> {
  const { from, to } = wanted.filter;
  const last = dayOfInstant(to ?? wanted.now) + 1;
  const [first] = await database.query<{ day: number | null }[]>(
    'SELECT min(day) AS day FROM access_log_entry',
  );
  const begin = Math.max(first?.day ?? last, from === undefined ? 0 : dayOfInstant(from));
  const days = Array.from({ length: Math.max(0, last - begin + 1) }, (_, at) => begin + at);
  return database.query<RowColumns[]>(
    `SELECT e.kind, e.at, e.leaf_index FROM access_log_entry e
     WHERE e.day = ANY ($8::int[]) AND e.reference_mark = $9
       AND e.kind = ANY ($1) AND ${conditions('e')}
     ${newestFirst}`,
    [...parametersOf(wanted, kinds), days, referenceMark(reference)],
  );
}

const daysOf = (window: number): readonly number[] =>
  Array.from({ length: windowDays }, (_, at) => window * windowDays + at);
