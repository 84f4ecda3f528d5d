import { demoPartners } from '../../src/cli/demo/demo-partners.js';
import { foldDigits, type PersonEvidenceInput } from '../../src/core/matching/index.js';
import { makeDemoPeople, type DemoPerson } from '../../src/register/index.js';
import type { BenchWorld } from './world.js';

/** Those of the register who have a passport and whom any partner may be told of. */
export const passportHolders = (world: BenchWorld): readonly DemoPerson[] =>
  world.people.filter(
    ({ documents, suppressedFor, dateOfBirth, fatherName }) =>
      documents?.[0]?.['type'] === 'PASSPORT' &&
      suppressedFor === undefined &&
      dateOfBirth !== undefined &&
      fatherName !== undefined,
  );

/** What an officer types of a person. */
export function evidenceOf(person: DemoPerson): PersonEvidenceInput {
  return {
    names: person.names.slice(0, 1).map(({ full }) => ({ full })),
    fatherName: person.fatherName ?? null,
    // An officer types the digits of the form, whatever stands on the paper.
    dateOfBirth: person.dateOfBirth === undefined ? null : foldDigits(person.dateOfBirth),
    calendar: person.calendar ?? 'GREGORIAN',
    sex: person.sex ?? null,
    nationality: person.nationality ?? null,
    documents: (person.documents ?? []).slice(0, 1).map((document) => ({
      type: 'PASSPORT' as const,
      number: document['number'] ?? '',
    })),
  };
}

/** People of the same kind who are not on the register. */
export const strangers = (seed: string, count: number): readonly DemoPerson[] =>
  makeDemoPeople({ seed, count, partners: demoPartners });
