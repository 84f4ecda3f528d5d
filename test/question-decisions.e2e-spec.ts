import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fieldCatalogue } from '../src/core/disclosure/catalogue.js';
import { isGatewayError } from '../src/core/errors.js';
import type { GrantTerms } from '../src/core/grants/grant.js';
import type { GrantId } from '../src/core/ids.js';
import { checkClientCertificate } from '../src/identity/index.js';
import { Authority, putGrantInForce } from '../src/grants/index.js';
import { VerifyIdentity } from '../src/verification/index.js';
import { answered, askAt, askingDoors } from './support/asking.js';
import { temporaryHome } from './support/databases.js';
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

describe('at every entrance', () => {
  let gateway: TestGateway;
  const place = temporaryHome();
  const grants = new Map<QuestionRow, string>();
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', releaseDelayMs: 1 });
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
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  // The test partners' systems have no officer to ask for.
  const atTheDoor = rows.filter(([, { officer }]) => officer === undefined);

  describe.each(askingDoors)('%s:', (door) => {
    test.each(atTheDoor)('%s', async (_rule, row) => {
      const { purpose, person } = asked(row);
      const fields = asked(row).fields.map((field) => fieldCatalogue[field].name);
      const under = { grantId: grants.get(row), purpose, fields };
      const [reply] = await askAt(door, gateway, alpha.code, place.path, under, [{ person }]);
      expect(reply?.code).toBe(row.expected === 'ALLOWED' ? answered : row.expected);
    });
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
