import { randomUUID, generateKeyPairSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { startGateway, type TestGateway } from '../test/support/gateway.js';
import { signJwt } from '../test/support/jwt.js';
import type { TestPartner, TestReply } from '../test/support/partner.js';
import { areaUnderCurve, welchT } from './privacy/statistics.js';

/**
 * `npm run bench:refusals -- [--samples 300] [--json]`: does the time of a 401 tell its cause? Causes
 * that stop early and late in the check of a token, and of a client assertion, interleaved at random
 * over real mutual TLS, each against the first of its endpoint: Welch's t and the area under the curve.
 */
const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

type Cause = readonly [name: string, ask: () => Promise<TestReply>];

const gateway = await startGateway({ kind: 'PGlite' });
try {
  const partner = gateway.partner('ALPHA-BORDER');
  const figures = [
    ...(await compare('/graphql', await tokenCauses(gateway, partner))),
    ...(await compare('/oauth2/token', await assertionCauses(gateway, partner))),
  ];
  for (const figure of figures) {
    process.stdout.write(
      values.json
        ? `${JSON.stringify(figure)}\n`
        : `| ${figure.path} | ${figure.cause} | ${figure.medianMs.toFixed(1)} | ${figure.t.toFixed(2)} | ${figure.auc.toFixed(3)} |\n`,
    );
  }
} finally {
  await gateway.close();
}

/** From what is seen at a glance to what is known only after signature and state were read. */
async function tokenCauses(world: TestGateway, partner: TestPartner): Promise<readonly Cause[]> {
  const token = await partner.accessToken();
  const [head = '', payload = ''] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const signed = (bent: object, more: object = {}): string =>
    signJwt({ ...header, ...more }, { ...claims, ...bent }, world.settings.keys.token.key);
  const ask = (bearer: () => string) => (): Promise<TestReply> =>
    partner.raw({
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer()}` },
      body: '{"query":"{ access { officer } }"}',
    });
  return [
    ['no token at all', ask(() => 'A.A.A')],
    ['unknown kid', ask(() => signed({ jti: randomUUID() }, { kid: randomUUID() }))],
    ['wrong signature', ask(() => `${head}.${payload}.${randomUUID().repeat(3).slice(0, 86)}`)],
    ['over', ask(() => signed({ jti: randomUUID(), iat: 1, exp: 300 }))],
    ['another audience', ask(() => signed({ jti: randomUUID(), aud: 'https://other.example' }))],
    [
      'unknown client',
      ask(() => signed({ jti: randomUUID(), client_id: 'nobody', sub: 'nobody' })),
    ],
    [
      'another certificate',
      ask(() => signed({ jti: randomUUID(), cnf: { 'x5t#S256': 'A'.repeat(43) } })),
    ],
  ];
}

async function assertionCauses(
  world: TestGateway,
  partner: TestPartner,
): Promise<readonly Cause[]> {
  const { clientId, kid, signingKey } = partner.options;
  const foreign = world.partner('BRAVO-CONSULAR').options.clientId;
  const assertion = (bent: object = {}, key = signingKey, named = kid): string => {
    const iat = Math.floor(Date.now() / 1000);
    const own = {
      iss: clientId,
      sub: clientId,
      aud: world.url,
      jti: randomUUID(),
      iat,
      exp: iat + 60,
    };
    return signJwt({ alg: 'ES256', kid: named }, { ...own, ...bent }, key);
  };
  const used = assertion();
  if ((await partner.askToken(used)).status !== 200)
    throw new Error('no token for a good assertion');
  const form = (client: string, signed: string) =>
    partner.raw({
      path: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: signed,
      }).toString(),
    });
  return [
    ['unknown client', () => form('nobody', assertion({ iss: 'nobody', sub: 'nobody' }))],
    ['unknown kid', () => form(clientId, assertion({}, signingKey, randomUUID()))],
    ['another key', () => form(clientId, assertion({}, stranger))],
    ['another audience', () => form(clientId, assertion({ aud: 'https://other.example' }))],
    ['over', () => form(clientId, assertion({ iat: 1, exp: 60 }))],
    ['used before', () => form(clientId, used)],
    ['another partner’s client', () => form(foreign, assertion({ iss: foreign, sub: foreign }))],
  ];
}

async function compare(path: string, causes: readonly Cause[]) {
  const times = new Map<string, number[]>(causes.map(([name]) => [name, []]));
  for (const [, ask] of causes) await ask();
  const order = shuffled(causes.flatMap((cause) => Array.from({ length: samples }, () => cause)));
  for (const [name, ask] of order) {
    const start = performance.now();
    const { status } = await ask();
    times.get(name)?.push(performance.now() - start);
    if (status !== 401) throw new Error(`${path}, ${name}: ${status}`);
  }
  const [[first] = ['']] = causes;
  const reference = times.get(first) ?? [];
  return [...times].map(([cause, own]) => ({
    path,
    cause,
    samples,
    medianMs: [...own].sort((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0,
    t: welchT(own, reference),
    auc: areaUnderCurve(own, reference),
  }));
}

function shuffled<T>(list: T[]): T[] {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [list[at], list[other]] = [list[other] as T, list[at] as T];
  }
  return list;
}
