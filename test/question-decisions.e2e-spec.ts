import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fieldCatalogue } from '../src/core/disclosure/catalogue.js';
import { isGatewayError } from '../src/core/errors.js';
import { decideQuestion } from '../src/core/grants/decide.js';
import { grantDigest, type Grant, type GrantTerms } from '../src/core/grants/grant.js';
import type { GrantId } from '../src/core/ids.js';
import {
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
} from '../src/core/matching/index.js';
import { checkClientCertificate } from '../src/identity/index.js';
import { Authority, putGrantInForce } from '../src/grants/index.js';
import { VerifyIdentity } from '../src/verification/index.js';
import {
  standardTerms,
  startGateway,
  testPartners,
  thumbprint,
  type TestGateway,
} from './support/gateway.js';
import { questionRows, type QuestionRow } from './truth/question-decisions.js';

const [alpha, bravo] = testPartners;
const ordinary = { documents: [{ type: 'PASSPORT' as const, number: 'P0000001' }] };

const termsOfRow = (row: QuestionRow): GrantTerms => ({
  ...standardTerms,
  partner: row.names === 'ANOTHER PARTNER’S' ? bravo.code : alpha.code,
  validFrom: new Date('2020-01-01T00:00:00Z'),
  validUntil: new Date('2100-01-01T00:00:00Z'),
  ...row.terms,
});
const asked = (row: QuestionRow) => ({
  purpose: row.purpose ?? ('BORDER_VERIFICATION' as const),
  fields: row.fields ?? [],
  person: row.person ?? ordinary,
});
const rows = questionRows.map((row) => [row.rule, row] as const);

test.each(rows)('the decision: %s', (_rule, row) => {
  const id = randomUUID() as GrantId;
  const terms = termsOfRow(row);
  const digest = grantDigest(id, 1, terms);
  const grant: Grant = { ...terms, id, version: 1, digest, state: row.state ?? 'ACTIVE' };
  const { purpose, fields, person } = asked(row);
  const compared = restrictEvidence(parseEvidence(person, new Date()), new Set(terms.matchOn));
  const elements = evidenceElementsOf(compared);
  const meetsFloor = meetsEvidenceFloor(compared);
  const decision = decideQuestion(
    row.names === 'NONE' ? undefined : grant,
    { partner: alpha.code, ...(row.officer === undefined ? {} : { officer: row.officer }) },
    { purpose, fields, elements, meetsFloor },
    new Date(),
  );
  expect(decision.allow ? 'ALLOWED' : decision.code).toBe(row.expected);
});

describe('at every entrance', () => {
  let gateway: TestGateway;
  const grants = new Map<QuestionRow, string>();
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite' });
    const { dataSource } = gateway.rooms.database;
    for (const row of questionRows) {
      const id = randomUUID() as GrantId;
      grants.set(row, id);
      if (row.names === 'NONE') continue;
      await putGrantInForce(dataSource, {
        id,
        terms: termsOfRow(row),
        requestedBy: 'one',
        approvedBy: 'two',
        approvedAt: new Date(),
      });
      if (row.state !== undefined) {
        await dataSource.query('UPDATE access_grant SET state = $2 WHERE id = $1', [id, row.state]);
      }
    }
  });
  afterAll(async () => gateway.close());

  const outcome = (errors: readonly { extensions: Readonly<Record<string, unknown>> }[] = []) =>
    errors[0]?.extensions['code'] ?? 'ALLOWED';
  const selection = (row: QuestionRow) => {
    const fields = asked(row).fields.map((field) => `${fieldCatalogue[field].name} { level }`);
    return `{ outcome subject { reference ${fields.join(' ')} } }`;
  };
  // The test partners' systems have no officer to ask for.
  const atTheDoor = rows.filter(([, { officer }]) => officer === undefined);

  test.each(atTheDoor)('verifyIdentity: %s', async (_rule, row) => {
    const { purpose, person } = asked(row);
    const reply = await gateway
      .partner(alpha.code)
      .graphql(
        `mutation V($input: VerifyIdentityInput!) { verifyIdentity(input: $input) ${selection(row)} }`,
        {
          input: {
            requestId: randomUUID(),
            grantId: grants.get(row),
            purpose,
            caseReference: 'CASE-1',
            person,
          },
        },
      );
    expect(outcome(reply.json?.errors)).toBe(row.expected);
  });

  test.each(atTheDoor)('verifyIdentities: %s', async (_rule, row) => {
    const { purpose, person } = asked(row);
    const reply = await gateway.partner(alpha.code).graphql(
      `mutation V($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) {
         ... on Verification ${selection(row)} ... on VerificationRefusal { code } } }`,
      {
        input: {
          grantId: grants.get(row),
          purpose,
          questions: [{ requestId: randomUUID(), caseReference: 'CASE-1', person }],
        },
      },
    );
    const [result] = (reply.json?.data?.['verifyIdentities'] ?? []) as { code?: string }[];
    expect(result?.code ?? outcome(reply.json?.errors)).toBe(row.expected);
  });

  test.each(rows)('the use case: %s', async (_rule, row) => {
    const { context } = gateway.rooms;
    const authority = context.get(Authority);
    await authority.refresh();
    const { clientId, pair } = gateway.partner(alpha.code).options;
    const established = authority.establish({
      clientId,
      certificateFingerprint: thumbprint(pair),
      certificate: checkClientCertificate(pair.certificate, authority.anchors, new Date()),
      tokenIssuedAt: new Date(),
      tokenExpiresAt: new Date(Date.now() + 60_000),
    });
    // An officer is proven at the token endpoint (named-officers); here one is taken as given.
    const caller = {
      ...established,
      ...(row.officer === undefined ? {} : { officer: row.officer }),
    };
    const { purpose, fields, person } = asked(row);
    const question = {
      requestId: randomUUID(),
      grantId: grants.get(row) ?? '',
      purpose,
      caseReference: 'CASE-1',
      person,
      personAsSent: person,
      fields,
    };
    const code = await context
      .get(VerifyIdentity)
      .execute(caller, question)
      .then(
        () => 'ALLOWED',
        (error: unknown) => (isGatewayError(error) ? error.code : error),
      );
    expect(code).toBe(row.expected);
  });
});
