import { encodeParts, sha256 } from '../core/bytes.js';
import { dayOf } from '../core/dates/index.js';
import { subjectBlockingTerms } from '../core/matching/index.js';
import { demoPeopleLines, makeDemoPeople } from './demo-people.js';
import { readImportRow } from './import-row.js';

/** Made-up people whose terms tell one way of blocking from another. */
const samplePeople = 64;

/**
 * Digest of the way people are blocked: the terms of a fixed set of made-up people. Two releases
 * that file anybody of them differently have different digests.
 */
export function blockingScheme(): Buffer {
  const rules = {
    caseload: undefined,
    knownPartners: new Set<never>(),
    today: dayOf(new Date(Date.UTC(2026, 0, 1))),
  };
  const people = makeDemoPeople({ seed: 'blocking scheme', partners: [], count: samplePeople });
  const terms = [...demoPeopleLines(people)].flatMap((line) => {
    const read = readImportRow(line, rules);
    return read.ok ? subjectBlockingTerms({ ...read.row.content, suppressedFor: [] }) : ['-'];
  });
  return sha256(encodeParts('safeconduct/register/blocking-scheme/v1', ...terms));
}
