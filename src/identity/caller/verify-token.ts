import { decodeBase64Url, encodeBase64Url, equalInConstantTime, sha256 } from '../../core/bytes.js';
import { readCompactJws, type JsonObject } from '../../platform/jws/compact-jws.js';
import {
  isJwsSignatureValid,
  readVerificationKey,
  signatureAlgorithms,
} from '../../platform/jws/verification-key.js';
import { tokenRefused } from './causes.js';

/** What a verified access token says (RFC 9068 §2.2). */
export interface VerifiedToken {
  /** The partner's system (`client_id`). */
  readonly clientId: string;
  /** The officer on whose behalf it was obtained: `sub` where it is not the client itself. */
  readonly officer?: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly jti: string;
  /** Of the key that signed it. */
  readonly kid: string;
}

export interface TokenVerifierOptions {
  /** `iss`, exactly. */
  readonly issuer: string;
  /** `aud`, exactly and alone. */
  readonly audience: string;
  /** Public JWKs with `kid`. A verifier keeps its keys: make a new one when they change. */
  readonly keys: readonly unknown[];
  readonly now: () => Date;
  /** Between the clocks of issuer and resource server; 0 to 60, default 0. */
  readonly maxSkewSeconds?: number;
  /** The longest a token may have been issued for; default 300. */
  readonly maxLifetimeSeconds?: number;
  /** Verified tokens kept; default 2,048. */
  readonly maxCachedTokens?: number;
}

export interface TokenVerifier {
  /**
   * Verifies a certificate-bound access token (RFC 9068 §4, RFC 8705 §3, RFC 8725). Whether its
   * client, officer and partner are still welcome is the caller's to ask, each time.
   *
   * @param certificateThumbprint base64url SHA-256 of the certificate of this connection
   * @throws {GatewayError} ERR_TOKEN_REFUSED
   */
  verify(token: string, certificateThumbprint: string): VerifiedToken;
}

const maxSizeBytes = 4_096;

interface TimedToken {
  readonly token: VerifiedToken;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { maxSkewSeconds = 0, maxLifetimeSeconds = 300, maxCachedTokens = 2_048 } = options;
  if (options.issuer === '' || options.audience === '') throw new TypeError('issuer and audience');
  if (!(maxSkewSeconds >= 0 && maxSkewSeconds <= 60)) throw new TypeError('maxSkewSeconds');
  const keys = new Map(options.keys.map(readVerificationKey).map((key) => [key.kid, key]));
  if (keys.size !== options.keys.length || keys.size === 0) throw new TypeError('keys');
  const skewMs = maxSkewSeconds * 1000;
  // Signature and binding hold for ever for the same bytes and thumbprint; times do not.
  const verified = new Map<string, TimedToken>();

  const checkTimes = ({ notBeforeMs, expiresMs }: TimedToken): void => {
    const nowMs = options.now().getTime();
    if (Number.isNaN(nowMs)) throw new TypeError('now is not a time');
    if (nowMs >= expiresMs + skewMs) throw tokenRefused('expired');
    if (nowMs < notBeforeMs - skewMs) throw tokenRefused('not-yet-valid');
  };

  const verifySignature = (token: string): { payload: JsonObject; kid: string } => {
    const reading = readCompactJws(token, maxSizeBytes);
    if (!reading.ok) throw tokenRefused(reading.fault);
    const { header, payload, signingInput, signature } = reading.jws;
    // Closed list: `crit`, `jku`, `jwk`, `x5u`, `x5c`, `b64`, `zip` and what comes next are out.
    const { alg, typ, kid, ...others } = header;
    if (Object.keys(others).length > 0) throw tokenRefused('header');
    if (typ !== 'at+jwt') throw tokenRefused('type');
    const algorithm = signatureAlgorithms.find((name) => name === alg);
    if (algorithm === undefined) throw tokenRefused('algorithm');
    const key = typeof kid === 'string' ? keys.get(kid) : undefined;
    if (key === undefined) throw tokenRefused('key-unknown');
    if (!key.algorithms.includes(algorithm)) throw tokenRefused('algorithm');
    if (!isJwsSignatureValid(key, algorithm, signingInput, signature)) {
      throw tokenRefused('signature');
    }
    return { payload, kid: key.kid };
  };

  const readClaims = (
    { payload, kid }: ReturnType<typeof verifySignature>,
    thumbprint: string,
  ): TimedToken => {
    const { iss, aud, sub, client_id: clientId, jti, iat, exp, nbf = iat, cnf } = payload;
    if (iss !== options.issuer) throw tokenRefused('issuer');
    if (aud !== options.audience) throw tokenRefused('audience');
    if (!isName(sub) || !isName(clientId) || !isName(jti)) throw tokenRefused('claims');
    if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(nbf)) throw tokenRefused('claims');
    if (exp <= iat || exp - iat > maxLifetimeSeconds) throw tokenRefused('lifetime');
    checkBinding(cnf, thumbprint);
    const token = Object.freeze({
      clientId,
      ...(sub === clientId ? {} : { officer: sub }),
      issuedAt: new Date(iat * 1000),
      expiresAt: new Date(exp * 1000),
      jti,
      kid,
    });
    return { token, notBeforeMs: Math.max(iat, nbf) * 1000, expiresMs: exp * 1000 };
  };

  return {
    verify(token, certificateThumbprint) {
      if (decodeBase64Url(certificateThumbprint)?.length !== 32) {
        throw new TypeError('certificate thumbprint');
      }
      if (token.length > maxSizeBytes) throw tokenRefused('too-large');
      const cacheKey = encodeBase64Url(sha256(Buffer.from(token))) + certificateThumbprint;
      const known = verified.get(cacheKey);
      if (known !== undefined) {
        checkTimes(known);
        return known.token;
      }
      const fresh = readClaims(verifySignature(token), certificateThumbprint);
      checkTimes(fresh);
      if (verified.size >= maxCachedTokens) {
        const [oldest] = verified.keys();
        if (oldest !== undefined) verified.delete(oldest);
      }
      verified.set(cacheKey, fresh);
      return fresh.token;
    },
  };
}

function checkBinding(cnf: unknown, thumbprint: string): void {
  if (cnf === null || typeof cnf !== 'object' || Array.isArray(cnf)) {
    throw tokenRefused('not-bound');
  }
  const { 'x5t#S256': bound, ...others } = cnf as Readonly<Record<string, unknown>>;
  // Another confirmation method beside it would be a proof we do not ask for (RFC 7800 §3.1).
  if (typeof bound !== 'string' || Object.keys(others).length > 0) throw tokenRefused('not-bound');
  if (!equalInConstantTime(Buffer.from(bound), Buffer.from(thumbprint))) {
    throw tokenRefused('bound-elsewhere');
  }
}

/** A name that fits a log line and a column. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value);

/** NumericDate (RFC 7519 §2) in whole seconds, within the years a Date has. */
const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 && value < 253_402_300_800;
