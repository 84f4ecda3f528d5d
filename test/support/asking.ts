import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { safeconduct } from './command.js';
import { keyPem, type TestGateway } from './gateway.js';
import type { Disclosed } from './replies.js';

/** The doors a question comes in through, as a partner has them. */
export const askingDoors = ['verifyIdentity', 'verifyIdentities', 'safeconduct verify'] as const;
export type AskingDoor = (typeof askingDoors)[number];

export interface AskedPerson {
  readonly person: object;
  /** A new one where none is given; the command makes its own of it. */
  readonly requestId?: string;
}

export interface AskedUnder {
  readonly grantId: string | undefined;
  readonly purpose?: string;
  /** Names of `DisclosedSubject`. */
  readonly fields?: readonly string[];
}

/** One answer, or one refusal by its code, in the same shape from every door. */
export interface DoorAnswer {
  readonly code: string;
  /** Which budget is spent, where the door says it. */
  readonly budget?: string;
  readonly outcome?: string;
  readonly evidence?: readonly { readonly element: string; readonly agreement: string }[];
  readonly subject?: ({ readonly reference: string } & Record<string, Disclosed | string>) | null;
}

export const answered = 'ANSWERED';

/**
 * Asks at a door as this partner. At `verifyIdentity` one question after the other; at
 * `verifyIdentities` all in one call, and with the command in one file: these answer side by side.
 *
 * @param place a directory for the files of the command
 */
export async function askAt(
  door: AskingDoor,
  gateway: TestGateway,
  code: string,
  place: string,
  under: AskedUnder,
  asked: readonly AskedPerson[],
): Promise<readonly DoorAnswer[]> {
  const { grantId, purpose = 'BORDER_VERIFICATION', fields = [] } = under;
  if (door === 'safeconduct verify') return askByCommand(gateway, code, place, under, asked);
  const told = fields.map((field) => `${field} { level present agreement value }`).join(' ');
  const selection = `outcome evidence { element agreement } subject { reference ${told} }`;
  const partner = gateway.partner(code);
  const questions = asked.map(({ person, requestId = randomUUID() }) => ({
    requestId,
    caseReference: 'CASE-1',
    person,
  }));
  if (door === 'verifyIdentity') {
    const answers: DoorAnswer[] = [];
    for (const question of questions) {
      const reply = await partner.graphql(
        `mutation V($input: VerifyIdentityInput!) { verifyIdentity(input: $input) { ${selection} } }`,
        { input: { grantId, purpose, ...question } },
      );
      const refusal = reply.json?.errors?.[0]?.extensions as
        Pick<DoorAnswer, 'code' | 'budget'> | undefined;
      const answer = reply.json?.data?.['verifyIdentity'] as Omit<DoorAnswer, 'code'> | undefined;
      const budget = refusal?.budget === undefined ? {} : { budget: refusal.budget };
      answers.push({ code: refusal?.code ?? answered, ...budget, ...answer });
    }
    return answers;
  }
  const reply = await partner.graphql(
    `mutation V($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) {
       ... on Verification { ${selection} } ... on VerificationRefusal { code } } }`,
    { input: { grantId, purpose, questions } },
  );
  const refusal = reply.json?.errors?.[0]?.extensions['code'] as string | undefined;
  if (refusal !== undefined) return questions.map(() => ({ code: refusal }));
  const results = (reply.json?.data?.['verifyIdentities'] ?? []) as Partial<DoorAnswer>[];
  return results.map((one) => ({ code: answered, ...one }));
}

async function askByCommand(
  gateway: TestGateway,
  code: string,
  place: string,
  { grantId, purpose = 'BORDER_VERIFICATION', fields = [] }: AskedUnder,
  asked: readonly AskedPerson[],
): Promise<readonly DoorAnswer[]> {
  const directory = join(place, `verify-${randomBytes(6).toString('hex')}`);
  mkdirSync(directory);
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const { pair, signingKey, kid, clientId } = gateway.partner(code).options;
  write('client.pem', new X509Certificate(pair.certificate).toString());
  write('client.key', keyPem(pair.privateKey));
  write('ca.pem', gateway.serverCaPem);
  write('signing.jwk', JSON.stringify({ ...signingKey.export({ format: 'jwk' }), kid }));
  const profile = write(
    'profile.json',
    JSON.stringify({
      url: gateway.url,
      certificateFile: 'client.pem',
      keyFile: 'client.key',
      caFile: 'ca.pem',
      clientId,
      signingKeyFile: 'signing.jwk',
      grantId: grantId ?? '',
      purpose,
      caseReference: 'CASE-1',
      fields,
    }),
  );
  const lines = asked.map(({ person, requestId = randomUUID() }) =>
    JSON.stringify({ id: requestId, ...person }),
  );
  const questions = write('questions.jsonl', `${lines.join('\n')}\n`);
  const out = join(directory, 'answers.jsonl');
  const ran = await safeconduct(['verify', questions, '--profile', profile, '--out', out]);
  if (ran.code !== 0 && ran.code !== 3) throw new Error(`verify left with ${ran.code}`);
  return readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const answer = JSON.parse(line) as Omit<DoorAnswer, 'code'> & {
        readonly error?: { readonly code: string };
      };
      return { ...answer, code: answer.error?.code ?? answered };
    });
}
