import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { GatewayError } from '../../core/errors.js';
import { keyFingerprint } from '../fingerprints.js';
import { readSigningKey, type PartnerClient } from './partner-client.js';
import type { Profile } from './profile.js';

/** One thing that has to be right for a token to be issued and accepted. */
export interface ExplainedStep {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
}

const largestSkewSeconds = 30;

/**
 * Walks from the certificate file to an accepted token and says of each step whether it holds. Steps
 * after one that makes them impossible are left out.
 *
 * @param given a token obtained elsewhere, to be explained instead of a fresh one
 */
export async function explainToken(
  client: PartnerClient,
  profile: Profile,
  now: Date,
  given?: string,
): Promise<readonly ExplainedStep[]> {
  const steps: ExplainedStep[] = [];
  const note = (step: string, ok: boolean, detail: string): boolean => {
    steps.push({ step, ok, detail });
    return ok;
  };

  const certificate = new X509Certificate(profile.certificate);
  const { validFromDate, validToDate } = certificate;
  note(
    'client certificate in force',
    validFromDate <= now && now < validToDate,
    `from ${validFromDate.toISOString()} to ${validToDate.toISOString()}; this clock says ${now.toISOString()}`,
  );
  const isPair = certificate.publicKey.equals(createPublicKey(createPrivateKey(profile.key)));
  note('private key belongs to the certificate', isPair, isPair ? 'it does' : 'it is another key');
  const thumbprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex');
  note(
    'certificate thumbprint',
    true,
    `${thumbprint.toString('base64url')} (compare with the host)`,
  );
  const signing = readSigningKey(profile.signingKeyFile);
  const own = keyFingerprint({ ...signing.jwk, kid: signing.kid });
  note(
    'assertion signing key',
    own !== undefined,
    `kid ${signing.kid}, thumbprint ${own?.base64url ?? 'none'} (compare with the host)`,
  );

  // Node refuses to begin a handshake with a pair that does not fit.
  if (!isPair) return steps;
  const handshake = await tryHandshake(profile);
  if (
    !note('TLS with the gateway', handshake === undefined, handshake ?? 'the server is trusted')
  ) {
    return steps;
  }
  let discovered;
  try {
    discovered = await client.get('/.well-known/oauth-authorization-server');
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    note(
      'certificate accepted by the gateway',
      false,
      'the connection was ended: this certificate is not registered (by two people of the host), or it or its partner was suspended or revoked. Have the host compare its words (safeconduct fingerprint)',
    );
    return steps;
  }
  note(
    'certificate accepted by the gateway',
    discovered.status === 200,
    `HTTP ${discovered.status}`,
  );
  const issuer = issuerOf(discovered.text);
  note(
    'issuer',
    issuer === profile.url,
    issuer === profile.url
      ? 'the gateway calls itself what the profile does'
      : `the gateway calls itself ${issuer ?? 'nothing'}, the profile's "url" is ${profile.url}; "url" is "aud" of assertions and has to be the gateway's own name`,
  );
  const date = Date.parse(discovered.headers.get('date') ?? '');
  const skewSeconds = Math.round((now.getTime() - date) / 1000);
  note(
    'clock',
    Math.abs(skewSeconds) <= largestSkewSeconds,
    `${skewSeconds} s from the gateway's; at most ${largestSkewSeconds} s are safe`,
  );
  let token: string;
  if (given !== undefined) {
    token = given;
    client.useToken(given);
  } else {
    // Under another name there is no token to be had.
    if (issuer !== profile.url) return steps;
    try {
      token = await client.requestToken();
    } catch (error) {
      note(
        'token endpoint',
        false,
        `${oauthError(error)}: is client id "${profile.clientId}" registered for this partner, and the public key with kid "${signing.kid}" with it? Have the host read out its thumbprint.${
          Math.abs(skewSeconds) <= largestSkewSeconds ? '' : ' The clock is wrong, which is enough.'
        }`,
      );
      return steps;
    }
    note('token endpoint', true, 'a token was issued');
  }
  const read = readToken(token);
  if (!note('token', read !== undefined, read === undefined ? 'it is no JWT' : 'a JWT')) {
    return steps;
  }
  const { kid, aud, exp, cnf } = read ?? {};
  const published = keyIdsOf((await client.get('/oauth2/jwks')).text);
  note(
    'token key',
    typeof kid === 'string' && published.includes(kid),
    `kid ${String(kid)}; the gateway publishes ${published.join(', ')}`,
  );
  note(
    'aud',
    aud === profile.url,
    `the token is for ${String(aud)}, the profile's "url" is ${profile.url}`,
  );
  note(
    'token in force',
    typeof exp === 'number' && now.getTime() < exp * 1000,
    typeof exp === 'number' ? `until ${new Date(exp * 1000).toISOString()}` : 'it has no end',
  );
  const bound = (cnf as { 'x5t#S256'?: string } | undefined)?.['x5t#S256'];
  note(
    'cnf',
    bound === thumbprint.toString('base64url'),
    `the token is bound to certificate ${String(bound)}; the profile's is ${thumbprint.toString('base64url')}`,
  );
  const reply = await client.graphql('{ access { partner { code } } }', {});
  note(
    'token accepted',
    reply.status === 200,
    reply.status === 401
      ? 'HTTP 401 for { access }: if every step above holds, the host has suspended or revoked something since'
      : `HTTP ${reply.status} for { access }`,
  );
  return steps;
}

/** `undefined` when the handshake succeeds, else why not. */
function tryHandshake(profile: Profile): Promise<string | undefined> {
  const { hostname, port } = new URL(profile.url);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      ca: profile.ca,
      cert: profile.certificate,
      key: profile.key,
      minVersion: 'TLSv1.3',
      timeout: 10_000,
    });
    const end = (why: string | undefined) => {
      socket.destroy();
      resolve(why);
    };
    socket.once('secureConnect', () => end(undefined));
    socket.once('timeout', () => end('no answer within 10 s'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(`${error.code ?? 'failed'}: check "url", "caFile" and the network`),
    );
  });
}

function issuerOf(text: string): string | undefined {
  try {
    const { issuer } = JSON.parse(text) as { readonly issuer?: unknown };
    return typeof issuer === 'string' ? issuer : undefined;
  } catch {
    return undefined;
  }
}

function keyIdsOf(text: string): readonly string[] {
  try {
    const { keys } = JSON.parse(text) as { readonly keys: readonly { readonly kid?: unknown }[] };
    return keys.map(({ kid }) => String(kid));
  } catch {
    return [];
  }
}

function readToken(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return { ...decodeJwt(token), kid: decodeProtectedHeader(token).kid };
  } catch {
    return undefined;
  }
}

function oauthError(error: unknown): string {
  if (error instanceof Error && 'error' in error && typeof error.error === 'string') {
    return error.error;
  }
  return error instanceof Error ? error.name : 'failed';
}
