import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { createClientCa, crlPem, issueClientKeyPair, signCrl } from '../src/platform/pki/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, thumbprint, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';

const pem = (der: Buffer): string => new X509Certificate(der).toString();
const names = (commonName: string) => ({ organization: 'NEW-AGENCY', commonName });
const accessQuery = '{ access { partner { code } } }';

describeOnEachDatabase('onboarding a partner', (kind) => {
  let gateway: TestGateway;
  const code = 'NEW-AGENCY';
  const clientId = 'new-agency';
  const key = (kid: string) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } };
  };
  const first = key('k1');
  const second = key('k2');
  const systems: TestPartner[] = [];
  const system = (pair: ReturnType<typeof issueClientKeyPair>, signing = first): TestPartner => {
    const made = new TestPartner({
      code,
      url: gateway.url,
      clientId,
      grantId: randomUUID(),
      serverCaPem: gateway.serverCaPem,
      pair,
      signingKey: signing.privateKey,
      kid: signing.kid,
    });
    systems.push(made);
    return made;
  };
  const jwks = (...keys: (typeof first)[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
  /** One liaison officer asks, the other approves. */
  const byTwo = async (mutation: string, input: object): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act(mutation, input);
    expect([mutation, asked.code, (asked.value as { state?: string } | null)?.state]).toEqual([
      mutation,
      undefined,
      'PENDING',
    ]);
    const done = await gateway.staff('LIA-2').approve(asked);
    expect([mutation, done.code, (done.value as { state?: string } | null)?.state]).toEqual([
      mutation,
      undefined,
      'DONE',
    ]);
  };
  /** Status of `access`, or that there is no connection or no token. */
  const seen = async (partner: TestPartner): Promise<number | 'no connection' | 'no token'> =>
    partner.graphql(accessQuery).then(
      ({ status }) => status,
      (error: unknown) =>
        error instanceof Error && error.message.startsWith('no token')
          ? 'no token'
          : 'no connection',
    );
  /**
   * The same with fresh tokens: one of the second in which a key was removed is refused as one of
   * before, and the tests are faster than that.
   */
  const welcome = async (partner: TestPartner): Promise<number | string> => {
    let status = await seen(partner);
    for (let attempt = 0; attempt < 200 && status === 401; attempt += 1) {
      partner.forgetToken();
      status = await seen(partner);
    }
    return status;
  };

  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
  });
  afterAll(async () => {
    for (const made of systems) made.close();
    await gateway?.close();
  });

  test('nothing of it counts before the second person, and everything after', async () => {
    const pair = issueClientKeyPair(gateway.clientCa, names('system 1'), new Date());
    const certificate = pem(pair.certificate);
    const early = await gateway
      .staff('LIA-1')
      .act('addCertificate', { partner: code, certificate });
    expect(early.code).toBe('ERR_NOT_FOUND');
    await byTwo('addPartner', { code, name: 'A new agency', state: 'NZL', contacts: ['desk'] });

    const asked = await gateway
      .staff('LIA-1')
      .act('addCertificate', { partner: code, certificate });
    expect(await seen(system(pair))).toBe('no connection');
    expect((await gateway.staff('LIA-1').approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await gateway.staff('SEC-1').approve(asked)).code).toBe('ERR_ACT_NOT_PERMITTED');
    expect(await seen(system(pair))).toBe('no connection');
    await gateway.staff('LIA-2').approve(asked);
    expect(await seen(system(pair))).toBe('no token');

    await byTwo('setClientKeys', { partner: code, clientId, jwks: jwks(first) });
    expect(await seen(system(pair))).toBe(200);
    const { value } = await gateway
      .staff('OVR-1')
      .graphql(
        `{ partner(code: "${code}") { name state active clients { kids } certificates { fingerprint active } } }`,
      );
    expect(value).toEqual({
      name: 'A new agency',
      state: 'NZL',
      active: true,
      clients: [{ kids: ['k1'] }],
      certificates: [{ fingerprint: thumbprint(pair), active: true }],
    });
  });

  test('a key is rotated with two in force at once, and removed at once', async () => {
    const pair = issueClientKeyPair(gateway.clientCa, names('system 2'), new Date());
    await byTwo('addCertificate', { partner: code, certificate: pem(pair.certificate) });
    const [old, young] = [system(pair, first), system(pair, second)];
    expect([await seen(old), await seen(young)]).toEqual([200, 'no token']);
    await byTwo('setClientKeys', { partner: code, clientId, jwks: jwks(first, second) });
    young.forgetToken();
    expect([await welcome(old), await welcome(young)]).toEqual([200, 200]);
    const removed = await gateway.staff('LIA-1').act('removeClientKey', { clientId, kid: 'k1' });
    expect(removed.value).toMatchObject({ state: 'DONE' });
    expect(await seen(old)).toBe(401);
    old.forgetToken();
    expect(await seen(old)).toBe('no token');
    const last = await gateway.staff('LIA-1').act('removeClientKey', { clientId, kid: 'k2' });
    expect(last.code).toBe('ERR_CONFLICT');
    await byTwo('setClientKeys', { partner: code, clientId, jwks: jwks(first, second) });
  });

  test('a certificate is revoked by one person, at the next request, and never comes back', async () => {
    const pair = issueClientKeyPair(gateway.clientCa, names('system 3'), new Date());
    const certificate = pem(pair.certificate);
    await byTwo('addCertificate', { partner: code, certificate });
    const partner = system(pair, second);
    const fingerprint = thumbprint(pair);
    expect((await gateway.staff('REG-1').act('revokeCertificate', { fingerprint })).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    await gateway.staff('SEC-1').act('revokeCertificate', { fingerprint });
    expect(['no connection', 401]).toContain(await seen(partner));
    expect(await seen(system(pair, second))).toBe('no connection');
    const again = await gateway
      .staff('LIA-1')
      .act('addCertificate', { partner: code, certificate });
    expect(again.code).toBe('ERR_CONFLICT');
  });

  test('a partner’s own CA speaks for it where its rule fits, and its revocations count', async () => {
    const ca = createClientCa({ organization: 'Agency', commonName: 'Agency CA' }, new Date());
    const good = issueClientKeyPair(ca, names('gateway'), new Date());
    const other = issueClientKeyPair(ca, names('printer'), new Date());
    const certificate = pem(ca.certificate);
    expect(await seen(system(good, second))).toBe('no connection');
    const rule = { kind: 'SUBJECT', value: `CN=gateway,O=${code}` };
    const host = await gateway.staff('LIA-1').act('addAnchor', { certificate, rule });
    expect(host.code).toBe('ERR_INPUT_INVALID');
    await byTwo('addAnchor', { partner: code, certificate, rule });
    const partner = system(good, second);
    expect(await welcome(partner)).toBe(200);
    expect(await seen(system(other, second))).toBe('no connection');

    const { value } = await gateway
      .staff('LIA-1')
      .graphql(`{ partner(code: "${code}") { anchors { id rule { kind value } } } }`);
    const [anchor] = (value as { anchors: { id: string }[] }).anchors;
    const serial = new X509Certificate(good.certificate).serialNumber.toLowerCase();
    await gateway.staff('LIA-1').act('revokeCertificate', { anchor: anchor?.id, serial });
    expect(['no connection', 401]).toContain(await seen(partner));
    expect(await seen(system(good, second))).toBe('no connection');

    const third = system(issueClientKeyPair(ca, names('gateway'), new Date()), second);
    expect(await welcome(third)).toBe(200);
    await gateway.staff('LIA-1').act('revokeAnchor', { anchor: anchor?.id });
    expect(['no connection', 401]).toContain(await seen(third));
  });

  test('a revocation list counts from its import on open and new connections, and no older one replaces it', async () => {
    const revoke = issueClientKeyPair(gateway.clientCa, names('on the list'), new Date());
    const keep = issueClientKeyPair(gateway.clientCa, names('not on the list'), new Date());
    for (const pair of [revoke, keep]) {
      await byTwo('addCertificate', { partner: code, certificate: pem(pair.certificate) });
    }
    const [gone, stays] = [system(revoke, second), system(keep, second)];
    expect([await welcome(gone), await welcome(stays)]).toEqual([200, 200]);
    const serial = new X509Certificate(revoke.certificate).serialNumber.toLowerCase();
    const hour = 3_600_000;
    const list = (number: number, ageMs: number, serials: readonly string[]) =>
      signCrl(
        gateway.clientCa,
        serials.map((one) => ({ serial: one, revokedAt: new Date() })),
        {
          number,
          thisUpdate: new Date(Date.now() - ageMs),
          nextUpdate: new Date(Date.now() + hour),
        },
      );
    const crl = crlPem(list(2, 0, [serial]));
    const done = await gateway.staff('SEC-1').act('importCrl', { crl });
    expect(done.value).toMatchObject({ state: 'DONE' });
    expect(['no connection', 401]).toContain(await seen(gone));
    expect(await seen(system(revoke, second))).toBe('no connection');
    expect(await welcome(stays)).toBe(200);

    const older = list(1, hour, []).toString('base64');
    expect((await gateway.staff('SEC-1').act('importCrl', { crl: older })).code).toBe(
      'ERR_CONFLICT',
    );
    const stranger = createClientCa({ organization: 'X', commonName: 'X' }, new Date());
    const foreign = signCrl(stranger, [], {
      number: 9,
      thisUpdate: new Date(),
      nextUpdate: new Date(Date.now() + hour),
    }).toString('base64');
    expect((await gateway.staff('SEC-1').act('importCrl', { crl: foreign })).code).toBe(
      'ERR_INPUT_INVALID',
    );
    expect(await seen(system(revoke, second))).toBe('no connection');
  });

  test('what the door would refuse is not registered', async () => {
    const stranger = createClientCa({ organization: 'X', commonName: 'X' }, new Date());
    const pair = issueClientKeyPair(stranger, names('x'), new Date());
    const unknown = await gateway
      .staff('LIA-1')
      .act('addCertificate', { partner: code, certificate: pem(pair.certificate) });
    expect(unknown.code).toBe('ERR_NOT_FOUND');
    expect(unknown.text).toContain('"argument":"certificate.issuer"');
    for (const certificate of [pem(gateway.clientCa.certificate), 'x']) {
      const asked = await gateway
        .staff('LIA-1')
        .act('addCertificate', { partner: code, certificate });
      expect([asked.status, asked.code]).toEqual([400, 'ERR_INPUT_INVALID']);
    }
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const weak = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const keys of [
      [{ ...privateKey.export({ format: 'jwk' }), kid: 'private' }],
      [{ ...weak.export({ format: 'jwk' }), kid: 'weak' }],
      [first.jwk, first.jwk],
      [],
    ]) {
      const input = { partner: code, clientId, jwks: JSON.stringify({ keys }) };
      expect((await gateway.staff('LIA-1').act('setClientKeys', input)).code).toBe(
        'ERR_INPUT_INVALID',
      );
    }
    const taken = { partner: code, clientId: 'alpha-border', jwks: jwks(first) };
    expect((await gateway.staff('LIA-1').act('setClientKeys', taken)).code).toBe('ERR_CONFLICT');
  });

  test('what ends soon is counted on /metrics, and names nobody', async () => {
    const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
    // The list imported above ends within the hour; the certificates have a year.
    expect(metrics).toContain('safeconduct_ending{kind="CRL",within_days="1"} 1');
    expect(metrics).toContain('safeconduct_ending{kind="partner certificate",within_days="30"} 0');
    expect(metrics).toContain('safeconduct_stale_revocation_lists 0');
    expect(metrics).not.toContain(code);
  });

  test('a suspended client, partner and state are refused at the next request; resuming takes two', async () => {
    const pair = issueClientKeyPair(gateway.clientCa, names('system 4'), new Date());
    await byTwo('addCertificate', { partner: code, certificate: pem(pair.certificate) });
    const partner = system(pair, second);
    expect(await welcome(partner)).toBe(200);
    await gateway.staff('SEC-1').act('suspendClient', { clientId });
    expect(await seen(partner)).toBe(401);
    await byTwo('setClientKeys', { partner: code, clientId, jwks: jwks(second) });

    await gateway.staff('LIA-1').act('suspendPartner', { code });
    expect(['no connection', 401]).toContain(await seen(partner));
    expect(await seen(system(pair, second))).toBe('no connection');
    await byTwo('resumePartner', { code });
    // What was issued before the suspension stays dead.
    expect(['no connection', 401]).toContain(await seen(partner));

    const alpha = gateway.partner('ALPHA-BORDER');
    expect(await seen(alpha)).toBe(200);
    await gateway.staff('LIA-1').act('suspendState', { state: 'AUS' });
    expect(['no connection', 401]).toContain(await seen(alpha));
    expect(await seen(gateway.partner('BRAVO-CONSULAR'))).toBe(200);
  });

  test.each([
    [
      'a partner',
      "INSERT INTO partner (code, name, state, active, valid_after) VALUES ('ZZ', 'Z', 'NZL', true, now())",
    ],
    ['a resumed partner', "UPDATE partner SET active = true WHERE code = 'ALPHA-BORDER'"],
    [
      'a certificate',
      "INSERT INTO credential (id, partner, kind, fingerprint, active, valid_after) VALUES (gen_random_uuid(), 'NEW-AGENCY', 'CLIENT_CERTIFICATE', 'x', true, now())",
    ],
    ['a certificate back in force', 'UPDATE credential SET active = true'],
    [
      'a CA',
      "INSERT INTO trust_anchor (id, certificate, active) VALUES (gen_random_uuid(), 'x', true)",
    ],
    [
      'a CA with another rule',
      "UPDATE trust_anchor SET partner = 'NEW-AGENCY', rule_kind = 'DNS', rule_value = 'x'",
    ],
    ['a key', 'UPDATE oauth_client SET jwks = \'{"keys":[{"kid":"z"}]}\''],
    ['time turned back', "UPDATE partner SET valid_after = valid_after - interval '1 second'"],
    ['a revocation taken back', 'DELETE FROM certificate_revocation'],
  ])('the database refuses %s without an act of two', async (_what, sql) => {
    await expect(gateway.rooms.database.dataSource.query(sql)).rejects.toThrow();
  });
});
