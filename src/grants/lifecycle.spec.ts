import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EntityManager } from 'typeorm';
import { disclosureLevels } from '../core/disclosure/catalogue.js';
import type { Grant, GrantTerms } from '../core/grants/grant.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import { compareTerms } from '../core/grants/widening.js';
import type { GrantId, StateCode } from '../core/ids.js';
import { evidenceElements } from '../core/matching/index.js';
import type { StaffCaller } from '../staff/index.js';
import { migrations } from '../migrations.js';
import type { Database } from '../platform/database/database.js';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { plainTerms } from '../../test/truth/grant-terms.js';
import { changed, mixedRows, wideningRows } from '../../test/truth/widening.js';
import { Authority } from './authority.js';
import { releaseBudget, reviewRelease } from './break-glass.js';
import { GrantLifecycle } from './lifecycle.js';
import { ReadGrants } from './read-grants.js';
import { insertVersion, setProposalState } from './lifecycle.repository.js';

const at = new Date('2026-03-04T10:00:00Z');
const [one, two] = [{ account: 'liaison 1' }, { account: 'liaison 2' }];
const terms = {
  partner: 'ALPHA-BORDER',
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'A memorandum of understanding',
  caseloads: ['AF-2021', 'AF-2022'],
  fields: { FULL_NAME: 'CONFIRM', VISA_STATUS: 'FULL' },
  matchOn: ['NAME', 'DATE_OF_BIRTH', 'DOCUMENT'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 100,
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2026-06-01T00:00:00.000Z',
};
const liaison: StaffCaller = {
  account: 'x',
  roles: ['LIAISON'],
  active: true,
  approvesFrom: at,
  reference: 'LIA-1',
  name: 'A liaison officer',
  certificateFingerprint: 'f',
};
const wider = { ...terms, fields: { ...terms.fields, VISA_CLASS: 'FULL' } };
const narrower = { ...terms, questionsPerDay: 50 };

describeOnEachDatabase('the life of a grant', (kind) => {
  let database: Database;
  let read: ReadGrants;
  const lifecycle = new GrantLifecycle(randomUUID);
  const within = <T>(work: (manager: EntityManager) => Promise<T>) =>
    database.dataSource.transaction(work);

  beforeAll(async () => {
    database = await openTestDatabase(kind, migrations);
    read = new ReadGrants(database.dataSource, () => at);
    await database.dataSource.query(
      `INSERT INTO partner (code, name, state, active, valid_after)
       VALUES ('ALPHA-BORDER', 'Border agency', 'AUS', true, now())`,
    );
  });
  afterAll(async () => database.close());

  const draft = (of: object = terms) =>
    within((manager) => lifecycle.draft(manager, one, { terms: of }, at));
  const submit = (grantId: GrantId) =>
    within((manager) => lifecycle.submit(manager, one, { grantId }, at));
  const approve = ({ id, digest }: Grant, by = two) =>
    within((manager) => lifecycle.approve(manager, by, { grantId: id, digest }, at));
  const accept = ({ id, version, digest }: Grant) =>
    within(async (manager) => {
      await setProposalState(manager, { id, version }, 'ACTIVE');
      await manager.query(
        `INSERT INTO grant_acceptance (grant_id, version, digest, accepted_at, client_id)
         VALUES ($1, $2, $3, $4, 'c')`,
        [id, version, digest, at],
      );
      await manager.query(`UPDATE access_grant SET state = 'ACTIVE', version = $2 WHERE id = $1`, [
        id,
        version,
      ]);
    });
  const inForce = async (of: object = terms): Promise<Grant> => {
    const drafted = await draft(of);
    await submit(drafted.id);
    const approved = await approve(drafted);
    await accept(approved);
    return approved;
  };
  const live = async (id: GrantId) => (await Authority.open(database.dataSource)).grant(id);
  const amend = (grantId: GrantId, to: object, by = one) =>
    within((manager) => lifecycle.amend(manager, by, { grantId, terms: to }, at));
  const narrow = (grantId: GrantId, to: object) =>
    within((manager) => lifecycle.narrow(manager, one, { grantId, terms: to }, at));
  const stop = (act: 'suspend' | 'revoke', grantId: GrantId) =>
    within((manager) => lifecycle[act](manager, one, { grantId, reason: 'a reason' }, at));
  const resume = (grantId: GrantId, approvedBy = two) =>
    within((manager) =>
      lifecycle.resume(manager, { requestedBy: one, approvedBy }, { grantId, reason: 'r' }, at),
    );

  test('grants nothing before it is accepted, and is shown to its partner once approved', async () => {
    const drafted = await draft();
    const awaiting = async () => {
      const authority = await Authority.open(database.dataSource);
      return authority
        .awaitingAcceptance(drafted.partner)
        .filter(({ id }) => id === drafted.id)
        .map(({ version, state, digest }) => [version, state, digest]);
    };
    expect([await live(drafted.id), await awaiting()]).toEqual([undefined, []]);
    await submit(drafted.id);
    expect([await live(drafted.id), await awaiting()]).toEqual([undefined, []]);
    await approve(drafted);
    expect([await live(drafted.id), await awaiting()]).toEqual([
      undefined,
      [[1, 'APPROVED', drafted.digest]],
    ]);
    await accept(drafted);
    expect([(await live(drafted.id))?.digest, await awaiting()]).toEqual([drafted.digest, []]);
  });

  test('an acceptance over another digest brings nothing into force', async () => {
    const drafted = await draft();
    await submit(drafted.id);
    const approved = await approve(drafted);
    await expect(accept({ ...approved, digest: 'another' })).rejects.toThrow();
    expect(await live(approved.id)).toBeUndefined();
    await accept(approved);
    expect(await live(approved.id)).toMatchObject({ state: 'ACTIVE' });
  });

  test('a state is allowed nothing by the grants of a partner that is suspended', async () => {
    await database.dataSource.query(
      `INSERT INTO partner (code, name, state, active, valid_after)
       VALUES ('BRAVO-BORDER', 'Another', 'AUS', true, now())`,
    );
    const { id } = await inForce({ ...terms, partner: 'BRAVO-BORDER' });
    const ofState = async () =>
      (await Authority.open(database.dataSource))
        .grantsOfState('AUS' as StateCode)
        .map((grant) => grant.id);
    expect(await ofState()).toContain(id);
    await database.dataSource.query(
      "UPDATE partner SET active = false WHERE code = 'BRAVO-BORDER'",
    );
    expect(await ofState()).not.toContain(id);
  });

  test('refuses an approver who is the requester', async () => {
    const drafted = await draft();
    await submit(drafted.id);
    await expect(approve(drafted, one)).rejects.toMatchObject({
      code: 'ERR_APPROVER_IS_REQUESTER',
    });
  });

  test('refuses to approve what has changed since it was read, or was never submitted', async () => {
    const drafted = await draft();
    await expect(approve(drafted)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
    await submit(drafted.id);
    await expect(approve({ ...drafted, digest: 'another' })).rejects.toMatchObject({
      code: 'ERR_GRANT_CHANGED',
    });
  });

  test('a refused version is a draft again', async () => {
    const drafted = await draft();
    await submit(drafted.id);
    const refused = await within((manager) =>
      lifecycle.refuse(manager, two, { grantId: drafted.id, reason: 'too wide' }, at),
    );
    expect(refused.state).toBe('DRAFT');
    expect((await submit(drafted.id)).state).toBe('SUBMITTED');
  });

  test('an amendment that widens waits for two people and the partner; the version before stands', async () => {
    const grant = await inForce();
    const amended = await amend(grant.id, wider);
    expect([amended.version, amended.state]).toEqual([2, 'DRAFT']);
    expect((await live(grant.id))?.version).toBe(1);
    await submit(grant.id);
    await approve(amended);
    expect((await live(grant.id))?.version).toBe(1);
    await accept(amended);
    expect((await live(grant.id))?.version).toBe(2);
  });

  test('an amendment that only takes away is in force at once, by one person', async () => {
    const grant = await inForce();
    const waiting = await amend(grant.id, wider);
    const amended = await narrow(grant.id, narrower);
    expect(amended).toMatchObject({ version: 3, state: 'ACTIVE', questionsPerDay: 50 });
    expect((await live(grant.id))?.digest).toBe(amended.digest);
    // What was drawn up against the wider version is void.
    await expect(submit(grant.id)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(waiting.version).toBe(2);
  });

  test('refuses to narrow by anything that widens, or by nothing', async () => {
    const grant = await inForce();
    for (const to of [wider, { ...wider, questionsPerDay: 1 }, terms]) {
      await expect(narrow(grant.id, to)).rejects.toMatchObject({ code: 'ERR_GRANT_WIDENS' });
    }
    expect((await live(grant.id))?.version).toBe(1);
  });

  test('a draft is replaced by another; what is submitted is withdrawn first', async () => {
    const grant = await inForce();
    await amend(grant.id, wider);
    expect((await amend(grant.id, { ...wider, questionsPerDay: 90 })).version).toBe(3);
    await submit(grant.id);
    await expect(amend(grant.id, wider)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
    const withdraw = (version: number) =>
      within((manager) => lifecycle.withdraw(manager, two, { grantId: grant.id, version }, at));
    await expect(withdraw(2)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await withdraw(3);
    expect((await live(grant.id))?.version).toBe(1);
    expect((await amend(grant.id, wider)).version).toBe(4);
  });

  test('a grant whose only version is withdrawn has ended', async () => {
    const drafted = await draft();
    await within((manager) => lifecycle.withdraw(manager, one, { grantId: drafted.id }, at));
    expect(await read.show(liaison, drafted.id)).toMatchObject({ state: 'REVOKED', open: null });
    await expect(amend(drafted.id, terms)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
  });

  test('refuses an amendment to another partner or purpose', async () => {
    const grant = await inForce();
    const onward = { ...terms, purpose: 'ONWARD_TRAVEL' };
    await expect(amend(grant.id, onward)).rejects.toMatchObject({ argument: 'terms.purpose' });
    const elsewhere = { ...terms, partner: 'BRAVO-BORDER' };
    await expect(amend(grant.id, elsewhere)).rejects.toMatchObject({ argument: 'terms.partner' });
  });

  test('is suspended by one person, resumed by two, revoked for good', async () => {
    const grant = await inForce();
    await stop('suspend', grant.id);
    expect((await live(grant.id))?.state).toBe('SUSPENDED');
    await expect(resume(grant.id, one)).rejects.toMatchObject({
      code: 'ERR_APPROVER_IS_REQUESTER',
    });
    await resume(grant.id);
    expect((await live(grant.id))?.state).toBe('ACTIVE');
    await stop('revoke', grant.id);
    await expect(resume(grant.id)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
    for (const change of [amend, narrow]) {
      await expect(change(grant.id, narrower)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
    }
  });

  test('a suspended grant that is narrowed stays suspended', async () => {
    const grant = await inForce();
    await stop('suspend', grant.id);
    expect((await narrow(grant.id, narrower)).state).toBe('SUSPENDED');
    expect((await live(grant.id))?.state).toBe('SUSPENDED');
  });

  test('every act is in its history, and two versions differ in words', async () => {
    const grant = await inForce();
    await narrow(grant.id, narrower);
    await stop('revoke', grant.id);
    const events = await read.history(liaison, grant.id);
    expect(events.map(({ act, by, approvedBy }) => [act, by, approvedBy])).toEqual([
      ['DRAFT', 'liaison 1', null],
      ['SUBMIT', 'liaison 1', null],
      ['APPROVE', 'liaison 1', 'liaison 2'],
      ['NARROW', 'liaison 1', null],
      ['REVOKE', 'liaison 1', null],
    ]);
    const [change] = await read.difference(liaison, grant.id, 1, 2);
    expect(change).toEqual({
      about: 'questions a day',
      before: '100',
      after: '50',
      widens: false,
    });
    const paper = await read.document(liaison, grant.id, 'AGREEMENT', 1);
    expect(paper.markdown).toContain(grant.digest);
    await expect(read.document(liaison, grant.id, 'AGREEMENT', 9)).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
  });

  test.each<[string, string]>([
    [
      'a version its requester approved',
      `UPDATE grant_proposal SET state = 'APPROVED', approved_by = requested_by WHERE grant_id = $1`,
    ],
    [
      'a version nobody approved',
      `UPDATE grant_proposal SET state = 'APPROVED' WHERE grant_id = $1`,
    ],
    [
      'two open versions of one grant',
      `INSERT INTO grant_proposal SELECT grant_id, 9, terms, digest, state, requested_by FROM grant_proposal WHERE grant_id = $1`,
    ],
    [
      'history without a second person',
      `INSERT INTO grant_event (grant_id, version, act, at, by) VALUES ($1, 1, 'RESUME', now(), 'x')`,
    ],
    ['history written over', `UPDATE grant_event SET by = 'x' WHERE grant_id = $1`],
    ['history taken out', `DELETE FROM grant_event WHERE grant_id = $1`],
    [
      'a version in force that nobody accepted',
      `UPDATE access_grant SET version = 1, state = 'ACTIVE' WHERE id = $1`,
    ],
    [
      'a grant in force without a version',
      `UPDATE access_grant SET state = 'ACTIVE' WHERE id = $1`,
    ],
    ['another partner’s grant', `UPDATE access_grant SET partner = 'BRAVO-BORDER' WHERE id = $1`],
    ['a version that is changed', `UPDATE grant_version SET terms = '{}' WHERE grant_id = $1`],
  ])('the database refuses %s', async (_, statement) => {
    const { id } = await draft();
    await expect(database.dataSource.query(statement, [id])).rejects.toThrow();
  });

  test('the database refuses a version by one person that widens', async () => {
    const grant = await inForce();
    const version = (of: object) => ({ ...grant, ...of, version: 7, digest: randomUUID() });
    const store = (of: object) =>
      within((manager) => insertVersion(manager, version(of), 'liaison 1', null, at));
    await expect(store({ questionsPerDay: 101 })).rejects.toThrow();
    await expect(store({ fields: { FULL_NAME: 'FULL' } })).rejects.toThrow();
    await expect(store({ questionsPerDay: 99 })).resolves.toBeUndefined();
  });

  test('rule and database agree on what only takes away', async () => {
    const pair = fc.tuple(arbitraryTerms, arbitraryTerms);
    await fc.assert(
      fc.asyncProperty(pair, async ([before, after]) => {
        const [row] = await database.dataSource.query<{ narrows: boolean }[]>(
          'SELECT terms_narrow($1, $2) AS narrows',
          [JSON.stringify(before), JSON.stringify(after)],
        );
        // The database lets "nothing changed" pass: nothing more is learnt by it.
        const widens = compareTerms(before, after).some((change) => change.widens);
        expect(row?.narrows).toBe(!widens);
      }),
      { numRuns: 300 },
    );
  });

  test.each([...wideningRows, ...mixedRows])(
    'the database judges $about $change: widens $widens',
    async ({ change, widens }) => {
      const [before, after] = [plainTerms, changed(change)].map((one) =>
        JSON.stringify(parseTerms(JSON.parse(JSON.stringify(one)))),
      );
      const [row] = await database.dataSource.query<{ narrows: boolean; back: boolean }[]>(
        'SELECT terms_narrow($1, $2) AS narrows, terms_narrow($2, $1) AS back',
        [before, after],
      );
      expect(row?.narrows).toBe(!widens);
      if (!widens) expect(row?.back).toBe(false);
    },
  );

  test('a release takes a reason, is one a day, alerts, and is reviewed by another', async () => {
    const grant = await inForce();
    const release = (id: string, when: Date, reason = 'a family at the crossing') =>
      within((manager) => releaseBudget(manager, one, { id, grantId: grant.id, reason }, when));
    const id = randomUUID();
    await expect(release(id, at, ' ')).rejects.toMatchObject({ argument: 'reason' });
    await release(id, at);
    await expect(release(randomUUID(), at)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
    const alarms = await database.dataSource.query<unknown[]>(
      `SELECT 1 FROM budget_alarm WHERE account = $1 AND kind = 'RELEASE'`,
      [`GRANT:${grant.id}`],
    );
    expect(alarms).toHaveLength(1);
    const review = (by: { account: string }) =>
      within((manager) => reviewRelease(manager, by, { id }, at));
    await expect(review(one)).rejects.toMatchObject({ code: 'ERR_APPROVER_IS_REQUESTER' });
    await review(two);
    await expect(review(two)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await stop('suspend', grant.id);
    const nextDay = new Date(at.getTime() + 2 * 86_400_000);
    await expect(release(randomUUID(), nextDay)).rejects.toMatchObject({ code: 'ERR_GRANT_STATE' });
  });
});

const arbitraryTerms: fc.Arbitrary<GrantTerms> = fc
  .record({
    questionsPerDay: fc.constantFrom(20, 1000),
    name: fc.constantFrom(...disclosureLevels.filter((level) => level !== 'MASKED')),
    matchOn: fc.constantFrom(
      [...evidenceElements],
      ['NAME', 'DOCUMENT'] as const,
      ['NAME'] as const,
    ),
    minimumEvidence: fc.constantFrom([], ['NAME'] as const),
    caseloads: fc.constantFrom(['AF-2021'], ['AF-2021', 'AF-2022']),
    possibleMatch: fc.constantFrom('ALLOWED' as const, 'FOLDED' as const),
    assuranceLevel: fc.constantFrom('STANDARD' as const, 'HIGH' as const),
    requiresNamedOfficer: fc.boolean(),
    handling: fc.constantFrom('NO_ONWARD_TRANSFER' as const, 'ORIGINATOR_CONSENT' as const),
    requiresSignature: fc.constantFrom(
      {},
      { requiresSignature: true },
      { requiresNotice: true },
      { requiresNotice: false },
    ),
    budgets: fc.constantFrom(
      {},
      { budgets: { peoplePerDay: 10 } },
      { budgets: { missesPerWeek: 80 } },
      { budgets: { valuesPerPerson: 5, peoplePerDay: 500 } },
    ),
    validUntil: fc.constantFrom('2026-05-01', '2026-06-01'),
  })
  .map(({ name, requiresSignature, budgets, validUntil, caseloads, ...rest }) => ({
    ...rest,
    ...requiresSignature,
    ...budgets,
    partner: 'ALPHA-BORDER' as GrantTerms['partner'],
    purpose: 'BORDER_VERIFICATION' as const,
    legalBasis: 'A memorandum',
    caseloads: caseloads as unknown as GrantTerms['caseloads'],
    fields: { FULL_NAME: name },
    validFrom: new Date('2026-01-01T00:00:00Z'),
    validUntil: new Date(`${validUntil}T00:00:00Z`),
  }));
