import { GatewayError, inputInvalid, isGatewayError } from '../core/errors.js';
import type { Caller } from '../grants/index.js';
import type { Answer } from './answer.js';
import type { Question } from './question.js';
import type { VerifyIdentity } from './verify-identity.js';

export type BatchResult =
  | { readonly answered: true; readonly answer: Answer }
  | { readonly answered: false; readonly requestId: string; readonly refusal: GatewayError };

export const largestBatch = 100;
const atOnce = 16;

/**
 * Up to 100 questions in one call: the order is kept, and each is budgeted, recorded and answered
 * or refused alone, through the same steps as a single one.
 */
export class VerifyIdentities {
  constructor(private readonly verifyIdentity: VerifyIdentity) {}

  /** @throws {GatewayError} ERR_INPUT_INVALID for 0 or more than 100; ERR_TOKEN_REFUSED */
  async execute(caller: Caller, questions: readonly Question[]): Promise<readonly BatchResult[]> {
    if (questions.length < 1 || questions.length > largestBatch) throw inputInvalid('questions');
    const results = new Array<BatchResult>(questions.length);
    let next = 0;
    const work = async () => {
      for (let at = next++; at < questions.length; at = next++) {
        const question = questions[at];
        if (question !== undefined) results[at] = await this.one(caller, question);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return results;
  }

  private async one(caller: Caller, question: Question): Promise<BatchResult> {
    try {
      return { answered: true, answer: await this.verifyIdentity.execute(caller, question) };
    } catch (refusal) {
      if (!isGatewayError(refusal) || refusal.code === 'ERR_TOKEN_REFUSED') throw refusal;
      return { answered: false, requestId: question.requestId, refusal };
    }
  }
}
