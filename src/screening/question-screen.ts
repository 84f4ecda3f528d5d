import type { Grant } from '../core/grants/grant.js';
import {
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  prepareSubject,
  type Evidence,
} from '../core/matching/index.js';
import type { Caller } from '../grants/index.js';
import { screenForHoney, type OpenedSubject, type Register } from '../register/index.js';
import { findingsPerRound, type ScreenFinding, type ScreenRounds } from './screen-rounds.js';

/** One question as the screen sees it. */
export interface ScreenedQuestion {
  readonly id: string;
  readonly caller: Pick<Caller, 'partner' | 'state' | 'officer'>;
  readonly grant: Pick<Grant, 'caseloads' | 'assuranceLevel'>;
  /** Restricted to what the grant compares. */
  readonly evidence: Evidence;
}

export interface QuestionScreenOptions {
  readonly register: Register;
  readonly rounds: ScreenRounds;
  readonly now: () => Date;
  readonly onFault: (error: unknown) => void;
}

/** Questions screened in one round; what is left waits for the next. */
const questionsPerRound = 256;
/** Questions that wait; beyond it the oldest are let go, and that is told. */
const mostWaiting = 20_000;
/** People kept from the partner each question is compared with: always as many. */
const comparedPerQuestion = 8;
const candidateCap = 100;
const roundEveryMs = 60_000;

/**
 * Looks behind the partners' backs at what they ask for: honey people, who stand in one export or
 * where security planted them, and people kept from the partner that asks. For security and the protection officer
 * only: what it finds acts on nobody, changes no answer, and people decide.
 *
 * A question waits in the memory of the gateway that answered it, in no other copy, and is let go once
 * looked at; it costs the partner's answer one place in a list. A round takes a fixed number of
 * questions, compares each with as many people whatever there is, and writes one sealed row whether it
 * found anything or not. A gateway that is killed loses what waited, a minute at most.
 */
export class QuestionScreen {
  readonly #options: QuestionScreenOptions;
  #waiting: ScreenedQuestion[] = [];
  #found: ScreenFinding[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: QuestionScreenOptions) {
    this.#options = options;
  }

  /** Questions that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes a question, whatever becomes of it. */
  take(question: ScreenedQuestion): void {
    this.#waiting.push(question);
    if (this.#waiting.length <= mostWaiting) return;
    this.#waiting.shift();
    this.#lost += 1;
  }

  /** One round. What fails is tried again with the next. */
  async round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** A round a minute until it is stopped. */
  start(): void {
    const turn = async (): Promise<void> => {
      await this.round().catch((error: unknown) => this.#options.onFault(error));
      if (!this.#closed) this.#timer = setTimeout(() => void turn(), roundEveryMs).unref();
    };
    this.#timer = setTimeout(() => void turn(), roundEveryMs).unref();
  }

  /** Looks at what still waits, and stops. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    do {
      await this.round().catch((error: unknown) => {
        this.#waiting = [];
        this.#options.onFault(error);
      });
    } while (this.#waiting.length > 0);
  }

  async #round(): Promise<void> {
    const { register, rounds, now } = this.#options;
    const questions = this.#waiting.slice(0, questionsPerRound);
    const honey = await screenForHoney(
      register.store,
      questions.map(({ evidence }) => evidence),
    );
    const found: ScreenFinding[] = [...this.#found];
    for (const [at, question] of questions.entries()) {
      for (const trace of honey[at] ?? []) {
        found.push({ ...aboutQuestion(question, now()), kind: 'HONEY_ASKED_FOR', ...trace });
      }
      for (const subject of await this.#keptPeople(question)) {
        found.push({ ...aboutQuestion(question, now()), kind: 'SUPPRESSED_ASKED_FOR', subject });
      }
      // One question at a time: answers are not to wait for the screen.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const lost = this.#lost;
    await rounds.write(found.slice(0, findingsPerRound), lost, now());
    this.#lost -= lost;
    this.#found = found.slice(findingsPerRound);
    this.#waiting.splice(0, questions.length);
  }

  /** People kept from the partner who would have been a match, were they not. */
  async #keptPeople({ caller, grant, evidence }: ScreenedQuestion): Promise<readonly string[]> {
    const { register } = this.#options;
    const scope = { caseloads: new Set(grant.caseloads), ...caller };
    const terms = evidenceBlockingTerms(evidence);
    const kept = register.keptFrom(terms, scope, candidateCap).slice(0, comparedPerQuestion);
    const opened = await register.open(kept);
    const matched: string[] = [];
    for (let at = 0; at < comparedPerQuestion; at += 1) {
      const { id, subject } = opened[at] ?? nobody;
      const comparison = compareEvidence(evidence, prepareSubject(subject));
      const { outcome } = classify([{ comparison }], grant.assuranceLevel);
      if (outcome === 'MATCH' && opened[at] !== undefined) matched.push(id);
    }
    return matched;
  }
}

/** Compared in place of people who are not there. */
const nobody: Pick<OpenedSubject, 'id' | 'subject'> = {
  id: '' as OpenedSubject['id'],
  subject: {
    reference: '-',
    caseload: '-' as OpenedSubject['subject']['caseload'],
    names: [{ full: 'Nobody Nowhere Nothing' }],
    fatherName: 'Nobody',
    dateOfBirth: '1900-01-01',
    documents: [{ type: 'PASSPORT', number: 'X00000000' }],
    suppressedFor: [],
  },
};

const aboutQuestion = ({ id, caller }: ScreenedQuestion, foundAt: Date) => ({
  verificationId: id,
  partner: caller.partner,
  officer: caller.officer ?? null,
  foundAt,
});
