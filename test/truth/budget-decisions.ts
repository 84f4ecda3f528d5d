import type { BudgetKind } from '../../src/core/budget/index.js';
import type { GrantBudgets } from '../../src/core/budget/index.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';

/**
 * What a budget lets through, by hand: questions in order, and what becomes of each. Every kind of
 * budget is used to its last and then by one more. Held to by the budgets in a database
 * (grants/budgets.spec.ts) and, in test/budget-decisions.e2e-spec.ts, by every door a question comes in
 * through; what is used afterwards, by the doors that show it.
 */
export interface BudgetRow {
  readonly rule: string;
  readonly questionsPerDay: number;
  readonly budgets?: GrantBudgets;
  /** More grants of the same partner with the same budgets; 1 where there is none. */
  readonly grants?: number;
  readonly asked: readonly AskedRow[];
  /** Of the first grant, afterwards; values those of the anchor nearest to its end. */
  readonly used: Readonly<Record<BudgetKind, number>>;
}

export interface AskedRow {
  readonly person: PersonEvidenceInput;
  /** Under which of the grants; the first. */
  readonly grant?: number;
  /** Under the request of an earlier question, by its place. */
  readonly requestOf?: number;
  /** Is somebody of the register, and matched. */
  readonly isMatched?: true;
  readonly becomes: 'CHARGED' | BudgetKind | 'ERR_REQUEST_ID_REUSED';
}

/** Somebody of the register whom a question can be about. */
export const knownPerson = {
  reference: 'T-KNOWN',
  caseload: 'AF-2021',
  names: [{ full: 'Zalmay Tarinkoti' }],
  fatherName: 'Jandad',
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'Q70011223' }],
} as const;

const passports = (...numbers: readonly string[]): PersonEvidenceInput => ({
  documents: numbers.map((number) => ({ type: 'PASSPORT', number })),
});
const passport = (number: string): PersonEvidenceInput => passports(number);
/** Nobody, and nobody's neighbour: numbers of no common run. */
const strangers = [
  'L10293847',
  'M56473829',
  'N91827364',
  'R64738291',
  'S29384756',
  'T83746152',
].map(passport);
const stranger = (at: number): PersonEvidenceInput => strangers[at] ?? {};
const known: PersonEvidenceInput = {
  names: [{ full: 'Zalmay Tarinkoti' }],
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'Q70011223' }],
};
const named = (full: string, dateOfBirth = '1991-05-07'): PersonEvidenceInput => ({
  names: [{ full }],
  dateOfBirth,
});
const charged = (person: PersonEvidenceInput, more: Partial<AskedRow> = {}): AskedRow => ({
  person,
  becomes: 'CHARGED',
  ...more,
});
const spent = (
  person: PersonEvidenceInput,
  becomes: AskedRow['becomes'],
  more: Partial<AskedRow> = {},
): AskedRow => ({ person, becomes, ...more });
const used = (QUESTIONS: number, PEOPLE: number, MISSES: number, VALUES: number) => ({
  QUESTIONS,
  PEOPLE,
  MISSES,
  VALUES,
});

const wide = { missesPerWeek: 1_000, valuesPerPerson: 500 };

