import canonicalize from 'canonicalize';
import { GatewayError } from '../errors.js';
import { decodeBase64Url, encodeBase64Url, encodeParts, sha256 } from '../bytes.js';
import { isEvent } from './event.js';
import { hashSizeBytes } from './tree.js';

/**
 * The access record: one entry of the log, and the exact bytes of one leaf. This file owns the
 * format.
 *
 * A record is RFC 8785 JSON (sorted members, no white space), UTF-8, 1 to 65 535 bytes:
 *
 * ```
 * {"at":"2026-03-01T09:30:00.000Z","fields":[["dateOfBirth","GENERALISED"],["visaStatus","FULL"]],
 *  "grant":"0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11","grantVersion":3,
 *  "id":"6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21","nonce":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
 *  "outcome":"MATCH","purpose":"BORDER_VERIFICATION",
 *  "question":"qpfDS8ZvkiEeZ8zkBMszVS8UgW0C3RhC1bxiXWwiKp8","reference":"p-7Q2M","requestId":"r-1",
 *  "sealed":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","v":1}
 * ```
 *
 * | member | holds |
 * |---|---|
 * | `v` | 1 |
 * | `id` | UUID of the verification, or of the refusal, as the partner was told it |
 * | `requestId` | the partner's, or null where none could be read |
 * | `at` | when it was answered: RFC 3339, UTC, milliseconds |
 * | `grant`, `grantVersion`, `purpose` | under what it was answered; null where a refusal has none |
 * | `question` | {@link commitQuestion}, 32 bytes base64url; null where none could be read |
 * | `outcome` | `MATCH`, `POSSIBLE_MATCH`, `NOT_CONFIRMED`; for a refusal or fault its code, `ERR_...` |
 * | `fields` | what left: pairs of field and level, sorted by field, each once; only with `MATCH` |
 * | `reference` | the partner's reference for the person; null unless `MATCH` |
 * | `nonce` | 32 random bytes, base64url: two equal answers are two different leaves |
 * | `sealed` | 32 bytes base64url: commitment to a part only the host can open (access-log room) |
 *
 * A refusal is a record of the same members, so a reader needs one rule: an outcome that begins with
 * `ERR_` is a refusal. Of an answered question no member but `reference` is null.
 *
 * An act of a member of staff is a record of the same members in the host's tree: an outcome that
 * begins with `ACT_` (`ACT_REQUESTED`, `ACT_DONE`, `ACT_REFUSED`), `purpose` the name of the act,
 * `requestId` the id the act has from request to approval, `question` the commitment to its content.
 * An event of the gateway itself has an outcome that begins with `EVENT_` (event.ts).
 * A partner's acceptance of a grant is one in the partner's own tree: `purpose` `GRANT_ACCEPT`, with
 * `grant` and `grantVersion`, and `question` the commitment to
 * `{"act":"GRANT_ACCEPT","content":{"digest","grant","version"}}`.
 *
 * What a partner says or reads of its own is a record of the same members in its tree:
 * `CROSSING_CONFIRMED`, `CROSSING_CORRECTED`, `MISTAKE_REPORTED` under the grant of the match they are about,
 * `REFERRAL_REQUESTED`, `REFERRAL_WITHDRAWN` under that of the verification, `question` the commitment to
 * what was said; an outcome that begins with `READ_` (`READ_NOTICES`, `READ_REFERRALS`) has `purpose`
 * null and no grant, `question` the commitment to what was asked for. What a liaison officer confirmed
 * of a referral is told by a record with the outcome `MATCH`, like any other.
 *
 * **Question.** `question` = SHA-256 over the length-prefixed parts (core/bytes.ts)
 * `safeconduct/question/v1`, `salt` (32 bytes), and the RFC 8785 JSON of the question's `person`
 * exactly as the partner sent it, defaults not filled in. Worked example: salt = bytes 00 01 .. 1f,
 * person = `{"names":[{"full":"Test Person"}],"dateOfBirth":"1984"}`:
 *
 * ```
 * SHA-256( 00000017 "safeconduct/question/v1"
 *          00000020 000102..1f
 *          00000037 {"dateOfBirth":"1984","names":[{"full":"Test Person"}]} )
 * = qpfDS8ZvkiEeZ8zkBMszVS8UgW0C3RhC1bxiXWwiKp8   (base64url)
 * ```
 *
 * Once the host has destroyed the key a salt came from, and the partner has dropped the salt, the
 * commitment says nothing about the person.
 *
 * **Change.** Members are never added to version 1, and none changes its meaning; new outcomes,
 * fields and levels may appear. Anything else is `v` 2, beside this.
 */
