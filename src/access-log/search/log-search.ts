import type { DataSource } from 'typeorm';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import type { PartnerCode } from '../../core/ids.js';
import { askerMark, windowOf } from '../../core/log/marks.js';
import { decodeRecord, type AccessRecord } from '../../core/log/record.js';
import { deriveRecordSecrets, type RecordKeys } from '../record-keys.js';
import { withSealed, type SealedColumns } from '../months/sealed-rows.js';
import type { HostPart } from '../sealed-part.js';
import { readTrees, type Queryable } from '../tree.repository.js';
import type { Trees } from '../trees.js';
import type { Available } from '../availability.js';
import { checkIntact, type HashedColumns } from '../intact-leaves.js';
import { countRows, type CountWanted, type RecordCount } from './count-rows.js';
import { placesOfReferences, referencesOf, type KnownPerson } from './disclosures.js';
import type { FoundRow, LogFilter, LogPosition } from './filter.js';
import { findRows, liveMarks, type MarkedPlace } from './find-rows.js';
import type { Kinds } from './kinds.js';
import { openStored } from './list-stored.js';
import type { MarkKeys } from './mark-keys.js';

export interface LogSearchOptions {
  readonly dataSource: DataSource;
  readonly trees: Trees;
  readonly keys: RecordKeys;
  readonly kinds: Kinds;
  readonly markKeys: MarkKeys;
  readonly available: Available;
}

/** A record as the host can read it. */
export interface ReadRecord {
  /** Null for the host's tree. */
  readonly partner: PartnerCode | null;
  /** Of its tree. */
  readonly origin: string;
  readonly index: number;
  readonly record: AccessRecord;
  /** Null when the key of its month was destroyed. */
  readonly host: HostPart | null;
  readonly position: LogPosition;
}

/** One record that told a partner of one person. */
export interface PersonDisclosure extends Omit<ReadRecord, 'position' | 'partner'> {
  readonly partner: PartnerCode;
  /** Inside id. */
  readonly person: string;
}

/** What one partner was told of one person, all together. */
export interface PartnerTold {
  readonly person: string;
  readonly partner: PartnerCode;
  readonly records: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** In contract names. */
  readonly fields: readonly string[];
}

const pageOfPlaces = 500;

/** One named officer, or one system, of a partner. */
export interface AskerFilter {
  readonly partner: PartnerCode;
  readonly officer?: string;
  readonly clientId?: string;
}

/** Longest a page is. */
export const mostFound = 100;

/**
 * Finds records through the side table and opens them. Nothing here decides who may read, or records
 * that it was read: that is the caller's.
 *
 * All members throw {@link GatewayError} ERR_LOG_UNAVAILABLE.
 */
export class LogSearch {
  constructor(private readonly options: LogSearchOptions) {}

  /**
   * Records that fit, the latest first.
   *
   * @param page `after` is where the page before ended; `first` at most one more than a page
   * @throws {GatewayError} ERR_INPUT_INVALID for an officer or system without its partner
   */
  async find(
    filter: LogFilter,
    page: { readonly after?: LogPosition | undefined; readonly first: number },
    now: Date,
  ): Promise<readonly ReadRecord[]> {
    const asks = filter.officer ?? filter.clientId;
    if (asks !== undefined && filter.partner === undefined) throw inputInvalid('partner');
    const { dataSource, markKeys } = this.options;
    return this.options.available(async () => {
      const place =
        filter.sameQuestionAs === undefined ? undefined : await this.#place(filter.sameQuestionAs);
      if (place === undefined && filter.sameQuestionAs !== undefined) return [];
      const rows = await findRows(
        { database: dataSource, keys: markKeys },
        {
          filter,
          after: page.after,
          most: Math.min(page.first, mostFound + 1),
          now,
          ...(place === undefined ? {} : { sameQuestionAs: place }),
        },
      );
      return this.#read(rows);
    });
  }

