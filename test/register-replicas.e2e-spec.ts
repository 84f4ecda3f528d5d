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
