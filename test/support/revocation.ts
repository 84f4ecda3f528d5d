import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import { SignJWT } from 'jose';
import { issueClientKeyPair, type IssuedKeyPair } from '../../src/platform/pki/index.js';
import { keyPem, thumbprint, type TestGateway } from './gateway.js';
import { TestPartner } from './partner.js';
import type { TestStaffClient } from './staff-client.js';

/** What can be taken away from a partner. */
export const revocationKinds = [
  'certificate',
  'key',
  'officer',
  'client',
  'partner',
  'state',
] as const;
export type RevocationKind = (typeof revocationKinds)[number];

/** How long it took until nobody got through any more. */
export interface MeasuredRevocation {
  /** From the act's sending to the first refusal of the last replica, of systems that ask on and on. */
  readonly refusedMs: number;
  /** From the act's answer to the sending of the last request that was let through; 0 for none. */
  readonly lateMs: number;
  /** From the act's sending until an open connection nobody uses was cut on the other replica. */
  readonly idleCutMs: number | null;
  /** As the gateway measured and recorded it. */
  readonly enforcedMs: number;
}

interface System {
  readonly code: string;
  readonly state: string;
  readonly clientId: string;
  readonly kid: string;
  readonly key: KeyObject;
  readonly pair: IssuedKeyPair;
}

const officer = 'officer-1';
const issuer = (code: string) => `https://idp.${code.toLowerCase()}.example`;
const states = ['AUT', 'BEL', 'BRA', 'CHE', 'DNK', 'ESP', 'FIN', 'FRA', 'GBR', 'IRL', 'ITA', 'JPN'];
const cuts: readonly RevocationKind[] = ['certificate', 'partner', 'state'];
let made = 0;

const clients = new WeakMap<TestGateway, Map<string, TestStaffClient>>();

/** One connection a person: the door takes so many of each. */
function staffOf(gateway: TestGateway, reference: string): TestStaffClient {
  const known = clients.get(gateway) ?? new Map<string, TestStaffClient>();
  clients.set(gateway, known);
  const client = known.get(reference) ?? gateway.staff(reference);
  known.set(reference, client);
  return client;
}

/** A partner nobody else uses, onboarded by the acts of two. */
async function onboard(gateway: TestGateway): Promise<System> {
  made += 1;
  const code = `REVOKED-${made}`;
  const state = states[made % states.length] ?? 'AUT';
  const clientId = code.toLowerCase();
  const kid = `${clientId}-1`;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const jwk = (key: KeyObject, name: string) => ({ ...key.export({ format: 'jwk' }), kid: name });
  const pair = issueClientKeyPair(
    gateway.clientCa,
    { organization: code, commonName: code },
    new Date(),
  );
  const certificate = new X509Certificate(pair.certificate).toString();
  const jwks = JSON.stringify({ keys: [jwk(publicKey, kid), jwk(other, `${kid}-next`)] });
  const provider = JSON.stringify({ keys: [jwk(publicKey, 'idp')] });
  for (const [mutation, input] of [
    ['addPartner', { code, name: code, state }],
    ['addCertificate', { partner: code, certificate }],
    ['setClientKeys', { partner: code, clientId, jwks }],
    ['setOfficerProvider', { partner: code, issuer: issuer(code), jwks: provider }],
  ] as const) {
    const asked = await staffOf(gateway, 'LIA-1').act(mutation, input);
    const done = await staffOf(gateway, 'LIA-2').approve(asked);
    if (done.code !== undefined || asked.code !== undefined) {
      throw new Error(`${mutation}: ${asked.code ?? done.code ?? ''}`);
    }
  }
  return { code, state, clientId, kid, key: privateKey, pair };
}

async function tokenOf(kind: RevocationKind, system: System, partner: TestPartner) {
  if (kind !== 'officer') return partner.fetchToken();
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: 'idp' })
    .setIssuer(issuer(system.code))
    .setSubject(officer)
    .setAudience(partner.options.url)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(system.key);
  return partner.requestToken({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
    ...(await partner.clientAssertion()),
  });
}

const acts: Readonly<
  Record<RevocationKind, (system: System) => readonly [mutation: string, input: object]>
