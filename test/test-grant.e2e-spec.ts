import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign } from 'jose';
import { builtInCaseload, type Caseload, type GrantId, type PartnerCode } from '../src/core/ids.js';
import {
  GrantLifecycle,
  grantSignaturePayload,
  grantSignatureType,
  putGrantInForce,
} from '../src/grants/index.js';
import {
  builtInAnswers,
  builtInFields,
  builtInPeople,
  builtInQuestions,
  correctPerson,
  importRegister,
  planErasure,
  Register,
  registerStatistics,
  requestExport,
  seedBuiltInCaseload,
  suppressPeople,
} from '../src/register/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { standardTerms, startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner } from './support/partner.js';
import { laila, lailaAsSeen } from './support/people.js';
import { codeOf } from './support/replies.js';

interface GrantJson {
  readonly id: string;
  readonly version: number;
  readonly digest: string;
  readonly state: string;
  readonly test: boolean;
  readonly budgets: readonly { readonly kind: string; readonly used: number }[];
}

const askDocument = `mutation V($input: VerifyIdentityInput!) {
  verifyIdentity(input: $input) {
    outcome evidence { element agreement }
    subject { ${builtInFields.map((field) => `${field} { level present agreement value }`).join(' ')} }
  }
}`;
const acceptDocument =
  'mutation A($input: AcceptGrantInput!) { acceptGrant(input: $input) { grant { state test } } }';

