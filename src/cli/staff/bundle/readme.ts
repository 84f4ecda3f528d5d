import type { Fingerprint } from '../../fingerprints.js';

export interface ReadmeFacts {
  readonly code: string;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly authorities: readonly Fingerprint[];
  readonly earlierLogs: readonly { readonly origin: string }[];
  readonly testGrant: { readonly id: string; readonly validUntil: string } | null;
}

/** The one page a partner's developer reads first. */
export function readme({
  code,
  name,
  issuer,
  clientId,
  authorities,
  testGrant,
  earlierLogs,
}: ReadmeFacts): string {
  const words = authorities
    .map(({ what, hex, words: spoken }) => `${what}\nSHA-256 ${hex}\n${spoken}`)
    .join('\n\n');
  return `# Connecting ${name} (${code})

Nothing in this folder is secret. Your private keys are made here by you and never leave you.
Commands are typed in this folder. \`safeconduct\` is the command of the gateway's release (\`npm ci\`
there, then \`npx --no -- safeconduct\`; it needs no gateway): convenient, never necessary, but for the
curl example, which takes its token from it.

| what             | where                                                                 |
| ---------------- | --------------------------------------------------------------------- |
| discovery        | ${issuer}/.well-known/oauth-authorization-server |
| token            | ${issuer}/oauth2/token |
| GraphQL          | ${issuer}/graphql (schema.gql, errors.md) |
| log              | ${issuer}/log/ (verifier keys and slot in PROFILE.json) |
${earlierLogs.length === 0 ? '' : earlierRow(earlierLogs)}| client id        | \`${clientId}\` |
| \`aud\` of assertions | \`${issuer}\`, exactly |

## 1. Compare the host's CA by telephone

\`python3 examples/words.py ca.pem\` (or \`safeconduct fingerprint ca.pem\`) computes these words from the
file; the host reads them to you, on a number you already had:

\`\`\`
${words}
\`\`\`

## 2. Make your TLS key and a signing request

With openssl:

\`\`\`sh
(umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out partner.key.pem)
openssl req -new -key partner.key.pem -subj "/O=${code}/CN=gateway client" -out partner.csr.pem
\`\`\`

With a Windows certificate store (the key stays in the store, \`certificate.inf\` says how):
\`certreq -new certificate.inf partner.csr.pem\`, and when the certificate has come
\`certreq -accept partner.crt.pem\`.

## 3. Make the key that signs your client assertions

\`node examples/make-signing-key.mjs\` or \`python3 examples/make_signing_key.py\`.

## 4. Send the host \`partner.csr.pem\` and \`jwks.json\`

The host sends back your certificate: save it as \`partner.crt.pem\`. Two people of the host let it and
your key in; each reads you the words of both, which \`python3 examples/words.py partner.crt.pem
jwks.json\` shows you.

## 5. Ask

${
  testGrant === null
    ? 'There is no test grant at present; ask the host for one, and for this folder again.\n'
    : `Your test grant is \`${testGrant.id}\`, until ${testGrant.validUntil.slice(0, 10)}. It knows twelve made-up
people and nobody else, has a budget of its own, and waits for you to accept it: each example does, as
you will accept real grants, with \`acceptGrant\` over the digest you have read.
`
}
\`\`\`sh
(cd examples && npm install && node ask.ts)    # Node.js 24 or later
python3 examples/ask.py                        # Python 3.9 or later and openssl, nothing else
sh examples/ask.sh                             # curl, and safeconduct token
safeconduct verify questions.jsonl --profile PROFILE.json --out answers.jsonl   # the batch client
\`\`\`

(\`verify\`, curl and Authlib accept no grant: let \`ask.ts\` or \`ask.py\` do that first.) The questions are in \`questions.jsonl\`, the
answers in \`expected-answers.jsonl\`, both to be read in TEST.md. \`examples/ask_authlib.py\` shows Authlib,
\`examples/gateway-types.ts\` has the types of the schema. Refusals to try: leave out the date of birth of
T01 and its passport (\`ERR_EVIDENCE_INSUFFICIENT\`); select \`sex\` (\`ERR_FIELD_NOT_GRANTED\`).

**NOT_CONFIRMED is not a finding about a person** and must not ground refusal of entry, detention or
return.

## 401, or no answer at all

\`safeconduct token --profile PROFILE.json --explain\` finds which. By hand, in this order:

1. The connection ends without an HTTP answer: the host does not accept your certificate. Is it the one
   in \`partner.crt.pem\`, is it over, have two people let it in, was it revoked?
2. TLS fails on your side: \`ca.pem\` is not trusted, or a proxy stands in between; there must be none.
3. Your clock: compare \`curl -sI --cacert ca.pem --cert partner.crt.pem --key partner.key.pem
   ${issuer}/oauth2/jwks\` (line \`date\`) with \`date -u\`. More than 30 seconds apart: set it by NTP.
   Assertions are good for five minutes at most, access tokens for five.
4. \`invalid_client\` from /oauth2/token: \`iss\` and \`sub\` are the client id; \`aud\` is \`${issuer}\`
   and not the token endpoint; \`kid\` is that of a key the host has; ES256, PS256 or EdDSA; every
   \`jti\` once; no \`client_secret\` beside it.
5. 401 from /graphql with a token: it is older than five minutes, or was obtained with another
   certificate (\`cnf\`), or something of yours was suspended or revoked since.
`;
}