  /**
   * When one officer or system asked, by the hour, while the keys of marks last. Nobody is named:
   * `asker` says nothing without the key. Records under `exceptGrants` are not counted.
   */
  async activity(
    who: AskerFilter,
    { from, exceptGrants = [] }: { readonly from: Date; readonly exceptGrants?: readonly string[] },
    now: Date,
  ): Promise<{
    readonly asker: string;
    readonly hours: readonly { readonly at: Date; readonly count: number }[];
  }> {
    const { dataSource, markKeys, trees } = this.options;
    return this.options.available(async () => {
      const { id: tree } = await trees.find({ kind: 'partner', partner: who.partner });
      const marks = await liveMarks({ database: dataSource, keys: markKeys }, now, (key) =>
        askerMark(key, tree, who.officer ?? null, who.clientId ?? ''),
      );
      const rows = await dataSource.query<{ at: Date; count: string }[]>(
        `SELECT date_trunc('hour', at, 'UTC') AS at, count(*) AS count FROM access_log_mark
         WHERE asker = ANY ($1::bigint[]) AND at >= $2 AND kind NOT IN (
           SELECT kind FROM access_log_kind WHERE grant_id = ANY ($3::text[]))
         GROUP BY 1 ORDER BY 1`,
        [marks.map(({ mark }) => mark), from, [...exceptGrants]],
      );
      const hours = rows.map(({ at, count }) => ({ at, count: Number(count) }));
      return { asker: marks[0]?.mark ?? '', hours };
    });
  }

  /** One record by its id; `undefined` when there is none. */
  async record(id: string): Promise<Omit<ReadRecord, 'position'> | undefined> {
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
    return this.options.available(async () => {
      const [row] = await this.options.dataSource.query<LeafColumns[]>(
        `SELECT t.tree, t.owner, l.leaf_index, l.record, l.hashes, l.month, l.sealed
         FROM access_log_tree t JOIN access_log_leaf l ON l.tree = t.tree AND l.id = $1`,
        [id],
      );
      if (row === undefined) return undefined;
      const [leaf = row] = await withSealed(this.options.dataSource, [row]);
      return this.#open(leaf);
    });
  }

  /**
   * A partner's own record by its id, with the salt of its commitment; `undefined` when its tree has
   * none, or the key of its month was destroyed.
   */
  async ownRecord(
    partner: PartnerCode,
    id: string,
  ): Promise<
    { readonly record: AccessRecord; readonly host: HostPart; readonly salt: Buffer } | undefined
  > {
    const found = await this.record(id);
    if (found === undefined || found.partner !== partner) return undefined;
    const { record, host, origin } = found;
    const tree = this.options.trees.idOf(origin);
    return this.options.available(async () => {
      const epochKey = await this.options.keys.existingKey(new Date(record.at));
      if (host === null || tree === undefined || epochKey === undefined) return undefined;
      return { record, host, salt: deriveRecordSecrets(epochKey, tree, id).salt };
    });
  }

  /** How many records fit, by what is asked for. */
  async count(wanted: CountWanted): Promise<readonly RecordCount[]> {
    const { dataSource } = this.options;
    return this.options.available(async () => countRows(dataSource, wanted));
  }