> = {
  certificate: ({ pair }) => ['revokeCertificate', { fingerprint: thumbprint(pair) }],
  key: ({ clientId, kid }) => ['removeClientKey', { clientId, kid }],
  officer: ({ code }) => ['revokeOfficer', { partner: code, officer }],
  client: ({ clientId }) => ['suspendClient', { clientId }],
  partner: ({ code }) => ['suspendPartner', { code }],
  state: ({ state }) => ['suspendState', { state }],
};

/**
 * One revocation, by the staff door of one gateway, of a partner whose systems ask both gateways on
 * and on with a token both have verified and remember.
 *
 * @param urls of the gateways; the first has the staff door
 * @throws when a system is let through after both had refused it
 */
export async function measureRevocation(
  gateway: TestGateway,
  urls: readonly [string, string],
  kind: RevocationKind,
): Promise<MeasuredRevocation> {
  const system = await onboard(gateway);
  const { code, clientId, kid, key: signingKey, pair } = system;
  const { serverCaPem } = gateway;
  const options = { code, clientId, grantId: '', serverCaPem, pair, signingKey, kid };
  const partners = urls.map((url) => new TestPartner({ ...options, url }));
  const [first] = partners;
  if (first === undefined) throw new TypeError('two gateways');
  const token = await tokenOf(kind, system, first);
  for (const partner of partners) partner.withToken(token);
  const idle = cuts.includes(kind) ? await idleConnection(urls[1], pair, serverCaPem) : undefined;
  try {
    const watches = partners.map(watch);
    await Promise.all(watches.map(({ began }) => began));
    const sentAt = performance.now();
    const [mutation, input] = acts[kind](system);
    const done = await staffOf(gateway, 'SEC-1').act(mutation, input);
    const answeredAt = performance.now();
    if (done.code !== undefined) throw new Error(`${mutation}: ${done.code}`);
    const ends = await Promise.all(watches.map(({ ended }) => ended));
    const idleCutAt = await idle?.cutAt;
    for (const partner of partners) {
      const status = await partner.graphql(accessQuery).then(
        (reply) => reply.status,
        () => 401,
      );
      if (status !== 401) throw new Error(`${kind}: let through after it was refused`);
    }
    const { id } = done.value as { readonly id: string };
    return {
      refusedMs: Math.max(...ends.map(({ refusedAt }) => refusedAt)) - sentAt,
      lateMs: Math.max(0, ...ends.map(({ lastLetThroughAt }) => lastLetThroughAt - answeredAt)),
      idleCutMs: idleCutAt === undefined ? null : idleCutAt - sentAt,
      enforcedMs: await enforcedMs(gateway, id),
    };
  } finally {
    idle?.socket.destroy();
    for (const partner of partners) partner.close();
  }
}

const accessQuery = '{ access { partner { code } } }';

function watch(partner: TestPartner) {
  let begin = (): void => undefined;
  const began = new Promise<void>((resolve) => (begin = resolve));
  const run = async () => {
    let lastLetThroughAt = 0;
    for (let asked = 0; ; asked += 1) {
      const sentAt = performance.now();
      const status = await partner.graphql(accessQuery).then(
        (reply) => reply.status,
        () => 'cut' as const,
      );
      if (status !== 200) return { lastLetThroughAt, refusedAt: performance.now() };
      lastLetThroughAt = sentAt;
      if (asked === 2) begin();
    }
  };
  return { began, ended: run() };
}

/** A connection over which nothing is ever asked; and when its other end closed it. */
export async function idleConnection(
  url: string,
  { certificate, privateKey }: IssuedKeyPair,
  ca: string,
): Promise<{ readonly socket: TLSSocket; readonly cutAt: Promise<number> }> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: hostname,
    port: Number(port),
    servername: 'localhost',
    ca,
    cert: new X509Certificate(certificate).toString(),
    key: keyPem(privateKey),
  });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
  const cutAt = new Promise<number>((resolve) =>
    socket.once('close', () => resolve(performance.now())),
  );
  socket.resume();
  return { socket, cutAt };
}

async function enforcedMs(gateway: TestGateway, id: string): Promise<number> {
  for (;;) {
    const { value } = await staffOf(gateway, 'SEC-1').graphql(
      `{ act(id: "${id}") { enforcedMs } }`,
    );
    const told = (value as { readonly enforcedMs: number | null } | undefined)?.enforcedMs;
    if (told !== null && told !== undefined) return told;
  }
}
