import { decideQuestion, type Decision } from '../core/grants/decide.js';
import { fieldCatalogue } from '../core/disclosure/catalogue.js';
import { GatewayError } from '../core/errors.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import { scopeOf } from '../core/grants/scope.js';
import {
  candidateCap,
  canonicalEvidence,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  type Evidence,
} from '../core/matching/index.js';
import type { AccessEntry, AccessLog } from '../access-log/index.js';
import { errorMap } from '../platform/graphql/error-map.js';
import type { Authority, BudgetLedger, Caller } from '../grants/index.js';
import type { ToldFacts } from '../referrals/index.js';
import type { RegisterReader } from '../register/index.js';
import type { QuestionScreen } from '../screening/index.js';
import type { Answer, Outcome } from './answer.js';
import { chargeQuestion } from './charge-question.js';
import { entryOf, hostPartOf } from './entry.js';
import { canonicalQuestion, checkQuestionIds, type Question } from './question.js';
import { TellAnswer, type Found } from './tell-answer.js';

/** What a question has charged by the time it is answered or refused. */
interface Spent {
  kept: string | null;
}

/**
 * One verification, from an established caller's question to the answer that may leave. Steps 1 to
 * 3 (certificate, token, GraphQL limits) are done when a caller and a question exist; step 10 (size
 * and time of release) is the door's.
 */
export class VerifyIdentity {
  private readonly tellAnswer: TellAnswer;

