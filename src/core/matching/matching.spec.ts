import { describe, expect, test } from '@jest/globals';
import { isGatewayError } from '../errors.js';
import type { Caseload } from '../ids.js';
import type { Subject } from '../register/subject.js';
import {
  candidateCap,
  canonicalEvidence,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  evidenceElementsOf,
  explainCandidateCap,
  explainComparison,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  subjectBlockingTerms,
  type PersonEvidenceInput,
} from './index.js';

const today = new Date('2026-06-01T00:00:00Z');

/** A made-up person. */
const subject: Subject = {
  reference: 'T-1',
  caseload: 'TEST' as Caseload,
  names: [{ full: 'Mohammad Zalmay Tarinkoti' }, { full: 'محمد زلمی ترینکوتی', type: 'ALIAS' }],
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'O7654321' }],
  suppressedFor: [],
};

function ask(input: PersonEvidenceInput) {
  const evidence = parseEvidence(input, today);
  const comparison = compareEvidence(evidence, prepareSubject(subject));
  return classify([{ comparison }], 'STANDARD').outcome;
}

describe('a question against one person', () => {
  test('name and day of birth are a match', () => {
    expect(ask({ names: [{ full: 'Muhammad Zalmai Tarinkoti' }], dateOfBirth: '1984-03-15' })).toBe(
      'MATCH',
    );
  });
  test('the same in another script is a match', () => {
    expect(ask({ names: [{ full: 'محمد زلمی ترینکوتی' }], dateOfBirth: '1984-03-15' })).toBe(
      'MATCH',
    );
  });
  test('a namesake without more is no match', () => {
    expect(ask({ names: [{ full: 'Mohammad Zalmay Tarinkoti' }] })).not.toBe('MATCH');
  });
  test('a document number alone is a question', () => {
    expect(ask({ documents: [{ type: 'PASSPORT', number: 'o 765-4321' }] })).toBe('MATCH');
  });
  test('a stranger is not confirmed', () => {
    expect(ask({ names: [{ full: 'Parwin Saljuqi' }], dateOfBirth: '1991-11-02' })).toBe(
      'NOT_CONFIRMED',
    );
  });
});

describe('evidence', () => {
  test('what is not in matchOn is not read, in blocking either', () => {
    const evidence = parseEvidence(
      {
        names: [{ full: 'Zalmay Tarinkoti' }],
        documents: [{ type: 'PASSPORT', number: 'O7654321' }],
      },
      today,
    );
    const restricted = restrictEvidence(evidence, new Set(['NAME'] as const));
    expect([...evidenceElementsOf(restricted)]).toEqual(['NAME']);
    expect(evidenceBlockingTerms(restricted).some(({ term }) => term.startsWith('d:'))).toBe(false);
  });
  test('reads Persian and Arabic digits in a date, and refuses control characters in a number', () => {
    const written = (dateOfBirth: string) =>
      parseEvidence({ dateOfBirth, calendar: 'SOLAR_HIJRI' }, today).dateOfBirth?.alternatives;
    expect(written('۱۳۶۲-۰۵')).toEqual(written('1362-05'));
    expect(written('١٣٦٢')).toEqual(written('1362'));
    for (const number of ['P12\u000034567', 'P1234\n567', 'P12345\u0007']) {
      const documents = [{ type: 'PASSPORT' as const, number }];
      expect(() => parseEvidence({ documents }, today)).toThrow(/person.documents\[0\].number/);
    }
  });

  test('spellings that normalise alike are one person asked for', () => {
    const one = parseEvidence({ names: [{ full: 'Muhammad Zalmay' }] }, today);
    const other = parseEvidence({ names: [{ full: 'ZALMAY  محمد' }] }, today);
    expect(canonicalEvidence(one)).toBe(canonicalEvidence(other));
  });
  test.each([
    [{ names: [{ full: 'x'.repeat(10_000) }] }, 'person.names[0].full'],
    [{ names: [{ full: 'Ali' }, { full: '\u200f \u0640' }] }, 'person.names[1].full'],
    [{ names: [{ full: '😀😀' }] }, 'person.names[0].full'],
    [{ dateOfBirth: '1984-02-30' }, 'person.dateOfBirth'],
    [{ dateOfBirth: '2031' }, 'person.dateOfBirth'],
    [{ documents: [{ type: 'PASSPORT', number: '-' }] }, 'person.documents[0].number'],
    [{ machineReadableZone: ['P<AFG', 'X'] }, 'person.machineReadableZone'],
  ] as const)('refuses by the path of the argument (%#)', (input, argument) => {
    let thrown: unknown;
    try {
      parseEvidence(input, today);
    } catch (error) {
      thrown = error;
    }
    expect(isGatewayError(thrown, 'ERR_INPUT_INVALID')).toBe(true);
    expect((thrown as { argument: string }).argument).toBe(argument);
  });
});

describe('blocking', () => {
  test('a question shares terms with its person', () => {
    const terms = new Set(subjectBlockingTerms(subject));
    const asked = evidenceBlockingTerms(
      parseEvidence({ names: [{ full: 'زلمی ترینکوتی' }] }, today),
    );
    expect(asked.some(({ term }) => terms.has(term))).toBe(true);
  });
});

test('an explanation has words for every element compared', () => {
  const evidence = parseEvidence(
    { names: [{ full: 'زلمی ترینکوتی' }], dateOfBirth: '1984' },
    today,
  );
  const prepared = prepareSubject(subject);
  const explanation = explainComparison(evidence, prepared, compareEvidence(evidence, prepared));
  expect(explanation.map(({ element }) => element)).toEqual(['NAME', 'DATE_OF_BIRTH']);
  expect(explanation[0]?.asked[0]?.romanised).toBeDefined();
});

test('an explanation shows the parts that agree, in both scripts, and their weight', () => {
  const evidence = parseEvidence({ names: [{ full: 'زلمی ترینکوتی' }] }, today);
  const prepared = prepareSubject({ ...subject, names: [{ full: 'Haji Zalmay Tarinkoti' }] });
  const [name] = explainComparison(evidence, prepared, compareEvidence(evidence, prepared));
  expect(name?.words).toMatch(/زلمی \(Zalmai\) is Zalmay/);
  expect(name?.words).toMatch(/\+\d+\.\d bits/);
});

test('liaison officers are told when the candidate cap was reached', () => {
  expect(explainCandidateCap(candidateCap - 1)).toBeUndefined();
  expect(explainCandidateCap(candidateCap)).toContain(String(candidateCap));
});
