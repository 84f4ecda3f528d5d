/** The example for Node.js: a standard OAuth client, types of the schema, and nothing else. */
export const typescriptExample = String.raw`// Asks every question of ../questions.jsonl under the test grant, and compares the answers.
// Node.js 24 or later:  npm install && node ask.ts
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as oauth from 'oauth4webapi';
import type {
  Access,
  AcceptGrantInput,
  PersonEvidenceInput,
  Verification,
  VerifyIdentityInput,
} from "./gateway-types.ts";

const bundle = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = (name: string): string => readFileSync(join(bundle, name), 'utf8');
const lines = <Line>(name: string): readonly Line[] =>
  file(name).trim().split('\n').map((line) => JSON.parse(line) as Line);
const profile = JSON.parse(file('PROFILE.json')) as {
  url: string; certificateFile: string; keyFile: string; caFile: string;
  clientId: string; signingKeyFile: string; grantId: string; fields: readonly string[];
};

// 1. Mutual TLS: the gateway answers nobody without a certificate it has registered.
const agent = new https.Agent({
  keepAlive: true,
  minVersion: 'TLSv1.3',
  ca: file(profile.caFile),
  cert: file(profile.certificateFile),
  key: file(profile.keyFile),
});

/** The part of fetch an OAuth client needs, over that agent. */
const fetchOverTls = (
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const request = https.request(url, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const type = response.headers['content-type'] ?? '';
        const init = { status: response.statusCode ?? 0, headers: { 'content-type': type } };
        resolve(new Response(Buffer.concat(chunks).toString('utf8'), init));
      });
    });
    request.on('error', reject);
    request.end(body === undefined || body === null ? undefined : String(body));
  });

// 2. An access token: client_credentials with private_key_jwt, configured from discovery.
async function accessToken(): Promise<string> {
  const options = { [oauth.customFetch]: fetchOverTls };
  const issuer = new URL(profile.url);
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
  );
  const jwk = JSON.parse(file(profile.signingKeyFile)) as JsonWebKey & { kid: string };
  const key = await crypto.subtle.importKey(
    'jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'],
  );
  const client: oauth.Client = { client_id: profile.clientId };
  const response = await oauth.clientCredentialsGrantRequest(
    server, client, oauth.PrivateKeyJwt({ key, kid: jwk.kid }), new URLSearchParams(), options,
  );
  return (await oauth.processClientCredentialsResponse(server, client, response)).access_token;
}

const token = await accessToken(); // good for five minutes; ask for another on 401

/** One GraphQL operation with one root field. Errors are refusals: see errors.md. */
async function graphql<Value>(query: string, variables: object = {}): Promise<Value> {
  const response = await fetchOverTls(profile.url + '/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer ' + token },
    body: JSON.stringify({ query, variables }),
  });
  if (response.status === 401) throw new Error('401: see README.md, "401"');
  const { data, errors } = (await response.json()) as {
    data?: Record<string, Value>;
    errors?: { message: string; extensions: { code: string } }[];
  };
  const [error] = errors ?? [];
  if (error !== undefined) throw new Error(error.extensions.code + ': ' + error.message);
  return Object.values(data ?? {})[0] as Value;
}

// 3. Accept the test grant, once; real grants are accepted the same way.
const access = await graphql<Access>('{ access { grants { id version digest state test } } }');
const grant = access.grants.find(({ id }) => id === profile.grantId);
if (grant === undefined) throw new Error('the grant of PROFILE.json is not yours or was renewed');
if (grant.state === 'APPROVED') {
  const input: AcceptGrantInput = {
    grantId: grant.id, version: grant.version, digest: grant.digest,
  };
  await graphql(
    'mutation Accept($input: AcceptGrantInput!) { acceptGrant(input: $input) { grant { state } } }',
    { input },
  );
}

// 4. Ask.
const fields = profile.fields.map((name) => name + ' { level present agreement value }').join(' ');
const document = 'mutation Verify($input: VerifyIdentityInput!) { verifyIdentity(input: $input) {' +
  ' outcome evidence { element agreement } subject { reference ' + fields + ' } } }';
const expected = new Map(lines<{ id: string }>('expected-answers.jsonl').map((one) => [one.id, one]));
let different = 0;
for (const { id, ...person } of lines<{ id: string } & PersonEvidenceInput>('questions.jsonl')) {
  const input: VerifyIdentityInput = {
    requestId: 'ts-' + id + '-' + crypto.randomUUID(),
    grantId: profile.grantId,
    purpose: 'BORDER_VERIFICATION',
    caseReference: 'TEST',
    person,
  };
  const { outcome, subject, evidence } = await graphql<Verification>(document, { input });
  const { reference: _own, ...told } = subject ?? { reference: '' };
  const answer = { id, outcome, subject: subject === null ? null : told, evidence };
  const same = JSON.stringify(answer) === JSON.stringify(expected.get(id));
  if (!same) different += 1;
  console.log(same ? 'as expected' : 'DIFFERENT  ', id, outcome);
}
agent.destroy();
process.exitCode = different === 0 ? 0 : 1;
`;

/** @param oauthVersion the OAuth client this release was tried with */
export const typescriptPackage = (oauthVersion: string): string =>
  `${JSON.stringify(
    {
      private: true,
      type: 'module',
      dependencies: { oauth4webapi: oauthVersion },
    },
    null,
    2,
  )}\n`;

/** Makes the key that signs client assertions, and the JWK Set for the host. */
export const makeSigningKey = String.raw`// Makes signing-key.jwk and signing-key.pem (private, stay here) and jwks.json (public, for the host).
// Node.js:  node make-signing-key.mjs
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bundle = join(dirname(fileURLToPath(import.meta.url)), '..');
const { clientId } = JSON.parse(readFileSync(join(bundle, 'PROFILE.json'), 'utf8'));
const kid = clientId + '-' + new Date().toISOString().slice(0, 10);
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const write = (name, text, mode) =>
  writeFileSync(join(bundle, name), text, { mode, flag: 'wx' });
const save = (name, value, mode) => write(name, JSON.stringify(value, null, 2) + '\n', mode);
write('signing-key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }), 0o600);
save('signing-key.jwk', { ...privateKey.export({ format: 'jwk' }), kid }, 0o600);
save('jwks.json', { keys: [{ ...publicKey.export({ format: 'jwk' }), kid }] }, 0o644);
`;
