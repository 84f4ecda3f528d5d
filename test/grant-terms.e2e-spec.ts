import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseTerms } from '../src/core/grants/parse-terms.js';
import type { GrantId } from '../src/core/ids.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { safeconductAs, writeStaffProfile } from './support/registrar.js';
import type { StaffReply, TestStaffClient } from './support/staff-client.js';
import { plainTerms, termsRows, unknownPartnerRow, type TermsRow } from './truth/grant-terms.js';
import { changed, mixedRows, wideningRows } from './truth/widening.js';

const [alpha] = testPartners;
const jsonOf = (change: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...plainTerms, ...change });
const asCode = ({ code }: StaffReply): string => code ?? 'TAKEN';
const wideningCases = [...wideningRows, ...mixedRows];

/** The tables of terms and of widening, at every door terms come in through. */
describe('terms of a grant', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let [one, two]: (TestStaffClient | undefined)[] = [];
  let profile = '';
  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      releaseDelayMs: 1,
      // One for the rows at the door, one for those of the command: what narrows is in force at once.
      grants: [...wideningCases, ...wideningCases].map(() => ({
        code: alpha.code,
        terms: parseTerms(JSON.parse(JSON.stringify(plainTerms))),
      })),
    });
    [one, two] = [gateway.staff('LIA-1'), gateway.staff('LIA-2')];
    profile = writeStaffProfile(gateway, place.path, 'LIA-1');
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const by = (client = one): TestStaffClient => {
    if (client === undefined) throw new TypeError('no client');
    return client;
  };
  const file = (text: string): string => {
    const path = join(place.path, 'terms.json');
    writeFileSync(path, text);
    return path;
  };
  const act = async (mutation: string, type: string, input: object): Promise<StaffReply> =>
    by().graphql(
      `mutation A($input: ${type}!) { ${mutation}(input: $input) { id act state digest } }`,
      { input },
    );
  const show = async (id: string) => {
    const { value } = await by(two).graphql(
      'query G($id: ID!) { grant(id: $id) { state current { version } open { version digest } } }',
      { id },
    );
    return value as {
      state: string;
      current: { version: number } | null;
      open: { version: number; digest: string } | null;
    };
  };

  describe('are taken, and their twins refused,', () => {
    /** The doors that judge terms: what each makes of them. */
    const doors: Readonly<Record<string, (terms: string) => Promise<StaffReply>>> = {
      'in a preview': async (terms) =>
        by().graphql(
          'query P($input: PreviewGrantInput!) { grantPreview(input: $input) { peopleInScope } }',
          { input: { terms } },
        ),
      'in a draft': async (terms) => act('draftGrant', 'DraftGrantInput', { terms }),
    };
    const rows: readonly TermsRow[] = [...termsRows, unknownPartnerRow];
    describe.each(Object.entries(doors))('%s:', (_door, judge) => {
      test.each(rows)('$rule ($argument)', async ({ taken, refused, argument }) => {
        expect(asCode(await judge(jsonOf(taken)))).toBe('TAKEN');
        const reply = await judge(jsonOf(refused));
        expect([asCode(reply), reply.text.includes(`"argument":"${argument}"`)]).toEqual([
          'ERR_INPUT_INVALID',
          true,
        ]);
      });
    });

    // What an amendment and a narrowing take is what a draft takes; a row of each member shows it.
    const perMember = rows.filter(
      ({ argument }, at) => rows.findIndex((row) => row.argument === argument) === at,
    );
    test.each(perMember)('in an amendment: $rule ($argument)', async ({ refused, argument }) => {
      const grant = gateway.grants[0];
      for (const mutation of ['amendGrant', 'narrowGrant']) {
        const reply = await act(mutation, 'AmendGrantInput', { grant, terms: jsonOf(refused) });
        expect([asCode(reply), reply.text.includes(`"argument":"${argument}"`)]).toEqual([
          'ERR_INPUT_INVALID',
          true,
        ]);
      }
    });

    test.each(perMember)('by the command: $rule ($argument)', async (row) => {
      for (const command of ['draft', 'preview']) {
        const good = await safeconductAs(profile, 'grant', command, file(jsonOf(row.taken)));
        expect([good.code, good.out === '']).toEqual([0, false]);
        const bad = await safeconductAs(profile, 'grant', command, file(jsonOf(row.refused)));
        expect([bad.code, bad.out]).toEqual([2, '']);
        const named = row.argument === 'terms' ? '"purposes"' : `(${row.argument})`;
        expect(bad.err).toContain(named);
      }
    });

    test('what is taken can be submitted, and what is refused leaves nothing to submit', async () => {
      const count = async () => {
        const { value } = await by(two).graphql('{ grants { id } }');
        return (value as unknown[]).length;
      };
      const before = await count();
      for (const { taken, refused } of perMember) {
        await act('draftGrant', 'DraftGrantInput', { terms: jsonOf(refused) });
        const drafted = await act('draftGrant', 'DraftGrantInput', { terms: jsonOf(taken) });
        const { id } = drafted.value as { id: string };
        const { open } = await show(id);
        const asked = await act('submitGrant', 'SubmitGrantInput', {
          grant: id,
          version: 1,
          digest: open?.digest,
        });
        expect(asked.value).toMatchObject({ act: 'GRANT_APPROVE', state: 'PENDING' });
      }
      expect(await count()).toBe(before + perMember.length);
    });
  });

  describe('that change', () => {
    const versionSeen = async (id: GrantId | undefined): Promise<number | undefined> => {
      const reply = await gateway
        .partner(alpha.code)
        .graphql('{ access { grants { id version state } } }');
      const { grants } = reply.json?.data?.['access'] as {
        grants: { id: string; version: number; state: string }[];
      };
      return grants.find((grant) => grant.id === id && grant.state === 'ACTIVE')?.version;
    };

    test.each(wideningCases.map((row, at) => ({ ...row, at })))(
      'at the door: $about $change widens $widens',
      async ({ about, change, widens, at }) => {
        const grant = gateway.grants[at];
        const terms = JSON.stringify(changed(change));
        const would = await by().graphql(
          'query W($input: AmendGrantInput!) { grantWouldChange(input: $input) { about widens } }',
          { input: { grant, terms } },
        );
        if (about === 'purpose') {
          // Another purpose is another grant.
          expect(would.code ?? 'SHOWN').toBe('SHOWN');
        }
        const shown = (would.value ?? []) as { about: string; widens: boolean }[];
        expect(shown.some((one) => one.widens)).toBe(widens);

        const narrowed = await act('narrowGrant', 'AmendGrantInput', { grant, terms });
        const refusal = about === 'purpose' ? 'ERR_INPUT_INVALID' : 'ERR_GRANT_WIDENS';
        expect(asCode(narrowed)).toBe(widens ? refusal : 'TAKEN');
        expect((await show(grant ?? '')).current?.version).toBe(widens ? 1 : 2);
        expect(await versionSeen(grant)).toBe(widens ? 1 : 2);

        if (about === 'purpose') return;
        // Drawn up as an amendment, whatever it is waits for two people and the partner.
        const wider = JSON.stringify({ ...changed(change), legalBasis: 'Amended' });
        expect(asCode(await act('amendGrant', 'AmendGrantInput', { grant, terms: wider }))).toBe(
          'TAKEN',
        );
        const next = widens ? 2 : 3;
        expect(await show(grant ?? '')).toMatchObject({
          current: { version: next - 1 },
          open: { version: next },
        });
        expect(await versionSeen(grant)).toBe(next - 1);
      },
    );

    test.each(wideningCases.map((row, at) => ({ ...row, at: wideningCases.length + at })))(
      'by the command: $about $change widens $widens',
      async ({ about, change, widens, at }) => {
        const grant = gateway.grants[at] ?? '';
        const terms = file(JSON.stringify(changed(change)));
        const ran = await safeconductAs(profile, 'grant', 'amend', grant, terms);
        if (about === 'purpose') {
          expect([ran.code, ran.out]).toEqual([2, '']);
          return;
        }
        expect(ran.code).toBe(0);
        expect(ran.out).toMatch(widens ? /^done: GRANT_AMEND/ : /^done: GRANT_NARROW/);
        expect(ran.err).toMatch(widens ? /^widens /m : /^narrows /m);
        expect((await show(grant)).current?.version).toBe(widens ? 1 : 2);
      },
    );
  });
});