describeOnEachDatabase('the built-in caseload', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let register: Register;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
    register = gateway.rooms.context.get(Register);
  });
  afterAll(async () => gateway?.close());

  const sql = <Row>(text: string, ...values: unknown[]): Promise<Row[]> =>
    gateway.rooms.database.dataSource.query<Row[]>(text, values);
  const grantsOf = async (partner = alpha): Promise<readonly GrantJson[]> => {
    const reply = await partner.graphql(
      '{ access { grants { id version digest state test budgets { kind used } } } }',
    );
    return (reply.json?.data?.['access'] as { readonly grants: readonly GrantJson[] }).grants;
  };
  const testGrantOf = async (partner = alpha): Promise<GrantJson> => {
    const found = (await grantsOf(partner)).find((one) => one.test && one.state !== 'REVOKED');
    if (found === undefined) throw new TypeError('no test grant');
    return found;
  };
  const accept = (partner: TestPartner, { id: grantId, version, digest }: GrantJson) =>
    partner.graphql(acceptDocument, { input: { grantId, version, digest } });
  const renew = async (partner: string): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act('renewTestGrant', { partner });
    expect(asked.value).toMatchObject({ state: 'PENDING' });
    expect((await gateway.staff('LIA-2').approve(asked)).value).toMatchObject({ state: 'DONE' });
  };
  const ask = (
    partner: TestPartner,
    grantId: string,
    person: object,
    requestId: string = randomUUID(),
  ) =>
    partner.graphql(askDocument, {
      input: {
        requestId,
        grantId,
        purpose: 'BORDER_VERIFICATION',
        caseReference: 'TEST',
        person,
      },
    });

  describe('under a test grant', () => {
    test('two approve, and nothing can be asked until the partner has accepted', async () => {
      expect((await grantsOf()).some((one) => one.test)).toBe(false);
      await renew('ALPHA-BORDER');
      const waiting = await testGrantOf();
      expect(waiting.state).toBe('APPROVED');
      const early = await ask(alpha, waiting.id, builtInQuestions[0]?.person ?? {});
      expect(codeOf(early)).toBe('ERR_GRANT_NOT_USABLE');
      const accepted = await accept(alpha, waiting);
      expect(accepted.json?.data).toEqual({
        acceptGrant: { grant: { state: 'ACTIVE', test: true } },
      });
    });

    test('every question has exactly the answer the bundle prints', async () => {
      const { id } = await testGrantOf();
      const given: object[] = [];
      for (const question of builtInQuestions) {
        const reply = await ask(alpha, id, question.person);
        given.push({ id: question.id, ...(reply.json?.data?.['verifyIdentity'] as object) });
      }
      expect(given).toEqual(builtInAnswers());
      expect(given).toHaveLength(builtInPeople.length + 2);
    });

    test('its budget is its own: nothing of it is charged to partner, state or real grants', async () => {
      const [real, rehearsed] = [(await grantsOf()).find((one) => !one.test), await testGrantOf()];
      expect(real?.budgets.map(({ used }) => used)).toEqual([0, 0, 0, 0]);
      expect(rehearsed.budgets.find(({ kind: of }) => of === 'QUESTIONS')?.used).toBe(
        builtInQuestions.length,
      );
      const accounts = await sql<{ account: string }>('SELECT DISTINCT account FROM budget_use');
      expect(accounts).toEqual([{ account: `GRANT:${rehearsed.id}` }]);
      await sql('DELETE FROM budget_use');
      await alpha.verify(lailaAsSeen);
      const charged = await sql<{ account: string }>(
        'SELECT DISTINCT account FROM budget_use ORDER BY 1',
      );
      expect(charged.map(({ account }) => account)).toEqual([
        `GRANT:${alpha.grantId}`,
        'PARTNER:ALPHA-BORDER',
        'STATE:AUS',
      ]);
    });

    test('one request id may be used in rehearsal and in earnest', async () => {
      const { id } = await testGrantOf();
      const reply = await ask(alpha, id, builtInQuestions[0]?.person ?? {}, 'same-request');
      expect(reply.json?.errors).toBeUndefined();
      const real = await alpha.verify(lailaAsSeen, { requestId: 'same-request' });
      expect(real.json?.errors).toBeUndefined();
    });

    test('nobody real is found, and under a real grant nobody made up', async () => {
      const { id } = await testGrantOf();
      const outcomeOf = async (grant: string, person: object) =>
        ((await ask(alpha, grant, person)).json?.data?.['verifyIdentity'] as { outcome: string })
          .outcome;
      expect(await outcomeOf(id, lailaAsSeen)).toBe('NOT_CONFIRMED');
      expect((await alpha.verify(lailaAsSeen)).json?.data?.['verifyIdentity']).toMatchObject({
        outcome: 'MATCH',
      });
      expect(
        (await alpha.verify(builtInQuestions[0]?.person ?? {})).json?.data?.['verifyIdentity'],
      ).toMatchObject({ outcome: 'NOT_CONFIRMED' });
    });

    test('another partner has none of it', async () => {
      const { id } = await testGrantOf();
      const bravo = gateway.partner('BRAVO-CONSULAR');
      const reply = await ask(bravo, id, builtInQuestions[0]?.person ?? {});
      expect(codeOf(reply)).toBe('ERR_GRANT_NOT_USABLE');
    });

    test('renewed, the one before is over', async () => {
      const before = await testGrantOf();
      await renew('ALPHA-BORDER');
      const after = await testGrantOf();
      expect([after.id === before.id, after.state]).toEqual([false, 'APPROVED']);
      const late = await ask(alpha, before.id, builtInQuestions[0]?.person ?? {});
      expect(codeOf(late)).toBe('ERR_GRANT_NOT_USABLE');
      await accept(alpha, after);
      expect((await testGrantOf()).state).toBe('ACTIVE');
    });

    test('comes with a partner that two add', async () => {
      const asked = await gateway
        .staff('LIA-1')
        .act('addPartner', { code: 'CHARLIE', name: 'Partner CHARLIE', state: 'CAN' });
      expect(await sql("SELECT 1 FROM access_grant WHERE partner = 'CHARLIE'")).toEqual([]);
      await gateway.staff('LIA-2').approve(asked);
      expect(
        await sql("SELECT state, version, test FROM access_grant WHERE partner = 'CHARLIE'"),
      ).toEqual([{ state: 'APPROVED', version: 0, test: true }]);
    });
  });

  describe('no other grant names it:', () => {
    const terms = (caseloads: readonly string[]) => ({
      ...standardTerms,
      partner: 'ALPHA-BORDER' as PartnerCode,
      caseloads: caseloads as Caseload[],
      validFrom: new Date(),
      validUntil: new Date(Date.now() + 86_400_000),
    });

    test.each([[['TEST']], [['AF-2021', 'TEST']]])(
      'a draft of %j is refused',
      async (caseloads) => {
        const lifecycle = new GrantLifecycle(randomUUID);
        const json: unknown = JSON.parse(JSON.stringify(terms(caseloads)));
        await expect(
          gateway.rooms.database.dataSource.transaction(async (manager) =>
            lifecycle.draft(manager, { account: 'one' }, { terms: json }, new Date()),
          ),
        ).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID' });
      },
    );

    test.each([[['TEST']], [['AF-2021', 'TEST']]])(
      '%j put in force is refused by the database',
      async (caseloads) => {
        await expect(
          putGrantInForce(gateway.rooms.database.dataSource, {
            id: randomUUID() as GrantId,
            terms: terms(caseloads),
            requestedBy: 'one',
            approvedBy: 'two',
            approvedAt: new Date(),
          }),
        ).rejects.toThrow(/test grants/);
      },
    );

    test('a real grant cannot become one, nor a test grant real or of other people', async () => {
      await expect(
        sql('UPDATE access_grant SET test = true WHERE id = $1', alpha.grantId),
      ).rejects.toThrow(/first row to its last/);
      await expect(sql('UPDATE access_grant SET test = false WHERE test')).rejects.toThrow(
        /first row to its last/,
      );
      await expect(
        sql(
          `UPDATE grant_proposal SET terms = jsonb_set(terms, '{caseloads}', '["AF-2021"]')
           WHERE grant_id = (SELECT id FROM access_grant WHERE test LIMIT 1)`,
        ),
      ).rejects.toThrow(/test grants/);
    });
  });

  describe('on the register it is apart:', () => {
    const rules = {
      requestedBy: 'registrar 1',
      knownPartners: new Set<never>(),
      dryRun: false,
    };
    const file = async function* (row: object) {
      yield Buffer.from(`${JSON.stringify(row)}\n`);
    };

    test('no import brings anybody into it', async () => {
      const row = { ...laila, reference: 'TEST-99', caseload: 'TEST' };
      const report = await importRegister(register.store, { ...rules, source: file(row) });
      expect(report.rejections).toEqual([
        { line: 1, column: 'caseload', code: 'CASELOAD_RESERVED' },
      ]);
    });

    test('nobody in it is corrected, suppressed, erased or exported', async () => {
      const { store } = register;
      const person = { caseload: builtInCaseload, reference: 'TEST-01' };
      const invalid = { code: 'ERR_INPUT_INVALID' };
      await expect(
        correctPerson(store, { ...person, correction: { sex: 'M' }, requestedBy: 'one' }),
      ).rejects.toMatchObject(invalid);
      await expect(
        suppressPeople(store, {
          people: { references: [person] },
          codes: ['AUS'],
          requestedBy: 'one',
          knownPartners: new Set(),
        }),
      ).rejects.toMatchObject(invalid);
      await expect(planErasure(store, { caseload: builtInCaseload })).rejects.toMatchObject(
        invalid,
      );
      expect((await planErasure(store, { visaEndedBefore: '2100-01-01' })).people).toBe(1);
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await expect(
        requestExport(store, {
          caseload: builtInCaseload,
          recipient: publicKey.export({ format: 'jwk' }),
          requestedBy: 'one',
        }),
      ).rejects.toMatchObject(invalid);
    });

    test('nobody in it is counted', async () => {
      expect((await registerStatistics(register.store)).caseloads).toEqual([
        { caseload: 'AF-2021', people: undefined },
      ]);
      const scope = { partner: 'ALPHA-BORDER' as never, state: 'AUS' as never };
      const caseloads = new Set(['AF-2021' as Caseload, builtInCaseload]);
      expect(register.countInScope({ ...scope, caseloads })).toBe(1);
    });

    test('it is seeded once', async () => {
      const version = register.version();
      expect(await seedBuiltInCaseload(register.store)).toBe(false);
      await register.load();
      expect(register.version()).toBe(version);
      await sql('DELETE FROM built_in_caseload');
      expect(await seedBuiltInCaseload(register.store)).toBe(true);
      await register.load();
      expect(register.version()).toBe(version);
      expect(register.size).toBe(builtInPeople.length + 1);
    });
  });

  describe('a key for grants', () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'grants-1' });
    const signed = async (grant: GrantJson): Promise<string> =>
      new CompactSign(Buffer.from(grantSignaturePayload(grant as never)))
        .setProtectedHeader({ alg: 'ES256', kid: 'grants-1', typ: grantSignatureType })
        .sign(privateKey);
    const acceptSigned = async (grant: GrantJson) => {
      const { id: grantId, version, digest } = grant;
      const signature = await signed(grant);
      return alpha.graphql(acceptDocument, { input: { grantId, version, digest, signature } });
    };

    test('counts when two have registered it, and at once no more when one removes it', async () => {
      await renew('ALPHA-BORDER');
      const grant = await testGrantOf();
      expect(codeOf(await acceptSigned(grant))).toBe('ERR_INPUT_INVALID');
      const asked = await gateway
        .staff('LIA-1')
        .act('addGrantKey', { partner: 'ALPHA-BORDER', jwk });
      expect((await gateway.staff('LIA-1').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
      expect(codeOf(await acceptSigned(grant))).toBe('ERR_INPUT_INVALID');
      await gateway.staff('LIA-2').approve(asked);
      const removed = { partner: 'ALPHA-BORDER', kid: 'grants-1' };
      expect((await gateway.staff('REG-1').act('removeGrantKey', removed)).code).toBe(
        'ERR_ACT_NOT_PERMITTED',
      );
      const accepted = await acceptSigned(grant);
      expect(accepted.json?.errors).toBeUndefined();
      await renew('ALPHA-BORDER');
      await gateway.staff('SEC-1').act('removeGrantKey', removed);
      expect(codeOf(await acceptSigned(await testGrantOf()))).toBe('ERR_INPUT_INVALID');
      const again = await gateway
        .staff('LIA-1')
        .act('addGrantKey', { partner: 'ALPHA-BORDER', jwk });
      expect(again.code).toBe('ERR_CONFLICT');
    });

    test('is refused when it is private or weak', async () => {
      const bad = [
        { ...privateKey.export({ format: 'jwk' }), kid: 'grants-2' },
        {
          ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
            format: 'jwk',
          }),
          kid: 'grants-3',
        },
        { ...publicKey.export({ format: 'jwk' }) },
      ];
      for (const one of bad) {
        const asked = await gateway
          .staff('LIA-1')
          .act('addGrantKey', { partner: 'ALPHA-BORDER', jwk: JSON.stringify(one) });
        expect(asked.code).toBe('ERR_INPUT_INVALID');
      }
    });
  });
});
