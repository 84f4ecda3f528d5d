import { GatewayError } from '../../core/errors.js';
import { decodeLine, isEntry, isHeader, type JournalEntry, type SegmentHeader } from './line.js';

/**
 * One file of the journal: a header line, whole lines, then zeros up to what was preallocated.
 *
 * A group of lines is one write and one fdatasync. A power cut inside that write leaves any part of
 * it: nothing of the group was acknowledged, so all after the last whole line may be cut. A bad line
 * *before* a later group is another matter: that group was written after an fdatasync that covered
 * the bad line, so acknowledged lines were damaged or altered, and nothing is cut.
 */
export interface Segment {
  readonly header: SegmentHeader;
  readonly entries: readonly JournalEntry[];
  /** Bytes up to the end of the last whole line. */
  readonly usedBytes: number;
  /** Bytes after them that are neither zeros nor a whole line: 0, or a torn last group. */
  readonly tornBytes: number;
}

/**
 * @param bytes the whole file
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF when acknowledged lines are damaged
 */
export function readSegment(bytes: Buffer, name: string): Segment {
  const first = lineAt(bytes, 0);
  const header = first?.line;
  if (first === undefined || header === undefined || !isHeader(header)) {
    throw damaged(name, 'it has no header');
  }
  const entries: JournalEntry[] = [];
  let used = first.end;
  let next = header.first;
  for (;;) {
    const found = lineAt(bytes, used);
    if (found?.line === undefined) break;
    if (!isEntry(found.line) || found.line.entry.number !== next) {
      throw damaged(name, `line ${next} is not where it belongs`);
    }
    entries.push(found.line.entry);
    used = found.end;
    next += 1;
  }
  const rest = bytes.subarray(used);
  const tornBytes = lengthWithoutZeros(rest);
  if (tornBytes > 0) refuseLaterGroups(rest.subarray(0, tornBytes), next, name);
  return { header, entries, usedBytes: used, tornBytes };
}

function lineAt(bytes: Buffer, from: number) {
  const end = bytes.indexOf(0x0a, from);
  if (end < 0) return undefined;
  return { line: decodeLine(bytes.subarray(from, end)), end: end + 1 };
}

/** Lines after a bad one may only be of the group the bad one was in. */
function refuseLaterGroups(rest: Buffer, next: number, name: string): void {
  for (let from = rest.indexOf(0x0a) + 1; from > 0;) {
    const found = lineAt(rest, from);
    if (found === undefined) return;
    if (found.line !== undefined && isEntry(found.line) && found.line.group > next) {
      throw damaged(name, `line ${next} cannot be read, and later groups follow it`);
    }
    from = found.end;
  }
}

function lengthWithoutZeros(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return length;
}

export function damaged(name: string, detail: string): GatewayError {
  return new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: `journal ${name}: ${detail}` });
}
