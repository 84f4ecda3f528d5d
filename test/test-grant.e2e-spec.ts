import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builtInQuestions } from '../src/register/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';

describeOnEachDatabase('x', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
  });
  afterAll(async () => gateway?.close());
  describe('y', () => {
    test('z', async () => {
      const asked = await gateway.staff('LIA-1').act('renewTestGrant', { partner: 'ALPHA-BORDER' });
      await gateway.staff('LIA-2').approve(asked);
      const alpha = gateway.partner('ALPHA-BORDER');
      const access = await alpha.graphql('{ access { grants { id version digest test state } } }');
      const grants = (access.json?.data?.['access'] as { grants: { id: string; version: number; digest: string; test: boolean }[] }).grants;
      const grant = grants.find((one) => one.test)!;
      const ok = await alpha.graphql('mutation A($input: AcceptGrantInput!) { acceptGrant(input: $input) { grant { state } } }', { input: { grantId: grant.id, version: grant.version, digest: grant.digest } });
      process.stderr.write(JSON.stringify(ok.json) + '\n');
      for (const { id, person } of builtInQuestions) {
        const reply = await alpha.graphql(
          `mutation V($input: VerifyIdentityInput!) { verifyIdentity(input: $input) { outcome evidence { element agreement } subject {
            fullName { ...d } fatherName { ...d } dateOfBirth { ...d } nationality { ...d } documentNumber { ...d } visaReference { ...d } visaClass { ...d } visaStatus { ...d } visaExpires { ...d } } } }
           fragment d on Disclosed { level present agreement value }`,
          { input: { requestId: id, grantId: grant.id, purpose: 'BORDER_VERIFICATION', caseReference: 'TEST', person } },
        );
        process.stderr.write(`@@${JSON.stringify({ id, data: reply.json?.data?.['verifyIdentity'], errors: reply.json?.errors })}\n`);
      }
      expect(1).toBe(1);
    });
  });
});
