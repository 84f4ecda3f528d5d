import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toldUseRows } from '../../../test/truth/told-use.js';
import type { PartnerCode, StateCode } from '../ids.js';
import { parseEvidence, type PersonEvidenceInput } from '../matching/index.js';
import { chargesOf } from './charge.js';
import { budgetAccounts, budgetLimits, windowEnd, type BudgetKind } from './limits.js';
import { tellUse } from './told-use.js';

const chargesFor = (person: PersonEvidenceInput) =>
  chargesOf(parseEvidence(person, new Date('2026-03-04T00:00:00Z')), true);
const full: PersonEvidenceInput = {
  names: [{ full: 'Mohammad Rahim Ahmadi' }],
  fatherName: 'Abdul Karim',
  dateOfBirth: '1984-03-15',
  nationality: 'AFG',
  documents: [{ type: 'PASSPORT', number: 'P01234567' }],
};
const without = (element: keyof PersonEvidenceInput): PersonEvidenceInput => ({
  ...full,
  [element]: null,
});
const withNames = (further: readonly string[]): PersonEvidenceInput => ({
  ...full,
  names: [...(full.names ?? []), ...further.map((name) => ({ full: name }))],
});
const passports = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    type: 'PASSPORT' as const,
    number: `P${at}7654321`,
  }));
const many: PersonEvidenceInput = {
  names: ['Ba', 'Ka', 'La', 'Ma', 'Na', 'Ra', 'Sa', 'Ta', 'Za', 'Da'].map((part) => ({
    full: `${part}rim Noori`,
  })),
  dateOfBirth: '1984-03-15',
};
const threeNamed = withNames(['Gul Zadran', 'Farid Noori']);
const spelledTwice = (documents: ReturnType<typeof passports>) => ({
  ...withNames(['AHMADI Muhammad Raheem']),
  documents,
});
const tries = (person: PersonEvidenceInput) =>
  chargesFor(person).probes.map(({ width, anchor }) => `${width} ${anchor[0]}: ${anchor.at(-1)}`);

describe('what a question charges', () => {
  test('counts every value around every anchor', () => {
    expect(tries(full).sort()).toEqual([
      'NARROW document: date',
      'NARROW document: father',
      'NARROW document: name',
      'NARROW name and father: date',
      'NARROW name and father: document',
      'NARROW name and father: nationality',
      'TAILS series: number',
      'WIDE name: date',
      'WIDE name: document',
      'WIDE name: father',
      expect.stringMatching(/^WIDE particulars/),
    ]);
  });

  test.each<[string, PersonEvidenceInput]>([
    ['no father, no anchor of name and father', without('fatherName')],
    ['no document, no series', without('documents')],
    ['no name, no particulars', without('names')],
  ])('%s', (rule, person) => {
    const anchor = /no anchor of name and father/.test(rule)
      ? 'name and father'
      : (/(series|particulars)$/.exec(rule)?.[1] ?? '');
    expect(tries(person).some((one) => one.includes(` ${anchor}:`))).toBe(false);
    expect(tries(full).some((one) => one.includes(` ${anchor}`))).toBe(true);
  });

  test('another spelling is no other person and no other value', () => {
    const spelled = { ...full, names: [{ full: 'AHMADI Muhammad Raheem' }] };
    expect(chargesFor(spelled)).toEqual(chargesFor(full));
  });

  test('ten documents in one question are ten tries', () => {
    const documents = Array.from({ length: 10 }, (_, at) => ({
      type: 'PASSPORT' as const,
      number: `P0123456${at}`,
    }));
    const { probes } = chargesFor({ documents });
    const series = probes.filter(({ width }) => width === 'TAILS');
    expect(new Set(series.map(({ value }) => value)).size).toBe(10);
    expect(new Set(series.map(({ anchor }) => anchor.join())).size).toBe(1);
  });

  test.each<[string, PersonEvidenceInput, number]>([
    ['of one name and one document costs one', full, 1],
    ['without a document costs two', without('documents'), 2],
    ['of two spellings of one name costs one', withNames(['AHMADI Muhammad Raheem']), 1],
    ['of three names costs two more', withNames(['Gul Zadran', 'Farid Noori']), 3],
    ['of ten documents costs ten', { documents: passports(10) }, 10],
    ['of one document given twice costs one', { documents: [...passports(1), ...passports(1)] }, 1],
    ['of ten names and ten documents costs nineteen', { ...many, documents: passports(10) }, 19],
    ['of ten names and no document costs eleven', many, 11],
  ])('a miss %s', (_, person, cost) => {
    expect(chargesFor(person).missCost).toBe(cost);
  });

  test.each<[string, PersonEvidenceInput, number]>([
    ['one name and one document', full, 1],
    ['one name and no document', without('documents'), 1],
    ['ten names and no document', many, 1],
    ['one document and no name', { documents: passports(1) }, 1],
    ['two documents and no name', { documents: passports(2) }, 2],
    ['ten documents and no name', { documents: passports(10) }, 10],
    ['one document given twice', { documents: [...passports(1), ...passports(1)] }, 1],
    ['one name and three documents', { ...full, documents: passports(3) }, 1],
    ['one name and four documents', { ...full, documents: passports(4) }, 2],
    ['one name in two spellings and ten documents', spelledTwice(passports(10)), 4],
    ['two names and three documents', { ...withNames(['Gul Zadran']), documents: passports(3) }, 1],
    ['three names and three documents', { ...threeNamed, documents: passports(3) }, 3],
    ['ten names and ten documents', { ...many, documents: passports(10) }, 10],
  ])('%s: so many people', (_, person, count) => {
    const { people, missCost } = chargesFor(person);
    expect([people.length, new Set(people).size]).toEqual([count, count]);
    // Of what a miss costs a match always has something to give back.
    expect(missCost - (count - 1)).toBeGreaterThan(0);
  });

  test('whom a document names is one person, in whatever company', () => {
    const [first, ...others] = passports(3);
    const alone = chargesFor({ documents: first === undefined ? [] : [first] }).people;
    const together = chargesFor({ documents: passports(3) }).people;
    expect(together).toEqual(expect.arrayContaining([...alone]));
    expect(chargesFor({ documents: others }).people).not.toEqual(
      expect.arrayContaining([...alone]),
    );
    const turned = { ...full, documents: passports(4).reverse() };
    expect(chargesFor(turned).people).toEqual(
      chargesFor({ ...full, documents: passports(4) }).people,
    );
  });

  test('a short number has no series', () => {
    const documents = [{ type: 'TAZKIRA' as const, number: '12345' }];
    expect(tries({ documents })).toEqual([]);
  });
});