  /**
   * Records of one tree in their order, from a leaf on: what a copy of the log is fed by.
   *
   * @returns at most `most`, fewer at the end
   */
  async tail(
    partner: PartnerCode | null,
    from: number,
    most: number,
  ): Promise<readonly Omit<ReadRecord, 'position'>[]> {
    return this.options.available(async () => {
      const rows = await this.options.dataSource.query<LeafColumns[]>(
        `SELECT t.tree, t.owner, l.leaf_index, l.record, l.hashes, l.month, l.sealed
         FROM access_log_tree t JOIN access_log_leaf l ON l.tree = t.tree
         WHERE t.owner IS NOT DISTINCT FROM $1 AND l.leaf_index >= $2
         ORDER BY l.leaf_index LIMIT $3`,
        [partner, from, most],
      );
      const leaves = await withSealed(this.options.dataSource, rows);
      return Promise.all(leaves.map((leaf) => this.#open(leaf)));
    });
  }

  /**
   * Everything partners were told of these people, the oldest first, however long ago: by the pairwise
   * references that follow from each person's secret. Once that is destroyed nobody can ask this
   * again: ask before erasing.
   */
  async historyOf(...people: readonly KnownPerson[]): Promise<readonly PersonDisclosure[]> {
    const partners = (await this.trees()).flatMap(({ partner }) => partner ?? []);
    return this.options.available(async () => {
      const book = referencesOf(people, partners);
      if (book.size === 0) return [];
      const { dataSource } = this.options;
      const places = await placesOfReferences(dataSource, [...book.keys()]);
      const told: PersonDisclosure[] = [];
      for (let at = 0; at < places.length; at += pageOfPlaces) {
        const page = places.slice(at, at + pageOfPlaces);
        const leaves = await this.#leaves(page);
        for (const place of page) {
          const leaf = await this.#open(leafAt(leaves, place));
          const person = book.get(leaf.record.reference ?? '');
          const { partner } = leaf;
          if (person !== undefined && partner !== null) told.push({ ...leaf, partner, person });
        }
      }
      return told;
    });
  }

  /** How many places speak of these people, as one transaction sees the log. */
  async placesOf(database: Queryable, ...people: readonly KnownPerson[]): Promise<number> {
    return this.options.available(async () => {
      const partners = (await readTrees(database)).flatMap(({ owner }) =>
        owner === null ? [] : [owner as PartnerCode],
      );
      const book = referencesOf(people, partners);
      return book.size === 0 ? 0 : (await placesOfReferences(database, [...book.keys()])).length;
    });
  }

  /** Partners that were told something of these people: whom a notice or a correction goes to. */
  async partnersTold(...people: readonly KnownPerson[]): Promise<readonly PartnerTold[]> {
    const told = new Map<string, PartnerTold>();
    for (const { person, partner, record } of await this.historyOf(...people)) {
      const key = `${person} ${partner}`;
      const before = told.get(key);
      const fields = new Set([...(before?.fields ?? []), ...record.fields.map(([field]) => field)]);
      told.set(key, {
        person,
        partner,
        records: (before?.records ?? 0) + 1,
        firstAt: before?.firstAt ?? new Date(record.at),
        lastAt: new Date(record.at),
        fields: [...fields].sort(),
      });
    }
    return [...told.values()];
  }

  /** The trees there are: the partner, or null for the host's own, and how many records it has. */
  async trees(): Promise<
    readonly { readonly partner: PartnerCode | null; readonly size: number }[]
  > {
    return this.options.available(async () => {
      const rows = await this.options.dataSource.query<
        { owner: PartnerCode | null; size: string }[]
      >('SELECT owner, size FROM access_log_tree ORDER BY owner NULLS FIRST');
      return rows.map(({ owner: partner, size }) => ({ partner, size: Number(size) }));
    });
  }

  /** Where a record's marks stand; `undefined` when there are none any more. */
  async #place(id: string): Promise<MarkedPlace | undefined> {
    const { kinds, trees, markKeys } = this.options;
    const found = await this.record(id);
    if (found === undefined) return undefined;
    const { record, host, index, origin } = found;
    const at = new Date(record.at);
    const window = windowOf(at);
    const key = await markKeys.key(window + 1);
    const tree = trees.idOf(origin);
    if (key === undefined || host === null || tree === undefined) return undefined;
    const asker = askerMark(key, tree, host.officer, host.clientId);
    return { window, asker, kind: await kinds.numberOf({ ...record, tree }), at, index };
  }

  async #read(rows: readonly FoundRow[]): Promise<readonly ReadRecord[]> {
    if (rows.length === 0) return [];
    const leaves = await this.#leaves(rows);
    return Promise.all(
      rows.map(async (row) => {
        const { at, kind, index } = row;
        return { ...(await this.#open(leafAt(leaves, row))), position: { at, kind, index } };
      }),
    );
  }

  async #leaves(places: readonly Place[]): Promise<ReadonlyMap<string, LeafColumns>> {
    const leaves = await this.options.dataSource.query<LeafColumns[]>(
      `SELECT t.tree, t.owner, l.leaf_index, l.record, l.hashes, l.month, l.sealed
       FROM unnest($1::text[], $2::bigint[]) AS wanted (tree, leaf_index)
       JOIN access_log_leaf l ON l.tree = wanted.tree AND l.leaf_index = wanted.leaf_index
       JOIN access_log_tree t ON t.tree = l.tree`,
      [places.map(({ tree }) => tree), places.map(({ index }) => index)],
    );
    const whole = await withSealed(this.options.dataSource, leaves);
    return new Map(whole.map((leaf) => [`${leaf.tree} ${leaf.leaf_index}`, leaf]));
  }

  async #open(leaf: LeafColumns): Promise<Omit<ReadRecord, 'position'>> {
    checkIntact(leaf);
    const record = decodeRecord(leaf.record);
    return {
      partner: leaf.owner,
      origin: this.options.trees.originOf(leaf.tree),
      index: Number(leaf.leaf_index),
      record,
      host: await openStored(this.options.keys, leaf, record),
    };
  }
}

interface Place {
  readonly tree: string;
  readonly index: number;
}

function leafAt(leaves: ReadonlyMap<string, LeafColumns>, { tree, index }: Place): LeafColumns {
  const leaf = leaves.get(`${tree} ${index}`);
  if (leaf === undefined) {
    throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
      detail: `tree ${tree}: leaf ${index} is listed and not there`,
    });
  }
  return leaf;
}

interface LeafColumns extends SealedColumns, HashedColumns {
  readonly owner: PartnerCode | null;
}
