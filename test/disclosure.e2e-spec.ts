import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  fieldCatalogue,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from '../src/core/disclosure/catalogue.js';
import type { GrantTerms } from '../src/core/grants/grant.js';
import type { GrantId } from '../src/core/ids.js';
import { evidenceElements, type EvidenceElement } from '../src/core/matching/index.js';
import { answered, askAt, askingDoors, type DoorAnswer } from './support/asking.js';
import { temporaryHome } from './support/databases.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';
import {
  barePeople,
  elementFields,
  levelRows,
  toldAgreement,
  toldWhen,
  wholePerson,
  type LevelRow,
  type Said,
  type Told,
} from './truth/disclosure.js';

const [alpha] = testPartners;
const { withDocument, withoutDocument } = barePeople;

/** The first levels of all fields, then the second, and so on: every row stands under one grant. */
const scopes = [0, 1, 2, 3].map(
  (at) =>
    Object.fromEntries(
      subjectFields.map((field) => {
        const rows = levelRows.filter((row) => row.field === field);
        return [field, rows[at % rows.length]?.level];
      }),
    ) as Record<SubjectField, DisclosureLevel>,
);
const confirmingScope =
  scopes.find((scope) => scope.FULL_NAME === 'CONFIRM') ??
  ({} as Record<SubjectField, DisclosureLevel>);
const rowsOf = (scope: (typeof scopes)[number]): readonly LevelRow[] =>
  levelRows.filter(({ field, level }) => scope[field] === level);

/** What an officer would write down of the whole person, and something else in the place of it. */
const agreeing: Readonly<Record<string, unknown>> = {
  names: [{ full: 'NOORI ZARMINA GULAB' }],
  fatherName: 'Sher Agha',
  dateOfBirth: '1984-04-01',
  sex: 'F',
  nationality: 'AFG',
  documents: [{ type: 'PASSPORT', number: 'P00123457' }],
};
const other: Readonly<Record<string, readonly [member: string, value: unknown]>> = {
  NAME: ['names', [{ full: 'Bibi Hawa Sarwari' }]],
  FATHER_NAME: ['fatherName', 'Zmaray'],
  DATE_OF_BIRTH: ['dateOfBirth', '1971-11-02'],
  SEX: ['sex', 'M'],
  NATIONALITY: ['nationality', 'PAK'],
  DOCUMENT: ['documents', [{ type: 'PASSPORT', number: 'K99887711' }]],
};
const spoken = evidenceElements.filter((element) => element !== 'GRANDFATHER_NAME');

/** The evidence in which one element is what a row says, and every other agrees. */
function evidence(element: EvidenceElement, said: Said): Readonly<Record<string, unknown>> {
  const [member = '', instead] = other[element] ?? [];
  if (said === 'DIFFERS') return { ...agreeing, [member]: instead };
  if (said === 'NOT SUPPLIED') return { ...agreeing, [member]: null };
  return agreeing;
}

interface Question {
  readonly said: Said;
  /** Of which it is said; of every other that it agrees. */
  readonly element: EvidenceElement;
  readonly person: object;
}
const questions: readonly Question[] = [
  { said: 'AGREES', element: 'NAME', person: agreeing },
  ...spoken.flatMap((element) =>
    (['DIFFERS', 'NOT SUPPLIED'] as const).map((said) => ({
      said,
      element,
      person: evidence(element, said),
    })),
  ),
];
const notCompared: readonly Question[] = spoken.map((element) => ({
  said: 'NOT COMPARED',
  element,
  person: agreeing,
}));

const full = ({ present, agreement, value }: Told) => ({
  present: present ?? null,
  agreement: agreement ?? null,
  value: value ?? null,
});
const expectedOf = (rows: readonly LevelRow[], told: (row: LevelRow) => Told) =>
  Object.fromEntries(
    rows.map((row) => [fieldCatalogue[row.field].name, { level: row.level, ...full(told(row)) }]),
  );
