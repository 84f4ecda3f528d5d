import { createHash, X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { oauthVersion } from '../src/cli/staff/bundle/write-bundle.js';
import { fingerprintWords } from '../src/core/fingerprint-words.js';
import { builtInAnswers, type BuiltInAnswer } from '../src/register/index.js';
import { runProgram, safeconduct, writeStaffProfile, type Ran } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const code = 'DELTA-BORDER';

/** A partner comes on board from an empty folder, by what its page says and nothing else. */
describe('the bundle of a partner, walked through', () => {
  const place = temporaryHome();
  const bundle = join(place.path, 'bundle');
  const ca = join(place.path, 'ca');
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const as = async (reference: string, ...args: readonly string[]): Promise<Ran> =>
    safeconduct([...args, '--profile', profileOf(reference)]);
  const profileOf = (reference: string): string =>
    writeStaffProfile(place.path, reference, {
      url: gateway.gateway.staff?.url ?? '',
      serverCaPem: gateway.serverCaPem,
      pair: gateway.staffPair(reference),
    });
  /** One asks, another reads and approves; what each of them is shown. */
  const byTwo = async (...args: readonly string[]): Promise<readonly [string, string]> => {
    const asked = await as('LIA-1', ...args);
    expect([asked.code, asked.err]).toEqual([0, '']);
    const [, id = '', digest = ''] = /^pending: \S+ (\S+) .*\(digest (\S+)\)/.exec(asked.out) ?? [];
    const approved = await as('LIA-2', 'pending', 'approve', id, '--digest', digest);
    expect([approved.code, approved.err]).toEqual([0, '']);
    return [asked.out, approved.out];
  };
  const file = (name: string): string => readFileSync(join(bundle, name), 'utf8');
  const inBundle = async (program: string, ...args: readonly string[]): Promise<Ran> =>
    runProgram(program, args, { cwd: bundle });
  /** The commands of the page that stand after some words of it. */
  const commandsAfter = (words: string): string =>
    /```sh\n([^]*?)```/.exec(file('README.md').split(words)[1] ?? '')?.[1] ?? '';
  const spoken = (bytes: Buffer): string => fingerprintWords(bytes).join(' ');
  const heard = (text: string): string => text.replace(/\s+/g, ' ');
  const wordsOfPem = (pem: string): string =>
    spoken(createHash('sha256').update(new X509Certificate(pem).raw).digest());

  test('is written by a member of staff, without anything secret', async () => {
    await byTwo('partner', 'add', code, '--name', 'Border agency DELTA', '--state', 'CAN');
    const written = await as('LIA-1', 'partner', 'bundle', code, '--out', bundle);
    expect([written.code, written.err]).toEqual([0, '']);
    expect(statSync(bundle).mode & 0o777).toBe(0o700);
    const names = readdirSync(bundle, { recursive: true, encoding: 'utf8' });
    for (const name of names) {
      const { mode } = statSync(join(bundle, name));
      expect([name, mode & 0o077]).toEqual([name, 0]);
      if (statSync(join(bundle, name)).isFile())
        expect(file(name)).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY|"d": ?"/);
    }
    expect(names).toHaveLength(19);
    expect(file('schema.gql')).toBe(readFileSync(join(root, 'schema.gql'), 'utf8'));
    expect(file('errors.md')).toContain('ERR_BUDGET_SPENT');
    // What the host reads out stands on the page, and follows from the file.
    const words = wordsOfPem(file('ca.pem'));
    expect(heard(written.out)).toContain(words);
    expect(heard(file('README.md'))).toContain(words);
    expect(heard((await inBundle('python3', 'examples/words.py', 'ca.pem')).out)).toContain(words);
    expect(heard((await safeconduct(['fingerprint', join(bundle, 'ca.pem')])).out)).toContain(
      words,
    );
  });

  test('is not written over anything, nor for whom it is not', async () => {
    expect((await as('LIA-1', 'partner', 'bundle', code, '--out', bundle)).code).toBe(2);
    expect((await as('REG-1', 'partner', 'bundle', code, '--out', `${bundle}-2`)).code).toBe(3);
    expect((await as('LIA-1', 'partner', 'bundle', 'NOBODY', '--out', `${bundle}-2`)).code).toBe(3);
    expect(existsSync(`${bundle}-2`)).toBe(false);
  });

  test('leads to keys and a signing request', async () => {
    const made = await inBundle('sh', '-ec', commandsAfter('With openssl:'));
    expect([made.code, made.out]).toEqual([0, '']);
    expect(statSync(join(bundle, 'partner.key.pem')).mode & 0o077).toBe(0);
    const keys = await inBundle('python3', 'examples/make_signing_key.py');
    expect([keys.code, keys.out]).toEqual([0, '']);
    expect(statSync(join(bundle, 'signing-key.jwk')).mode & 0o077).toBe(0);
    expect((await inBundle('python3', 'examples/make_signing_key.py')).code).toBe(1);
    const copy = join(place.path, 'copy');
    mkdirSync(copy);
    for (const name of ['examples', 'PROFILE.json']) {
      cpSync(join(bundle, name), join(copy, name), { recursive: true });
    }
    const byNode = ['examples/make-signing-key.mjs'];
    expect((await runProgram(process.execPath, byNode, { cwd: copy })).code).toBe(0);
    expect((await runProgram(process.execPath, byNode, { cwd: copy })).code).toBe(1);
    const sets = [copy, bundle].map(
      (directory) =>
        (JSON.parse(readFileSync(join(directory, 'jwks.json'), 'utf8')) as { keys: object[] }).keys,
    );
    expect(Object.keys(sets[0]?.[0] ?? {}).sort()).toEqual(Object.keys(sets[1]?.[0] ?? {}).sort());
  });

  test('leads to a certificate that two of the host let in, reading the same words', async () => {
    await safeconduct(['pki', 'init', ca, '--organization', 'Host']);
    const csr = join(bundle, 'partner.csr.pem');
    const out = join(place.path, 'issued.pem');
    const names = ['--organization', code, '--name', 'gateway client', '--out', out];
    const issued = await safeconduct(['pki', 'issue', ca, '--csr', csr, ...names]);
    expect(issued.code).toBe(0);
    const early = await as('LIA-1', 'partner', 'cert', 'add', code, '--certificate', out);
    expect([early.code, early.err]).toEqual([
      3,
      expect.stringContaining(`safeconduct partner anchor add ${code} --certificate`),
    ]);
    await byTwo('partner', 'anchor', 'add', '--certificate', join(ca, 'ca.crt.pem'));
    copyFileSync(out, join(bundle, 'partner.crt.pem'));
    const words = wordsOfPem(file('partner.crt.pem'));
    expect(heard(issued.out)).toContain(words);
    const added = await byTwo('partner', 'cert', 'add', code, '--certificate', out);
    for (const shown of added) expect(heard(shown)).toContain(words);
    const keys = await byTwo('partner', 'jwks', 'set', code, join(bundle, 'jwks.json'));
    const own = await inBundle('python3', 'examples/words.py', 'partner.crt.pem', 'jwks.json');
    expect(heard(own.out)).toContain(words);
    const [, ofKey = ''] = heard(own.out).split(/ key \S+ SHA-256 [0-9a-f]{64} /);
    expect(ofKey.trim().split(' ')).toHaveLength(32);
    for (const shown of keys) expect(heard(shown)).toContain(ofKey.trim());
    const shown = heard((await as('LIA-1', 'partner', 'show', code)).out);
    expect([shown.includes(words), shown.includes(ofKey.trim())]).toEqual([true, true]);
  });

  test('TypeScript: types fit, the grant is accepted, every answer is as printed', async () => {
    const installed = JSON.parse(
      readFileSync(join(root, 'node_modules/oauth4webapi/package.json'), 'utf8'),
    ) as { version: string };
    expect(installed.version).toBe(oauthVersion);
    symlinkSync(join(root, 'node_modules'), join(bundle, 'examples/node_modules'));
    const compiler = [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...'--noEmit --strict --module nodenext --target es2024 --lib es2024,dom'.split(' '),
      ...'--skipLibCheck --allowImportingTsExtensions --types node ask.ts'.split(' '),
    ];
    const typed = await runProgram(process.execPath, compiler, { cwd: join(bundle, 'examples') });
    expect([typed.out, typed.code]).toEqual(['', 0]);
    const asked = await inBundle(process.execPath, 'examples/ask.ts');
    expect([asked.err, asked.code]).toEqual(['', 0]);
    expect(asked.out.match(/^as expected /gm)).toHaveLength(builtInAnswers().length);
  });

  test('Python: every answer is as printed', async () => {
    const asked = await inBundle('python3', 'examples/ask.py');
    expect([asked.err, asked.code]).toEqual(['', 0]);
    expect(asked.out.match(/^as expected /gm)).toHaveLength(builtInAnswers().length);
  });

  test('curl: who am I', async () => {
    const command = `${process.execPath} --no-warnings --import ${join(root, 'bench/register-typescript.mjs')} ${join(root, 'src/cli/safeconduct.ts')}`;
    const asked = await runProgram('sh', ['examples/ask.sh'], {
      cwd: bundle,
      env: { SAFECONDUCT: command },
    });
    expect([asked.err, asked.code]).toEqual(['', 0]);
    expect(JSON.parse(asked.out)).toMatchObject({
      data: {
        access: { partner: { code }, officer: null, grants: [{ test: true, state: 'ACTIVE' }] },
      },
    });
  });

  test('safeconduct: every step holds, and the batch client gets every answer, receipts checked', async () => {
    const profile = join(bundle, 'PROFILE.json');
    const explained = await safeconduct(['token', '--profile', profile, '--explain']);
    expect([explained.out.includes('NOT'), explained.code]).toEqual([false, 0]);
    const answers = join(bundle, 'answers.jsonl');
    const asked = await safeconduct([
      'verify',
      join(bundle, 'questions.jsonl'),
      '--profile',
      profile,
      '--out',
      answers,
    ]);
    expect(asked.code).toBe(0);
    const given = file('answers.jsonl')
      .trim()
      .split('\n')
      .map((line) => {
        const { id, outcome, subject, evidence } = JSON.parse(line) as BuiltInAnswer;
        const { reference: _own, ...told } = subject ?? {};
        return { id, outcome, subject: subject === null ? null : told, evidence };
      });
    const expected = file('expected-answers.jsonl').trim().split('\n');
    expect(given).toEqual(expected.map((line) => JSON.parse(line) as BuiltInAnswer));
  });
});
