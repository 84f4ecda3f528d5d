import { termsMembers } from '../../core/grants/parse-terms.js';
import { GatewayError } from '../../core/errors.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import { readText } from './staff-client.js';

/**
 * Terms of a grant as they stand in a file (docs/grants.md). The door judges them; what it does not
 * repeat, since it repeats nothing it was sent, is which member it does not know.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID
 */
export function readTerms(path: string): string {
  const text = readText(path);
  const invalid = (detail: string) =>
    new GatewayError('ERR_INPUT_INVALID', { detail: `${path} ${detail}` });
  let terms: unknown;
  try {
    terms = parseStrictJson(Buffer.from(text));
  } catch {
    throw invalid('is not JSON, or has a member twice');
  }
  if (typeof terms !== 'object' || terms === null || Array.isArray(terms)) {
    throw invalid('is not an object');
  }
  const known: readonly string[] = termsMembers;
  const stranger = Object.keys(terms).find((member) => !known.includes(member));
  if (stranger !== undefined) throw invalid(`has "${stranger}", which is not a member of terms`);
  return text;
}
