import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { issueClientKeyPair } from '../src/platform/pki/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const code = 'ALPHA-BORDER';
const issuer = 'https://idp.alpha.example';

describeOnEachDatabase('named officers', (kind) => {
  let gateway: TestGateway;
  let partner: TestPartner;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'idp-1' }] });
  const others: TestPartner[] = [];

  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, terms: { requiresNamedOfficer: true } });
    partner = gateway.partner(code);
  });
  afterAll(async () => {
    for (const other of others) other.close();
    await gateway?.close();
  });

  const byTwo = async (mutation: string, input: object): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act(mutation, input);
    expect((await gateway.staff('LIA-2').approve(asked)).value).toMatchObject({ state: 'DONE' });
  };
  const naming = async (
    bent: {
      readonly iss?: string;
      readonly aud?: string;
      readonly sub?: string;
      readonly key?: KeyObject;
      readonly header?: object;
      readonly jti?: string;
      readonly seconds?: number;
    } = {},
  ): Promise<string> =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: 'idp-1', ...bent.header })
      .setIssuer(bent.iss ?? issuer)
      .setSubject(bent.sub ?? 'officer-4711')
      .setAudience(bent.aud ?? gateway.url)
      .setJti(bent.jti ?? crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + (bent.seconds ?? 60))
      .sign(bent.key ?? privateKey);
  const tokenFor = async (assertion: string, as = partner): Promise<string> =>
    as.requestToken({ grant_type: jwtBearer, assertion, ...(await as.clientAssertion()) });
  const person = { names: [{ full: 'Test Person' }], dateOfBirth: '1984-03' };
  const codeOf = async (): Promise<unknown> => {
    const reply = await partner.verify(person);
    return reply.json?.errors?.[0]?.extensions['code'] ?? reply.status;
  };

  test('are named by nobody until two have registered the identity provider', async () => {
    await expect(tokenFor(await naming())).rejects.toThrow('no token: 400');
    expect(await codeOf()).toBe('ERR_NAMED_OFFICER_REQUIRED');
    const asked = await gateway
      .staff('LIA-1')
      .act('setOfficerProvider', { partner: code, issuer, jwks });
    await expect(tokenFor(await naming())).rejects.toThrow('no token: 400');
    await gateway.staff('LIA-2').approve(asked);
    expect(await tokenFor(await naming())).toEqual(expect.any(String));
  });

  test('stand in the token as sub, beside the system, and a grant that needs one is usable', async () => {
    const token = await tokenFor(await naming());
    const [, payload = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      sub: 'officer-4711',
      client_id: 'alpha-border',
      aud: gateway.url,
    });
    partner.withToken(token);
    expect(await codeOf()).toBe(200);
    const access = await partner.graphql('{ access { officer } }');
    expect(access.json?.data).toEqual({ access: { officer: 'officer-4711' } });
    partner.forgetToken();
    expect(await codeOf()).toBe('ERR_NAMED_OFFICER_REQUIRED');
  });

  test.each<[string, Parameters<typeof naming>[0]]>([
    ['another issuer', { iss: 'https://idp.bravo.example' }],
    ['another audience', { aud: 'https://elsewhere.example' }],
    ['another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ['an unknown kid', { header: { kid: 'idp-2' } }],
    ['a key in its header', { header: { jwk: { kty: 'EC' } } }],
    ['an access token’s type', { header: { typ: 'at+jwt' } }],
    ['a mail address', { sub: 'officer@alpha.example' }],
    ['the system itself', { sub: 'alpha-border' }],
    ['an end in the past', { seconds: -120 }],
    ['an hour to live', { seconds: 3600 }],
  ])('are not named by an assertion with %s', async (_what, bent) => {
    await expect(tokenFor(await naming(bent))).rejects.toThrow('no token: 400');
  });

  test('are named once by one assertion, and only to their own partner', async () => {
    const assertion = await naming();
    await tokenFor(assertion);
    await expect(tokenFor(assertion)).rejects.toThrow('no token');
    const bravo = gateway.partner('BRAVO-CONSULAR');
    await expect(tokenFor(await naming(), bravo)).rejects.toThrow('no token: 400');
    const taken = { partner: 'BRAVO-CONSULAR', issuer, jwks };
    expect((await gateway.staff('LIA-1').act('setOfficerProvider', taken)).code).toBe(
      'ERR_CONFLICT',
    );
  });

  test('are revoked at the next request, and with their provider', async () => {
    const good = await tokenFor(await naming({ sub: 'officer-2' }));
    partner.withToken(await tokenFor(await naming()));
    expect(await codeOf()).toBe(200);
    const revoked = { partner: code, officer: 'officer-4711' };
    expect((await gateway.staff('REG-1').act('revokeOfficer', revoked)).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    await gateway.staff('SEC-1').act('revokeOfficer', revoked);
    expect(await codeOf()).toBe(401);
    partner.withToken(good);
    expect(await codeOf()).toBe(200);
    await gateway.staff('SEC-1').act('removeOfficerProvider', { partner: code });
    expect(await codeOf()).toBe(401);
    await expect(tokenFor(await naming({ sub: 'officer-2' }))).rejects.toThrow('no token: 400');
    partner.forgetToken();
  });

  test('a client authenticates by its certificate where two have said so, and by no other', async () => {
    const system = async (commonName: string): Promise<TestPartner> => {
      const pair = issueClientKeyPair(
        gateway.clientCa,
        { organization: code, commonName },
        new Date(),
      );
      const certificate = new X509Certificate(pair.certificate).toString();
      await byTwo('addCertificate', { partner: code, certificate });
      const made = new TestPartner({ ...partner.options, clientId: 'alpha-tls', pair });
      others.push(made);
      return made;
    };
    const [right, wrong] = [await system('gateway tls'), await system('another')];
    const ask = async (as: TestPartner) => as.requestToken({ grant_type: 'client_credentials' });
    await expect(ask(right)).rejects.toThrow('no token: 401');
    await byTwo('setClientTlsSubject', {
      partner: code,
      clientId: 'alpha-tls',
      subject: `CN=gateway tls,O=${code}`,
    });
    right.withToken(await ask(right));
    expect((await right.graphql('{ access { officer } }')).status).toBe(200);
    await expect(ask(wrong)).rejects.toThrow('no token: 401');
    const bravo = new TestPartner({
      ...gateway.partner('BRAVO-CONSULAR').options,
      clientId: 'alpha-tls',
    });
    others.push(bravo);
    await expect(ask(bravo)).rejects.toThrow('no token: 401');
    // Its assertion key does not count any more, and a client of keys has no certificate method.
    await expect(right.fetchToken()).rejects.toThrow('no token: 401');
    await expect(ask(partner)).rejects.toThrow('no token: 401');
  });
});
