import { fieldCatalogue, subjectFields, type SubjectField } from '../core/disclosure/catalogue.js';
import { makeTestTerms } from '../core/grants/test-terms.js';
import type { PartnerCode } from '../core/ids.js';
import { evidenceElements, type EvidenceElement } from '../core/matching/index.js';

/** By level: whether it is there, or its value; null where nothing is known. */
type Told = Readonly<Partial<Record<SubjectField, string | boolean | null>>>;

/** An answer under a test grant: what every installation gives, to the letter. */
interface Answer {
  readonly outcome: 'MATCH' | 'POSSIBLE_MATCH' | 'NOT_CONFIRMED';
  /** Elements that agree. */
  readonly agrees?: readonly EvidenceElement[];
  readonly told?: Told;
}

const born = (name: string, year: string, region: string | null, number: string | null): Told => ({
  FULL_NAME: name,
  DATE_OF_BIRTH: year,
  NATIONALITY: region,
  DOCUMENT_NUMBER: number,
});
const visa = (visaClass: string, status: string, expires: string): Told => ({
  VISA_REFERENCE: true,
  VISA_CLASS: visaClass,
  VISA_STATUS: status,
  VISA_EXPIRES: expires,
});

const south = 'Southern Asia';
const everything = ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'DOCUMENT'] as const;
const answers: Readonly<Record<string, Answer>> = {
  T01: {
    outcome: 'MATCH',
    agrees: ['NAME', 'DATE_OF_BIRTH', 'DOCUMENT'],
    told: {
      ...born('Parwana Testyar', '1984', south, '******01'),
      ...visa('PROTECTION', 'GRANTED', '2030'),
    },
  },
  T02: {
    outcome: 'MATCH',
    agrees: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH'],
    told: {
      ...born('محمد رحیم آزمونی', '1985', south, '***********0102'),
      ...visa('PROTECTION', 'GRANTED', '2029'),
    },
  },
  T03: {
    outcome: 'MATCH',
    agrees: ['DOCUMENT'],
    told: {
      ...born('زرمینه ازموینه', '[1991..1992]', south, '*******103'),
      ...visa('HUMANITARIAN', 'USED', '2027'),
    },
  },
  T04: {
    outcome: 'MATCH',
    agrees: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'NATIONALITY'],
    told: {
      ...born('عائشہ آزمائشی', '1990', south, '***********04-4'),
      ...visa('FAMILY', 'GRANTED', '2028'),
    },
  },
  T05: {
    outcome: 'MATCH',
    agrees: everything,
    told: {
      ...born('Golsum', '1975', south, '******05'),
      ...visa('PROTECTION', 'GRANTED', '2029'),
    },
  },
  T06: {
    outcome: 'MATCH',
    agrees: ['NAME', 'DOCUMENT'],
    told: {
      ...born('Najib Doublegan', '1988', south, '******06'),
      ...visa('PROTECTION', 'GRANTED', '2030'),
    },
  },
  T07: { outcome: 'POSSIBLE_MATCH' },
  T08: {
    outcome: 'MATCH',
    agrees: everything,
    told: {
      ...born('Haji Mohammad Nader Pastkhana', '[1960..1965]', south, '******08'),
      ...visa('PROTECTION', 'EXPIRED', '2023'),
    },
  },
  T09: {
    outcome: 'MATCH',
    agrees: everything,
    told: {
      ...born('Laila Rooz-e-Aval', '1992', south, '******09'),
      ...visa('PROTECTION', 'CANCELLED', '2026'),
    },
  },
  T10: {
    outcome: 'MATCH',
    agrees: ['NAME', 'DATE_OF_BIRTH', 'DOCUMENT'],
    told: {
      ...born('Anna Maria Testperson', '1974', null, '******C36'),
      ...visa('HUMANITARIAN', 'GRANTED', '2028'),
    },
  },
  T11: {
    outcome: 'MATCH',
    agrees: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH'],
    told: { ...born('Abdurrahman Bidunwasiqa', '1979', south, null), VISA_REFERENCE: false },
  },
  T12: {
    outcome: 'MATCH',
    agrees: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'NATIONALITY'],
    told: {
      ...born('نورية الاختبار', '1995', 'Western Asia', '******12'),
      ...visa('HUMANITARIAN', 'GRANTED', '2027'),
    },
  },
  T13: { outcome: 'NOT_CONFIRMED' },
  T14: { outcome: 'NOT_CONFIRMED' },
};

/** One answer line of `safeconduct verify`, without what differs from one asking to the next. */
export interface BuiltInAnswer {
  readonly id: string;
  readonly outcome: string;
  readonly subject: Readonly<Record<string, object>> | null;
  readonly evidence: readonly { readonly element: string; readonly agreement: string }[];
}

/** Levels are those of every test grant, whosever it is. */
const { fields: levels } = makeTestTerms('ANY' as PartnerCode, new Date(0));

/** Fields a test grant tells, by the names of `DisclosedSubject`. */
export const builtInFields: readonly string[] = subjectFields
  .filter((field) => levels[field] !== undefined)
  .map((field) => fieldCatalogue[field].name);

/** The answers to the built-in questions; references are each partner's own and left out. */
export function builtInAnswers(): readonly BuiltInAnswer[] {
  return Object.entries(answers).map(([id, { outcome, agrees = [], told }]) => ({
    id,
    outcome,
    subject: told === undefined ? null : subjectOf(told, agrees),
    evidence: evidenceElements.map((element) => ({
      element,
      agreement: agrees.includes(element) ? 'AGREES' : 'NOT_CONFIRMED',
    })),
  }));
}

function subjectOf(
  told: Told,
  agrees: readonly EvidenceElement[],
): Readonly<Record<string, object>> {
  const fields = subjectFields.flatMap((field) => {
    const level = levels[field];
    if (level === undefined) return [];
    const known = told[field] ?? null;
    const disclosed = {
      level,
      present: level === 'PRESENCE' ? known : null,
      agreement: level === 'CONFIRM' ? agreementOf(field, agrees) : null,
      value: level === 'PRESENCE' || level === 'CONFIRM' ? null : known,
    };
    return [[fieldCatalogue[field].name, disclosed] as const];
  });
  return Object.fromEntries(fields);
}

/** A test grant confirms father's names and nothing else. */
function agreementOf(field: SubjectField, agrees: readonly EvidenceElement[]): string {
  if (field !== 'FATHER_NAME') throw new TypeError('no element of evidence for this field');
  return agrees.includes(field) ? 'AGREES' : 'NOT_CONFIRMED';
}
