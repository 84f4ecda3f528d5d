import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../../../core/errors.js';
import { writeFileAtomically } from '../../../platform/pki/index.js';
import { builtInFields } from '../../../register/index.js';
import { certificateFingerprint } from '../../fingerprints.js';
import {
  pythonAuthlibExample,
  pythonExample,
  pythonMakeSigningKey,
  pythonWords,
} from './python-examples.js';
import { curlExample, readme, windowsRequest } from './readme.js';
import { typesOfSchema } from './schema-types.js';
import { answerLines, questionLines, testAnswersPage } from './test-answers.js';
import { makeSigningKey, typescriptExample, typescriptPackage } from './typescript-example.js';

/** What the staff door tells of a partner's bundle. */
export interface BundleJson {
  readonly partner: {
    readonly code: string;
    readonly name: string;
    readonly clients: readonly { readonly clientId: string; readonly active: boolean }[];
  };
  readonly issuer: string;
  readonly caCertificates: readonly string[];
  readonly logVerifierKey: string;
  readonly coverVerifierKey: string;
  readonly coverSlot: number | null;
  readonly earlierLogs: readonly { readonly origin: string }[];
  readonly schema: string;
  readonly errorTable: string;
  readonly testGrant: { readonly id: string; readonly validUntil: string } | null;
}

/** The OAuth client of the TypeScript example, in the version it is tested with. */
export const oauthVersion = '3.8.8';

/** Files of a bundle by name. */
export function bundleFiles(bundle: BundleJson): ReadonlyMap<string, string> {
  const { partner, issuer, caCertificates, schema, errorTable, testGrant, earlierLogs } = bundle;
  const { code, name } = partner;
  const clientId = partner.clients.find(({ active }) => active)?.clientId ?? code.toLowerCase();
  const authorities = caCertificates.map(certificateFingerprint);
  const profile = {
    url: issuer,
    certificateFile: 'partner.crt.pem',
    keyFile: 'partner.key.pem',
    caFile: 'ca.pem',
    clientId,
    signingKeyFile: 'signing-key.jwk',
    ...(testGrant === null ? {} : { grantId: testGrant.id }),
    purpose: 'BORDER_VERIFICATION',
    caseReference: 'TEST',
    fields: builtInFields,
    logVerifierKeys: [bundle.logVerifierKey],
    coverVerifierKeys: [bundle.coverVerifierKey],
    ...(bundle.coverSlot === null ? {} : { coverSlot: bundle.coverSlot }),
  };
  return new Map([
    ['README.md', readme({ code, name, issuer, clientId, authorities, testGrant, earlierLogs })],
    ['ca.pem', caCertificates.join('')],
    ['schema.gql', schema],
    ['errors.md', errorTable],
    ['PROFILE.json', `${JSON.stringify(profile, null, 2)}\n`],
    ['TEST.md', testAnswersPage()],
    ['questions.jsonl', questionLines()],
    ['expected-answers.jsonl', answerLines()],
    ['certificate.inf', windowsRequest(code)],
    ['examples/package.json', typescriptPackage(oauthVersion)],
    ['examples/ask.ts', typescriptExample],
    ['examples/gateway-types.ts', typesOfSchema(schema)],
    ['examples/make-signing-key.mjs', makeSigningKey],
    ['examples/ask.py', pythonExample],
    ['examples/ask_authlib.py', pythonAuthlibExample],
    ['examples/make_signing_key.py', pythonMakeSigningKey],
    ['examples/words.py', pythonWords()],
    ['examples/ask.sh', curlExample(issuer)],
    ...(earlierLogs.length === 0
      ? []
      : [['earlier-logs.json', `${JSON.stringify(earlierLogs, null, 2)}\n`] as const]),
  ]);
}

/**
 * Writes a bundle into a folder that is not there or empty: 0700, its files 0600.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID for a folder that holds anything; ERR_CONFIGURATION when
 *   the gateway does not know its own CA
 */
export async function writeBundle(directory: string, bundle: BundleJson): Promise<void> {
  if (bundle.caCertificates.length === 0) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail:
        'the gateway does not know which CA its partner listener is trusted by: set SAFECONDUCT_PARTNER_CA_FILE on the host',
    });
  }
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      detail: `${directory} is not empty and stays as it is; name another with --out`,
    });
  }
  for (const [name, text] of bundleFiles(bundle)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, text, 0o600);
  }
}
