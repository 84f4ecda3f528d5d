import { anchorWidths, type AnchorWidth } from '../core/budget/index.js';

/**
 * What one question charged, as fingerprints under the budgets' key. It is kept in the sealed part of
 * the question's access record (access-log/sealed-part.ts), so that a database restored from a backup
 * is charged again for what was asked since (recharge.ts); sealed, because anybody could otherwise
 * count how often a person was asked about. This file owns the format, unpadded base64url of:
 *
 * ```
 * 0x02 || cost of a miss (1) || question (16) || people (1) || person (8) * people
 *   || guards (1) || anchor (8) * guards
 *   || probes (1) || (width + 4 * (number of its guard, 0 for none) (1) || anchor (8) || value (4)) * probes
 * ```
 *
 * At most 420 bytes, for some thirty probes; fewer, at least fifteen, where there are many people. Of a
 * question with more names and documents than that the widest probes are left out: what is tried
 * around one person comes first.
 *
 * Records of earlier releases have 0x01: one person, without the count of people. It is read still.
 */
export interface KeptCharge {
  /** First 16 bytes of the fingerprint of the whole question. */
  readonly question: Buffer;
  /** 8 bytes each; at least one. */
  readonly people: readonly Buffer[];
  readonly missCost: number;
  /** 8 bytes each. */
  readonly guards: readonly Buffer[];
  readonly probes: readonly KeptProbe[];
}

export interface KeptProbe {
  readonly width: AnchorWidth;
  /** 8 bytes. */
  readonly anchor: Buffer;
  /** 4 bytes: a value among those tried around one anchor. */
  readonly value: Buffer;
  /** One of the guards. */
  readonly guard?: Buffer;
}

export const questionBytes = 16;
export const personBytes = 8;
export const anchorBytes = 8;
export const valueBytes = 4;

const format = 2;
const formatOfOne = 1;
const mostBytes = 420;
const mostGuards = 12;
const probeBytes = 1 + anchorBytes + valueBytes;

export function encodeKeptCharge({
  question,
  people,
  missCost,
  guards,
  probes,
}: KeptCharge): string {
  const kept = guards.slice(0, mostGuards);
  const head = Buffer.concat([
    Buffer.of(format, missCost),
    question,
    Buffer.of(people.length),
    ...people,
    Buffer.of(kept.length),
    ...kept,
  ]);
  const fitting = Math.floor((mostBytes - head.length - 1) / probeBytes);
  const narrowFirst = [...probes].sort((a, b) => rank(a.width) - rank(b.width)).slice(0, fitting);
  const body = narrowFirst.map(({ width, anchor, value, guard }) => {
    const at = guard === undefined ? -1 : kept.findIndex((one) => one.equals(guard));
    return Buffer.concat([Buffer.of(rank(width) + 4 * (at + 1)), anchor, value]);
  });
  return Buffer.concat([head, Buffer.of(body.length), ...body]).toString('base64url');
}

/** @returns undefined for a text of another format */
export function decodeKeptCharge(text: string): KeptCharge | undefined {
  const bytes = Buffer.from(text, 'base64url');
  let at = 0;
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  const number = (): number => take(1)[0] ?? NaN;
  const readFormat = number();
  if (readFormat !== format && readFormat !== formatOfOne) return undefined;
  const missCost = number();
  const question = take(questionBytes);
  const peopleCount = readFormat === formatOfOne ? 1 : number() || 0;
  const people = Array.from({ length: peopleCount }, () => take(personBytes));
  const guards = Array.from({ length: number() || 0 }, () => take(anchorBytes));
  const probes = Array.from({ length: number() || 0 }, (): KeptProbe | undefined => {
    const flags = number();
    const width = anchorWidths[flags % 4];
    const guard = guards[Math.floor(flags / 4) - 1];
    const [anchor, value] = [take(anchorBytes), take(valueBytes)];
    if (width === undefined) return undefined;
    return { width, anchor, value, ...(guard === undefined ? {} : { guard }) };
  });
  const read = probes.filter((probe) => probe !== undefined);
  if (at !== bytes.length || read.length !== probes.length) return undefined;
  return { question, people, missCost, guards, probes: read };
}

const rank = (width: AnchorWidth): number => anchorWidths.indexOf(width);