  constructor(
    private readonly authority: Pick<
      Authority,
      'grant' | 'grantsOf' | 'grantsOfState' | 'catchUp' | 'establish' | 'isStopped'
    >,
    private readonly budget: Pick<BudgetLedger, 'charge'>,
    private readonly register: Pick<RegisterReader, 'catchUp' | 'find'>,
    private readonly accessLog: Pick<AccessLog, 'append'>,
    told: Pick<ToldFacts, 'prepare'>,
    private readonly screen: Pick<QuestionScreen, 'take'>,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {
    this.tellAnswer = new TellAnswer(accessLog, told, now);
  }

  /**
   * @throws {GatewayError} the refusal, with the reference of its access record; ERR_LOG_UNAVAILABLE
   * when no record could be kept; ERR_TOKEN_REFUSED when the caller is no longer one
   */
  async execute(caller: Caller, question: Question): Promise<Answer> {
    const id = this.newId();
    const spent: Spent = { kept: null };
    try {
      return await this.answer(id, caller, question, spent);
    } catch (error) {
      throw await this.refusal(id, caller, question, spent, error);
    }
  }

  private async answer(
    id: string,
    asked: Caller,
    question: Question,
    spent: Spent,
  ): Promise<Answer> {
    const askedAt = this.now();

    // 3. Arguments once into frozen values.
    checkQuestionIds(question);
    const evidence = parseEvidence(question.person, askedAt);

    // 4. The one grant named, its purpose, every field selected, the evidence: before any look-up.
    let caller = asked;
    let grant = this.decide(caller, question, evidence, askedAt);
    this.screen.take({
      id,
      caller,
      grant,
      evidence: restrictEvidence(evidence, new Set(grant.matchOn)),
    });

    // 5. Charge from the question alone. The same round trip says what is in force and registered
    //    now; behind it, catch up and decide again (the same request is not charged twice).
    const charged = await chargeQuestion(
      this.budget,
      this.authority,
      {
        caller,
        grant,
        requestId: question.requestId,
        canonicalQuestion: canonicalQuestion(question),
        evidence,
      },
      askedAt,
    );
    spent.kept = charged.kept;
    if (await this.authority.catchUp(charged.authority)) {
      caller = this.authority.establish(asked);
      grant = this.decide(caller, question, evidence, askedAt);
    }
    await this.register.catchUp(charged.register);

    // 6. Candidates from the blind index. Out of scope, suppressed, pending and erased people,
    //    and where the grant asks for notice those nobody told, are dropped there and never
    //    decrypted.
    const compared = restrictEvidence(evidence, new Set(grant.matchOn));
    const candidates = await this.register.find(
      evidenceBlockingTerms(compared),
      scopeOf(grant, caller),
      candidateCap,
    );

    // 7. Compare the decrypted candidates on the grant's elements only; classify.
    const found: Found = classify(
      candidates.map((opened) => ({
        opened,
        comparison: compareEvidence(compared, prepareSubject(opened.subject)),
      })),
      grant.assuranceLevel,
    );

    // 8 and 9. What the grant lets out of the person of a match; the record, durable before it leaves.
    return this.tellAnswer.execute({
      id,
      caller,
      grant,
      question,
      evidence,
      found,
      outcome: publicOutcome(found.outcome, grant),
      kept: spent.kept,
      withMatch: async (manager, reference) => charged.giveBackMiss(manager, reference),
    });
  }

  /** The grant, when the question may be asked under it. */
  private decide(caller: Caller, question: Question, evidence: Evidence, now: Date): Grant {
    // The door refuses who is stopped; this is for the question the stop has overtaken.
    if (this.authority.isStopped(caller.partner)) throw new GatewayError('ERR_STOPPED');
    const grant = this.authority.grant(question.grantId);
    const compared = restrictEvidence(evidence, new Set(grant?.matchOn ?? []));
    const decision: Decision = decideQuestion(
      grant,
      caller,
      {
        purpose: question.purpose,
        fields: question.fields,
        elements: evidenceElementsOf(compared),
        meetsFloor: meetsEvidenceFloor(compared),
      },
      now,
    );
    if (decision.allow && grant !== undefined) return grant;
    const code = decision.allow ? 'ERR_GRANT_NOT_USABLE' : decision.code;
    const field = decision.allow ? undefined : decision.field;
    throw new GatewayError(code, {
      ...(field === undefined ? {} : { field: fieldCatalogue[field].name }),
    });
  }

  /** What a refused question is grouped by, where it was understood. */
  private groupingOf(question: Question): Pick<AccessEntry, 'grouping'> {
    try {
      return { grouping: canonicalEvidence(parseEvidence(question.person, this.now())) };
    } catch {
      return {};
    }
  }

  private ownGrant(caller: Caller, question: Question): Grant | undefined {
    const grant = this.authority.grant(question.grantId);
    return grant?.partner === caller.partner ? grant : undefined;
  }

  /** Refusals and faults take step 9 too; without a record there is one refusal only. */
  private async refusal(
    id: string,
    caller: Caller,
    question: Question,
    spent: Spent,
    error: unknown,
  ): Promise<GatewayError> {
    const refused =
      error instanceof GatewayError
        ? error
        : new GatewayError('ERR_INTERNAL', { detail: 'a fault while answering', cause: error });
    if (refused.code === 'ERR_LOG_UNAVAILABLE') return refused.withReference(id);
    try {
      const own = this.ownGrant(caller, question);
      const publicCode = errorMap[refused.code].code;
      await this.accessLog.append({
        ...entryOf(id, caller, question, this.now()),
        ...(own !== undefined && isTestGrant(own) ? {} : this.groupingOf(question)),
        grantVersion: own?.version ?? null,
        outcome: publicCode,
        fields: [],
        reference: null,
        host: {
          ...hostPartOf(caller, question, own, spent.kept),
          subject: null,
          finding: publicCode === refused.code ? null : refused.code,
        },
      });
    } catch (cause) {
      return new GatewayError('ERR_LOG_UNAVAILABLE', { cause }).withReference(id);
    }
    return refused.withReference(id);
  }
}

/** POSSIBLE_MATCH is folded into NOT_CONFIRMED unless the grant lets it be told. */
function publicOutcome(outcome: Outcome, grant: Grant): Outcome {
  if (outcome === 'POSSIBLE_MATCH' && grant.possibleMatch !== 'ALLOWED') return 'NOT_CONFIRMED';
  return outcome;
}
