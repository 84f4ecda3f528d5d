import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { grantActs, type GrantAct, type StoredState } from '../src/core/grants/states.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';
import type { StaffReply, TestStaffClient } from './support/staff-client.js';
import { grantTransitionRows, storedStates } from './truth/grant-transitions.js';

const [alpha] = testPartners;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const terms = {
  ...standardTerms,
  partner: alpha.code,
  validFrom: inDays(-1),
  validUntil: inDays(300),
};
const reason = 'a reason';

/** Every act in every state at the doors: where the table says so it happens, else nothing changes. */
describe('at the staff door and the partner’s', () => {
  let gateway: TestGateway;
  let [one, two]: (TestStaffClient | undefined)[] = [];
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
    [one, two] = [gateway.staff('LIA-1'), gateway.staff('LIA-2')];
  });
  afterAll(async () => gateway?.close());

  const by = (client: TestStaffClient | undefined): TestStaffClient => {
    if (client === undefined) throw new TypeError('no client');
    return client;
  };
  const act = async (mutation: string, type: string, input: object): Promise<StaffReply> =>
    by(one).graphql(
      `mutation A($input: ${type}!) { ${mutation}(input: $input) { id state digest } }`,
      { input },
    );
  const show = async (id: string) => {
    const { value } = await by(one).graphql(
      'query G($id: ID!) { grant(id: $id) { state versions { version digest } } }',
      { id },
    );
    const { state, versions } = value as {
      state: StoredState;
      versions: { version: number; digest: string }[];
    };
    return { state, first: versions.find(({ version }) => version === 1) };
  };
  const submit = async (grant: string) => {
    const { first } = await show(grant);
    return act('submitGrant', 'SubmitGrantInput', { grant, version: 1, digest: first?.digest });
  };
  const accept = async (grantId: string) => {
    const { first } = await show(grantId);
    return gateway.partner(alpha.code).graphql(
      `mutation Accept($input: AcceptGrantInput!) {
        acceptGrant(input: $input) { grant { state } } }`,
      { input: { grantId, version: 1, digest: first?.digest } },
    );
  };
  const stop = async (mutation: string, grant: string) =>
    act(mutation, 'GrantReasonInput', { grant, reason });

  /** A grant in this state, and the request for its approval where there was one. */
  const bring = async (state: StoredState) => {
    const drafted = await act('draftGrant', 'DraftGrantInput', { terms: JSON.stringify(terms) });
    const { id } = drafted.value as { id: string };
    if (state === 'DRAFT') return { id, asked: undefined };
    const asked = await submit(id);
    if (state === 'SUBMITTED') return { id, asked };
    await by(two).approve(asked);
    if (state !== 'APPROVED') await accept(id);
    if (state === 'SUSPENDED') await stop('suspendGrant', id);
    if (state === 'REVOKED') await stop('revokeGrant', id);
    return { id, asked };
  };
  const attempts: Readonly<
    Record<GrantAct, (grant: string, asked: StaffReply | undefined) => Promise<unknown>>
  > = {
    SUBMIT: async (id) => submit(id),
    APPROVE: async (_id, asked) => (asked === undefined ? undefined : by(two).approve(asked)),
    REFUSE: async (_id, asked) =>
      asked === undefined
        ? undefined
        : by(two).act('refuseAct', { id: (asked.value as { id: string }).id }),
    ACCEPT: accept,
    NARROW: async (grant) =>
      act('narrowGrant', 'AmendGrantInput', {
        grant,
        terms: JSON.stringify({ ...terms, questionsPerDay: 1 }),
      }),
    SUSPEND: async (id) => stop('suspendGrant', id),
    RESUME: async (id) =>
      by(two)
        .approve(await stop('resumeGrant', id))
        .catch(() => undefined),
    // Of what is not in force yet the version is taken back; of what is, the grant.
    REVOKE: async (grant) => {
      const { state } = await show(grant);
      return ['DRAFT', 'SUBMITTED', 'APPROVED'].includes(state)
        ? act('withdrawGrant', 'GrantVersionInput', { grant, version: 1 })
        : stop('revokeGrant', grant);
    },
  };

  test.each(grantActs.flatMap((name) => storedStates.map((state) => [name, state] as const)))(
    '%s in %s',
    async (name, state) => {
      const { id, asked } = await bring(state);
      expect((await show(id)).state).toBe(state);
      await attempts[name](id, asked);
      const to = grantTransitionRows[name][state];
      expect((await show(id)).state).toBe(to === '-' ? state : to);
    },
  );
});
