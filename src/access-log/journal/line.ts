import { hash } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';

/**
 * One line of the journal. This file owns the format.
 *
 * ```
 * <first 8 bytes of SHA-256(json), 16 hex digits> SP <json> LF
 * ```
 *
 * `json` has no line break. Its `k` says what it is, `v` the version of that kind:
 *
 * ```
 * {"k":"journal","v":1,"journal":"9f...","segment":1,"first":1}
 * {"k":"record","v":1,"n":7,"g":6,"tree":"5v2mq7...","owner":"AUS-BORDER","index":41,
 *  "record":"eyJhdCI6...","sealed":"q83v..."}
 * {"k":"act","v":1,"n":8,"g":8,"act":"credential.revoked","body":{...}}
 * {"k":"cover","v":1,"n":9,"g":9,"round":3,"at":"2026-03-01T09:30:00.000Z","seed":"AAEC...",
 *  "root":"9FgyN...","slots":[[17,"5v2mq7...","log.example.org/partner/5v2mq7...\\n42\\n..."]]}
 * ```
 *
 * - `journal` opens every segment file: the journal's id (also the writer's id in the database), the
 *   segment's number, and the number of the first line that may follow.
 * - `record` is one leaf and all that is stored beside it: enough to put it back into a database that
 *   lost it. `owner` is the partner whose tree it is, null for the host's.
 * - `act` is one restricting act, in a form that can be applied again. `act` names it and `body` is
 *   its own affair; `body` holds no personal data.
 * - `cover` is one round of the cover tree (core/log/cover.ts): its seed, its root, and the slots that
 *   hold another checkpoint than in the round before, as slot, tree and signed note. It is here so
 *   that no second round of one number is ever signed, whatever the database forgets.
 *
 * `n` counts the lines of a journal without gaps over all segments; `g` is the `n` of the first line
 * written in the same group, so that a torn group is told from damage (segment.ts). A line is at
 * most 256 KiB. A new kind or version may be added; a reader refuses what it does not know, because
 * to skip a restricting act is to undo it.
 */
export type JournalEntry = RecordEntry | ActEntry | CoverEntry;

export interface RecordEntry {
  readonly kind: 'record';
  readonly number: number;
  readonly tree: string;
  readonly owner: string | null;
  readonly index: number;
  /** Leaf bytes. */
  readonly record: Buffer;
  /** The sealed part's ciphertext. */
  readonly sealed: Buffer;
}

export interface ActEntry {
  readonly kind: 'act';
  readonly number: number;
  readonly act: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CoverEntry {
  readonly kind: 'cover';
  readonly number: number;
  readonly round: number;
  readonly at: Date;
  /** 32 bytes. */
  readonly seed: Buffer;
  /** Of the round: 32 bytes. */
  readonly root: Buffer;
  readonly slots: readonly SlotChange[];
}

/** A slot that holds another checkpoint from this round on. */
export interface SlotChange {
  readonly slot: number;
  readonly tree: string;
  /** Signed checkpoint. */
  readonly note: string;
}

export interface SegmentHeader {
  readonly kind: 'journal';
  readonly journal: string;
  readonly segment: number;
  /** Number of the first line after the header. */
  readonly first: number;
}

export interface GroupedEntry {
  readonly entry: JournalEntry;
  /** Number of the first line of the group it was written in. */
  readonly group: number;
}

/** A whole line of a kind or version this code does not know. */
export interface UnknownLine {
  readonly kind: 'unknown';
}

export const largestLineBytes = 256 * 1024;
const hashDigits = 16;
/** Hash, space and line feed. */
const lineFrameBytes = hashDigits + 2;

/** @throws {GatewayError} ERR_RECORD_TOO_LARGE */
export function encodeLine(line: SegmentHeader | GroupedEntry): Buffer {
  return encodeLines(['entry' in line ? entryText(line) : [JSON.stringify(headerJson(line))]]);
}

/**
 * The lines of one group, one after another.
 *
 * @throws {GatewayError} ERR_RECORD_TOO_LARGE
 */
export function encodeGroup(entries: readonly JournalEntry[]): Buffer {
  const group = entries[0]?.number ?? 0;
  return encodeLines(entries.map((entry) => entryText({ entry, group })));
}

/** A line's json in pieces: the first is any text, the others are ASCII. */
type LineText = readonly [json: string, ...ascii: readonly string[]];

/** Written at once where they stay: a group is some hundred kilobytes. */
function encodeLines(texts: readonly LineText[]): Buffer {
  const lengths = texts.map(([json, ...ascii]) =>
    ascii.reduce((sum, { length }) => sum + length, Buffer.byteLength(json) + lineFrameBytes),
  );
  if (lengths.some((length) => length > largestLineBytes)) {
    throw new GatewayError('ERR_RECORD_TOO_LARGE', {
      detail: 'a journal line has 256 KiB at most',
    });
  }
  const lines = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [index, [json, ...ascii]] of texts.entries()) {
    const end = at + (lengths[index] ?? 0);
    const from = at + hashDigits + 1;
    let to = from + lines.write(json, from, 'utf8');
    for (const piece of ascii) to += lines.write(piece, to, 'latin1');
    lines.write(`${hashOf(lines.subarray(from, end - 1))} `, at, 'latin1');
    lines[end - 1] = 0x0a;
    at = end;
  }
  return lines;
}

