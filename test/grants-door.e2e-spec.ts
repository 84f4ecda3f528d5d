import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { previewsPerDay } from '../src/core/grants/previews.js';
import { staffRoles } from '../src/core/staff/acts.js';
import { decodeRecord } from '../src/core/log/record.js';
import { mutationActs, staffRequirements } from '../src/staff-api/requirements.js';
import { describeOnEachDatabase } from './support/databases.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';
import type { StaffReply, TestStaffClient } from './support/staff-client.js';
import { grantActRows } from './truth/grant-acts.js';
import { toldUseRows } from './truth/told-use.js';

const [alpha, bravo] = testPartners;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const terms = {
  ...standardTerms,
  partner: alpha.code,
  validFrom: inDays(-1),
  validUntil: inDays(300),
};
const text = (change: object = {}) => JSON.stringify({ ...terms, ...change });
const memberOf = {
  LIAISON: 'LIA-1',
  REGISTRAR: 'REG-1',
  SECURITY: 'SEC-1',
  OVERSIGHT: 'OVR-1',
  PROTECTION_OFFICER: 'PRO-1',
  ADMINISTRATOR: 'ADM-1',
} as const;
const person = {
  reference: 'R-1',
  caseload: 'AF-2021',
  names: [{ full: 'Mohammad Rahim Ahmadi' }],
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'P01234567' }],
  visa: { reference: 'V-1', class: 'PROTECTION', status: 'GRANTED' },
};

interface GrantFile {
  readonly state: string;
  readonly current: { readonly version: number; readonly digest: string } | null;
  readonly open: {
    readonly version: number;
    readonly digest: string;
    readonly state: string;
  } | null;
  readonly versions: readonly { readonly version: number; readonly state: string }[];
}

