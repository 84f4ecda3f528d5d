import { expect } from '@jest/globals';
import { parseVerifierKey } from '../../src/core/log/note.js';
import { checkReceipt, type CheckedReceipt } from '../../src/core/log/receipt.js';
import type { PartnerCode } from '../../src/core/ids.js';
import { AccessLog } from '../../src/access-log/index.js';
import { ACCESS_LOG } from '../../src/rooms.module.js';
import type { TestGateway } from './gateway.js';
import type { TestReply } from './partner.js';

export interface Disclosed {
  readonly level: string;
  readonly present: boolean | null;
  readonly agreement: string | null;
  readonly value: string | null;
}

export interface AnswerJson {
  readonly id: string;
  readonly requestId: string;
  readonly answeredAt: string;
  readonly relyUntil: string;
  readonly outcome: string;
  readonly handling: string;
  readonly evidence: readonly { readonly element: string; readonly agreement: string }[];
  readonly subject: ({ readonly reference: string } & Record<string, Disclosed | string>) | null;
  readonly receipt: {
    readonly record: string;
    readonly salt: string;
    readonly proof: string;
    readonly cover: null;
  };
}

/** The answer of verifyIdentity; fails when there is none. */
export function answerOf(reply: TestReply): AnswerJson {
  const answer = reply.json?.data?.['verifyIdentity'];
  expect(reply.json?.errors).toBeUndefined();
  if (answer === undefined || answer === null) throw new Error(`no answer: ${reply.status}`);
  return answer as AnswerJson;
}

/** Code of the only error of a reply. */
export function codeOf(reply: TestReply): unknown {
  expect(reply.json?.errors).toHaveLength(1);
  return reply.json?.errors?.[0]?.extensions['code'];
}

/** Checks a refusal: its code and more of its extensions, status, no data, a reference. */
export function expectRefusal(
  reply: TestReply,
  code: string,
  extensions: Readonly<Record<string, unknown>> = {},
  status = code === 'ERR_INPUT_INVALID' ? 400 : 200,
): void {
  expect(codeOf(reply)).toBe(code);
  expect(reply.status).toBe(status);
  expect(Object.values(reply.json?.data ?? {}).filter((value) => value !== null)).toEqual([]);
  const found = reply.json?.errors?.[0]?.extensions;
  expect(found).toMatchObject(extensions);
  expect(found?.['reference']).toMatch(/^[0-9a-f-]{36}$/);
}

/** No value stands anywhere in what came back, escaped or not. */
export function expectNoEcho(reply: TestReply, ...values: readonly string[]): void {
  const whole = `${JSON.stringify(reply.headers)}\n${reply.body.toString('utf8')}`.toLowerCase();
  for (const value of values) {
    expect(whole.includes(value.toLowerCase())).toBe(false);
    expect(whole.includes(JSON.stringify(value).slice(1, -1).toLowerCase())).toBe(false);
  }
}

/** Checks the receipt of an answer as the partner would, against what it asked and was told. */
export async function checkAnswer(
  gateway: TestGateway,
  partner: string,
  question: { readonly grant: string; readonly purpose?: string; readonly person: unknown },
  answer: AnswerJson,
): Promise<CheckedReceipt> {
  const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  const vkey = await log.verifierKey({ kind: 'partner', partner: partner as PartnerCode });
  const { reference, ...fields } = answer.subject ?? {};
  return checkReceipt(
    answer.receipt,
    {
      id: answer.id,
      requestId: answer.requestId,
      grant: question.grant,
      purpose: question.purpose ?? 'BORDER_VERIFICATION',
      person: question.person,
      outcome: answer.outcome,
      fields: Object.entries(fields).map(([name, told]) => [
        name,
        typeof told === 'string' ? '' : told.level,
      ]),
      reference: reference ?? null,
    },
    parseVerifierKey(vkey),
  );
}
