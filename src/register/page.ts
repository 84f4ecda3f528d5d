import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { Caseload, PartnerCode, StateCode } from '../core/ids.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { EpochKey } from './register-keys.js';

/**
 * A page: what finds up to 1,024 people, and what decides whether they may be found. Sealed with
 * AES-256-GCM under a page key made fresh at each rewrite, bound to page number and register
 * version; integers are big-endian; inside:
 *
 *     page    = 0x02 || caseloads || suppressions || count (uint16) || person * count || 0x00...
 *     table   = entries (uint16) || (length (uint16) || UTF-8) * entries
 *     person  = subject (16) || reference key (16) || caseload (uint16) || suppression (uint16)
 *               || flags (uint8: 1 live, 2 pending) || [live] || [pending]
 *     live    = version (uint32) || content key (16) || refusals (uint16)
 *               || flags (uint8: 1 informed) || terms (uint16) || term key (8) * terms
 *     pending = batch (16) || live
 *
 * Refusals are what the person said of a version's sharing, out of the table of suppressions; pages
 * that begin with 0x01 have neither them nor their flags. A suppression is its codes in order, joined by spaces. It belongs to the person, not to a
 * version: it holds from the moment it is recorded, released or not. Zeros fill up to a multiple of
 * 16 KiB. Another layout gets another first byte.
 */

export const peoplePerPage = 1024;
const paddingBytes = 16 * 1024;

/** What finds one version of a person. */
export interface PageVersion {
  readonly version: number;
  /** 16 bytes, see IndexKeys.contentKey. */
  readonly contentKey: Buffer;
  /** In code-point order, see Sharing. */
  readonly refusedFor: readonly (PartnerCode | StateCode)[];
  /** Whether the person was told. */
  readonly informed: boolean;
  /** Term keys, 8 bytes each, without duplicates. */
  readonly terms: Buffer;
}

export interface PendingVersion extends PageVersion {
  /** 16 bytes of the UUID of the batch that releases it. */
  readonly batch: Buffer;
}

export interface PagePerson {
  /** 16 bytes of the subject's UUID. */
  readonly subject: Buffer;
  /** 16 bytes, see IndexKeys.referenceKey. */
  readonly referenceKey: Buffer;
  readonly caseload: Caseload;
  /** In code-point order. */
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
  readonly live?: PageVersion;
  readonly pending?: PendingVersion;
}

export interface SealedPage {
  readonly pageNumber: number;
  /** Register version of the rewrite. */
  readonly version: bigint;
  readonly epochId: number;
  readonly keyWrapped: Buffer;
  readonly sealed: Buffer;
}

export function sealPage(
  epoch: EpochKey,
  pageNumber: number,
  version: bigint,
  people: readonly PagePerson[],
  pageKey: Uint8Array,
): SealedPage {
  return {
    pageNumber,
    version,
    epochId: epoch.id,
    keyWrapped: seal(epoch.key, pageKey, pageKeyContext(pageNumber, version, epoch.id)),
    sealed: seal(pageKey, encodePage(people), pageContext(pageNumber, version)),
  };
}

/** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED when key, place or bytes are not those sealed */
export function openPage(epoch: EpochKey, page: SealedPage): PagePerson[] {
  return decodePage(unsealPage(epoch, page));
}

/** The bytes of a page, for {@link decodePage} and {@link livePeople}. */
export function unsealPage(epoch: EpochKey, page: SealedPage): Buffer {
  const { pageNumber, version } = page;
  const key = unseal(epoch.key, page.keyWrapped, pageKeyContext(pageNumber, version, epoch.id));
  const plain = key && unseal(key, page.sealed, pageContext(pageNumber, version));
  if (plain?.[0] !== 1 && plain?.[0] !== 2) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `register page ${pageNumber}` });
  }
  return plain;
}