const fieldsTold = ({ subject }: DoorAnswer) => {
  if (subject === null || subject === undefined) return subject;
  const { reference: _, ...fields } = subject;
  return fields;
};

/** One table, at every door a person's fields leave through. */
describe('what leaves of a person', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let grants: readonly GrantId[] = [];
  const common: Partial<GrantTerms> = {
    matchOn: evidenceElements,
    // Many values are tried around one person here, by somebody who may.
    questionsPerDay: 10_000,
    budgets: { missesPerWeek: 100_000, valuesPerPerson: 100_000 },
  };
  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      releaseDelayMs: 1,
      people: [wholePerson, withDocument, withoutDocument],
      grants: [
        ...scopes.map((fields) => ({ code: alpha.code, terms: { ...common, fields } })),
        ...spoken.map((element) => ({
          code: alpha.code,
          terms: {
            ...common,
            fields: confirmingScope,
            matchOn: evidenceElements.filter((one) => one !== element),
          },
        })),
      ],
    });
    ({ grants } = gateway);
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const names = subjectFields.map((field) => fieldCatalogue[field].name);
  const bareRows = (rows: readonly LevelRow[], has: readonly SubjectField[]) =>
    rows.filter(({ field }) => !has.includes(field));

  test('the grants hold every row of the table', () => {
    expect(new Set(scopes.flatMap(rowsOf)).size).toBe(levelRows.length);
  });

  describe.each(askingDoors)('%s:', (door) => {
    const ask = async (grant: number, people: readonly object[]) =>
      askAt(
        door,
        gateway,
        alpha.code,
        place.path,
        { grantId: grants[grant], fields: names },
        people.map((person) => ({ person })),
      );

    const expectTold = (
      answer: DoorAnswer | undefined,
      scope: (typeof scopes)[number],
      of: Question,
    ) => {
      expect([of.element, of.said, answer?.code, answer?.outcome]).toEqual([
        of.element,
        of.said,
        answered,
        'MATCH',
      ]);
      const saidOf = (element: EvidenceElement | undefined): Said =>
        element === of.element ? of.said : 'AGREES';
      const elementOf = (field: SubjectField) =>
        spoken.find((element) => elementFields[element] === field);
      expect([of.element, of.said, fieldsTold(answer ?? { code: '' })]).toEqual([
        of.element,
        of.said,
        expectedOf(rowsOf(scope), (row) => toldWhen(row, saidOf(elementOf(row.field)))),
      ]);
      expect(answer?.evidence).toEqual(
        evidenceElements.map((element) => {
          const field = elementFields[element];
          const agreement =
            field === undefined ? 'NOT_CONFIRMED' : toldAgreement(scope[field], saidOf(element));
          return { element, agreement };
        }),
      );
    };

    test.each(scopes.map((scope, at) => ({ scope, at })))(
      'of somebody of whom all is registered, at the levels of grant $at',
      async ({ scope, at }) => {
        const answers = await ask(
          at,
          questions.map(({ person }) => person),
        );
        for (const [place, question] of questions.entries()) {
          expectTold(answers[place], scope, question);
        }
      },
    );

    test('of what the grant does not compare nothing agrees', async () => {
      for (const [at, question] of notCompared.entries()) {
        const [answer] = await ask(scopes.length + at, [question.person]);
        expectTold(answer, confirmingScope, question);
      }
    });

    test.each(scopes.map((scope, at) => ({ scope, at })))(
      'of somebody of whom little is registered, at the levels of grant $at',
      async ({ scope, at }) => {
        const { names: fullNames, documents } = withDocument;
        const person = { ...agreeing, names: fullNames, documents };
        const { names: others, fatherName, dateOfBirth } = withoutDocument;
        const second = { names: others, fatherName, dateOfBirth, sex: 'F', nationality: 'AFG' };
        const [one, two] = (await ask(at, [person, second])).map((answer) => {
          expect([answer.code, answer.outcome]).toEqual([answered, 'MATCH']);
          return fieldsTold(answer);
        });
        const absent = (row: LevelRow) => row.absent;
        expect(one).toMatchObject(
          expectedOf(bareRows(rowsOf(scope), ['FULL_NAME', 'DOCUMENT_NUMBER']), absent),
        );
        expect(two).toMatchObject(
          expectedOf(
            bareRows(rowsOf(scope), ['FULL_NAME', 'FATHER_NAME', 'DATE_OF_BIRTH']),
            absent,
          ),
        );
      },
    );

    test.each(subjectFields)(
      '%s withheld is refused, of somebody and of nobody alike',
      async (field) => {
        const under = {
          grantId: gateway.partner(alpha.code).grantId,
          fields: [fieldCatalogue[field].name],
        };
        const nobody = { documents: [{ type: 'PASSPORT', number: 'N55001122' }] };
        for (const person of [agreeing, nobody]) {
          const [answer] = await askAt(door, gateway, alpha.code, place.path, under, [{ person }]);
          expect(answer?.code).toBe(
            Object.hasOwn(standardTerms.fields, field) ? answered : 'ERR_FIELD_NOT_GRANTED',
          );
        }
      },
    );
  });

  describe('the preview of the host', () => {
    // A registrar: a liaison officer previews with ten people a day.
    const selection = 'fields { field level present agreement value }';
    const told = (value: unknown) =>
      Object.fromEntries(
        (value as { fields: ({ field: string } & Told)[] }).fields.map(({ field, ...rest }) => [
          field,
          rest,
        ]),
      );
    const expected = (rows: readonly LevelRow[], of: (row: LevelRow) => Told) =>
      Object.fromEntries(rows.map((row) => [row.field, { level: row.level, ...full(of(row)) }]));

    test.each(scopes.map((scope, at) => ({ scope, at })))(
      'shows of a person of the register what the partner is told, at the levels of grant $at',
      async ({ scope, at }) => {
        const preview = async (reference: string) => {
          const { value } = await gateway.staff('REG-1').graphql(
            `query P($input: PreviewGrantForPersonInput!) {
              grantPreviewForPerson(input: $input) { ${selection} } }`,
            { input: { grant: grants[at], version: 1, caseload: 'AF-2021', reference } },
          );
          return told(value);
        };
        const rows = rowsOf(scope);
        expect(await preview(wholePerson.reference)).toEqual(
          expected(rows, ({ registered }) => registered),
        );
        const absent = (row: LevelRow) => row.absent;
        expect(await preview(withDocument.reference)).toMatchObject(
          expected(bareRows(rows, ['FULL_NAME', 'DOCUMENT_NUMBER']), absent),
        );
        expect(await preview(withoutDocument.reference)).toMatchObject(
          expected(bareRows(rows, ['FULL_NAME', 'FATHER_NAME', 'DATE_OF_BIRTH']), absent),
        );
      },
    );

    test('shows of a field that is withheld, and of nobody, nothing', async () => {
      const { value } = await gateway.staff('REG-1').graphql(
        `query P($input: PreviewGrantForPersonInput!) {
          grantPreviewForPerson(input: $input) { ${selection} } }`,
        {
          input: {
            grant: gateway.partner(alpha.code).grantId,
            version: 1,
            caseload: 'AF-2021',
            reference: wholePerson.reference,
          },
        },
      );
      expect(told(value)['SEX']).toEqual({ level: 'WITHHELD', ...full({}) });
      const nobody = await gateway.staff('REG-1').graphql(
        `query P($input: PreviewGrantForPersonInput!) {
          grantPreviewForPerson(input: $input) { ${selection} } }`,
        { input: { grant: grants[0], version: 1, caseload: 'AF-2021', reference: 'T-NOBODY' } },
      );
      for (const { present, agreement, value: shown } of Object.values(told(nobody.value))) {
        expect([present, agreement, shown]).toEqual([null, null, null]);
      }
    });
  });
});
