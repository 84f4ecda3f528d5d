import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { passport, personRow, testCaseload } from './support/register.js';
import { approveAct, changeRegister } from './support/registrar.js';
import { answerOf } from './support/replies.js';

const monthMs = 31 * 24 * 3_600_000;
const other = 'UA-2022';
/** Retention keeps six whole months: the month of today is over nine months from now. */
const ninthMonth = 9 * monthMs;
const eleventhMonth = 11 * monthMs;

describeOnEachDatabase('retention of the access log, with legal holds in force', (kind) => {
  let gateway: TestGateway;
  let ahead = 0;
  const now = () => new Date(Date.now() + ahead);
  const month = now().toISOString().slice(0, 7);
  beforeAll(async () => {
    gateway = await startGateway({
      kind,
      staff: true,
      now,
      logRetentionMonths: 6,
      people: [personRow(1), personRow(2), personRow(3, { caseload: other })],
      grants: [{ code: 'BRAVO-CONSULAR', terms: { caseloads: [other as never] } }],
    });
    const told = [await ask('ALPHA-BORDER', 1), await ask('BRAVO-CONSULAR', 3, gateway.grants[0])];
    expect(told).toEqual(['MATCH', 'MATCH']);
  });
  afterAll(async () => gateway?.close());

  const ask = async (partner: string, number: number, grantId?: string) =>
    answerOf(
      await gateway.partner(partner).verify(
        {
          names: [{ full: 'Zarghuna Wardakpur' }],
          documents: [{ type: 'PASSPORT', number: passport(number) }],
        },
        grantId === undefined ? {} : { grantId },
      ),
    ).outcome;
  const holdIds = async () => {
    const { value } = await gateway.staff('REG-1').graphql('{ legalHolds { id endsAt } }');
    return (value as { id: string }[]).map(({ id }) => id);
  };
  /** Sets a hold with two people. @returns its id */
  const hold = async (of: object, endsAfterMs: number) => {
    const before = new Set(await holdIds());
    const endsAt = new Date(Date.now() + endsAfterMs).toISOString();
    const { change } = await changeRegister(
      gateway.staff('REG-1'),
      'setLegalHold',
      'SetLegalHoldInput',
      { ...of, endsAt },
    );
    expect((await approveAct(gateway.staff('REG-2'), change.act)).value).toMatchObject({
      state: 'DONE',
    });
    return (await holdIds()).find((id) => !before.has(id)) ?? '';
  };
  /** What the gateway does by itself every hour, at a time to come. */
  const retainAfter = async (ms: number) => {
    ahead = ms;
    try {
      return await gateway.gateway.retain();
    } finally {
      ahead = 0;
    }
  };
  const isKept = async () => {
    const [row] = await gateway.rooms.database.dataSource.query<{ kept: boolean }[]>(
      'SELECT wrapped IS NOT NULL AS kept FROM access_log_key WHERE epoch = $1',
      [month],
    );
    return [row?.kept, existsSync(join(gateway.home, 'log-keys', month))];
  };

  test('a month that a hold can be about keeps its key until the hold is lifted, and has ended', async () => {
    const years = 36 * monthMs;
    // ALPHA-BORDER never asked under a grant for the other caseload: this one holds nothing.
    const empty = await hold({ range: { partner: 'ALPHA-BORDER', caseload: other } }, years);
    const range = await hold({ range: { partner: 'BRAVO-CONSULAR', caseload: other } }, years);
    await hold({ people: { caseload: testCaseload, references: ['T-1'] } }, ninthMonth + monthMs);
    expect(await holdIds()).toHaveLength(3);
    expect(await retainAfter(ninthMonth)).toMatchObject({ months: [], records: 0 });
    expect(await isKept()).toEqual([true, true]);

    const erasure = await changeRegister(
      gateway.staff('REG-1'),
      'erasePeople',
      'ErasePeopleInput',
      { people: { caseload: testCaseload, references: ['T-1'] } },
    );
    expect(erasure.code).toBe('ERR_LEGAL_HOLD');

    const lift = await changeRegister(
      gateway.staff('REG-2'),
      'liftLegalHold',
      'LiftLegalHoldInput',
      { hold: range },
    );
    // Asked for and not approved, it stands; one person alone does not approve.
    expect((await approveAct(gateway.staff('REG-2'), lift.change.act)).code).toBe(
      'ERR_APPROVER_IS_REQUESTER',
    );
    expect(await holdIds()).toContain(range);
    await approveAct(gateway.staff('REG-1'), lift.change.act);
    expect(await holdIds()).not.toContain(range);
    // The person is held a month longer: whom a record is about is sealed, so the month stays.
    expect(await retainAfter(ninthMonth)).toMatchObject({ months: [] });
    expect(await isKept()).toEqual([true, true]);

    expect(await holdIds()).toContain(empty);
    const { months, records } = (await retainAfter(eleventhMonth)) ?? { months: [], records: 0 };
    expect(months).toEqual([month]);
    expect(records).toBeGreaterThan(5);
    expect(await isKept()).toEqual([false, false]);
  });
});
