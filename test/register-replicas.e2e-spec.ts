import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';
import { passport, personRow, testCaseload } from './support/register.js';
import { approveAct, changeRegister } from './support/registrar.js';
import { answerOf } from './support/replies.js';
import type { TestStaffClient } from './support/staff-client.js';

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const lines = (...rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const people = (number: number) => ({ caseload: testCaseload, references: [`T-${number}`] });
const reference = (number: number) => ({ caseload: testCaseload, reference: `T-${number}` });

describe('the register of two gateways over one PostgreSQL', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  let one: TestStaffClient;
  let two: TestStaffClient;
  let elsewhere: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PostgreSQL',
      staff: true,
      grants: [{ code: 'ALPHA-BORDER', terms: { requiresNotice: true } }],
    });
    other = await gateway.replica();
    one = gateway.staff('REG-1');
    two = gateway.staff('REG-2');
    const partner = gateway.partner('ALPHA-BORDER');
    elsewhere = new TestPartner({ ...partner.options, url: other.url }).withToken(
      await partner.accessToken(),
    );
    const { result } = await one.upload(lines(...numbers(1, 9).map((one) => personRow(one))));
    await approveAct(two, result.release);
  });
  afterAll(async () => {
    elsewhere?.close();
    await other?.close();
    await gateway?.close();
  });

  /** What the other gateway answers to the very next question: outcome, and the visa's status. */
  const next = async (number: number): Promise<readonly [string, unknown]> => {
    const answer = answerOf(
      await elsewhere.verify({
        names: [{ full: 'Zarghuna Wardakpur' }],
        documents: [{ type: 'PASSPORT', number: passport(number) }],
      }),
    );
    const status = answer.subject?.['visaStatus'];
    return [answer.outcome, typeof status === 'object' ? status.value : undefined];
  };
  /** The name the other gateway tells the partner for a person. */
  const toldElsewhere = async (number: number) =>
    answerOf(
      await elsewhere.verify({
        names: [{ full: 'Zarghuna Wardakpur' }],
        documents: [{ type: 'PASSPORT', number: passport(number) }],
      }),
    ).subject?.reference;
  const change = (mutation: string, inputType: string, input: object) =>
    changeRegister(one, mutation, inputType, input);

  test('a release is seen by the other before it answers, a pending person never', async () => {
    expect((await next(1))[0]).toBe('MATCH');
    const { result } = await one.upload(lines(personRow(20)));
    expect((await next(20))[0]).toBe('NOT_CONFIRMED');
    await approveAct(two, result.release);
    expect((await next(20))[0]).toBe('MATCH');
  });

  test('so is a person who is added', async () => {
    const { change: added } = await change('addPerson', 'AddPersonInput', {
      person: JSON.stringify(personRow(21)),
    });
    expect((await next(21))[0]).toBe('NOT_CONFIRMED');
    await approveAct(two, added.release);
    expect((await next(21))[0]).toBe('MATCH');
  });

  test('so are a correction and a status of a visa, each time', async () => {
    for (const status of ['GRANTED', 'USED', 'CANCELLED'] as const) {
      await change('changeVisaStatus', 'ChangeVisaStatusInput', {
        reference: reference(2),
        status,
      });
      expect(await next(2)).toEqual(['MATCH', status]);
    }
    const { change: corrected } = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(3),
      correction: JSON.stringify({ documents: [{ type: 'PASSPORT', number: passport(30) }] }),
    });
    expect([(await next(3))[0], (await next(30))[0]]).toEqual(['MATCH', 'NOT_CONFIRMED']);
    await approveAct(two, corrected.release);
    expect([(await next(3))[0], (await next(30))[0]]).toEqual(['NOT_CONFIRMED', 'MATCH']);
  });

  test('so are a suppression and its lifting', async () => {
    const input = { people: people(4), codes: ['AUS'] };
    await change('suppressPeople', 'SuppressPeopleInput', input);
    expect((await next(4))[0]).toBe('NOT_CONFIRMED');
    const { change: lift } = await change('liftSuppressions', 'SuppressPeopleInput', input);
    expect((await next(4))[0]).toBe('NOT_CONFIRMED');
    await approveAct(two, lift.act);
    expect((await next(4))[0]).toBe('MATCH');
  });

  test('so is an erasure', async () => {
    const { change: erase } = await change('erasePeople', 'ErasePeopleInput', {
      people: people(5),
    });
    expect((await next(5))[0]).toBe('MATCH');
    await approveAct(two, erase.act);
    expect((await next(5))[0]).toBe('NOT_CONFIRMED');
  });

  /** Of the household of a person, as the other gateway tells it. */
  const membersElsewhere = async (number: number) => {
    const { value } = await other
      .staff('REG-2')
      .graphql('query H($of: PersonReferenceInput!) { household(reference: $of) { reference } }', {
        of: reference(number),
      });
    return (value as readonly { readonly reference: string }[]).map((one) => one.reference).sort();
  };
  const heldElsewhere = async (number: number) => {
    const { value } = await other
      .staff('REG-2')
      .graphql(
        'query E($input: ErasePeopleInput!) { erasurePlan(input: $input) { people held } }',
        {
          input: { people: people(number) },
        },
      );
    return value;
  };
  const areDuplicatesElsewhere = async (first: number, second: number) => {
    const { value } = await other
      .staff('REG-2')
      .graphql('{ likelyDuplicates { pairs { one { reference } other { reference } } } }');
    const { pairs } = value as {
      readonly pairs: readonly Record<'one' | 'other', { readonly reference: string }>[];
    };
    const wanted = [`T-${first}`, `T-${second}`].sort().join();
    return pairs.some(
      (pair) => [pair.one.reference, pair.other.reference].sort().join() === wanted,
    );
  };
  const approved = async (waits: Parameters<typeof approveAct>[1]) => {
    expect((await approveAct(two, waits)).code).toBeUndefined();
  };
  const holdOf = async () => {
    const { value } = await one.graphql('{ legalHolds { id } }');
    return (value as readonly { readonly id: string }[])[0]?.id;
  };
  const outcomes = async (...wanted: readonly number[]) => {
    const told: string[] = [];
    for (const number of wanted) told.push((await next(number))[0]);
    return told;
  };

  /** What is done at one gateway, and what the other says before and right after it. */
  const changes: readonly {
    readonly kind: string;
    readonly does: () => Promise<void>;
    readonly seen: () => Promise<unknown>;
    readonly before: unknown;
    readonly after: unknown;
  }[] = [
    {
      kind: 'a legal hold',
      does: async () => {
        const input = { people: people(31), endsAt: '2100-01-01' };
        await approved((await change('setLegalHold', 'SetLegalHoldInput', input)).change.act);
      },
      seen: async () => heldElsewhere(31),
      before: { people: 1, held: 0 },
      after: { people: 0, held: 1 },
    },
    {
      kind: 'a legal hold that is lifted',
      does: async () => {
        const input = { hold: await holdOf() };
        await approved((await change('liftLegalHold', 'LiftLegalHoldInput', input)).change.act);
      },
      seen: async () => heldElsewhere(31),
      before: { people: 0, held: 1 },
      after: { people: 1, held: 0 },
    },
    {
      kind: 'who is kept apart',
      does: async () => {
        const { code } = await one.graphql(
          'mutation K($input: KeepApartInput!) { keepPeopleApart(input: $input) { id } }',
          { input: { one: reference(32), other: reference(33) } },
        );
        expect(code).toBeUndefined();
      },
      seen: async () => areDuplicatesElsewhere(32, 33),
      before: true,
      after: false,
    },
    {
      kind: 'a merge: found by the one, told of by the other',
      does: async () => {
        const input = { into: reference(34), from: reference(35) };
        await approved((await change('mergePeople', 'MergePeopleInput', input)).change.act);
      },
      seen: async () => [
        (await toldElsewhere(34)) === (await toldElsewhere(35)),
        await outcomes(35),
      ],
      before: [false, ['MATCH']],
      after: [true, ['MATCH']],
    },
    {
      kind: 'a household',
      does: async () => {
        for (const number of [36, 37]) {
          const { change: corrected } = await change('correctPerson', 'CorrectPersonInput', {
            reference: reference(number),
            correction: JSON.stringify({ household: 'H-1' }),
          });
          if (corrected.release !== null) await approved(corrected.release);
        }
      },
      seen: async () => membersElsewhere(36),
      before: ['T-36'],
      after: ['T-36', 'T-37'],
    },
    {
      kind: 'an erasure of a caseload’s people by a file of references',
      does: async () => {
        const input = { people: { caseload: testCaseload, references: ['T-38', 'T-39'] } };
        await approved((await change('erasePeople', 'ErasePeopleInput', input)).change.act);
      },
      seen: async () => outcomes(38, 39, 37),
      before: ['MATCH', 'MATCH', 'MATCH'],
      after: ['NOT_CONFIRMED', 'NOT_CONFIRMED', 'MATCH'],
    },
    {
      kind: 'a file that changes who is there, once it is released',
      does: async () => {
        const row = personRow(37, { documents: [{ type: 'PASSPORT', number: passport(40) }] });
        const { result } = await one.upload(lines(row));
        expect(await outcomes(37, 40)).toEqual(['MATCH', 'NOT_CONFIRMED']);
        await approved(result.release);
      },
      seen: async () => outcomes(37, 40),
      before: ['MATCH', 'NOT_CONFIRMED'],
      after: ['NOT_CONFIRMED', 'MATCH'],
    },
  ];

  describe('of what else is done at one', () => {
    beforeAll(async () => {
      const { result } = await one.upload(lines(...numbers(31, 39).map((one) => personRow(one))));
      await approved(result.release);
    });

    test.each(changes)('the other sees $kind', async ({ does, seen, before, after }) => {
      expect(await seen()).toEqual(before);
      await does();
      expect(await seen()).toEqual(after);
    });
  });

  test('acts of two registrars at once are both done, and the other sees both', async () => {
    const acts = [6, 7, 8].flatMap((number) => [
      change('suppressPeople', 'SuppressPeopleInput', { people: people(number), codes: ['AUS'] }),
      change('changeVisaStatus', 'ChangeVisaStatusInput', {
        reference: reference(number),
        status: 'EXPIRED',
      }),
    ]);
    for (const { code } of await Promise.all(acts)) expect(code).toBeUndefined();
    for (const number of [6, 7, 8]) expect((await next(number))[0]).toBe('NOT_CONFIRMED');
    expect((await next(9))[0]).toBe('MATCH');
  });

  test('where a grant asks for notice, nobody is named who was not told', async () => {
    const [grantId = ''] = gateway.grants;
    const ask = async (number: number) => {
      const reply = await elsewhere.verify(
        {
          names: [{ full: 'Zarghuna Wardakpur' }],
          documents: [{ type: 'PASSPORT', number: passport(number) }],
        },
        { grantId },
      );
      return { outcome: answerOf(reply).outcome, bytes: reply.body.length };
    };
    const [untold, nobody] = [await ask(9), await ask(777)];
    expect(untold).toEqual({ ...nobody, outcome: 'NOT_CONFIRMED' });
    const { change: told } = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(9),
      correction: JSON.stringify({ sharing: { basis: 'CONSENT', informedOn: '2026-02-01' } }),
    });
    expect((await ask(9)).outcome).toBe('NOT_CONFIRMED');
    await approveAct(two, told.release);
    expect(await ask(9)).toEqual({ ...nobody, outcome: 'MATCH' });
    const refused = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(9),
      correction: JSON.stringify({ sharing: { refusedFor: ['AUS'] } }),
    });
    expect(refused.change.release).toBeNull();
    expect((await ask(9)).outcome).toBe('NOT_CONFIRMED');
  });
});