/** Request for a key in a Windows certificate store; certreq of any Windows that is supported. */
export const windowsRequest = (code: string): string =>
  [
    '; certreq -new certificate.inf partner.csr.pem',
    '[Version]',
    'Signature = "$Windows NT$"',
    '',
    '[NewRequest]',
    `Subject = "CN=gateway client,O=${code}"`,
    'ProviderName = "Microsoft Software Key Storage Provider"',
    'KeyAlgorithm = ECDSA_P256',
    'KeyLength = 256',
    'HashAlgorithm = SHA256',
    'KeyUsage = 0x80',
    'Exportable = FALSE',
    'MachineKeySet = TRUE',
    'RequestType = PKCS10',
    '',
    '[EnhancedKeyUsageExtension]',
    'OID = 1.3.6.1.5.5.7.3.2 ; client authentication',
    '',
  ].join('\r\n');

/** curl, with a token of the command. */
export const curlExample = (issuer: string): string => `#!/bin/sh
# Who am I to the gateway, and what may I ask?
set -eu
cd "$(dirname "$0")/.."
# SAFECONDUCT: how the command is called here, such as "node /opt/safeconduct/dist/cli/safeconduct.js".
TOKEN=$(\${SAFECONDUCT:-safeconduct} token --profile PROFILE.json)
# The token goes by a file descriptor: an argument would be seen by every user of the machine.
ANSWER=$(curl --silent --show-error --fail-with-body --tlsv1.3 \\
  --cacert ca.pem --cert partner.crt.pem --key partner.key.pem \\
  --header 'content-type: application/json' --header @- \\
  --data '{"query":"{ access { partner { code } officer tokenExpiresAt grants { id state test purpose validUntil } } }"}' \\
  ${issuer}/graphql <<END
authorization: Bearer $TOKEN
END
)
# Every answer of a kind is as long as any other, padded with spaces.
printf '%s\\n' "$ANSWER" | sed -e 's/ *$//' -e '/^$/d'
`;

/** A log that could not go on: what was proven under it stays proven, by its own keys. */
const earlierRow = (logs: ReadmeFacts['earlierLogs']): string =>
  `| earlier logs     | ${logs.map(({ origin }) => origin).join(', ')} ended (earlier-logs.json: where, and the keys its receipts are checked with); a witness begins anew with another \`--state\` and keeps the old one as evidence |\n`;
