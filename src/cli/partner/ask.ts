import { setTimeout as delay } from 'node:timers/promises';
import { encodeBase64Url, encodeParts, sha256 } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import type { Purpose } from '../../core/grants/purpose.js';
import { keysOfName } from '../../core/log/note.js';
import { canonicalJson } from '../../core/log/record.js';
import { checkReceipt } from '../../core/log/receipt.js';
import type { PartnerClient } from './partner-client.js';
import type { Profile } from './profile.js';
import {
  verifyIdentityDocument,
  type QuestionVariables,
  type VerificationJson,
} from './question-document.js';
import type { FileQuestion } from './question-file.js';

/** One answer line (contract, Files). */
export type AnswerLine =
  | {
      readonly id: string;
      /** The name of the question towards the gateway: what this line is an answer to. */
      readonly requestId: string;
      readonly answeredAt: string;
      readonly relyUntil: string;
      readonly outcome: string;
      readonly subject: VerificationJson['subject'];
      readonly evidence: VerificationJson['evidence'];
      readonly receipt: VerificationJson['receipt'];
    }
  | { readonly id: string; readonly error: { readonly code: string; readonly message: string } };

/** What a profile must name before anything can be asked. */
export interface AskingProfile extends Profile {
  readonly grantId: string;
  readonly purpose: Purpose;
  readonly caseReference: string;
}

/** @throws {GatewayError} ERR_CONFIGURATION naming what is missing */
export function requireAsking(profile: Profile): AskingProfile {
  const { grantId, purpose, caseReference } = profile;
  if (grantId === undefined || purpose === undefined || caseReference === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: 'the profile needs "grantId", "purpose" and "caseReference" to ask',
    });
  }
  return { ...profile, grantId, purpose, caseReference };
}

/** Codes a later try under the same request may end better. */
const transient = new Set(['ERR_BUSY', 'ERR_LOG_UNAVAILABLE', 'ERR_STOPPED', 'ERR_INTERNAL']);
const attempts = 4;

/**
 * The name of a question towards the gateway: the same question of the same file under the same
 * grant, case and fields has the same one, so that asking again after an interruption is not paid for twice.
 */
export function requestIdOf(profile: AskingProfile, question: FileQuestion): string {
  const digest = sha256(
    encodeParts(
      'safeconduct/verify/request/v1',
      profile.clientId,
      profile.grantId,
      profile.caseReference,
      question.id,
      canonicalJson(question.person),
      canonicalJson(profile.fields),
    ),
  );
  return `v-${encodeBase64Url(digest.subarray(0, 18)).replaceAll('_', '.')}`;
}

/** Asks one question, again where that can help, and checks the receipt of what comes back. */
export async function ask(
  client: PartnerClient,
  profile: AskingProfile,
  question: FileQuestion,
): Promise<AnswerLine> {
  const variables: QuestionVariables = {
    input: {
      requestId: requestIdOf(profile, question),
      grantId: profile.grantId,
      purpose: profile.purpose,
      caseReference: profile.caseReference,
      person: question.person,
    },
  };
  let last: AnswerLine | undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { answer, retryAfterSeconds } = await askOnce(client, profile, question, variables);
    const isTransient = 'error' in answer && transient.has(answer.error.code);
    if (!isTransient) return answer;
    last = answer;
    if (attempt < attempts) await delay(retryAfterSeconds * 1000);
  }
  return last ?? failed(question, 'CLIENT_NO_ANSWER', 'there was no answer');
}

async function askOnce(
  client: PartnerClient,
  profile: AskingProfile,
  question: FileQuestion,
  variables: QuestionVariables,
): Promise<{ readonly answer: AnswerLine; readonly retryAfterSeconds: number }> {
  let reply;
  try {
    const document = verifyIdentityDocument(profile.fields);
    reply = await client.graphql(document, variables);
    if (reply.status === 401) {
      client.forgetToken();
      reply = await client.graphql(document, variables);
    }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'ERR_BUSY') throw error;
    return { answer: failed(question, 'ERR_BUSY', error.detail ?? ''), retryAfterSeconds: 1 };
  }
  const retryAfterSeconds = Number(reply.headers.get('retry-after') ?? 1) || 1;
  if (reply.status === 401) {
    return {
      answer: failed(
        question,
        'CLIENT_UNAUTHORISED',
        'the gateway does not accept certificate and token; see safeconduct token --explain',
      ),
      retryAfterSeconds,
    };
  }
  return { answer: readReply(profile, question, variables, reply.text), retryAfterSeconds };
}

interface GraphqlReply {
  readonly data?: { readonly verifyIdentity?: VerificationJson | null } | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: {
      readonly code?: string;
      readonly argument?: string;
      readonly field?: string;
      readonly retryAt?: string;
    };
  }[];
}

function readReply(
  profile: AskingProfile,
  question: FileQuestion,
  variables: QuestionVariables,
  text: string,
): AnswerLine {
  let reply: GraphqlReply;
  try {
    reply = JSON.parse(text) as GraphqlReply;
  } catch {
    return failed(question, 'CLIENT_NO_ANSWER', 'the reply is not JSON');
  }
  const [error] = reply.errors ?? [];
  if (error !== undefined) {
    const { code, argument, field, retryAt } = error.extensions ?? {};
    const place = argument ?? field ?? retryAt;
    const message = place === undefined ? error.message : `${error.message} (${place})`;
    return failed(question, code ?? 'CLIENT_NO_ANSWER', message);
  }
  const verification = reply.data?.verifyIdentity;
  if (verification === null || verification === undefined) {
    return failed(question, 'CLIENT_NO_ANSWER', 'the reply holds neither answer nor error');
  }
  try {
    checkAnswerReceipt(profile, variables, verification);
  } catch (fault) {
    const detail = fault instanceof GatewayError ? (fault.detail ?? fault.code) : 'unreadable';
    return failed(question, 'CLIENT_RECEIPT_INVALID', `the receipt does not hold: ${detail}`);
  }
  const { requestId, answeredAt, relyUntil, outcome, subject, evidence, receipt } = verification;
  const { id } = question;
  return { id, requestId, answeredAt, relyUntil, outcome, subject, evidence, receipt };
}

/**
 * Checks by the partner's own means that the answer was logged and that the record says what the
 * answer says.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID and others of core/log
 */
export function checkAnswerReceipt(
  profile: AskingProfile,
  variables: QuestionVariables,
  answer: VerificationJson,
): ReturnType<typeof checkReceipt> | undefined {
  const { requestId, grantId, purpose, person } = variables.input;
  if (answer.requestId !== requestId) {
    throw new GatewayError('ERR_PROOF_INVALID', { detail: 'the answer is to another request' });
  }
  const key = keysOfName(profile.logVerifierKeys, profile.logVerifierKeys[0]?.name ?? '');
  if (key === undefined) return undefined;
  const { reference, ...fields } = answer.subject ?? {};
  return checkReceipt(
    answer.receipt,
    {
      id: answer.id,
      requestId,
      grant: grantId,
      purpose,
      person,
      outcome: answer.outcome,
      fields: Object.entries(fields).map(([name, disclosed]) => [name, levelOf(disclosed)]),
      reference: typeof reference === 'string' ? reference : null,
    },
    key,
  );
}

function levelOf(disclosed: unknown): string {
  const level =
    typeof disclosed === 'object' && disclosed !== null && 'level' in disclosed
      ? disclosed.level
      : undefined;
  return typeof level === 'string' ? level : '';
}

function failed(question: FileQuestion, code: string, message: string): AnswerLine {
  return { id: question.id, error: { code, message } };
}