/** The page key wrapped anew; the page stays as it is. */
export function rewrapPageKey(
  from: EpochKey,
  to: EpochKey,
  pageNumber: number,
  version: bigint,
  keyWrapped: Uint8Array,
): Buffer {
  const pageKey = unseal(from.key, keyWrapped, pageKeyContext(pageNumber, version, from.id));
  if (pageKey === undefined) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `register page ${pageNumber}` });
  }
  return seal(to.key, pageKey, pageKeyContext(pageNumber, version, to.id));
}

export function encodePage(people: readonly PagePerson[]): Buffer {
  if (people.length > peoplePerPage) throw new TypeError('too many people for one page');
  const caseloads = new Map<string, number>();
  const suppressions = new Map<string, number>();
  const chunks: Buffer[] = [];
  for (const person of people) {
    const head = Buffer.alloc(5);
    head.writeUInt16BE(numberOf(caseloads, person.caseload), 0);
    head.writeUInt16BE(numberOf(suppressions, person.suppressedFor.join(' ')), 2);
    head[4] = (person.live ? 1 : 0) | (person.pending ? 2 : 0);
    chunks.push(person.subject, person.referenceKey, head);
    if (person.live) pushVersion(chunks, person.live, suppressions);
    if (person.pending) {
      chunks.push(person.pending.batch);
      pushVersion(chunks, person.pending, suppressions);
    }
  }
  const body = Buffer.concat([
    Buffer.of(2),
    encodeTable(caseloads),
    encodeTable(suppressions),
    uint16(people.length),
    ...chunks,
  ]);
  const padded = Buffer.alloc(Math.ceil(body.length / paddingBytes) * paddingBytes);
  padded.set(body);
  return padded;
}

export function decodePage(page: Buffer): PagePerson[] {
  const layout = page[0] ?? 0;
  const reader = new PageReader(page, 1);
  const caseloads = reader.table();
  const suppressions = reader
    .table()
    .map((codes) => (codes === '' ? [] : codes.split(' ')) as (PartnerCode | StateCode)[]);
  return Array.from({ length: reader.uint16() }, (): PagePerson => {
    const subject = reader.bytes(16);
    const referenceKey = reader.bytes(16);
    const caseload = (caseloads[reader.uint16()] ?? '') as Caseload;
    const suppressedFor = suppressions[reader.uint16()] ?? [];
    const flags = reader.bytes(1)[0] ?? 0;
    const live = (flags & 1) === 0 ? undefined : reader.version(layout, suppressions);
    const pending =
      (flags & 2) === 0
        ? undefined
        : { batch: reader.bytes(16), ...reader.version(layout, suppressions) };
    return {
      subject,
      referenceKey,
      caseload,
      suppressedFor,
      ...(live === undefined ? {} : { live }),
      ...(pending === undefined ? {} : { pending }),
    };
  });
}

/** Somebody who can be found, as the blind index takes it: places in the page, nothing copied. */
export interface LivePerson {
  readonly subjectAt: number;
  readonly version: number;
  readonly caseload: Caseload;
  /** Suppressed, and what the person refused, waiting refusals included. */
  readonly keptFrom: PagePerson['suppressedFor'];
  /** Without what the person refused. */
  readonly suppressedFor: PagePerson['suppressedFor'];
  readonly informed: boolean;
  readonly termsAt: number;
  readonly terms: number;
}

const nobodyKept: PagePerson['suppressedFor'] = [];

/** The live people of a page, one after another. */
export function livePeople(page: Buffer): readonly LivePerson[] {
  const layout = page[0] ?? 0;
  const reader = new PageReader(page, 1);
  const caseloads = reader.table() as Caseload[];
  const suppressions = reader
    .table()
    .map((codes) => (codes === '' ? nobodyKept : codes.split(' ')) as PagePerson['suppressedFor']);
  const people: LivePerson[] = [];
  for (let left = reader.uint16(); left > 0; left -= 1) {
    const subjectAt = reader.at;
    reader.skip(32);
    const caseload = caseloads[reader.uint16()] ?? ('' as Caseload);
    const suppressedFor = suppressions[reader.uint16()] ?? nobodyKept;
    const flags = reader.uint8();
    const live = (flags & 1) === 0 ? undefined : reader.place(layout);
    if ((flags & 2) !== 0) reader.skip(16);
    const pending = (flags & 2) === 0 ? undefined : reader.place(layout);
    if (live === undefined) continue;
    // A refusal holds from the moment it is recorded, what takes it back once it is released.
    const refused = suppressions[live.refusals] ?? nobodyKept;
    const waiting = pending && (suppressions[pending.refusals] ?? nobodyKept);
    people.push({
      subjectAt,
      version: live.version,
      caseload,
      suppressedFor,
      keptFrom: union(suppressedFor, refused, waiting ?? nobodyKept),
      informed: live.informed && pending?.informed !== false,
      termsAt: live.termsAt,
      terms: live.terms,
    });
  }
  return people;
}

