import { encodeBase64Url, encodeParts, sha256 } from '../../core/bytes.js';
import { readCompactJws } from '../../platform/jws/compact-jws.js';
import {
  isJwsSignatureValid,
  readVerificationKey,
  signatureAlgorithms,
} from '../../platform/jws/verification-key.js';
import { clockToleranceSeconds } from './check-assertion.js';

/** A partner's identity provider, which names officers. */
export interface OfficerProvider {
  /** `iss` of its assertions, exactly. */
  readonly issuer: string;
  /** Public JWKs with `kid`. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

export type OfficerReading =
  | {
      readonly ok: true;
      /** Opaque name of the officer. */
      readonly officer: string;
      /** Stands for issuer and `jti`; whoever presents it first uses it up. */
      readonly replayId: string;
      readonly expiresAtSeconds: number;
    }
  | { readonly ok: false; readonly fault: string };

const maxSizeBytes = 4_096;
/** An assertion names an officer at work now. */
const maxLifetimeSeconds = 300;

const fault = (name: string): OfficerReading => ({ ok: false, fault: `officer ${name}` });

/**
 * Reads an assertion that names an officer (RFC 7523 §3, RFC 8725): one spelling, signed by the
 * partner's identity provider, for this issuer alone, short-lived, with a `jti`. The officer's name is
 * opaque to us: no space and no `@`, so that neither a name nor an address is one.
 */
export function readOfficerAssertion(
  assertion: unknown,
  provider: OfficerProvider,
  context: { readonly issuer: string; readonly clientId: string; readonly now: Date },
): OfficerReading {
  const reading =
    typeof assertion === 'string' ? readCompactJws(assertion, maxSizeBytes) : undefined;
  if (reading?.ok !== true) return fault('spelling');
  const { header, payload, signingInput, signature } = reading.jws;
  const { alg, typ, kid, ...others } = header;
  if (Object.keys(others).length > 0) return fault('header');
  if (typ !== undefined && typ !== 'JWT') return fault('type');
  const algorithm = signatureAlgorithms.find((name) => name === alg);
  const key = provider.keys.map(readVerificationKey).find((known) => known.kid === kid);
  if (algorithm === undefined || key === undefined) return fault('key');
  if (!isJwsSignatureValid(key, algorithm, signingInput, signature)) return fault('signature');
  const { iss, aud, sub, jti, iat, exp, nbf = iat } = payload;
  if (iss !== provider.issuer) return fault('issuer');
  if (aud !== context.issuer) return fault('audience');
  const isOpaque = typeof sub === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(sub);
  if (!isOpaque || sub === context.clientId) return fault('subject');
  if (typeof jti !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(jti)) return fault('jti');
  if (!isSeconds(iat) || !isSeconds(exp) || !isSeconds(nbf)) return fault('times');
  const nowSeconds = context.now.getTime() / 1000;
  const isTimely =
    exp > iat &&
    exp - iat <= maxLifetimeSeconds &&
    nowSeconds < exp + clockToleranceSeconds &&
    Math.max(iat, nbf) <= nowSeconds + clockToleranceSeconds;
  if (!isTimely) return fault('times');
  const replay = sha256(encodeParts('safeconduct/officer-assertion/v1', provider.issuer, jti));
  return {
    ok: true,
    officer: sub,
    replayId: `officer:${encodeBase64Url(replay)}`,
    expiresAtSeconds: exp + clockToleranceSeconds,
  };
}

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
