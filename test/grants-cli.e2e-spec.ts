import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryHome } from './support/databases.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { safeconductAs, writeStaffProfile, type Ran } from './support/registrar.js';

const [alpha] = testPartners;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const terms = {
  ...standardTerms,
  partner: alpha.code,
  validFrom: inDays(-1),
  validUntil: inDays(300),
};
const person = {
  reference: 'R-1',
  caseload: 'AF-2021',
  names: [{ full: 'Mohammad Rahim Ahmadi' }],
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'P01234567' }],
  visa: { reference: 'V-1', class: 'PROTECTION', status: 'GRANTED' },
};

/** The commands a liaison officer, security and oversight work with, each right and wrong. */
describe('safeconduct', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  const profiles = new Map<string, string>();
  const file = (name: string, content: unknown): string => {
    const path = join(place.path, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const as = async (who: string, ...args: readonly string[]): Promise<Ran> => {
    const profile = profiles.get(who) ?? writeStaffProfile(gateway, place.path, who);
    profiles.set(who, profile);
    return safeconductAs(profile, ...args);
  };
  /** Approves what a command left pending, as LIA-2. */
  const approve = async ({ out }: Ran): Promise<Ran> => {
    const [, id = '', digest = ''] = /pending: \w+ (\S+) .*digest ([^)]+)\)/.exec(out) ?? [];
    return as('LIA-2', 'pending', 'approve', id, '--digest', digest);
  };
  const grantOf = async (id: string) =>
    JSON.parse((await as('LIA-1', 'grant', 'show', id, '--json')).out) as {
      state: string;
      current: { version: number } | null;
      open: { version: number; digest: string; state: string } | null;
    };
  const draft = async (): Promise<string> => {
    const { out } = await as('LIA-1', 'grant', 'draft', file('terms.json', terms));
    return /GRANT_DRAFT (\S+?),? /.exec(`${out} `)?.[1]?.replace(/,$/, '') ?? '';
  };
  const inForce = async (): Promise<string> => {
    const id = await draft();
    const { open } = await grantOf(id);
    await approve(await as('LIA-1', 'grant', 'submit', id, '--digest', open?.digest ?? ''));
    await gateway.partner(alpha.code).graphql(
      `mutation Accept($input: AcceptGrantInput!) {
        acceptGrant(input: $input) { grant { state } } }`,
      { input: { grantId: id, version: open?.version, digest: open?.digest } },
    );
    return id;
  };

  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true, people: [person] });
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  describe('grant', () => {
    test('draft says what comes next, and that nothing is in force', async () => {
      const drawnUp = await as('LIA-1', 'grant', 'draft', file('terms.json', terms));
      expect(drawnUp.code).toBe(0);
      expect(drawnUp.out).toMatch(/^done: GRANT_DRAFT /);
      expect(drawnUp.out).not.toContain('in force');
      expect(drawnUp.err).toMatch(/version 1 is drawn up.*grant submit \S+ --digest \S{43}\n$/);
    });

    test.each<[string, unknown, string]>([
      ['a file that is no JSON', '{', 'is not JSON'],
      ['a member twice', '{"partner":"A","partner":"B"}', 'a member twice'],
      ['a list', [], 'is not an object'],
      ['a member nobody knows', { ...terms, feilds: {} }, '"feilds", which is not a member'],
      [
        'a level a field does not have',
        { ...terms, fields: { SEX: 'MASKED' } },
        '(terms.fields.SEX)',
      ],
      ['an end beyond a year', { ...terms, validUntil: inDays(400) }, '(terms.validUntil)'],
    ])('draft refuses %s, naming it', async (_what, content, words) => {
      const refused = await as('LIA-1', 'grant', 'draft', file('wrong.json', content));
      expect([refused.code, refused.out]).toEqual([2, '']);
      expect(refused.err).toContain(words);
      expect(refused.err).not.toContain('extensions.');
    });

    test('is nobody’s to draw up but a liaison officer’s', async () => {
      for (const who of ['OVR-1', 'SEC-1', 'REG-1']) {
        const refused = await as(who, 'grant', 'draft', file('terms.json', terms));
        expect([who, refused.code, refused.out]).toEqual([who, 3, '']);
      }
    });

    test('show prints the paper for a lawyer, and the page for an assessment', async () => {
      const id = await draft();
      const paper = await as('OVR-1', 'grant', 'show', id);
      expect(paper.out).toContain(`# Grant ${id}, version 1`);
      expect(paper.out).toContain('NO_ONWARD_TRANSFER: may not be passed on');
      expect(paper.out).toMatch(/from \d+ \w+ \d{4}, \d\d:\d\d\S* UTC until/);
      expect((await as('PRO-1', 'grant', 'show', id, '--dpia')).out).toContain('Article 35(7)');
      const none = await as('LIA-1', 'grant', 'show', id, '--version-number', '9');
      expect([none.code, none.err]).toEqual([3, expect.stringContaining('(grant)')]);
      expect((await as('LIA-1', 'grant', 'show', id, '--version-number', 'x')).code).toBe(2);
      expect((await as('REG-1', 'grant', 'show', id)).code).toBe(3);
    });

    test('preview shows a made-up person, and one of the register to those who may', async () => {
      const named = file('person.json', { fullName: 'Somebody Made Up', dateOfBirth: '1990-05' });
      const preview = await as(
        ...['LIA-1', 'grant', 'preview', file('terms.json', terms), '--person', named],
      );
      expect([preview.code, preview.err]).toEqual([0, '']);
      expect(preview.out).toContain('visaStatus  FULL  GRANTED\n');
      expect(preview.out).toContain('people in scope: fewer than 10\n');
      const wrong = file('person.json', { fullName: '' });
      const refused = await as(
        ...['LIA-1', 'grant', 'preview', file('terms.json', terms), '--person', wrong],
      );
      expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('person.fullName')]);
      const ofPerson = ['R-1', '--caseload', 'AF-2021', '--version-number', '1'];
      const drawnUp = await draft();
      const alone = await as('LIA-1', 'grant', 'preview-person', drawnUp, ...ofPerson);
      expect([alone.code, alone.out]).toEqual([3, '']);
      const agreed = await as('LIA-1', 'grant', 'preview-person', await inForce(), ...ofPerson);
      expect([agreed.code, agreed.out]).toEqual([0, expect.stringContaining('visaStatus  FULL')]);
    });

    test('submit takes the digest that was read, and waits for another', async () => {
      const id = await draft();
      expect((await as('LIA-1', 'grant', 'submit', id)).code).toBe(2);
      const stale = await as('LIA-1', 'grant', 'submit', id, '--digest', 'A'.repeat(43));
      expect([stale.code, stale.err]).toEqual([3, expect.stringContaining('(digest)')]);
      const { open } = await grantOf(id);
      const asked = await as('LIA-1', 'grant', 'submit', id, '--digest', open?.digest ?? '');
      expect([asked.code, asked.out]).toEqual([
        0,
        expect.stringMatching(/^pending: GRANT_APPROVE/),
      ]);
      const approved = await approve(asked);
      expect([approved.code, approved.out]).toEqual([0, expect.not.stringContaining('in force')]);
      expect((await grantOf(id)).open?.state).toBe('APPROVED');
      const taken = await as('SEC-1', 'grant', 'withdraw', id, '1');
      expect([taken.code, taken.out]).toEqual([0, expect.stringMatching(/^done: /)]);
      expect((await grantOf(id)).state).toBe('REVOKED');
      expect((await as('SEC-1', 'grant', 'withdraw', id, 'one')).code).toBe(2);
    });

    test('amend narrows at once, draws up what widens, and refuses what changes nothing', async () => {
      const id = await inForce();
      const same = await as('LIA-1', 'grant', 'amend', id, file('same.json', terms));
      expect([same.code, same.out]).toEqual([2, '']);
      expect(same.err).toContain('the terms of version 1, which is in force');
      const fewer = file('fewer.json', { ...terms, questionsPerDay: 10 });
      const narrowed = await as('LIA-1', 'grant', 'amend', id, fewer);
      expect(narrowed.out).toMatch(/^done: GRANT_NARROW .*in force on every replica/);
      expect(narrowed.err).toContain('narrows  questions a day');
      const more = file('more.json', { ...terms, fields: { FULL_NAME: 'FULL' } });
      const drawnUp = await as('LIA-1', 'grant', 'amend', id, more);
      expect(drawnUp.out).toMatch(/^done: GRANT_AMEND/);
      expect(drawnUp.err).toMatch(
        /widens {3}full name[^]*version 2 is in force\nversion 3 is drawn/,
      );
      expect(await grantOf(id)).toMatchObject({ current: { version: 2 }, open: { version: 3 } });
      const words = await as('OVR-1', 'grant', 'diff', id, '1', '2');
      expect([words.code, words.out]).toEqual([0, expect.stringContaining('-> 10')]);
      expect((await as('OVR-1', 'grant', 'diff', id, '1', '9')).code).toBe(3);
      expect((await as('OVR-1', 'grant', 'diff', id, '1', 'x')).code).toBe(2);
    });

    test('suspend, resume and revoke take a reason, and are in the history', async () => {
      const id = await inForce();
      expect((await as('LIA-1', 'grant', 'suspend', id)).code).toBe(2);
      expect((await as('SEC-1', 'grant', 'suspend', id, '--reason', 'a look')).code).toBe(0);
      expect((await as('SEC-1', 'grant', 'suspend', id, '--reason', 'a look')).code).toBe(3);
      expect((await as('SEC-1', 'grant', 'resume', id, '--reason', 'a look')).code).toBe(3);
      const asked = await as('LIA-1', 'grant', 'resume', id, '--reason', 'looked at');
      expect((await grantOf(id)).state).toBe('SUSPENDED');
      expect((await approve(asked)).out).toContain('approved by LIA-2');
      expect((await as('LIA-2', 'grant', 'revoke', id, '--reason', 'over')).code).toBe(0);
      const { out } = await as('OVR-1', 'grant', 'history', id);
      expect(out).toMatch(/DRAFT {2}LIA-1\n[^]*ACCEPT {2}partner ALPHA-BORDER\n/);
      expect(out).toMatch(/SUSPEND {2}SEC-1: a look\n.*RESUME {2}LIA-1, approved by LIA-2/);
      const listed = await as('OVR-1', 'grant', 'list', '--partner', alpha.code);
      expect(listed.out).toContain(`${id}  ${alpha.code}  REVOKED`);
      expect((await as('OVR-1', 'grant', 'list', '--partner', 'NOBODY')).out).toBe('');
    });

    test('release lets questions through once a day, and is listed until another looked at it', async () => {
      const id = await inForce();
      const once = await as('LIA-1', 'grant', 'release', id, '--reason', 'a queue');
      expect(once.code).toBe(0);
      expect((await as('LIA-1', 'grant', 'release', id, '--reason', 'again')).code).toBe(3);
      const again = await as('LIA-1', 'grant', 'release-again', id, '--reason', 'again');
      expect(again.out).toMatch(/^pending: BUDGET_RELEASE_AGAIN/);
      const { out } = await as('SEC-1', 'grant', 'releases');
      const [, release = ''] = new RegExp(`(\\S+)  grant ${id}`).exec(out) ?? [];
      expect(out).toContain('a queue  5 left  not looked at');
      expect((await as('LIA-2', 'grant', 'review', release)).code).toBe(3);
      expect((await as('SEC-1', 'grant', 'review', release)).code).toBe(0);
      const twice = await as('SEC-1', 'grant', 'review', release);
      expect([twice.code, twice.err]).toEqual([3, expect.stringContaining('(release)')]);
      const nobody = await as('SEC-1', 'grant', 'review', id);
      expect([nobody.code, nobody.err]).toEqual([3, expect.stringContaining('(release)')]);
      expect((await as('SEC-1', 'grant', 'releases')).out).not.toContain(release);
      expect((await as('SEC-1', 'grant', 'releases', '--all')).out).toContain('seen by SEC-1');
      expect((await as('LIA-1', 'grant', 'budgets', id)).out).toMatch(/^QUESTIONS {2}0 of \d+/);
    });

    test('counters are for who watches, of whole days', async () => {
      const over = ['--from', '2020-01-01', '--until', '2020-02-01'];
      const none = await as('OVR-1', 'grant', 'counters', ...over);
      expect([none.code, none.out]).toEqual([0, '']);
      expect(none.err).toContain('no day that is over');
      expect((await as('OVR-1', 'grant', 'counters', ...over, '--json')).out).toBe('[]\n');
      expect((await as('LIA-1', 'grant', 'counters', ...over)).code).toBe(3);
      const grant = gateway.partner(alpha.code).grantId;
      await gateway.rooms.database.dataSource.query(
        `INSERT INTO use_of_day
           (grant_id, ends_at, questions, people, misses, tried, matched, returned)
         VALUES ($1, '2020-01-15T00:00:00Z', 47, 12, 9, 211, 0, 0)`,
        [grant],
      );
      const { out } = await as('OVR-1', 'grant', 'counters', ...over);
      const line = (kind: string, told: string) =>
        `2020-01-15T00:00:00.000Z  ${alpha.code}  ${grant}  ${kind}  ${told}\n`;
      expect(out).toBe(
        line('QUESTIONS', '40') +
          line('PEOPLE', '10') +
          line('MISSES', 'fewer than 10') +
          line('VALUES', '210'),
      );
      for (const wrong of [
        ['--from', 'yesterday', '--until', '2020-02-01'],
        ['--from', '2020-02-01', '--until', '2020-02-01'],
        ['--from', '2020-02-01'],
      ]) {
        expect((await as('OVR-1', 'grant', 'counters', ...wrong)).code).toBe(2);
      }
    });
  });

  describe('partner documents', () => {
    const trusted = 'query Access { access { officer } }';
    const documents = async (who: string, ...args: readonly string[]) =>
      as(who, 'partner', 'documents', ...args);

    test('are set, tried, required, and required no longer by two', async () => {
      const none = await documents('LIA-1', 'require', alpha.code);
      expect([none.code, none.err]).toEqual([3, expect.stringContaining('(documents)')]);
      const path = file('access.graphql', trusted);
      expect((await documents('LIA-1', 'set', alpha.code, path)).code).toBe(0);
      expect((await documents('LIA-1', 'require', alpha.code, '--dry-run')).code).toBe(0);
      const asked = async () =>
        (await gateway.partner(alpha.code).graphql('{ access { tokenExpiresAt } }')).status;
      expect(await asked()).toBe(200);
      expect((await documents('OVR-1', 'show', alpha.code)).out).toMatch(
        /^DRY_RUN\ntrusted {2}sha256:\S+\n\d{4}-\d\d-\d\d {2}would refuse {2}sha256:\S+ {2}1\n$/,
      );
      expect((await documents('SEC-1', 'require', alpha.code)).code).toBe(0);
      expect(await asked()).toBe(400);
      expect((await documents('LIA-1', 'require', alpha.code, '--dry-run')).code).toBe(3);
      expect((await documents('SEC-1', 'relax', alpha.code)).code).toBe(3);
      const relaxed = await documents('LIA-1', 'relax', alpha.code);
      expect([relaxed.code, await asked()]).toEqual([0, 400]);
      expect((await approve(relaxed)).code).toBe(0);
      expect(await asked()).toBe(200);
    });

    test.each([
      ['a file that is not there', 'ALPHA-BORDER', '/nowhere.graphql', 2, 'cannot be read'],
      ['a text that is no GraphQL', 'ALPHA-BORDER', '{', 2, '(documents[0])'],
      ['a partner that is not there', 'NOBODY', '{ access { officer } }', 3, '(partner)'],
    ])('refuse %s', async (_what, code, content, exit, words) => {
      const path = content.startsWith('/') ? content : file('wrong.graphql', content);
      const refused = await documents('LIA-1', 'set', code, path);
      expect([refused.code, refused.err]).toEqual([exit, expect.stringContaining(words)]);
      expect((await documents('REG-1', 'show', code)).code).toBe(3);
    });
  });
});
