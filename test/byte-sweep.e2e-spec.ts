import { beforeAll, expect, test } from '@jest/globals';
import { demoCaseloads, makeDemoPeople } from '../src/register/index.js';
import {
  encodingsOf,
  everyColumn,
  everyFile,
  findNeedles,
  mayBeChance,
  valuesOf,
} from './support/byte-sweep.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { codeOf } from './support/replies.js';

const people = makeDemoPeople({ seed: 'byte sweep', partners: testPartners, count: 150 });
const caseReference = 'CASE/OF-ZALMAI.4711';
const planted = 'Planted-Canary-O4711815';

describeOnEachDatabase('everything at rest', (kind) => {
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = await leaveAtRest();
  });

  /** All that a gateway with fresh keys leaves behind, once it has been asked. */
  async function leaveAtRest(): Promise<Buffer> {
    const gateway = await startGateway({ kind, people });
    await ask(gateway);
    const { dataSource } = gateway.rooms.database;
    await dataSource.query('CHECKPOINT');
    const columns = await everyColumn(dataSource);
    const held = everyFile(gateway.home);
    for (const { code } of testPartners) gateway.partner(code).close();
    await gateway.gateway.close();
    const logged = Buffer.from(gateway.logged.join(''));
    const left = Buffer.concat([columns, held, everyFile(gateway.home), logged]);
    await gateway.close();
    return left;
  }

  /** Questions that match, that do not, that are refused, one by one and together. */
  async function ask(gateway: TestGateway): Promise<void> {
    const alpha = gateway.partner('ALPHA-BORDER');
    const askable = people.filter(
      ({ documents, dateOfBirth = '' }) => documents !== undefined && /^[0-9]/.test(dateOfBirth),
    );
    const outcomes = new Set<unknown>();
    for (const person of askable.slice(0, 8)) {
      const { names, fatherName, dateOfBirth, calendar, documents = [] } = person;
      const asked = {
        names: names.map(({ full }) => ({ full })),
        ...(fatherName === undefined ? {} : { fatherName }),
        dateOfBirth,
        calendar: calendar ?? 'GREGORIAN',
        documents: documents.map(({ type, number }) => ({ type, number })),
      };
      const reply = await alpha.verify(asked, { caseReference });
      outcomes.add((reply.json?.data?.['verifyIdentity'] as { outcome?: string })?.outcome);
      // The same values where they do not belong.
      const [first] = names;
      for (const bent of [
        { ...asked, dateOfBirth: first?.full },
        { ...asked, names: [{ full: `${first?.full ?? ''} `.repeat(40) }] },
        { ...asked, nationality: first?.full },
        { names: asked.names },
      ]) {
        expect(codeOf(await alpha.verify(bent, { caseReference }))).toMatch(/^ERR_/);
      }
      const inDocument = await alpha.graphql(
        `mutation { verifyIdentity(input: { requestId: "r", grantId: "${alpha.grantId}", purpose: BORDER_VERIFICATION,
          caseReference: "C", person: { dateOfBirth: ${JSON.stringify(first?.full)} } }) { id } }`,
      );
      expect(codeOf(inDocument)).toBe('ERR_INPUT_INVALID');
    }
    expect(outcomes.has('MATCH')).toBe(true);
    await alpha.graphql(
      `mutation V($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) { __typename } }`,
      {
        input: {
          grantId: alpha.grantId,
          purpose: 'BORDER_VERIFICATION',
          questions: askable.slice(0, 20).map(({ names, documents = [] }) => ({
            requestId: crypto.randomUUID(),
            caseReference,
            person: {
              names: names.map(({ full }) => ({ full })),
              documents: documents.map(({ type, number }) => ({ type, number })),
            },
          })),
        },
      },
    );
  }

  test('holds no name, date, number or reference of a person, in no encoding in use', async () => {
    const values = new Set([...people.flatMap(valuesOf), caseReference, ...demoCaseloads.slice(1)]);
    values.delete('AF-2021');
    const needles = [...values].flatMap((value) => encodingsOf(value));
    expect(needles.length).toBeGreaterThan(5_000);
    // Never the values: a failing test prints what it compares.
    const found = findNeedles(bytes, needles);
    expect(found.filter((needle) => !mayBeChance(needle)).length).toBe(0);
    // Six random letters are somewhere in five megabytes of sealed text now and then, but not twice.
    if (found.length > 0) expect(findNeedles(await leaveAtRest(), found).length).toBe(0);
  });

  test('would be found out: a canary is found in each encoding, wherever it stands', () => {
    for (const [index, needle] of encodingsOf(planted).entries()) {
      const before = bytes.subarray(0, 100_000 + index);
      expect(findNeedles(Buffer.concat([before, needle]), encodingsOf(planted))).toContainEqual(
        needle,
      );
    }
    for (const lead of ['', 'x', 'xy']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${lead}${planted}, and more`).toString(encoding);
        expect(findNeedles(Buffer.from(text), encodingsOf(planted))).not.toHaveLength(0);
      }
    }
  });

  test('does hold what it may: the grant, the codes of partners, requests by their ids', () => {
    expect(findNeedles(bytes, [Buffer.from('ALPHA-BORDER')])).toHaveLength(1);
    expect(findNeedles(bytes, [Buffer.from('registrar 2')])).toHaveLength(1);
  });
});