export const budgetRows: readonly BudgetRow[] = [
  {
    rule: 'no question, where none may be asked',
    questionsPerDay: 0,
    budgets: wide,
    asked: [spent(stranger(0), 'QUESTIONS')],
    used: used(0, 0, 0, 0),
  },
  {
    rule: 'questions to the last, and no more',
    questionsPerDay: 2,
    budgets: { ...wide, peoplePerDay: 100 },
    asked: [charged(stranger(0)), charged(stranger(1)), spent(stranger(2), 'QUESTIONS')],
    used: used(2, 2, 2, 1),
  },
  {
    rule: 'people to the last, the same again, and nobody new',
    questionsPerDay: 100,
    budgets: { ...wide, peoplePerDay: 2 },
    asked: [
      charged(named('Omar Stanekzai')),
      charged(named('Gul Zadran')),
      charged(named('STANEKZAI, Omar')),
      spent(named('Farid Noori'), 'PEOPLE'),
      charged(named('Gul Zadran')),
    ],
    used: used(4, 2, 8, 2),
  },
  {
    rule: 'misses to the last, and no more',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 2, valuesPerPerson: 500 },
    asked: [charged(stranger(0)), charged(stranger(1)), spent(stranger(2), 'MISSES')],
    used: used(2, 2, 2, 1),
  },
  {
    rule: 'a miss without a document counts twice',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 2, valuesPerPerson: 500 },
    asked: [charged(named('Omar Stanekzai')), spent(stranger(0), 'MISSES')],
    used: used(1, 1, 2, 1),
  },
  {
    rule: 'a miss counts once more for each further name or document: each may be another person',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 4, valuesPerPerson: 500 },
    asked: [
      charged(passports('L10293847', 'M56473829', 'N91827364')),
      spent(passports('R64738291', 'S29384756'), 'MISSES'),
      charged(stranger(3)),
      spent(stranger(4), 'MISSES'),
    ],
    used: used(2, 4, 4, 1),
  },
  {
    rule: 'without a name each document is another person',
    questionsPerDay: 100,
    budgets: { ...wide, peoplePerDay: 4 },
    asked: [
      charged(passports('L10293847', 'M56473829', 'N91827364')),
      spent(passports('R64738291', 'S29384756'), 'PEOPLE'),
      charged(passports('N91827364', 'R64738291')),
      charged(stranger(0)),
      spent(stranger(4), 'PEOPLE'),
    ],
    used: used(3, 4, 6, 1),
  },
  {
    rule: 'with a name three documents are of one person, and the fourth of another',
    questionsPerDay: 100,
    budgets: { ...wide, peoplePerDay: 2 },
    asked: [
      charged({ ...named('Gul Zadran'), ...passports('L10293847', 'M56473829', 'N91827364') }),
      spent(
        {
          ...named('Omar Stanekzai'),
          ...passports('L10293847', 'M56473829', 'N91827364', 'R64738291'),
        },
        'PEOPLE',
      ),
      charged({ ...named('Omar Stanekzai'), ...passports('L10293847', 'M56473829') }),
    ],
    used: used(2, 2, 5, 3),
  },
  {
    rule: 'a match gives back all but one miss for each other person asked about beside it',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 4, valuesPerPerson: 500 },
    asked: [
      charged(passports('Q70011223', 'L10293847', 'M56473829'), { isMatched: true }),
      charged(passports('Q70011223', 'N91827364', 'R64738291'), { isMatched: true }),
      charged(passports('Q70011223', 'S29384756', 'T83746152'), { isMatched: true }),
      charged(passports('Q70011223', 'L10293847', 'N91827364'), { isMatched: true }),
      spent(passports('Q70011223', 'M56473829', 'R64738291'), 'MISSES'),
    ],
    used: used(4, 7, 3, 1),
  },
  {
    rule: 'a match is no miss, and earns as many again as the limit lets it',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 1, valuesPerPerson: 500 },
    asked: [
      charged(known, { isMatched: true }),
      charged(known, { isMatched: true }),
      charged(stranger(0)),
      charged(stranger(1)),
      spent(stranger(2), 'MISSES'),
    ],
    used: used(4, 3, 1, 1),
  },
  {
    rule: 'values around one person to the last, those tried before, and none new',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 1_000, valuesPerPerson: 2 },
    asked: [
      charged({ ...named('Farid Noori', '1984-01'), fatherName: 'Karim' }),
      charged({ ...named('Farid Noori', '1984-02'), fatherName: 'Karim' }),
      charged({ ...named('Farid Noori', '1984-01'), fatherName: 'Karim' }),
      spent({ ...named('Farid Noori', '1984-03'), fatherName: 'Karim' }, 'VALUES'),
      charged({ ...named('Farid Noori', '1984-03'), fatherName: 'Zmaray' }),
    ],
    used: used(4, 3, 8, 2),
  },
  {
    rule: 'numbers of one run, twice as many as values, and no more',
    questionsPerDay: 100,
    budgets: { missesPerWeek: 1_000, valuesPerPerson: 2 },
    asked: [
      ...['301', '302', '303', '304'].map((tail) => charged(passport(`P7700${tail}`))),
      spent(passport('P7700305'), 'VALUES'),
      charged(passport('P8800305')),
    ],
    used: used(5, 5, 5, 4),
  },
  {
    rule: 'the same question under one request costs nothing, another is refused',
    questionsPerDay: 1,
    budgets: { ...wide, peoplePerDay: 100 },
    asked: [
      charged(stranger(0)),
      charged(stranger(0), { requestOf: 0 }),
      spent(stranger(1), 'ERR_REQUEST_ID_REUSED', { requestOf: 0 }),
      spent(stranger(0), 'QUESTIONS'),
    ],
    used: used(1, 1, 1, 1),
  },
  {
    rule: 'a partner has half as much again as one grant, however many it has',
    questionsPerDay: 2,
    budgets: { ...wide, peoplePerDay: 100 },
    grants: 2,
    asked: [
      charged(stranger(0)),
      charged(stranger(1)),
      charged(stranger(2), { grant: 1 }),
      spent(stranger(3), 'QUESTIONS', { grant: 1 }),
    ],
    used: used(2, 2, 2, 1),
  },
  {
    rule: 'people asked about under one grant count for another of the partner',
    questionsPerDay: 100,
    budgets: { ...wide, peoplePerDay: 2 },
    grants: 2,
    asked: [
      charged(stranger(0)),
      charged(stranger(1)),
      charged(stranger(0), { grant: 1 }),
      charged(stranger(2), { grant: 1 }),
      spent(stranger(3), 'PEOPLE', { grant: 1 }),
    ],
    used: used(2, 2, 2, 1),
  },
];
