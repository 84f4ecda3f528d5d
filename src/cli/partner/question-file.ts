import { readFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import type { PersonEvidenceInput } from '../../core/matching/index.js';
import { isJsonObject, parseStrictJson, type JsonValue } from '../../platform/json/strict-json.js';

/** One line of a file of questions: an id of the partner's own, and the person. */
export interface FileQuestion {
  readonly id: string;
  readonly person: PersonEvidenceInput;
}

const members = new Set([
  'names',
  'fatherName',
  'grandfatherName',
  'dateOfBirth',
  'calendar',
  'sex',
  'nationality',
  'documents',
  'machineReadableZone',
]);

/**
 * Reads a file of questions whole before one is asked. What the members hold is the gateway's to
 * judge; a line that is no question stops here.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the line
 */
export function readQuestionFile(path: string): readonly FileQuestion[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw wrong(`no file of questions at ${path}`);
  }
  const questions: FileQuestion[] = [];
  const ids = new Set<string>();
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    line += 1;
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const text = bytes.subarray(start, end);
    start = end + 1;
    if (text.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) continue;
    const question = readQuestion(path, line, text);
    if (ids.has(question.id))
      throw wrong(`${path} line ${line}: its "id" stands in an earlier line`);
    ids.add(question.id);
    questions.push(question);
  }
  if (questions.length === 0) throw wrong(`${path} holds no question`);
  return questions;
}

function readQuestion(path: string, line: number, text: Uint8Array): FileQuestion {
  let json: JsonValue;
  try {
    json = parseStrictJson(text);
  } catch {
    throw wrong(`${path} line ${line}: not JSON in UTF-8, or a member stands twice`);
  }
  if (!isJsonObject(json)) {
    throw wrong(`${path} line ${line}: not an object`);
  }
  const { id, ...person } = json;
  if (typeof id !== 'string' || id === '') throw wrong(`${path} line ${line}: no "id"`);
  for (const name of Object.keys(person)) {
    if (!members.has(name)) throw wrong(`${path} line ${line}: has a member that is not known`);
  }
  return { id, person };
}

function wrong(detail: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', { detail });
}
