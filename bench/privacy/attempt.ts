import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { Told } from './world.js';

/** Names the person learnt by an answer, or undefined; `known` to the attacker are not learnt. */
export type Learnt = (told: Told) => string | undefined;
export const byReference: Learnt = (told) =>
  told.answered && told.answer.outcome === 'MATCH' ? told.answer.subject?.reference : undefined;

/** What an attacker asks. */
export interface Attempt {
  /** The next question, from all that was told so far; undefined ends the attack. */
  next(last: Told | undefined): PersonEvidenceInput | undefined;
  /** Where something else than a match teaches who is on the register. */
  readonly learnt?: Learnt;
  /** Values learnt so far; climbers only. */
  values?(): number;
}

/** Asks one question after the other, whatever is answered. */
export const list = (questions: readonly PersonEvidenceInput[]): Attempt => {
  let at = 0;
  return { next: () => questions[at++] };
};
