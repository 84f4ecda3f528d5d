import { createHmac, type KeyObject } from 'node:crypto';
import { encodeParts, sha256 } from '../bytes.js';

/**
 * Marks: what lets records be found and grouped by something that stands in none of them. This file
 * owns the format.
 *
 * ```
 * mark            first 8 bytes of HMAC-SHA-256(key, parts), read as a signed big-endian integer
 * parts           "safeconduct/log/mark/v1", kind, value..., length-prefixed (core/bytes.ts)
 * reference mark  first 8 bytes of SHA-256("safeconduct/log/reference-mark/v1", reference)
 * ```
 *
 * | kind | value | one mark for |
 * |---|---|---|
 * | `person` | the question's evidence in its canonical form | questions about the same person |
 * | `case` | the partner's case reference | one case |
 * | `officer` | tree, opaque `sub` | one named officer |
 * | `client` | tree, client id or staff account | one system that asked, one member of staff |
 * | `subject` | inside id | one person partners were told of |
 * | `none` | record id | nothing else: where a record has no such value |
 *
 * Worked example: key = bytes 00 01 .. 1f, kind `case`, value `CASE/1`:
 *
 * ```
 * HMAC-SHA-256(key, 00000017 "safeconduct/log/mark/v1" 00000004 "case" 00000006 "CASE/1")
 *   = a42c01ac715335b1...   mark -6616911912366819919
 * ```
 *
 * **Keys.** Time is cut into windows of 45 days from 1 January 1970 UTC. Key `k` is in use in the
 * windows `k - 1` and `k`, 90 days, and is then destroyed. A record of window `w` has its person's
 * mark under the keys `w` and `w + 1`, the others under `w + 1`: whatever the day, records of at least
 * the last 45 and at most the last 90 days can be found, and none before.
 *
 * A record without a value has a mark all the same, computed the same way: a match and a non-match
 * cost the same and look the same. Eight bytes are enough for a billion records not to meet by
 * chance, and what is found by a value that can be read again is compared with it.
 *
 * The mark of a pairwise reference has no key: the reference itself stands in the record.
 */
export const markKinds = ['person', 'case', 'officer', 'client', 'subject', 'none'] as const;
export type MarkKind = (typeof markKinds)[number];

export const windowDays = 45;
/** Days a key is in use, and can group records, before it is destroyed. */
export const markKeyDays = 2 * windowDays;
const dayMs = 86_400_000;

/** Days since 1 January 1970 UTC. */
export const dayOfInstant = (at: Date): number => Math.floor(at.getTime() / dayMs);

/** The window of an instant. */
export const windowOf = (at: Date): number => Math.floor(dayOfInstant(at) / windowDays);

/** Whether a key is past its 90 days. */
export const isKeyOver = (key: number, now: Date): boolean => key < windowOf(now);

/** Bytes in a mark. */
const markBytes = 8;

/** Mark of a value under one key, as decimal text: what a search gives for a bigint. */
export function markOf(key: KeyObject, kind: MarkKind, ...value: readonly string[]): string {
  return markText(keyedMark(key, kind, ...value));
}

/** The same in its 8 bytes. */
function keyedMark(key: KeyObject, kind: MarkKind, ...value: readonly string[]): Buffer {
  const message = encodeParts('safeconduct/log/mark/v1', kind, ...value);
  return createHmac('sha256', key).update(message).digest().subarray(0, markBytes);
}

/** Mark of a pairwise reference, as decimal text. */
export function referenceMark(reference: string): string {
  return markText(referenceBytes(reference));
}

/** The same in its 8 bytes. */
export function referenceBytes(reference: string): Buffer {
  const parts = encodeParts('safeconduct/log/reference-mark/v1', reference);
  return sha256(parts).subarray(0, markBytes);
}

/** A mark as decimal text. */
const markText = (mark: Buffer): string => mark.readBigInt64BE(0).toString();

/** What a record can be found by besides what stands in it. */
export interface Markable {
  readonly tree: string;
  readonly id: string;
  /** Canonical evidence of the question; null where none was understood. */
  readonly person: string | null;
  readonly caseReference: string | null;
  readonly officer: string | null;
  readonly clientId: string | null;
  readonly subject: string | null;
}

/** Marks of one record, each in its 8 bytes. */
export interface Marks {
  readonly asker: Buffer;
  readonly person: Buffer;
  readonly personNext: Buffer;
  readonly caseReference: Buffer;
  readonly subject: Buffer;
}

/** @param current key of the record's window; @param next the one after it */
export function marksOf(record: Markable, current: KeyObject, next: KeyObject): Marks {
  const { tree, id, person, caseReference, officer, clientId, subject } = record;
  const under = (key: KeyObject, kind: MarkKind, value: string | null): Buffer =>
    value === null ? keyedMark(key, 'none', id) : keyedMark(key, kind, value);
  return {
    asker: askerBytes(next, tree, officer, clientId ?? id),
    person: under(current, 'person', person),
    personNext: under(next, 'person', person),
    caseReference: under(next, 'case', caseReference),
    subject: under(next, 'subject', subject),
  };
}

/** Mark of who asked, as {@link markOf}: the officer where one was named, the system otherwise. */
export function askerMark(
  key: KeyObject,
  tree: string,
  officer: string | null,
  clientId: string,
): string {
  return markText(askerBytes(key, tree, officer, clientId));
}

function askerBytes(
  key: KeyObject,
  tree: string,
  officer: string | null,
  clientId: string,
): Buffer {
  return officer === null
    ? keyedMark(key, 'client', tree, clientId)
    : keyedMark(key, 'officer', tree, officer);
}