describe('limits', () => {
  const terms = { questionsPerDay: 100, budgets: { peoplePerDay: 20, valuesPerPerson: 5 } };

  test('an officer has half the grant, a partner half as much again, a state twice', () => {
    const of = (level: Parameters<typeof budgetLimits>[1]) => {
      const { questions, people, misses, values } = budgetLimits([terms], level);
      return [questions, people, misses, values.NARROW, values.TAILS, values.WIDE];
    };
    expect(of('OFFICER')).toEqual([50, 10, 40, 4, 8, 10]);
    expect(of('GRANT')).toEqual([100, 20, 40, 5, 10, 20]);
    expect(of('PARTNER')).toEqual([150, 30, 60, 6, 12, 30]);
    expect(of('STATE')).toEqual([200, 40, 80, 10, 20, 40]);
  });

  test('the most generous of several grants counts, not their sum', () => {
    const grants = [terms, { questionsPerDay: 300 }, { questionsPerDay: 300 }];
    expect(budgetLimits(grants, 'PARTNER').questions).toBe(450);
    expect(() => budgetLimits([], 'PARTNER')).toThrow(TypeError);
  });

  test('accounts come narrowest first, an officer only where one is named', () => {
    const asking = {
      partner: 'ALPHA' as PartnerCode,
      state: 'AUS' as StateCode,
      grant: 'a grant',
    };
    const names = (officer?: string) =>
      budgetAccounts({ ...asking, ...(officer === undefined ? {} : { officer }) }).map(
        ({ name }) => name,
      );
    expect(names()).toEqual(['GRANT:a grant', 'PARTNER:ALPHA', 'STATE:AUS']);
    expect(names('7')).toEqual(['OFFICER:ALPHA:7', ...names()]);
  });

  test.each<[BudgetKind, string, string]>([
    ['QUESTIONS', '2026-03-04T23:59:59.999Z', '2026-03-05'],
    ['QUESTIONS', '2026-03-05T00:00:00.000Z', '2026-03-06'],
    ['PEOPLE', '2026-03-04T12:00:00.000Z', '2026-03-05'],
    ['MISSES', '2026-03-08T23:59:59.999Z', '2026-03-09'],
    ['MISSES', '2026-03-09T00:00:00.000Z', '2026-03-16'],
    ['VALUES', '1970-01-30T23:59:59.999Z', '1970-01-31'],
    ['VALUES', '1970-01-31T00:00:00.000Z', '1970-03-02'],
  ])('the window of %s at %s ends on %s', (kind, at, ends) => {
    expect(windowEnd(kind, new Date(at))).toEqual(new Date(`${ends}T00:00:00.000Z`));
  });
});

describe('of a day', () => {
  test.each(toldUseRows)('$rule', ({ day, told }) => {
    const numbers = Object.fromEntries(tellUse(day).map(({ kind, used }) => [kind, used]));
    expect(numbers).toEqual(told ?? {});
  });

  test('nobody is told whether fewer than ten were found, however many', () => {
    const count = fc.nat({ max: 60 });
    const found = fc.nat({ max: 9 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        found,
        found,
        (questions, people, misses, values, ...of) => {
          const [one, other] = of.map((matched) =>
            tellUse({ questions, people, misses, values, matched, returned: matched }),
          );
          expect(one).toEqual(other);
        },
      ),
    );
  });
});
