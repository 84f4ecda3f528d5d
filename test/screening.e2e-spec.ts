import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Caseload } from '../src/core/ids.js';
import { keepHoneyPeople, makeHoneyPeople } from '../src/register/honey.js';
import { Register } from '../src/register/index.js';
import { changeRegister } from '../src/register/register-change.js';
import type { SubjectContent } from '../src/register/subject-blob.js';
import { QuestionScreen, ScreenRounds } from '../src/screening/index.js';
import { encodingsOf, findNeedles } from './support/byte-sweep.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';

const kept = {
  ...laila,
  reference: 'T-AF-000002',
  names: [{ full: 'Spozhmai Zahir' }],
  fatherName: 'Wakil',
  dateOfBirth: '1991-05-14',
  documents: [{ type: 'PASSPORT', number: 'P00994417', issuingState: 'AFG' }],
  suppressedFor: ['ALPHA-BORDER'],
};
const keptAsSeen = {
  names: [{ full: 'Spozhmai Zahir' }],
  dateOfBirth: '1991-05-14',
  documents: [{ type: 'PASSPORT', number: 'P00994417' }],
};

describeOnEachDatabase('the screen', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let screen: QuestionScreen;
  let rounds: ScreenRounds;
  let honey: SubjectContent;
  const exportId = randomUUID();
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [laila, kept] });
    alpha = gateway.partner('ALPHA-BORDER');
    const { context, database } = gateway.rooms;
    screen = context.get(QuestionScreen);
    rounds = context.get(ScreenRounds);
    const { store } = context.get(Register);
    const [made] = makeHoneyPeople(store, 'AF-2021' as Caseload, ['T-AF-777']);
    if (made === undefined) throw new TypeError('no honey');
    honey = { ...made, names: [{ full: 'Zarmina Gulab' }], dateOfBirth: '1980-01-10' };
    await database.dataSource.query(
      'ALTER TABLE honey_record DROP CONSTRAINT IF EXISTS honey_record_export_id_fkey',
    );
    const act = {
      id: exportId,
      kind: 'EXPORT',
      requestedBy: 'registrar 1',
      approvedBy: 'registrar 2',
      at: store.now().toISOString(),
      people: 1,
    } as const;
    await changeRegister(store, async (change) => keepHoneyPeople(change, act, [honey]));
  });
  afterAll(async () => gateway.close());

  const honeyAsSeen = () => ({
    names: [{ full: 'Zarmina Gulab' }],
    dateOfBirth: '1980-01-10',
    ...(honey.fatherName === undefined ? {} : { fatherName: honey.fatherName }),
    documents: honey.documents.map(({ type, number }) => ({ type, number })),
  });
  const screened = async () => {
    const since = new Date();
    await screen.round();
    return rounds.read(new Date(since.getTime() - 1));
  };

  test('tells who asked for somebody kept from them, and for somebody of an export alone', async () => {
    const forKept = answerOf(await alpha.verify(keptAsSeen));
    const forHoney = answerOf(await alpha.verify(honeyAsSeen()));
    const forNobody = answerOf(await alpha.verify(nobodyAsSeen));
    const forLaila = answerOf(await alpha.verify(lailaAsSeen));
    expect([forKept, forHoney, forNobody, forLaila].map(({ outcome }) => outcome)).toEqual([
      'NOT_CONFIRMED',
      'NOT_CONFIRMED',
      'NOT_CONFIRMED',
      'MATCH',
    ]);
    expect(screen.waiting).toBe(4);
    const { findings, notScreened } = await screened();
    expect(notScreened).toBe(0);
    const about = { partner: 'ALPHA-BORDER', officer: null };
    expect(findings).toMatchObject([
      { ...about, kind: 'SUPPRESSED_ASKED_FOR', verificationId: forKept.id },
      { ...about, kind: 'HONEY_ASKED_FOR', verificationId: forHoney.id, exportId },
    ]);
    expect(screen.waiting).toBe(0);
  });

  test('has nothing to say of a partner they are not kept from', async () => {
    const bravo = gateway.partner('BRAVO-CONSULAR');
    expect(answerOf(await bravo.verify(keptAsSeen)).outcome).toBe('MATCH');
    expect((await screened()).findings).toEqual([]);
  });

  test('leaves one row a round, of one size, whatever was found, and nothing readable', async () => {
    const { dataSource } = gateway.rooms.database;
    const rows = async () =>
      dataSource.query<{ id: string; sealed: Buffer }[]>('SELECT id, sealed FROM screen_round');
    const before = await rows();
    await screen.round();
    const answer = answerOf(await alpha.verify(keptAsSeen));
    await screen.round();
    const after = await rows();
    expect(after.length - before.length).toBe(2);
    expect(new Set(after.map(({ sealed }) => sealed.length)).size).toBe(1);
    const bytes = Buffer.concat(after.map(({ sealed }) => sealed));
    const needles = [answer.id, 'ALPHA-BORDER', exportId].flatMap(encodingsOf);
    expect(findNeedles(bytes, needles)).toEqual([]);
  });

  test('changes no answer, refusal or budget of whoever is found', async () => {
    const access = async () =>
      (await alpha.graphql('{ access { grants { budgets { kind used } } } }')).json;
    const before = await access();
    await screen.round();
    expect(await access()).toEqual(before);
    const [one, other] = [await alpha.verify(keptAsSeen), await alpha.verify(nobodyAsSeen)];
    expect(answerOf(one).outcome).toBe(answerOf(other).outcome);
    expect(one.body.length).toBe(other.body.length);
  });

  test('loses nothing when a round fails, and looks at what waits before it stops', async () => {
    await screen.round();
    const { id } = answerOf(await alpha.verify(keptAsSeen));
    const { dataSource } = gateway.rooms.database;
    await dataSource.query('ALTER TABLE screen_round RENAME TO screen_round_away');
    await expect(screen.round()).rejects.toThrow();
    expect(screen.waiting).toBe(1);
    await dataSource.query('ALTER TABLE screen_round_away RENAME TO screen_round');
    const since = new Date();
    await screen.stop();
    const { findings } = await rounds.read(new Date(since.getTime() - 1));
    expect(findings.map(({ verificationId }) => verificationId)).toEqual([id]);
  });
});
