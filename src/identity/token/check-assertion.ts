import { readCompactJws } from '../../platform/jws/compact-jws.js';
import { signatureAlgorithms } from '../../platform/jws/verification-key.js';

/** Client assertions live this long at most (FAPI 2.0 asks for short; RFC 7523 leaves it open). */
const maxLifetimeSeconds = 300;
const maxSizeBytes = 4_096;

/** Nimbus, in Spring Security, may add `x5t#S256` to name its key: a hint we do not follow. */
const headerNames: ReadonlySet<string> = new Set(['alg', 'typ', 'kid', 'x5t#S256']);

/** Both clocks together may differ by this much. */
export const clockToleranceSeconds = 60;

export const assertionFaults = [
  'spelling',
  'header',
  'type',
  'algorithm',
  'audience',
  'subject',
  'times',
  'jti',
] as const;
export type AssertionFault = (typeof assertionFaults)[number];

/**
 * What we ask of a client assertion (RFC 7523 §3) beyond its signature: one spelling, the issuer
 * alone as audience so that nobody else's assertion serves here (FAPI 2.0 §5.3.2.1), a short life,
 * a `jti` that fits its column.
 *
 * @returns the first fault, or `undefined`
 */
export function assertionFault(
  assertion: unknown,
  issuer: string,
  clientId: string,
  now: Date,
): AssertionFault | undefined {
  const reading =
    typeof assertion === 'string' ? readCompactJws(assertion, maxSizeBytes) : undefined;
  if (reading?.ok !== true) return 'spelling';
  const { header, payload } = reading.jws;
  if (!Object.keys(header).every((name) => headerNames.has(name))) return 'header';
  const { alg, typ, kid } = header;
  if (kid !== undefined && typeof kid !== 'string') return 'header';
  // An access token or another JWT of the client's is not an assertion (RFC 8725 §3.11).
  if (typ !== undefined && typ !== 'JWT' && typ !== 'client-authentication+jwt') return 'type';
  if (!signatureAlgorithms.some((name) => name === alg)) return 'algorithm';
  if (payload.aud !== issuer) return 'audience';
  if (payload.iss !== clientId || payload.sub !== clientId) return 'subject';
  const { exp, iat, nbf, jti } = payload;
  if (typeof jti !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(jti)) return 'jti';
  const nowSeconds = now.getTime() / 1000;
  const latest = nowSeconds + maxLifetimeSeconds + clockToleranceSeconds;
  if (!Number.isSafeInteger(exp) || !((exp as number) <= latest)) return 'times';
  for (const start of [iat, nbf]) {
    if (start === undefined) continue;
    if (typeof start !== 'number' || !(start <= nowSeconds + clockToleranceSeconds)) return 'times';
    if (!((exp as number) - start <= maxLifetimeSeconds)) return 'times';
  }
  return undefined;
}