/** Mostly one of them, as it is. */
function union(...lists: readonly PagePerson['suppressedFor'][]): PagePerson['suppressedFor'] {
  const some = lists.filter((codes) => codes.length > 0);
  return some.length < 2 ? (some[0] ?? nobodyKept) : [...new Set(some.flat())];
}

class PageReader {
  readonly #page: Buffer;
  #at: number;

  constructor(page: Buffer, at: number) {
    this.#page = page;
    this.#at = at;
  }

  bytes(length: number): Buffer {
    this.#at += length;
    return this.#page.subarray(this.#at - length, this.#at);
  }

  get at(): number {
    return this.#at;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  uint8(): number {
    this.#at += 1;
    return this.#page[this.#at - 1] ?? 0;
  }

  /** Where a version's parts are; stands behind it. */
  place(layout: number) {
    const version = this.#page.readUInt32BE(this.#at);
    this.#at += 20;
    // No refusal is the table's entry beyond its end.
    const refusals = layout === 1 ? 0xffff : this.uint16();
    const informed = layout !== 1 && this.uint8() === 1;
    const terms = this.uint16();
    const termsAt = this.#at;
    this.#at += terms * 8;
    return { version, refusals, informed, termsAt, terms };
  }

  uint16(): number {
    this.#at += 2;
    return this.#page.readUInt16BE(this.#at - 2);
  }

  table(): string[] {
    return Array.from({ length: this.uint16() }, () => this.bytes(this.uint16()).toString('utf8'));
  }

  version(layout: number, suppressions: readonly PagePerson['suppressedFor'][]): PageVersion {
    const version = this.bytes(4).readUInt32BE(0);
    const contentKey = this.bytes(16);
    const refusedFor = layout === 1 ? [] : (suppressions[this.uint16()] ?? []);
    const informed = layout !== 1 && (this.bytes(1)[0] ?? 0) === 1;
    return { version, contentKey, refusedFor, informed, terms: this.bytes(this.uint16() * 8) };
  }
}

function pushVersion(
  chunks: Buffer[],
  version: PageVersion,
  suppressions: Map<string, number>,
): void {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(version.version);
  chunks.push(
    number,
    version.contentKey,
    uint16(numberOf(suppressions, version.refusedFor.join(' '))),
    Buffer.of(version.informed ? 1 : 0),
    uint16(version.terms.length / 8),
    version.terms,
  );
}

function numberOf(table: Map<string, number>, entry: string): number {
  let number = table.get(entry);
  if (number === undefined) {
    number = table.size;
    table.set(entry, number);
  }
  return number;
}

function encodeTable(table: ReadonlyMap<string, number>): Buffer {
  const entries = [...table.keys()].flatMap((entry) => {
    const bytes = Buffer.from(entry, 'utf8');
    return [uint16(bytes.length), bytes];
  });
  return Buffer.concat([uint16(table.size), ...entries]);
}

function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return bytes;
}

function pageKeyContext(pageNumber: number, version: bigint, epochId: number): Buffer {
  return encodeParts(
    'safeconduct/register/page-key/v1',
    String(pageNumber),
    String(version),
    String(epochId),
  );
}

function pageContext(pageNumber: number, version: bigint): Buffer {
  return encodeParts('safeconduct/register/page/v1', String(pageNumber), String(version));
}