/** The line of these bytes (without LF), or `undefined` when they are not a whole line. */
export function decodeLine(bytes: Buffer): SegmentHeader | GroupedEntry | UnknownLine | undefined {
  if (bytes.length < 19 || bytes.length > largestLineBytes || bytes[16] !== 0x20) return undefined;
  const json = bytes.subarray(17);
  if (bytes.toString('latin1', 0, 16) !== hashOf(json)) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.toString('utf8'));
  } catch {
    return { kind: 'unknown' };
  }
  if (typeof parsed !== 'object' || parsed === null) return { kind: 'unknown' };
  return readJson(parsed as Json) ?? { kind: 'unknown' };
}

type Json = Readonly<Record<string, unknown>>;

function hashOf(json: Buffer): string {
  return hash('sha256', json, 'hex').slice(0, hashDigits);
}

function headerJson({ journal, segment, first }: SegmentHeader): Json {
  return { k: 'journal', v: 1, journal, segment, first };
}

function entryText({ entry, group }: GroupedEntry): LineText {
  const { number } = entry;
  if (entry.kind === 'act') {
    const { act, body } = entry;
    return [JSON.stringify({ k: 'act', v: 1, n: number, g: group, act, body })];
  }
  if (entry.kind === 'cover') {
    const { round, at, seed, root, slots } = entry;
    const json = JSON.stringify({
      k: 'cover',
      v: 1,
      n: number,
      g: group,
      round,
      at: at.toISOString(),
      seed: encodeBase64Url(seed),
      root: encodeBase64Url(root),
      slots: slots.map(({ slot, tree, note }) => [slot, tree, note]),
    });
    return [json];
  }
  const { tree, owner, index, record, sealed } = entry;
  const place = JSON.stringify({ k: 'record', v: 1, n: number, g: group, tree, owner, index });
  // base64url has nothing that JSON escapes: looking through it would cost more than the rest.
  return [
    `${place.slice(0, -1)},"record":"`,
    encodeBase64Url(record),
    '","sealed":"',
    encodeBase64Url(sealed),
    '"}',
  ];
}

function readJson(json: Json): SegmentHeader | GroupedEntry | undefined {
  const { k, v, n, g } = json;
  if (v !== 1) return undefined;
  if (k === 'journal') {
    const { journal, segment, first } = json;
    if (typeof journal !== 'string' || !isCount(segment) || !isCount(first)) return undefined;
    return { kind: 'journal', journal, segment, first };
  }
  if (!isCount(n) || !isCount(g)) return undefined;
  const read = typeof k === 'string' && Object.hasOwn(readers, k) ? readers[k] : undefined;
  const entry = read?.(json, n);
  return entry === undefined ? undefined : { entry, group: g };
}

const readers: Readonly<Record<string, (json: Json, number: number) => JournalEntry | undefined>> =
  { record: readRecord, act: readAct, cover: readCover };

function readRecord(json: Json, number: number): RecordEntry | undefined {
  const { tree, owner, index } = json;
  const record = typeof json['record'] === 'string' ? decodeBase64Url(json['record']) : undefined;
  const sealed = typeof json['sealed'] === 'string' ? decodeBase64Url(json['sealed']) : undefined;
  if (typeof tree !== 'string' || (owner !== null && typeof owner !== 'string')) return undefined;
  if (!isIndex(index) || record === undefined || sealed === undefined) return undefined;
  return { kind: 'record', number, tree, owner, index, record, sealed };
}

function readAct(json: Json, number: number): ActEntry | undefined {
  const { act, body } = json;
  if (typeof act !== 'string' || typeof body !== 'object' || body === null) return undefined;
  return { kind: 'act', number, act, body: body as Json };
}

function readCover(json: Json, number: number): CoverEntry | undefined {
  const { round, at, slots } = json;
  const seed = typeof json['seed'] === 'string' ? decodeBase64Url(json['seed']) : undefined;
  const root = typeof json['root'] === 'string' ? decodeBase64Url(json['root']) : undefined;
  const time = typeof at === 'string' ? new Date(at) : undefined;
  if (!isIndex(round) || seed?.length !== 32 || root?.length !== 32) return undefined;
  if (time === undefined || Number.isNaN(time.getTime()) || !Array.isArray(slots)) return undefined;
  const changes: SlotChange[] = [];
  for (const change of slots as readonly unknown[]) {
    const [slot, tree, note] = Array.isArray(change) ? (change as readonly unknown[]) : [];
    if (!isIndex(slot) || typeof tree !== 'string' || typeof note !== 'string') return undefined;
    changes.push({ slot, tree, note });
  }
  return { kind: 'cover', number, round, at: time, seed, root, slots: changes };
}

const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isCount = (value: unknown): value is number => isIndex(value) && value >= 1;

type Line = SegmentHeader | GroupedEntry | UnknownLine;
export const isEntry = (line: Line): line is GroupedEntry => 'entry' in line;
export const isHeader = (line: Line): line is SegmentHeader =>
  'kind' in line && line.kind === 'journal';
