import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { createClientCa, issueClientKeyPair, signCrl } from '../src/platform/pki/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { TestPartner } from './support/partner.js';

interface StatusJson {
  readonly kind: string;
  readonly id: string;
  readonly notAfter: string;
  readonly endsWithinDays: number | null;
}
const day = 86_400_000;
const pem = (der: Buffer): string => new X509Certificate(der).toString();

describeOnEachDatabase('what ends', (kind) => {
  let gateway: TestGateway;
  let clock = 0;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, now: () => new Date(Date.now() + clock) });
  });
  afterAll(async () => gateway?.close());
  const code = 'ALPHA-BORDER';
  const byTwo = async (mutation: string, input: object): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act(mutation, input);
    const done = await gateway.staff('LIA-2').approve(asked);
    expect([asked.code, done.code]).toEqual([undefined, undefined]);
  };
  const credentials = async (partner = gateway.partner(code)): Promise<readonly StatusJson[]> => {
    const { json } = await partner.graphql(
      '{ access { credentials { kind id notAfter endsWithinDays } } }',
    );
    return (json?.data?.['access'] as { credentials: StatusJson[] }).credentials;
  };
  const ends = async (
    reference: string,
    withinDays = 30,
  ): Promise<readonly { kind: string; id: string; partner: string | null }[]> => {
    const { value } = await gateway
      .staff(reference)
      .graphql(`{ ends(withinDays: ${withinDays}) { kind id partner at } }`);
    return value as { kind: string; id: string; partner: string | null }[];
  };

  test('a partner sees its own certificates, keys and grants, the next to end first, and nobody else’s', async () => {
    const own = await credentials();
    expect(own.map((one) => one.kind).sort()).toEqual(['CERTIFICATE', 'CLIENT_KEY', 'GRANT']);
    expect([...own].sort((a, b) => a.notAfter.localeCompare(b.notAfter))).toEqual(own);
    expect(own.find((one) => one.kind === 'CLIENT_KEY')?.id).toBe(`${code}-1`);
    expect(JSON.stringify(own)).not.toContain('BRAVO');
  });

  test('a key keeps its age when another is put beside it, and the new one begins', async () => {
    const { clientId } = gateway.partner(code).options;
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const old = gateway.partner(code).options.signingKey;
    const jwk = (key: typeof publicKey, kid: string) => {
      const { d: _, ...members } = key.export({ format: 'jwk' });
      return { ...members, kid };
    };
    const before = (await credentials()).find(({ id }) => id === `${code}-1`);
    await byTwo('setClientKeys', {
      partner: code,
      clientId,
      jwks: JSON.stringify({ keys: [jwk(old, `${code}-1`), jwk(publicKey, 'young')] }),
    });
    const after = await credentials();
    expect(after.find(({ id }) => id === `${code}-1`)).toEqual(before);
    const young = after.find(({ id }) => id === 'young')?.notAfter ?? '';
    expect(young > (before?.notAfter ?? '')).toBe(true);
  });

  test('a certificate its CA’s rule lets in shows its end too, and so do CA and list', async () => {
    const ca = createClientCa({ organization: 'Agency', commonName: 'Own CA' }, new Date());
    const names = { organization: code, commonName: 'own' };
    const pair = issueClientKeyPair(ca, names, new Date());
    const rule = { kind: 'SUBJECT', value: `CN=own,O=${code}` };
    await byTwo('addAnchor', { partner: code, certificate: pem(ca.certificate), rule });
    const thisUpdate = new Date(Date.now() - 1000);
    const nextUpdate = new Date(Date.now() + 6 * day);
    const crl = signCrl(ca, [], { number: 1, thisUpdate, nextUpdate }).toString('base64');
    expect((await gateway.staff('SEC-1').act('importCrl', { crl })).code).toBeUndefined();
    const system = new TestPartner({ ...gateway.partner(code).options, pair });
    try {
      // A token of the second in which the CA was registered is one of before.
      let found: readonly StatusJson[] = [];
      while (found.length === 0) {
        system.forgetToken();
        found = await credentials(system).catch(() => []);
      }
      expect(found[0]).toMatchObject({ kind: 'REVOCATION_LIST', endsWithinDays: 7 });
      expect(found.filter((one) => one.kind === 'CERTIFICATE')).toHaveLength(2);
      expect(found.some((one) => one.kind === 'CERTIFICATE_AUTHORITY')).toBe(true);
    } finally {
      system.close();
    }
  });

  test('staff see what their roles may read, and no more', async () => {
    const kinds = async (reference: string, days = 400) =>
      [...new Set((await ends(reference, days)).map((one) => one.kind))].sort();
    expect(await kinds('LIA-1')).toContain('CLIENT_KEY');
    expect(await kinds('LIA-1')).not.toContain('STAFF_CERTIFICATE');
    expect(await kinds('ADM-1')).toEqual(['STAFF_CERTIFICATE']);
    expect(await kinds('SEC-1')).toContain('REVOCATION_LIST');
    expect(await kinds('REG-1')).toEqual([]);
    const wrong = await gateway.staff('SEC-1').graphql('{ ends(withinDays: 0) { id } }');
    expect(wrong.code).toBe('ERR_INPUT_INVALID');
  });

  test('a list that is over is told of at once, lets its CA’s clients in for a day, and then none', async () => {
    const seen = async (): Promise<number | 'no connection'> => {
      const ca = ownCa;
      const pair = issueClientKeyPair(ca, { organization: code, commonName: 'stale' }, new Date());
      const partner = new TestPartner({ ...gateway.partner(code).options, pair });
      const token = await partner.fetchToken().catch((error: Error) => error.message);
      partner.close();
      return token.startsWith('no token') || token.includes('.') ? 200 : 'no connection';
    };
    const ownCa = createClientCa({ organization: 'Agency', commonName: 'Stale CA' }, new Date());
    const rule = { kind: 'SUBJECT', value: `CN=stale,O=${code}` };
    await byTwo('addAnchor', { partner: code, certificate: pem(ownCa.certificate), rule });
    expect(await seen()).toBe(200);
    const thisUpdate = new Date(Date.now() - 1000);
    const nextUpdate = new Date(Date.now() + 60_000);
    const crl = signCrl(ownCa, [], { number: 1, thisUpdate, nextUpdate }).toString('base64');
    expect((await gateway.staff('SEC-1').act('importCrl', { crl })).code).toBeUndefined();
    const stale = async (): Promise<string> => {
      await fetch(`${gateway.opsUrl}/readyz`);
      const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
      return /safeconduct_stale_revocation_lists (\d+)/.exec(text)?.[1] ?? '';
    };
    try {
      expect([await stale(), await seen()]).toEqual(['0', 200]);
      clock = 2 * 60_000;
      expect([await stale(), await seen()]).toEqual(['1', 200]);
      expect((await ends('SEC-1', 1)).some((one) => one.kind === 'REVOCATION_LIST')).toBe(true);
      clock = day;
      expect(await seen()).toBe(200);
      clock = day + 2 * 60_000;
      expect([await stale(), await seen()]).toEqual(['1', 'no connection']);
      // A newer list and everything goes on.
      const later = {
        number: 2,
        thisUpdate: new Date(Date.now()),
        nextUpdate: new Date(Date.now() + 9 * day),
      };
      const fresh = signCrl(ownCa, [], later).toString('base64');
      expect((await gateway.staff('SEC-1').act('importCrl', { crl: fresh })).code).toBeUndefined();
      expect([await stale(), await seen()]).toEqual(['0', 200]);
    } finally {
      clock = 0;
    }
  });
});