export interface AccessRecord {
  readonly id: string;
  readonly requestId: string | null;
  /** RFC 3339, UTC, milliseconds: what `Date.toISOString` gives. */
  readonly at: string;
  readonly grant: string | null;
  readonly grantVersion: number | null;
  readonly purpose: string | null;
  /** 32 bytes, or null. */
  readonly question: Buffer | null;
  readonly outcome: string;
  /** Sorted by field. */
  readonly fields: readonly DisclosedField[];
  readonly reference: string | null;
  /** 32 bytes. */
  readonly nonce: Buffer;
  /** 32 bytes. */
  readonly sealed: Buffer;
}

/** Field and level in contract names, e.g. `['dateOfBirth', 'GENERALISED']`. */
export type DisclosedField = readonly [field: string, level: string];

export const largestRecordBytes = 65_535;

const questionLabel = 'safeconduct/question/v1';
const members = [
  'at',
  'fields',
  'grant',
  'grantVersion',
  'id',
  'nonce',
  'outcome',
  'purpose',
  'question',
  'reference',
  'requestId',
  'sealed',
  'v',
];

/** Fields in the order a record has them. */
export function sortedFields(fields: readonly DisclosedField[]): readonly DisclosedField[] {
  const isSorted = fields.every(([field], at) => at === 0 || (fields[at - 1]?.[0] ?? '') < field);
  return isSorted ? fields : [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether an outcome is a refusal or a fault rather than an answer. */
export const isRefusal = (outcome: string): boolean => outcome.startsWith('ERR_');

/**
 * Canonical bytes of a record.
 *
 * @throws {GatewayError} ERR_RECORD_MALFORMED, ERR_RECORD_TOO_LARGE
 */
export function encodeRecord(record: AccessRecord): Buffer {
  checkRecord(record);
  const { nonce, question, sealed } = record;
  // Members in their sorted order: of these strings and numbers JSON.stringify makes RFC 8785 text,
  // which takes its serialisation from it (§3.2.2), at a tenth of the cost of sorting each time.
  const text = JSON.stringify({
    at: record.at,
    fields: record.fields,
    grant: record.grant,
    grantVersion: record.grantVersion,
    id: record.id,
    nonce: encodeBase64Url(nonce),
    outcome: record.outcome,
    purpose: record.purpose,
    question: question === null ? null : encodeBase64Url(question),
    reference: record.reference,
    requestId: record.requestId,
    sealed: encodeBase64Url(sealed),
    v: 1,
  });
  const bytes = Buffer.from(text, 'utf8');
  checkSize(bytes);
  return bytes;
}

/**
 * The record of exactly these bytes: another spelling of the same record is refused.
 *
 * @throws {GatewayError} ERR_RECORD_MALFORMED, ERR_RECORD_TOO_LARGE
 */
export function decodeRecord(bytes: Uint8Array): AccessRecord {
  checkSize(bytes);
  const json = parseObject(bytes);
  if (Object.keys(json).sort().join() !== members.join()) throw malformed('members');
  if (json['v'] !== 1) throw malformed('v');
  const record: AccessRecord = {
    id: text(json, 'id'),
    requestId: textOrNull(json, 'requestId'),
    at: text(json, 'at'),
    grant: textOrNull(json, 'grant'),
    grantVersion: numberOrNull(json, 'grantVersion'),
    purpose: textOrNull(json, 'purpose'),
    question: json['question'] === null ? null : hash(json, 'question'),
    outcome: text(json, 'outcome'),
    fields: fieldList(json['fields']),
    reference: textOrNull(json, 'reference'),
    nonce: hash(json, 'nonce'),
    sealed: hash(json, 'sealed'),
  };
  if (!encodeRecord(record).equals(bytes)) throw malformed('the bytes are not canonical');
  return record;
}

/**
 * Commitment to a question, 32 bytes: see the head of this file.
 *
 * @param salt 32 bytes
 * @param person the question's `person` as it was sent (JSON)
 * @throws {GatewayError} ERR_RECORD_MALFORMED when `person` is not JSON
 */
export function commitQuestion(salt: Uint8Array, person: unknown): Buffer {
  if (salt.length !== hashSizeBytes) throw new TypeError('a salt has 32 bytes');
  return sha256(encodeParts(questionLabel, salt, canonicalJson(person)));
}

/**
 * RFC 8785 JSON.
 *
 * @throws {GatewayError} ERR_RECORD_MALFORMED for what is not I-JSON (RFC 7493)
 */
export function canonicalJson(value: unknown): string {
  let json: string | undefined;
  try {
    json = canonicalize(value);
  } catch {
    json = undefined;
  }
  if (json === undefined) throw malformed('a value has no JSON form');
  return json;
}

function checkRecord(record: AccessRecord): void {
  const broken = brokenMember(record);
  if (broken !== undefined) throw malformed(broken);
}

/** The first member that is not as it must be. */
function brokenMember(record: AccessRecord): string | undefined {
  const { outcome, fields, grant, grantVersion, purpose, question, reference, requestId } = record;
  if (!isId(record.id)) return 'id';
  if (requestId !== null && !isShortText(requestId)) return 'requestId';
  if (!isInstant(record.at)) return 'at';
  if (grant !== null && !isShortText(grant)) return 'grant';
  if (grantVersion !== null && !isVersion(grantVersion)) return 'grantVersion';
  if (purpose !== null && !isWord(purpose)) return 'purpose';
  if (question !== null && question.length !== hashSizeBytes) return 'question';
  if (!isWord(outcome)) return 'outcome';
  if (!isFieldList(fields) || (fields.length > 0 && outcome !== 'MATCH')) return 'fields';
  if (reference !== null && !(isShortText(reference) && outcome === 'MATCH')) return 'reference';
  if (record.nonce.length !== hashSizeBytes) return 'nonce';
  if (record.sealed.length !== hashSizeBytes) return 'sealed';
  return isRefusal(outcome) || isEvent(outcome) || isWhole(record) ? undefined : 'outcome';
}

/** Names and levels, sorted by name, each once. */
function isFieldList(fields: readonly DisclosedField[]): boolean {
  return fields.every(([field, level], at) => {
    const before = fields[at - 1]?.[0];
    return isFieldName(field) && isWord(level) && (before === undefined || before < field);
  });
}

function isWhole(record: AccessRecord): boolean {
  const { outcome } = record;
  if (isAct(outcome)) return isAccounted(record);
  return isReading(outcome) ? isAsked(record) : isComplete(record);
}

/** A reading names its request and what was asked for. */
function isAsked({ requestId, question }: AccessRecord): boolean {
  return requestId !== null && question !== null;
}

/** An act of staff names itself and what it was asked to do. */
function isAccounted({ requestId, purpose, question }: AccessRecord): boolean {
  return ![requestId, purpose, question].includes(null);
}

/** An answer, unlike a refusal, names all it stands on. */
function isComplete(record: AccessRecord): boolean {
  return ![
    record.requestId,
    record.grant,
    record.grantVersion,
    record.purpose,
    record.question,
  ].includes(null);
}

const isAct = (outcome: string): boolean => outcome.startsWith('ACT_');
const isReading = (outcome: string): boolean => outcome.startsWith('READ_');
const isWord = (value: string): boolean => /^[A-Z][A-Z0-9_]{0,63}$/.test(value);
const isFieldName = (value: string): boolean => /^[a-z][A-Za-z0-9]{0,63}$/.test(value);
const isVersion = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
const isId = (value: string): boolean =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const instant =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z$/;
/** Days up to the 28th are in every month. */
function isInstant(value: string): boolean {
  if (!instant.test(value)) return false;
  if (value.slice(8, 10) <= '28') return true;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}
/** 1 to 256 UTF-16 code units of well-formed text. */
const isShortText = (value: string): boolean =>
  value.length >= 1 && value.length <= 256 && value.isWellFormed();

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw malformed('not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw malformed('not an object');
  }
  return json as Readonly<Record<string, unknown>>;
}

type Json = Readonly<Record<string, unknown>>;

function text(json: Json, member: string): string {
  const value = json[member];
  if (typeof value !== 'string') throw malformed(member);
  return value;
}

function textOrNull(json: Json, member: string): string | null {
  return json[member] === null ? null : text(json, member);
}

function numberOrNull(json: Json, member: string): number | null {
  const value = json[member];
  if (value !== null && typeof value !== 'number') throw malformed(member);
  return value;
}

function hash(json: Json, member: string): Buffer {
  const bytes = decodeBase64Url(text(json, member));
  if (bytes?.length !== hashSizeBytes) throw malformed(member);
  return bytes;
}

function fieldList(value: unknown): readonly DisclosedField[] {
  if (!Array.isArray(value)) throw malformed('fields');
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed('fields');
    const [field, level] = pair as readonly unknown[];
    if (typeof field !== 'string' || typeof level !== 'string') throw malformed('fields');
    return [field, level];
  });
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > largestRecordBytes) {
    throw new GatewayError('ERR_RECORD_TOO_LARGE', { detail: 'a record has at most 65 535 bytes' });
  }
}

function malformed(detail: string): GatewayError {
  return new GatewayError('ERR_RECORD_MALFORMED', { detail });
}
