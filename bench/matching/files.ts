import { readFileSync } from 'node:fs';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { Subject } from '../../src/core/register/subject.js';

export interface Question {
  readonly id: string;
  readonly person: PersonEvidenceInput;
}

export interface Truth {
  readonly id: string;
  /** Reference of the person who should be found, or null for nobody. */
  readonly expected: string | null;
  readonly slices: readonly string[];
}

/** JSON Lines, one object a line; blank lines are left out. */
export function readLines<Line>(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Register lines in the import's form; what the import defaults is defaulted here. */
export function readRegister(file: string): Subject[] {
  return readLines<Partial<Subject> & Pick<Subject, 'reference' | 'caseload' | 'names'>>(file).map(
    (line) => ({ ...line, documents: line.documents ?? [], suppressedFor: line.suppressedFor ?? [] }),
  );
}

export function readQuestions(file: string): Question[] {
  return readLines<PersonEvidenceInput & { readonly id: string }>(file).map(({ id, ...person }) => ({
    id,
    person,
  }));
}
