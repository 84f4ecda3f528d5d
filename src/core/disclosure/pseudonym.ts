import { createHmac } from 'node:crypto';
import { encodeBase64Url, encodeParts } from '../bytes.js';
import type { PartnerCode } from '../ids.js';
import type { Purpose } from '../grants/purpose.js';

/**
 * One partner's own name for a subject (pseudonym, GDPR Article 4(5)): the first 16 bytes of
 * HMAC-SHA-256(secret, length-prefixed label, partner, purpose) in base64url, 22 characters.
 *
 * The secret lives in the subject's sealed blob only, and goes with it. Stable for one partner and
 * purpose; two partners cannot join theirs.
 *
 * @param secret 32 bytes
 */
export function pairwiseReference(
  secret: Uint8Array,
  partner: PartnerCode,
  purpose: Purpose,
): string {
  const mac = createHmac('sha256', secret)
    .update(encodeParts('safeconduct/reference/v1', partner, purpose))
    .digest();
  return encodeBase64Url(mac.subarray(0, 16));
}
