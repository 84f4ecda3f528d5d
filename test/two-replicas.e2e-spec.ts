import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose';
import { issueClientKeyPair } from '../src/platform/pki/index.js';
import { startGateway, thumbprint, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';

const accessQuery = '{ access { partner { code } } }';

describe('two gateways over one PostgreSQL', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  const partners: TestPartner[] = [];
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PostgreSQL', staff: true });
    other = await gateway.replica();
  });
  afterAll(async () => {
    for (const partner of partners) partner.close();
    await other?.close();
    await gateway?.close();
  });

  /** The same system of a partner at each of the two, each with a connection and a token. */
  const both = async (
    code: string,
    bent: Partial<TestPartner['options']> = {},
  ): Promise<readonly TestPartner[]> => {
    const { options } = gateway.partner(code);
    const made = [gateway.url, other.url].map(
      (url) => new TestPartner({ ...options, ...bent, url }),
    );
    partners.push(...made);
    // The token endpoint's audience is the issuer, whichever replica answers.
    const token = await made[0]?.accessToken();
    return made.map((partner) => partner.withToken(token ?? ''));
  };
  const seen = async (partner: TestPartner): Promise<number | 'cut'> =>
    partner.graphql(accessQuery).then(
      ({ status }) => status,
      () => 'cut' as const,
    );

  test('a revoked certificate is refused by both at the next request, and the time it took is told', async () => {
    const code = 'ALPHA-BORDER';
    const pair = issueClientKeyPair(
      gateway.clientCa,
      { organization: code, commonName: 'revoked' },
      new Date(),
    );
    const certificate = new X509Certificate(pair.certificate).toString();
    const asked = await gateway
      .staff('LIA-1')
      .act('addCertificate', { partner: code, certificate });
    await gateway.staff('LIA-2').approve(asked);
    const systems = await both(code, { pair });
    expect(await Promise.all(systems.map(seen))).toEqual([200, 200]);

    const fingerprint = thumbprint(pair);
    const revoked = await gateway.staff('SEC-1').act('revokeCertificate', { fingerprint });
    expect(revoked.code).toBeUndefined();
    for (const status of await Promise.all(systems.map(seen))) {
      expect([401, 'cut']).toContain(status);
    }
    const { id } = revoked.value as { id: string };
    let enforcedMs: unknown = null;
    while (enforcedMs === null) {
      const { value } = await gateway.staff('SEC-1').graphql(`{ act(id: "${id}") { enforcedMs } }`);
      ({ enforcedMs } = value as { enforcedMs: number | null });
    }
    expect(enforcedMs).toEqual(expect.any(Number));
    const [row] = await gateway.rooms.database.dataSource.query<{ count: string }[]>(
      `SELECT count(*) FROM authority_seen s JOIN staff_act_enforcement e
         ON s.version >= e.authority_version WHERE e.act = $1`,
      [id],
    );
    expect(Number(row?.count)).toBeGreaterThanOrEqual(2);
  });

  test('a suspended partner is refused by both, another goes on', async () => {
    const systems = await both('BRAVO-CONSULAR');
    const others = await both('ALPHA-BORDER');
    expect(await Promise.all([...systems, ...others].map(seen))).toEqual([200, 200, 200, 200]);
    await gateway.staff('LIA-1').act('suspendPartner', { code: 'BRAVO-CONSULAR' });
    for (const status of await Promise.all(systems.map(seen))) {
      expect([401, 'cut']).toContain(status);
    }
    expect(await Promise.all(others.map(seen))).toEqual([200, 200]);
  });

  test('of 100 uses of one assertion at both at once exactly one wins', async () => {
    const systems = await both('ALPHA-BORDER');
    const { clientId, signingKey, kid } = gateway.partner('ALPHA-BORDER').options;
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(gateway.url)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(signingKey);
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }).toString();
    const replies = await Promise.all(
      Array.from({ length: 100 }, async (_, at) =>
        systems[at % 2]?.raw({
          path: '/oauth2/token',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body,
        }),
      ),
    );
    expect(replies.filter((reply) => reply?.status === 200)).toHaveLength(1);
    expect(new Set(replies.map((reply) => reply?.status))).toEqual(new Set([200, 401]));
  });

  test('a key of a stranger obtains nothing from either', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const url of [gateway.url, other.url]) {
      const { options } = gateway.partner('ALPHA-BORDER');
      const stranger = new TestPartner({ ...options, url, signingKey: privateKey });
      partners.push(stranger);
      await expect(stranger.fetchToken()).rejects.toThrow('no token');
    }
  });
});
