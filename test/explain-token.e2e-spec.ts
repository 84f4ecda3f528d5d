import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explainToken, type ExplainedStep } from '../src/cli/partner/explain-token.js';
import { PartnerClient } from '../src/cli/partner/partner-client.js';
import { readProfile } from '../src/cli/partner/profile.js';
import { createServerCa, issueClientKeyPair } from '../src/platform/pki/index.js';
import { safeconduct } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { signJwt } from './support/jwt.js';

/** Each cause of a 401, brought about for real, and the step that finds it. */
describe('safeconduct token --explain', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let profiles = 0;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite' });
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const pem = (der: Buffer): string => new X509Certificate(der).toString();
  const alpha = () => gateway.partner('ALPHA-BORDER').options;
  /** A profile of ALPHA-BORDER, bent; its path. */
  function profile(
    bent: {
      readonly pair?: { readonly certificate: Buffer; readonly privateKey: KeyObject };
      readonly ca?: string;
      readonly members?: object;
      readonly kid?: string;
      readonly key?: KeyObject;
    } = {},
  ): string {
    profiles += 1;
    const directory = join(place.path, String(profiles));
    mkdirSync(directory);
    const { pair, signingKey, kid, clientId, url } = alpha();
    const write = (name: string, text: string) =>
      writeFileSync(join(directory, name), text, { mode: 0o600 });
    write('crt.pem', pem((bent.pair ?? pair).certificate));
    write('key.pem', keyPem((bent.pair ?? pair).privateKey));
    write('ca.pem', bent.ca ?? gateway.serverCaPem);
    const jwk = (bent.key ?? signingKey).export({ format: 'jwk' });
    write('signing.jwk', JSON.stringify({ ...jwk, kid: bent.kid ?? kid }));
    const members = {
      url,
      certificateFile: 'crt.pem',
      keyFile: 'key.pem',
      caFile: 'ca.pem',
      clientId,
      signingKeyFile: 'signing.jwk',
      ...bent.members,
    };
    write('profile.json', JSON.stringify(members));
    return join(directory, 'profile.json');
  }
  const explain = async (path: string, ...more: readonly string[]) => {
    const { code, out } = await safeconduct([
      'token',
      '--profile',
      path,
      '--explain',
      '--json',
      ...more,
    ]);
    const { steps } = JSON.parse(out) as { readonly steps: readonly ExplainedStep[] };
    return { code, found: steps.filter(({ ok }) => !ok).map(({ step }) => step), steps };
  };
  const tokenFile = (token: string): string => {
    profiles += 1;
    const path = join(place.path, `token-${profiles}`);
    writeFileSync(path, `${token}\n`);
    return path;
  };

  test('finds nothing where all is well, with a fresh token or a given one', async () => {
    const { code, found } = await explain(profile());
    expect([code, found]).toEqual([0, []]);
    const token = await gateway.partner('ALPHA-BORDER').fetchToken();
    const given = await explain(profile(), '--token', tokenFile(token));
    expect([given.code, given.found]).toEqual([0, []]);
  });

  test('a certificate that is over: on our side, and that the gateway ends the connection', async () => {
    const names = { organization: 'ALPHA-BORDER', commonName: 'old' };
    const long = new Date(Date.now() - 4_000 * 86_400_000);
    const pair = issueClientKeyPair(gateway.clientCa, names, long);
    const { code, found } = await explain(profile({ pair }));
    expect([code, found]).toEqual([
      3,
      ['client certificate in force', 'certificate accepted by the gateway'],
    ]);
  });

  test('a certificate that is not registered', async () => {
    const names = { organization: 'ALPHA-BORDER', commonName: 'new' };
    const pair = issueClientKeyPair(gateway.clientCa, names, new Date());
    const { found, steps } = await explain(profile({ pair }));
    expect(found).toEqual(['certificate accepted by the gateway']);
    expect(steps.at(-1)?.detail).toContain('not registered');
  });

  test('another CA than the gateway’s', async () => {
    const other = createServerCa({ organization: 'Other', commonName: 'CA' }, new Date());
    const { found, steps } = await explain(profile({ ca: pem(other.certificate) }));
    expect(found).toEqual(['TLS with the gateway']);
    expect(steps.at(-1)?.detail).toContain('caFile');
  });

  test('a key of another certificate', async () => {
    const { pair } = alpha();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { found } = await explain(profile({ pair: { ...pair, privateKey } }));
    expect(found).toEqual(['private key belongs to the certificate']);
  });

  test.each([-3_600, -45, 45, 3_600])('a clock that is %i s off', async (seconds) => {
    const read = readProfile(profile());
    const client = new PartnerClient(read);
    const steps = await explainToken(client, read, new Date(Date.now() + seconds * 1000));
    client.close();
    expect(steps.filter(({ ok }) => !ok).map(({ step }) => step)).toContain('clock');
  });

  test('another name for the gateway than its own, which is the wrong aud', async () => {
    const url = alpha().url.replace('localhost', '127.0.0.1');
    const { found, steps } = await explain(profile({ members: { url } }));
    expect(found).toEqual(['issuer']);
    expect(steps.at(-2)?.detail).toContain(alpha().url);
  });

  test.each([
    ['a kid the host does not have', () => ({ kid: 'unknown' })],
    [
      'a key the host does not have',
      () => ({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
    ],
    ['a client id of nobody', () => ({ members: { clientId: 'nobody' } })],
    ['a client id of another partner', () => ({ members: { clientId: 'bravo-consular' } })],
  ])('%s', async (_what, bent) => {
    const { found, steps } = await explain(profile(bent()));
    expect(found).toEqual(['token endpoint']);
    expect(steps.at(-1)?.detail).toMatch(/kid "/);
  });

  test('a token that was obtained with another certificate', async () => {
    const token = await gateway.partner('BRAVO-CONSULAR').fetchToken();
    const { found } = await explain(profile(), '--token', tokenFile(token));
    expect(found).toEqual(['cnf', 'token accepted']);
  });

  test('a token that is over, for somebody else, or under another key', async () => {
    const good = await gateway.partner('ALPHA-BORDER').fetchToken();
    const claims = JSON.parse(
      Buffer.from(good.split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, number>;
    const { kid, key } = gateway.settings.keys.token;
    const signed = (bent: object, by = kid) =>
      tokenFile(signJwt({ alg: 'EdDSA', typ: 'at+jwt', kid: by }, { ...claims, ...bent }, key));
    const past = Math.floor(Date.now() / 1000) - 600;
    for (const [file, step] of [
      [signed({ iat: past, exp: past + 300 }), 'token in force'],
      [signed({ aud: 'https://other.example' }), 'aud'],
      [signed({}, 'elsewhere'), 'token key'],
      [tokenFile('nonsense'), 'token'],
    ] as const) {
      const { code, found } = await explain(profile(), '--token', file);
      expect([code, found[0]]).toEqual([3, step]);
    }
  });

  test('something that was suspended: every step holds but the last', async () => {
    const token = await gateway.partner('ALPHA-BORDER').fetchToken();
    const { dataSource } = gateway.rooms.database;
    const set = (active: boolean) =>
      dataSource.query("UPDATE oauth_client SET active = $1 WHERE client_id = 'alpha-border'", [
        active,
      ]);
    await set(false);
    const { found, steps } = await explain(profile(), '--token', tokenFile(token));
    await set(true);
    expect(found).toEqual(['token accepted']);
    expect(steps.at(-1)?.detail).toContain('suspended or revoked');
  });
});
