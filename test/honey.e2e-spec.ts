import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compareForDuplicates, Register } from '../src/register/index.js';
import { QuestionScreen } from '../src/screening/index.js';
import { encodingsOf, findNeedles } from './support/byte-sweep.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';
import type { StaffReply } from './support/staff-client.js';

interface HoneyNode {
  readonly id: string;
  readonly caseload: string;
  readonly reference: string;
  readonly person: string;
  readonly place: string;
  readonly plantedBy: string;
}
interface PersonLine {
  readonly reference: string;
  readonly names: readonly { readonly full: string }[];
  readonly fatherName?: string;
  readonly dateOfBirth?: string;
  readonly calendar?: string;
  readonly documents: readonly { readonly type: string; readonly number: string }[];
}

const fields = 'id caseload reference person place plantedBy';
const place = 'copy handed to the printers in March';
const given = {
  reference: 'T-AF-900001',
  caseload: 'AF-2021',
  names: [{ full: 'Zarmina Gulab' }],
  fatherName: 'Sher',
  dateOfBirth: '1980-01-10',
  documents: [{ type: 'PASSPORT', number: 'P0094511', issuingState: 'AFG' }],
};

/** The question of somebody who has seen the record. */
const asSeen = ({ names, fatherName, dateOfBirth, calendar, documents }: PersonLine) => ({
  names: names.slice(0, 1).map(({ full }) => ({ full })),
  documents: documents.map(({ type, number }) => ({ type, number })),
  ...(fatherName === undefined ? {} : { fatherName }),
  ...(dateOfBirth === undefined ? {} : { dateOfBirth }),
  ...(calendar === undefined ? {} : { calendar }),
});

/** What may differ between two answers: ids, times, receipt. */
function shapeOf(reply: TestReply): unknown {
  const { id, requestId, answeredAt, relyUntil, receipt, ...rest } = answerOf(reply);
  const lengths = [id, requestId, answeredAt, relyUntil, receipt.record, receipt.salt].map(
    (text) => text.length,
  );
  return { ...rest, lengths, members: Object.keys(answerOf(reply)) };
}