describeOnEachDatabase('grants at the staff door', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      kind,
      staff: true,
      people: [person, { ...person, reference: 'R-2', suppressedFor: [alpha.code] }],
    });
  });
  afterAll(async () => gateway?.close());

  const clients = new Map<string, TestStaffClient>();
  const staff = (who: string): TestStaffClient => {
    const client = clients.get(who) ?? gateway.staff(who);
    clients.set(who, client);
    return client;
  };
  const act = async (who: string, mutation: string, input: object) =>
    staff(who).graphql(
      `mutation A($input: ${inputs[mutation] ?? ''}!) { ${mutation}(input: $input) { id act state digest } }`,
      { input },
    );
  const show = async (id: string): Promise<GrantFile> => {
    const { value } = await staff('LIA-1').graphql(
      'query G($id: ID!) { grant(id: $id) { state current { version digest } open { version digest state } versions { version state } } }',
      { id },
    );
    return value as GrantFile;
  };
  const idOf = ({ value }: StaffReply): string => (value as { id: string }).id;
  const submit = async (who: string, grant: string) => {
    const { open } = await show(grant);
    return act(who, 'submitGrant', { grant, version: open?.version, digest: open?.digest });
  };
  const accept = async (grant: string) => {
    const { open } = await show(grant);
    return gateway.partner(alpha.code).graphql(
      `mutation Accept($input: AcceptGrantInput!) {
        acceptGrant(input: $input) { grant { state } receipt { record salt proof } } }`,
      { input: { grantId: grant, version: open?.version, digest: open?.digest } },
    );
  };
  const inForce = async (change: object = {}): Promise<string> => {
    const grant = idOf(await act('LIA-1', 'draftGrant', { terms: text(change) }));
    await staff('LIA-2').approve(await submit('LIA-1', grant));
    await accept(grant);
    return grant;
  };
  const ask = async (grantId: string) => {
    const evidence = { documents: [{ type: 'PASSPORT', number: 'P01234567' }] };
    const reply = await gateway.partner(alpha.code).verify(evidence, { grantId });
    return reply.json?.errors?.[0]?.extensions['code'] ?? 'ANSWERED';
  };

  test('a grant is drawn up by one, approved by another, accepted by the partner, and used', async () => {
    const drafted = await act('LIA-1', 'draftGrant', { terms: text() });
    expect(drafted.value).toMatchObject({ act: 'GRANT_DRAFT', state: 'DONE' });
    const grant = idOf(drafted);
    expect(await show(grant)).toMatchObject({ state: 'DRAFT', current: null });
    const asked = await submit('LIA-1', grant);
    expect(asked.value).toMatchObject({ act: 'GRANT_APPROVE', state: 'PENDING' });
    expect(await show(grant)).toMatchObject({ state: 'SUBMITTED' });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    expect((await staff('LIA-1').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await staff('SEC-1').approve(asked)).code).toBe('ERR_ACT_NOT_PERMITTED');
    expect((await staff('LIA-2').approve(asked)).value).toMatchObject({ state: 'DONE' });
    expect(await show(grant)).toMatchObject({ state: 'APPROVED', current: null });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    const accepted = await accept(grant);
    expect(accepted.json?.data?.['acceptGrant']).toMatchObject({ grant: { state: 'ACTIVE' } });
    expect(await ask(grant)).toBe('ANSWERED');
    expect(await show(grant)).toMatchObject({ state: 'ACTIVE', open: null });
    const { value } = await staff('OVR-1').graphql(
      'query H($id: ID!) { grantHistory(id: $id) { act by approvedBy } }',
      { id: grant },
    );
    expect(value).toEqual([
      { act: 'DRAFT', by: 'LIA-1', approvedBy: null },
      { act: 'SUBMIT', by: 'LIA-1', approvedBy: null },
      { act: 'APPROVE', by: 'LIA-1', approvedBy: 'LIA-2' },
      { act: 'ACCEPT', by: `partner ${alpha.code}`, approvedBy: null },
    ]);
  });

  test('the acceptance is a record of the partner’s tree, with what was accepted', async () => {
    const grant = idOf(await act('LIA-1', 'draftGrant', { terms: text() }));
    await staff('LIA-2').approve(await submit('LIA-1', grant));
    const reply = await accept(grant);
    const { receipt } = reply.json?.data?.['acceptGrant'] as { receipt: { record: string } };
    expect(decodeRecord(Buffer.from(receipt.record, 'base64url'))).toMatchObject({
      purpose: 'GRANT_ACCEPT',
      outcome: 'ACT_DONE',
      grant,
      grantVersion: 1,
    });
    const again = await accept(grant);
    expect(again.json?.errors?.[0]?.extensions['code']).toBe('ERR_INPUT_INVALID');
  });

  test('who drew a version up does not approve it, whoever submitted it', async () => {
    const grant = idOf(await act('LIA-1', 'draftGrant', { terms: text() }));
    const asked = await submit('LIA-2', grant);
    expect((await staff('LIA-1').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await staff('LIA-2').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
  });

  test('a version refused is a draft again, and one withdrawn is gone', async () => {
    const grant = idOf(await act('LIA-1', 'draftGrant', { terms: text() }));
    const asked = await submit('LIA-1', grant);
    const { id } = asked.value as { id: string };
    expect((await act('LIA-2', 'refuseAct', { id })).value).toMatchObject({ state: 'REFUSED' });
    expect(await show(grant)).toMatchObject({ state: 'DRAFT' });
    const later = await submit('LIA-1', grant);
    const withdrawn = await act('SEC-1', 'withdrawGrant', { grant, version: 1 });
    expect(withdrawn.value).toMatchObject({ state: 'DONE' });
    expect((await staff('LIA-2').approve(later)).code).toBe('ERR_NOT_FOUND');
    expect((await act('LIA-2', 'refuseAct', { id: idOf(later) })).value).toMatchObject({
      state: 'REFUSED',
    });
    expect(await show(grant)).toMatchObject({ state: 'REVOKED', open: null });
  });

  test('what only takes away is in force at once; what widens is refused there, and waits', async () => {
    const grant = await inForce();
    const fewer = text({ questionsPerDay: 10 });
    const more = text({ questionsPerDay: 10, fields: { FULL_NAME: 'FULL' } });
    expect((await act('LIA-1', 'narrowGrant', { grant, terms: more })).code).toBe(
      'ERR_GRANT_WIDENS',
    );
    expect((await act('LIA-1', 'narrowGrant', { grant, terms: fewer })).value).toMatchObject({
      state: 'DONE',
    });
    expect((await show(grant)).current?.version).toBe(2);
    await act('LIA-1', 'amendGrant', { grant, terms: more });
    expect(await show(grant)).toMatchObject({ current: { version: 2 }, open: { version: 3 } });
    const { value } = await staff('LIA-2').graphql(
      'query D($id: ID!) { grantDifference(id: $id, from: 2, to: 3) { about before after widens } }',
      { id: grant },
    );
    expect(value).toContainEqual({
      about: 'full name',
      before: 'only whether the one supplied agrees',
      after: 'told in full',
      widens: true,
    });
    const would = await staff('LIA-2').graphql(
      'query W($input: AmendGrantInput!) { grantWouldChange(input: $input) { widens } }',
      {
        input: { grant, terms: text({ questionsPerDay: 9 }) },
      },
    );
    expect((would.value as { widens: boolean }[]).map(({ widens }) => widens)).not.toContain(true);
  });

  test('suspended and revoked by one at once, resumed by two', async () => {
    const grant = await inForce();
    const reason = 'a reason';
    expect(await ask(grant)).toBe('ANSWERED');
    await act('SEC-1', 'suspendGrant', { grant, reason });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    expect((await act('SEC-1', 'suspendGrant', { grant, reason })).code).toBe('ERR_CONFLICT');
    expect((await act('SEC-1', 'resumeGrant', { grant, reason })).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    const asked = await act('LIA-1', 'resumeGrant', { grant, reason });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    await staff('LIA-2').approve(asked);
    expect(await ask(grant)).toBe('ANSWERED');
    // Asked for after one suspension, it does not lift a later one.
    await act('SEC-1', 'suspendGrant', { grant, reason });
    const again = await act('LIA-1', 'resumeGrant', { grant, reason });
    const stale = await act('LIA-1', 'resumeGrant', { grant, reason });
    await staff('LIA-2').approve(again);
    await act('SEC-1', 'suspendGrant', { grant, reason });
    expect((await staff('LIA-2').approve(stale)).code).toBe('ERR_CONFLICT');
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    await staff('LIA-2').approve(await act('LIA-1', 'resumeGrant', { grant, reason }));
    expect(await ask(grant)).toBe('ANSWERED');
    await act('LIA-1', 'revokeGrant', { grant, reason });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    expect((await act('LIA-1', 'resumeGrant', { grant, reason })).code).toBe('ERR_CONFLICT');
    expect((await act('LIA-1', 'suspendGrant', { grant: randomUUID(), reason })).code).toBe(
      'ERR_NOT_FOUND',
    );
  });

  test.each([
    ['a suspended grant', "UPDATE access_grant SET state = 'ACTIVE' WHERE state = 'SUSPENDED'"],
    ['a revoked one', "UPDATE access_grant SET state = 'ACTIVE' WHERE state = 'REVOKED'"],
    ['an older version', 'UPDATE access_grant SET version = version - 1 WHERE version > 1'],
    [
      'a version without an act',
      `INSERT INTO grant_version (grant_id, version, terms, digest, requested_by, approved_by, approved_at)
       SELECT id, 99, '{}', 'd', 'one', 'two', now() FROM access_grant LIMIT 1`,
    ],
    [
      'a grant in force from the start',
      `INSERT INTO access_grant (id, partner, state, version) VALUES (gen_random_uuid(), '${alpha.code}', 'ACTIVE', 1)`,
    ],
    [
      'a version under the act of another',
      `INSERT INTO grant_version
         (grant_id, version, terms, digest, requested_by, approved_by, approved_at, act)
       SELECT grant_id, 99, terms, 'd', requested_by, approved_by, approved_at, act
       FROM grant_version WHERE act IS NOT NULL AND NOT narrows AND terms->'caseloads' <> '["TEST"]'
       ORDER BY approved_at DESC LIMIT 1`,
    ],
    [
      'a suspended grant under the act of another kind',
      `UPDATE access_grant g SET state = 'ACTIVE', act = (
         SELECT act FROM grant_version v WHERE v.grant_id = g.id AND v.act IS NOT NULL LIMIT 1)
       WHERE state = 'SUSPENDED'`,
    ],
    [
      'a key for grants nobody approved',
      `INSERT INTO grant_key (partner, kid, jwk, active, requested_by, approved_by)
       VALUES ('${alpha.code}', 'k', '{}', true, 'one', 'two')`,
    ],
  ])('the database lets nobody bring %s into force', async (_what, sql) => {
    const grant = await inForce();
    await act('LIA-1', 'narrowGrant', { grant, terms: text({ questionsPerDay: 5 }) });
    await act('LIA-1', 'suspendGrant', { grant, reason: 'r' });
    const other = await inForce();
    await act('LIA-1', 'revokeGrant', { grant: other, reason: 'r' });
    await expect(gateway.rooms.database.dataSource.query(sql)).rejects.toThrow();
  });

  test('the paper of a version has its digest, and the page for the impact assessment', async () => {
    const grant = await inForce();
    const paper = async (kindOf: string) => {
      const { value } = await staff('PRO-1').graphql(
        'query P($id: ID!, $paper: GrantPaper!) { grantDocument(id: $id, paper: $paper) { digest markdown } }',
        { id: grant, paper: kindOf },
      );
      return value as { digest: string; markdown: string };
    };
    const agreement = await paper('AGREEMENT');
    expect(agreement.digest).toBe((await show(grant)).current?.digest);
    expect(agreement.markdown).toContain(agreement.digest);
    expect(agreement.markdown).toContain('must not ground refusal of entry');
    const assessment = await paper('IMPACT_ASSESSMENT');
    for (const article of ['Article 30(1)(c)', 'Article 30(1)(d)', 'Article 35(7)', 'Retention']) {
      expect(assessment.markdown).toContain(article);
    }
  });

  const previewed =
    'fields { name level present agreement value } peopleInScope sharedIdentifiers { field partner }';
  const values = ({ value }: StaffReply) =>
    Object.fromEntries(
      (
        value as { fields: { name: string; value: string | null; agreement: string | null }[] }
      ).fields.map((field) => [field.name, field.value ?? field.agreement]),
    );

  test('a preview shows field by field what terms let out, and who shows the same identifier', async () => {
    const preview = async (who: string, change: object, madeUp?: object) =>
      staff(who).graphql(
        `query P($input: PreviewGrantInput!) { grantPreview(input: $input) { ${previewed} } }`,
        {
          input: { terms: text(change), person: madeUp },
        },
      );
    const shown = await preview('LIA-1', {}, { fullName: 'Nobody At All', dateOfBirth: '1990' });
    expect(values(shown)).toMatchObject({
      fullName: 'AGREES',
      dateOfBirth: '1990',
      documentNumber: '******000',
      sex: null,
    });
    // Two people are fewer than ten.
    expect(shown.value).toMatchObject({ peopleInScope: null, sharedIdentifiers: [] });
    await inForce({ fields: { VISA_REFERENCE: 'FULL' } });
    const other = await preview('LIA-1', {
      partner: bravo.code,
      fields: { VISA_REFERENCE: 'FULL' },
    });
    expect(other.value).toMatchObject({
      sharedIdentifiers: [{ field: 'VISA_REFERENCE', partner: alpha.code }],
    });
    // One partner could join what it is told for two purposes as well; another version is no other grant.
    const shared = async (purpose: string) =>
      (await preview('LIA-1', { purpose, fields: { VISA_REFERENCE: 'FULL' } })).value;
    expect(await shared('ONWARD_TRAVEL')).toMatchObject({
      sharedIdentifiers: [{ field: 'VISA_REFERENCE', partner: alpha.code }],
    });
    expect(await shared('BORDER_VERIFICATION')).toMatchObject({ sharedIdentifiers: [] });
    expect((await preview('REG-1', {})).code).toBe('ERR_ACT_NOT_PERMITTED');
    expect((await preview('LIA-1', {}, { dateOfBirth: 'x' })).code).toBe('ERR_INPUT_INVALID');
  });

  test('a person of the register shows under what two have agreed, is on record, and who is kept from the partner shows as nobody', async () => {
    const preview = async (who: string, grant: string, version: number, reference: string) =>
      staff(who).graphql(
        `query P($input: PreviewGrantForPersonInput!) { grantPreviewForPerson(input: $input) { ${previewed} } }`,
        { input: { grant, version, caseload: 'AF-2021', reference } },
      );
    const drafted = idOf(
      await act('LIA-1', 'draftGrant', { terms: text({ fields: { FULL_NAME: 'FULL' } }) }),
    );
    expect((await preview('LIA-1', drafted, 1, 'R-1')).code).toBe('ERR_ACT_NOT_PERMITTED');
    expect(values(await preview('REG-1', drafted, 1, 'R-1'))).toMatchObject({
      fullName: 'Mohammad Rahim Ahmadi',
      dateOfBirth: null,
    });
    const grant = await inForce();
    const shown = await preview('LIA-1', grant, 1, 'R-1');
    expect(values(shown)).toMatchObject({ dateOfBirth: '1984', documentNumber: '******567' });
    expect(shown.text).not.toMatch(/Rahim|1984-03|P01234567/);
    const kept = await preview('LIA-1', grant, 1, 'R-2');
    const absent = await preview('LIA-1', grant, 1, 'R-9');
    expect(kept.text).toBe(absent.text);
    const rows = await gateway.rooms.database.dataSource.query<{ record: Buffer }[]>(
      "SELECT record FROM access_log_leaf WHERE tree = 'host'",
    );
    const readings = rows
      .map(({ record }) => decodeRecord(record))
      .filter(({ purpose }) => purpose === 'GRANT_PREVIEW_PERSON_READ');
    expect(readings).toHaveLength(4);
    expect((await preview('SEC-1', grant, 1, 'R-1')).code).toBe('ERR_ACT_NOT_PERMITTED');

    // One after another, whether there is anybody or not: refused, and told to security.
    const alerts = async () => {
      await gateway.gateway.lookForAlerts();
      const { value } = await staff('SEC-1').graphql(
        '{ alerts(all: true) { kind severity reason } }',
      );
      return (value as { kind: string; reason: string }[]).filter(({ reason }) =>
        reason.includes('preview'),
      );
    };
    for (let one = 3; one < previewsPerDay; one += 1) {
      expect((await preview('LIA-1', grant, 1, 'R-9')).code).toBeUndefined();
    }
    expect(await alerts()).toEqual([]);
    for (const reference of ['R-1', 'R-9']) {
      expect((await preview('LIA-1', grant, 1, reference)).code).toBe('ERR_BUDGET_SPENT');
    }
    expect((await preview('LIA-2', grant, 1, 'R-1')).code).toBeUndefined();
    expect((await preview('REG-1', grant, 1, 'R-1')).code).toBeUndefined();
    expect(await alerts()).toMatchObject([{ kind: 'UNUSUAL_VOLUME', severity: 'HIGH' }]);
  });

  test('a duty officer releases once a day, two release again, another looks at it', async () => {
    const grant = await inForce();
    const reason = 'a family at the crossing';
    const released = await act('LIA-1', 'releaseBudget', { grant, reason });
    expect(released.value).toMatchObject({ state: 'DONE' });
    expect((await act('LIA-2', 'releaseBudget', { grant, reason })).code).toBe('ERR_CONFLICT');
    const again = await act('LIA-1', 'releaseBudgetAgain', { grant, reason });
    expect(again.value).toMatchObject({ state: 'PENDING' });
    expect((await staff('LIA-2').approve(again)).value).toMatchObject({ state: 'DONE' });
    const release = idOf(released);
    expect((await act('LIA-1', 'reviewBudgetRelease', { release })).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    expect((await act('SEC-1', 'reviewBudgetRelease', { release })).value).toMatchObject({
      state: 'DONE',
    });
    const { value } = await staff('SEC-1').graphql(
      '{ budgetReleases { grant releasedBy approvedBy reviewedBy leftOver } }',
    );
    expect(value).toContainEqual({
      grant,
      releasedBy: 'LIA-1',
      approvedBy: 'LIA-2',
      reviewedBy: null,
      leftOver: 5,
    });
    const alarms = await staff('SEC-1').graphql(
      'query A($since: DateTime!) { budgetAlarms(since: $since) { account kind } }',
      {
        since: inDays(-1),
      },
    );
    expect(alarms.value).toContainEqual({ account: `GRANT:${grant}`, kind: 'RELEASE' });
  });

  describe('use of every budget over time', () => {
    const endOf = (daysAgo: number) =>
      new Date((Math.floor(Date.now() / 86_400_000) - daysAgo) * 86_400_000);
    const counters = async (who: string, from = inDays(-30)) =>
      staff(who).graphql(
        'query C($from: DateTime!, $until: DateTime!) { counters(from: $from, until: $until) { grant kind endedAt used } }',
        { from, until: inDays(30) },
      );

    test('is told to oversight as its rows say, with releases, and of no day that is not over', async () => {
      const grant = await inForce();
      await ask(grant);
      const { dataSource } = gateway.rooms.database;
      for (const [at, { day }] of toldUseRows.entries()) {
        await dataSource.query(
          `INSERT INTO use_of_day
             (grant_id, ends_at, questions, people, misses, tried, matched, returned)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [
            grant,
            endOf(at + 1),
            day.questions,
            day.people,
            day.misses,
            day.values,
            day.matched,
            day.returned,
          ],
        );
      }
      expect((await act('LIA-1', 'releaseBudget', { grant, reason: 'r' })).code).toBeUndefined();
      // Of the day before yesterday, on which fewer than ten asked.
      await dataSource.query(
        `UPDATE budget_release SET released_at = $2::timestamptz - interval '5 hours',
           until = $2::timestamptz - interval '4 hours' WHERE grant_id = $1`,
        [grant, endOf(1)],
      );
      const { value } = await counters('OVR-1');
      const found = (
        value as { grant: string; kind: string; endedAt: string; used: number | null }[]
      ).filter((one) => one.grant === grant);
      const expected = toldUseRows.flatMap(({ told }, at) =>
        Object.entries({ ...told, ...(at === 0 ? { RELEASES: 1 } : {}) }).map(([of, used]) => ({
          grant,
          kind: of,
          endedAt: endOf(at + 1).toISOString(),
          used,
        })),
      );
      expect(
        found.map((one) => ({ ...one, endedAt: new Date(one.endedAt).toISOString() })),
      ).toEqual(expected);
    });

    test('is told to who watches, and to nobody else', async () => {
      const may = grantActRows.find(({ act: of }) => of === 'COUNTERS_READ')?.may ?? [];
      for (const role of staffRoles) {
        const { code } = await counters(memberOf[role]);
        expect([role, code]).toEqual([
          role,
          may.includes(role) ? undefined : 'ERR_ACT_NOT_PERMITTED',
        ]);
      }
    });

    test('is all oversight sees of it: no officer, no reason, no use of the day', async () => {
      const grant = await inForce();
      const oversight = staff('OVR-1');
      expect((await oversight.graphql('{ grants { id state } }')).status).toBe(200);
      for (const query of [
        `{ budgetUse(grant: "${grant}") { used } }`,
        '{ budgetReleases { reason } }',
        `{ budgetAlarms(since: "${inDays(-1)}") { account } }`,
      ]) {
        expect((await oversight.graphql(query)).code).toBe('ERR_ACT_NOT_PERMITTED');
      }
    });
  });

  test('at the door each role may what its row says, and no more', async () => {
    const arguments_: Readonly<Record<string, object>> = {
      terms: { terms: text() },
      grant: { grant: randomUUID(), terms: text() },
      version: { grant: randomUUID(), version: 1, digest: 'd'.repeat(43) },
      reason: { grant: randomUUID(), reason: 'r' },
      documents: { partner: alpha.code, documents: [] },
      mode: { partner: 'NONE-1', mode: 'DRY_RUN' },
      release: { release: randomUUID() },
      key: {
        partner: 'NONE-1',
        jwk: JSON.stringify({
          ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
          kid: 'k',
        }),
      },
      kid: { partner: 'NONE-1', kid: 'k' },
      partner: { partner: 'NONE-1' },
    };
    const argumentOf: Readonly<Record<string, string>> = {
      GRANT_DRAFT: 'terms',
      GRANT_AMEND: 'grant',
      GRANT_NARROW: 'grant',
      GRANT_APPROVE: 'version',
      DOCUMENTS_SET: 'documents',
      DOCUMENTS_REQUIRE: 'mode',
      DOCUMENTS_RELAX: 'mode',
      BUDGET_RELEASE_REVIEW: 'release',
      GRANT_KEY_ADD: 'key',
      GRANT_KEY_REMOVE: 'kid',
      TEST_GRANT_RENEW: 'partner',
    };
    for (const row of grantActRows.filter(({ how }) => how !== 'reads')) {
      const [mutation = ''] =
        Object.entries(mutationActs).find(([, named]) => named === row.act) ?? [];
      const { digest: _, ...withoutDigest } = arguments_['version'] as { digest: string };
      const input =
        row.act === 'GRANT_VERSION_REVOKE'
          ? withoutDigest
          : arguments_[argumentOf[row.act] ?? 'reason'];
      for (const role of staffRoles) {
        const { code } = await act(memberOf[role], mutation, input ?? {});
        expect([row.act, role, code === 'ERR_ACT_NOT_PERMITTED']).toEqual([
          row.act,
          role,
          !row.may.includes(role),
        ]);
      }
    }
    const read = new Set(Object.values(staffRequirements));
    expect(grantActRows.filter(({ act: named }) => !read.has(named))).toEqual([]);
  });
});

const inputs: Readonly<Record<string, string>> = {
  addGrantKey: 'AddGrantKeyInput',
  removeGrantKey: 'RemoveGrantKeyInput',
  renewTestGrant: 'RenewTestGrantInput',
  draftGrant: 'DraftGrantInput',
  amendGrant: 'AmendGrantInput',
  narrowGrant: 'AmendGrantInput',
  submitGrant: 'SubmitGrantInput',
  withdrawGrant: 'GrantVersionInput',
  suspendGrant: 'GrantReasonInput',
  revokeGrant: 'GrantReasonInput',
  resumeGrant: 'GrantReasonInput',
  releaseBudget: 'GrantReasonInput',
  releaseBudgetAgain: 'GrantReasonInput',
  reviewBudgetRelease: 'ReviewReleaseInput',
  refuseAct: 'RefuseActInput',
  setDocuments: 'SetDocumentsInput',
  requireDocuments: 'DocumentModeInput',
  relaxDocuments: 'DocumentModeInput',
};
