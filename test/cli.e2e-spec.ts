import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AccessLog } from '../src/access-log/index.js';
import type { PartnerCode } from '../src/core/ids.js';
import { migrations } from '../src/migrations.js';
import { lockHome } from '../src/platform/database/home-lock.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { freshDatabaseUrl, migratedDatabaseUrl, temporaryHome } from './support/databases.js';
import { safeconduct } from './support/command.js';
import { freePort, keyPem, startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';

describe('safeconduct', () => {
  const place = temporaryHome();
  afterAll(() => place.remove());

  test('says what it can do, and leaves with 0', async () => {
    const { code, out } = await safeconduct(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'demo', 'migrate', 'verify', 'token']) {
      expect(out).toContain(command);
      expect((await safeconduct([command, '--help'])).code).toBe(0);
    }
  });

  test.each([[['nonsense']], [['serve', '--nonsense']], [['verify']], [['token']]])(
    'leaves with 2 when used wrongly: %j',
    async (args) => {
      const { code, out, err } = await safeconduct(args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('--help');
    },
  );

  test('refuses a variable it does not know, naming it', async () => {
    const { code, err } = await safeconduct(['serve'], { SAFECONDUCT_HOEM: '/nowhere' });
    expect(code).toBe(2);
    expect(err).toContain('SAFECONDUCT_HOEM');
  });

  test('refuses to serve while a security value is missing, naming it', async () => {
    const named = {
      SAFECONDUCT_HOME: join(place.path, 'none'),
      SAFECONDUCT_PUBLIC_URL: 'https://gateway.test',
      SAFECONDUCT_LOG_ORIGIN: 'log.test',
    };
    const { code, err } = await safeconduct(['serve'], named);
    expect(code).toBe(2);
    expect(err).toContain('SAFECONDUCT_MASTER_KEY_FILE');
    expect((await safeconduct(['serve'], { SAFECONDUCT_HOME: place.path })).err).toContain(
      'SAFECONDUCT_PUBLIC_URL',
    );
    expect(existsSync(named.SAFECONDUCT_HOME)).toBe(false);
  });

  test('migrates once, and says so; the second time there is nothing to do', async () => {
    for (const environment of [
      { SAFECONDUCT_HOME: join(place.path, 'migrated') },
      {
        SAFECONDUCT_HOME: join(place.path, 'beside'),
        DATABASE_URL: (await freshDatabaseUrl('PostgreSQL')) ?? '',
      },
    ]) {
      const first = await safeconduct(['migrate'], environment);
      expect([first.code, first.err]).toEqual([0, '']);
      expect(first.out).toContain('Partners1763800000001');
      const second = await safeconduct(['migrate', '--json'], environment);
      expect([second.code, JSON.parse(second.out)]).toEqual([0, { migrations: [] }]);
      expect((await safeconduct(['migrate'], environment)).out).toContain('Nothing to do');
    }
  });

  test('keeps a second process off a home that is in use, and says what to do', async () => {
    const home = join(place.path, 'held');
    const lock = lockHome(home);
    const { code, err } = await safeconduct(['migrate'], { SAFECONDUCT_HOME: home });
    lock.release();
    expect(code).toBe(3);
    expect(err).toMatch(/in use by another gateway.*SAFECONDUCT_HOME/);
  });

  test('never lets the demonstration touch a home that is not one', async () => {
    const home = join(place.path, 'precious');
    mkdirSync(home);
    writeFileSync(join(home, 'file'), 'precious');
    for (const args of [['demo'], ['demo', '--once', '--reset']]) {
      const { code, err } = await safeconduct(args, { SAFECONDUCT_HOME: home });
      expect(code).toBe(2);
      expect(err).toContain('not a demonstration');
    }
    expect(readFileSync(join(home, 'file'), 'utf8')).toBe('precious');
  });
});

test('the demonstration runs in any empty home, and again from what is there', async () => {
  const place = temporaryHome();
  const environment = {
    SAFECONDUCT_HOME: join(place.path, 'not', 'made', 'yet'),
    SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
    SAFECONDUCT_PARTNER_PORT: String(await freePort()),
    SAFECONDUCT_STAFF_PORT: String(await freePort()),
    SAFECONDUCT_OPS_PORT: String(await freePort()),
  };
  for (const _ of ['first', 'second']) {
    const { code, out, err } = await safeconduct(['demo', '--once'], environment);
    expect([code, code === 0 ? '' : err]).toEqual([0, '']);
    expect(out).toMatch(/"outcome": "MATCH"/);
    expect(out).toMatch(/Receipt checked: record \d+ of \d+/);
  }
  place.remove();
});

describe('a partner with', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let alpha: TestPartner;
  let profile: Record<string, unknown>;
  const at = (name: string): string => join(place.path, name);
  const write = (name: string, text: string, mode = 0o600): string => {
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
    return at(name);
  };
  const profileWith = (bent: object): string =>
    write(
      `profile-${randomBytes(4).toString('hex')}.json`,
      JSON.stringify({ ...profile, ...bent }),
    );
  const lines = (name: string): Record<string, unknown>[] =>
    readFileSync(at(name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const used = async (): Promise<number> => {
    const reply = await alpha.graphql('{ access { grants { budgets { used } } } }');
    const { grants } = reply.json?.data?.['access'] as {
      grants: { budgets: { used: number }[] }[];
    };
    return grants[0]?.budgets[0]?.used ?? Number.NaN;
  };

  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
    const { pair, signingKey, kid, clientId } = alpha.options;
    write('client.pem', new X509Certificate(pair.certificate).toString(), 0o644);
    write('client.key', keyPem(pair.privateKey));
    write('ca.pem', gateway.serverCaPem, 0o644);
    write('signing.jwk', JSON.stringify({ ...signingKey.export({ format: 'jwk' }), kid }));
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    profile = {
      url: gateway.url,
      certificateFile: 'client.pem',
      keyFile: 'client.key',
      caFile: 'ca.pem',
      clientId,
      signingKeyFile: 'signing.jwk',
      grantId: alpha.grantId,
      purpose: 'BORDER_VERIFICATION',
      caseReference: 'CASE-1',
      fields: ['fullName', 'visaStatus'],
      logVerifierKeys: [
        await log.verifierKey({ kind: 'partner', partner: 'ALPHA-BORDER' as PartnerCode }),
      ],
    };
  });
  afterAll(async () => {
    await gateway.close();
    place.remove();
  });

  describe('a file of questions', () => {
    const asked = [
      { id: 'q-1', ...lailaAsSeen },
      { id: 'q-2', ...nobodyAsSeen },
      { id: 'q-3', ...lailaAsSeen, fatherName: 'Abdul Karim' },
    ];
    let questions: string;
    beforeAll(() => {
      questions = write('questions.jsonl', asked.map((one) => `${JSON.stringify(one)}\n`).join(''));
    });
    const verify = (out: string, file = questions, bent = {}) =>
      safeconduct(['verify', file, '--profile', profileWith(bent), '--out', at(out), '--json']);

    test('gets an answer line each, in order, with a checked receipt, in a file of its own', async () => {
      const { code, out } = await verify('first.jsonl');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual({
        questions: 3,
        unanswered: 0,
        counts: { MATCH: 2, NOT_CONFIRMED: 1 },
      });
      const answers = lines('first.jsonl');
      expect(answers.map(({ id, outcome }) => [id, outcome])).toEqual([
        ['q-1', 'MATCH'],
        ['q-2', 'NOT_CONFIRMED'],
        ['q-3', 'MATCH'],
      ]);
      expect(answers[0]?.['subject']).toMatchObject({ visaStatus: { value: 'GRANTED' } });
      expect(statSync(at('first.jsonl')).mode & 0o777).toBe(0o600);
      expect(existsSync(at('first.jsonl.partial'))).toBe(false);
    });

    test('is taken up where it was interrupted, and nothing is paid for twice', async () => {
      await verify('whole.jsonl');
      const [first, ...others] = readFileSync(at('whole.jsonl'), 'utf8').trim().split('\n');
      const before = await used();
      // As a crash leaves it: one answer whole, one torn.
      write('torn.jsonl.partial', `${first}\n${others[0]?.slice(0, 40)}`);
      const { code, err } = await verify('torn.jsonl');
      expect(code).toBe(0);
      expect(err).toContain('1 answered by an earlier run');
      expect(await used()).toBe(before);
      const answers = readFileSync(at('torn.jsonl'), 'utf8').trim().split('\n');
      expect(answers[0]).toBe(first);
      expect(answers.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual([
        'MATCH',
        'NOT_CONFIRMED',
        'MATCH',
      ]);
      expect(statSync(at('torn.jsonl')).mode & 0o777).toBe(0o600);
    });

    test('of another person under the same id is asked, not taken from an earlier file', async () => {
      const one = write('one.jsonl', `${JSON.stringify({ id: '1', ...lailaAsSeen })}\n`);
      const other = write('other.jsonl', `${JSON.stringify({ id: '1', ...nobodyAsSeen })}\n`);
      await verify('same-out.jsonl', one);
      expect(lines('same-out.jsonl')).toMatchObject([{ id: '1', outcome: 'MATCH' }]);
      const { code, err } = await verify('same-out.jsonl', other);
      expect(code).toBe(0);
      expect(err).not.toContain('earlier run');
      expect(lines('same-out.jsonl')).toMatchObject([
        { id: '1', outcome: 'NOT_CONFIRMED', subject: null },
      ]);
      // Nor under another selection of fields.
      await verify('same-out.jsonl', one);
      await verify('same-out.jsonl', one, { fields: ['visaStatus'] });
      expect(lines('same-out.jsonl')[0]?.['subject']).not.toHaveProperty('fullName');
    });

    test('is never written over, nor is anything that holds no answers', async () => {
      const kept = readFileSync(questions, 'utf8');
      expect((await verify('questions.jsonl')).code).toBe(2);
      expect(readFileSync(questions, 'utf8')).toBe(kept);
      const letter = write('letter.txt', 'Dear colleague\nyours\n');
      expect((await verify('letter.txt')).code).toBe(2);
      expect(readFileSync(letter, 'utf8')).toBe('Dear colleague\nyours\n');
    });

    test('asks nothing at all when all is answered', async () => {
      await verify('done.jsonl');
      const before = readFileSync(at('done.jsonl'), 'utf8');
      expect((await verify('done.jsonl')).code).toBe(0);
      expect(readFileSync(at('done.jsonl'), 'utf8')).toBe(before);
    });

    test('leaves with 3 when some have no outcome, and says which and why', async () => {
      const file = write(
        'weak.jsonl',
        `${JSON.stringify({ id: 'weak', names: [{ full: 'Laila' }] })}\n${JSON.stringify(asked[0])}\n`,
      );
      const { code } = await verify('weak-answers.jsonl', file);
      expect(code).toBe(3);
      expect(lines('weak-answers.jsonl')).toMatchObject([
        { id: 'weak', error: { code: 'ERR_EVIDENCE_INSUFFICIENT' } },
        { id: 'q-1', outcome: 'MATCH' },
      ]);
    });

    test('tells an answer whose receipt is signed by nobody it knows', async () => {
      const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
      const other = await log.verifierKey({
        kind: 'partner',
        partner: 'BRAVO-CONSULAR' as PartnerCode,
      });
      const { code } = await verify('foreign.jsonl', questions, { logVerifierKeys: [other] });
      expect(code).toBe(3);
      expect(lines('foreign.jsonl')[0]).toMatchObject({
        error: { code: 'CLIENT_RECEIPT_INVALID' },
      });
    });

    test.each([
      ['no JSON', '{"id":'],
      ['no id', '{"names":[]}'],
      ['a member nobody knows', '{"id":"a","nmaes":[]}'],
      ['a member twice', '{"id":"a","id":"b"}'],
      ['an id twice', '{"id":"a"}\n{"id":"a"}'],
      ['nothing', ''],
    ])('with %s is refused before one is asked, naming the line', async (_what, text) => {
      const before = await used();
      const { code, err } = await verify('never.jsonl', write('bad.jsonl', text));
      expect(code).toBe(2);
      expect(err).toMatch(/bad\.jsonl( line \d| holds no question)/);
      expect(existsSync(at('never.jsonl'))).toBe(false);
      expect(await used()).toBe(before);
    });
  });

  describe('a profile', () => {
    const refused = async (bent: object) => {
      const { code, err, out } = await safeconduct(['token', '--profile', profileWith(bent)]);
      expect(out).toBe('');
      return [code, err] as const;
    };
    test('that has a member nobody knows is refused, naming it', async () => {
      const [code, err] = await refused({ certficateFile: 'x' });
      expect(code).toBe(2);
      expect(err).toContain('"certficateFile"');
    });

    test('whose key may be read by others is refused, saying what to do', async () => {
      write('open.key', readFileSync(at('client.key'), 'utf8'), 0o644);
      const [code, err] = await refused({ keyFile: 'open.key' });
      expect(code).toBe(2);
      expect(err).toContain('chmod 600');
    });

    test.each([
      ['url', 'http://localhost'],
      ['fields', ['nothing']],
      ['purpose', 'CURIOSITY'],
      ['clientId', 5],
      ['caFile', 'missing.pem'],
    ])('whose %s is wrong is refused, naming it', async (name, value) => {
      const [code, err] = await refused({ [name]: value });
      expect(code).toBe(2);
      expect(err).toContain(`"${name}"`);
    });

    test('gets a token, and an explanation of each step that led to it', async () => {
      const token = await safeconduct(['token', '--profile', profileWith({})]);
      expect(token.code).toBe(0);
      expect(token.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      const explained = await safeconduct(['token', '--profile', profileWith({}), '--explain']);
      expect(explained.code).toBe(0);
      expect(explained.out).not.toMatch(/^NOT/m);
      expect(explained.out).not.toContain(token.out.trim());
    });

    test('with the certificate of nobody is told so, step by step', async () => {
      const { pair } = gateway.partner('BRAVO-CONSULAR').options;
      write('bravo.pem', new X509Certificate(pair.certificate).toString());
      write('bravo.key', keyPem(pair.privateKey));
      const bent = profileWith({ certificateFile: 'bravo.pem', keyFile: 'bravo.key' });
      const { code, out } = await safeconduct(['token', '--profile', bent, '--explain']);
      expect(code).toBe(3);
      expect(out).toMatch(/^NOT token endpoint/m);
    });
  });

  test('a gateway whose port is taken is told which variable moves it, and what it opened is closed', async () => {
    const home = join(place.path, 'second');
    mkdirSync(home, { mode: 0o700 });
    await migratedDatabaseUrl('PGlite', home, migrations);
    const signing = (name: string) => {
      const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      return write(name, JSON.stringify({ ...jwk, kid: name }));
    };
    const secret = (name: string) => write(name, `${randomBytes(32).toString('base64url')}\n`);
    const { certificateFile, keyFile } = gateway.settings.partnerTls;
    const environment = {
      SAFECONDUCT_HOME: home,
      SAFECONDUCT_PUBLIC_URL: 'https://gateway.test',
      SAFECONDUCT_LOG_ORIGIN: 'log.test',
      SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
      SAFECONDUCT_PARTNER_PORT: new URL(gateway.url).port,
      SAFECONDUCT_OPS_PORT: '0',
      SAFECONDUCT_MASTER_KEY_FILE: secret('master'),
      SAFECONDUCT_LOG_KEY_FILE: secret('log'),
      SAFECONDUCT_TOKEN_KEY_FILE: signing('token'),
      SAFECONDUCT_CHECKPOINT_KEY_FILE: signing('checkpoint'),
      SAFECONDUCT_PARTNER_TLS_CERT_FILE: certificateFile,
      SAFECONDUCT_PARTNER_TLS_KEY_FILE: keyFile,
    };
    const taken = await safeconduct(['serve'], environment);
    expect(taken.code).toBe(2);
    expect(taken.err).toContain('SAFECONDUCT_PARTNER_PORT');
    lockHome(home).release();
    const noCertificate = await safeconduct(['serve'], {
      ...environment,
      SAFECONDUCT_PARTNER_PORT: String(await freePort()),
      SAFECONDUCT_PARTNER_TLS_CERT_FILE: at('missing.pem'),
    });
    expect(noCertificate.code).toBe(2);
    expect(noCertificate.err).toContain('SAFECONDUCT_PARTNER_TLS_CERT_FILE');
    lockHome(home).release();
    rmSync(home, { recursive: true });
  });
});