describeOnEachDatabase('a honey record that was planted', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let honey: HoneyNode;
  let invented: HoneyNode;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
  });
  afterAll(async () => gateway?.close());

  const ask = async (who: string, query: string, variables: object = {}): Promise<StaffReply> =>
    gateway.staff(who).graphql(query, variables);
  const plant = async (who: string, input: object) =>
    ask(
      who,
      `mutation P($input: PlantHoneyInput!) { plantHoney(input: $input) { act { act state content } honey { ${fields} } } }`,
      { input },
    );
  const list = async (who = 'SEC-1') => ask(who, `{ honeyRecords { ${fields} } }`);
  const openAlerts = async () =>
    (await ask('SEC-1', '{ alerts(all: true) { kind severity partner reason records } }'))
      .value as readonly { readonly kind: string; readonly severity: string }[];
  const findings = async (who = 'SEC-1') =>
    ask(who, '{ screenFindings { kind verificationId partner honey exportId } }');
  /** What those who do not know of it may read of the register. */
  const readings = async () => ({
    statistics: (
      await ask('LIA-1', '{ registerStatistics { people caseloads { caseload people } } }')
    ).value,
    duplicates: (await ask('REG-1', '{ likelyDuplicates { compared total } }')).text,
    batches: (await ask('REG-1', '{ importBatches(waiting: false) { people } }')).text,
    size: gateway.rooms.context.get(Register).size,
    access: (await alpha.graphql('{ access { grants { budgets { kind limit } } } }')).json,
  });

  test.each(['LIA-1', 'REG-1', 'ADM-1', 'OVR-1', 'PRO-1'])(
    'is neither planted, listed nor retired by %s',
    async (who) => {
      const replies = [
        await plant(who, { caseload: 'AF-2021', place }),
        await list(who),
        await gateway.staff(who).act('retireHoney', { honey: randomUUID() }),
      ];
      expect(replies.map(({ code }) => code)).toEqual(Array(3).fill('ERR_ACT_NOT_PERMITTED'));
    },
  );

  test('is made up like the people of a caseload, or given, at once, by a security officer', async () => {
    const before = await readings();
    const one = await plant('SEC-1', { caseload: 'AF-2021', place });
    const other = await plant('SEC-1', { person: JSON.stringify(given), place: 'a decoy' });
    type Planted = { act: { act: string; state: string; content: string }; honey: HoneyNode };
    const planted = [one.value, other.value] as Planted[];
    expect(planted.map(({ act: { act, state } }) => [act, state])).toEqual(
      Array(2).fill(['HONEY_PLANT', 'DONE']),
    );
    invented = planted[0]?.honey as HoneyNode;
    honey = planted[1]?.honey as HoneyNode;
    expect(invented.reference).toMatch(/^T-AF-\d{6,7}$/);
    expect(invented.reference).not.toBe(laila.reference);
    expect(honey).toMatchObject({ reference: given.reference, plantedBy: 'SEC-1' });
    expect((await list()).value).toMatchObject([{ id: honey.id }, { id: invented.id, place }]);
    expect(await readings()).toEqual(before);
  });

  test.each([
    ['neither caseload nor person', { place }],
    ['both', { caseload: 'AF-2021', person: JSON.stringify(given), place }],
    ['a caseload of nobody', { caseload: 'AF-1999', place }],
    ['no place', { caseload: 'AF-2021', place: '' }],
    ['a person of no caseload', { person: '{"reference":"X-1"}', place }],
    ['no JSON', { person: 'Zarmina', place }],
  ])('is refused with %s', async (_what, input) => {
    expect((await plant('SEC-1', input)).code).toBe('ERR_INPUT_INVALID');
  });

  test('is not there for a registrar, by reference or likeness, nor in the book of acts', async () => {
    for (const { reference } of [honey, invented]) {
      const found = await ask(
        'REG-1',
        'query P($r: PersonReferenceInput!) { person(reference: $r) { reference { reference } } }',
        {
          r: { caseload: 'AF-2021', reference },
        },
      );
      expect(found.value ?? null).toBeNull();
    }
    const { pairs } = await compareForDuplicates(gateway.rooms.context.get(Register), {
      from: 0,
      count: 100,
    });
    expect(pairs).toEqual([]);
    for (const who of ['LIA-1', 'REG-1']) {
      expect((await ask(who, '{ acts(waiting: false) { act } }')).text).not.toContain('HONEY');
    }
    expect((await ask('SEC-1', '{ acts(waiting: false) { act content } }')).text).toContain('HONEY_PLANT');
  });

  test('is answered like somebody who is not there, byte for byte but ids, times, receipt', async () => {
    const absent = await alpha.verify(nobodyAsSeen, { requestId: randomUUID() });
    for (const one of [honey, invented]) {
      const person = asSeen(JSON.parse(one.person) as PersonLine);
      const reply = await alpha.verify(person, { requestId: randomUUID() });
      expect(answerOf(reply).outcome).toBe('NOT_CONFIRMED');
      expect(shapeOf(reply)).toEqual(shapeOf(absent));
      expect(reply.body.length).toBe(absent.body.length);
      const { date: _, ...headers } = reply.headers;
      const { date: __, ...headersOfAbsent } = absent.headers;
      expect([reply.status, headers]).toEqual([absent.status, headersOfAbsent]);
    }
  });

  test('asked for, is told to security and the protection officer and to nobody else', async () => {
    await gateway.rooms.context.get(QuestionScreen).round();
    await gateway.gateway.lookForAlerts();
    const raised = (await openAlerts()).filter((one) => one.kind === 'HONEY_ASKED');
    expect(raised).toHaveLength(1);
    // In clear it names neither question nor partner: who reads the database learns from it of no one.
    expect(raised[0]).toMatchObject({ severity: 'CRITICAL', partner: null, records: [] });
    expect((await findings()).value).toMatchObject(
      [invented, honey].map(({ id }) => ({
        kind: 'HONEY_ASKED_FOR',
        partner: 'ALPHA-BORDER',
        honey: id,
        exportId: null,
      })),
    );
    expect((await findings('PRO-1')).value).toHaveLength(2);
    for (const who of ['LIA-1', 'REG-1', 'ADM-1', 'OVR-1']) {
      expect((await findings(who)).code).toBe('ERR_ACT_NOT_PERMITTED');
      expect((await ask(who, '{ alerts { id } }')).code).toBe('ERR_ACT_NOT_PERMITTED');
    }
    const notices = await alpha.graphql('{ notices { edges { node { id } } } }');
    expect(notices.body.toString()).not.toContain('HONEY');
  });

  test('leaves nothing of the person, the place or the question readable in the database', async () => {
    const { dataSource } = gateway.rooms.database;
    const texts: string[] = [];
    for (const table of ['honey_record', 'staff_act', 'alert', 'screen_round', 'alert_delivery']) {
      const rows = await dataSource.query<object[]>(`SELECT t::text AS row FROM ${table} t`);
      texts.push(JSON.stringify(rows));
    }
    const asked = (await findings()).value as readonly { readonly verificationId: string }[];
    const { names, documents } = JSON.parse(invented.person) as PersonLine;
    const needles = [
      place,
      given.names[0]?.full ?? '',
      'P0094511',
      given.reference,
      invented.reference,
      names[0]?.full ?? '',
      ...documents.map(({ number }) => number),
      ...asked.map(({ verificationId }) => verificationId),
    ].flatMap(encodingsOf);
    expect(findNeedles(Buffer.from(texts.join('\n')), needles)).toEqual([]);
  });

  test('is retired by two, and the screen no longer knows it', async () => {
    const asked = await gateway.staff('SEC-1').act('retireHoney', { honey: honey.id });
    expect(asked.value).toMatchObject({ state: 'PENDING' });
    expect((await gateway.staff('SEC-1').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await list()).value).toHaveLength(2);
    expect((await gateway.staff('PRO-1').approve(asked)).value).toMatchObject({ state: 'DONE' });
    expect((await list()).value).toMatchObject([{ id: invented.id }]);
    const again = await gateway.staff('SEC-1').act('retireHoney', { honey: honey.id });
    expect(again.code).toBe('ERR_NOT_FOUND');
    await alpha.verify(asSeen(given), { requestId: randomUUID() });
    await gateway.rooms.context.get(QuestionScreen).round();
    expect((await findings()).value).toHaveLength(2);
  });
});
