import { chargesOf } from '../core/budget/index.js';
import { decideQuestion, type Decision } from '../core/grants/decide.js';
import { disclose, discloseAgreement, tellsOfPerson } from '../core/disclosure/disclose.js';
import { fieldCatalogue } from '../core/disclosure/catalogue.js';
import { pairwiseReference } from '../core/disclosure/pseudonym.js';
import { GatewayError } from '../core/errors.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import {
  candidateCap,
  canonicalEvidence,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  evidenceElements,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  type Classification,
  type Comparison,
  type Evidence,
  type EvidenceElement,
} from '../core/matching/index.js';
import { gregorianDate } from '../core/dates/index.js';
import type { AccessEntry, AccessLog } from '../access-log/index.js';
import { errorMap } from '../platform/graphql/error-map.js';
import type { Authority, BudgetLedger, Caller } from '../grants/index.js';
import type { ToldFacts } from '../referrals/index.js';
import type { OpenedSubject, RegisterReader } from '../register/index.js';
import type { QuestionScreen } from '../screening/index.js';
import type { Answer, DisclosedSubject, Outcome } from './answer.js';
import {
  canonicalQuestion,
  checkQuestionIds,
  isCaseReference,
  isRequestId,
  isUuid,
  type Question,
} from './question.js';

type Found = Classification<{ readonly opened: OpenedSubject; readonly comparison: Comparison }>;

/** What a question has charged by the time it is answered or refused. */
interface Spent {
  kept: string | null;
}

/** How long a partner may rely on an answer before it must ask again. */
const relyHours = 24;

/**
 * One verification, from an established caller's question to the answer that may leave. Steps 1 to
 * 3 (certificate, token, GraphQL limits) are done when a caller and a question exist; step 10 (size
 * and time of release) is the door's.
 */
export class VerifyIdentity {
  constructor(
    private readonly authority: Pick<
      Authority,
      'grant' | 'grantsOf' | 'grantsOfState' | 'catchUp' | 'establish' | 'isStopped'
    >,
    private readonly budget: Pick<BudgetLedger, 'charge'>,
    private readonly register: Pick<RegisterReader, 'catchUp' | 'find'>,
    private readonly accessLog: Pick<AccessLog, 'append'>,
    private readonly told: Pick<ToldFacts, 'prepare'>,
    private readonly screen: Pick<QuestionScreen, 'take'>,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {}

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
    const charged = await this.budget.charge(
      {
        partner: caller.partner,
        state: caller.state,
        ...(caller.officer === undefined ? {} : { officer: caller.officer }),
        grant,
        isTest: isTestGrant(grant),
        peers: {
          partner: this.authority.grantsOf(caller.partner).filter((one) => !isTestGrant(one)),
          state: this.authority.grantsOfState(caller.state).filter((one) => !isTestGrant(one)),
        },
        requestId: question.requestId,
        canonicalQuestion: canonicalQuestion(question),
        charges: chargesOf(
          restrictEvidence(evidence, new Set(grant.matchOn)),
          grant.matchOn.includes('DOCUMENT'),
        ),
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
      {
        caseloads: new Set(grant.caseloads),
        partner: caller.partner,
        state: caller.state,
        requiresNotice: grant.requiresNotice === true,
      },
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
    const agreeing = new Set(
      found.agreement.flatMap(({ element, agreement }) =>
        agreement === 'AGREES' ? [element] : [],
      ),
    );

    // 8. The disclosure plan of the grant; nothing else of the person is read into the answer.
    const outcome = publicOutcome(found.outcome, grant);
    const subject =
      outcome === 'MATCH' ? discloseSubject(found, agreeing, caller, grant, question) : undefined;
    const answeredAt = this.now();
    const fields = subject === undefined ? [] : disclosedLevels(subject);
    const noteMatch =
      // Nobody crosses a border in a rehearsal: nothing is outstanding after it.
      subject === undefined || found.best === undefined || isTestGrant(grant)
        ? undefined
        : await this.told.prepare({
            verificationId: id,
            partner: caller.partner,
            officer: caller.officer,
            at: answeredAt,
            subject: found.best.opened.id,
            reference: subject.reference,
            grant: grant.id,
            grantVersion: grant.version,
            purpose: grant.purpose,
            // Else a notice would tell that something changed the grant never lets be compared.
            fields: [...subject.fields].flatMap(([field, { level }]) =>
              tellsOfPerson(field, level, grant.matchOn)
                ? [[fieldCatalogue[field].name, level] as const]
                : [],
            ),
          });

    // 9. The access record, durable before anything leaves.
    //    A match gives its miss back and waits for its crossing, both in the same transaction.
    const logged = await this.accessLog.append(
      {
        ...entryOf(id, caller, question, answeredAt),
        // Every partner asks about the same made-up people: that is no alarm.
        ...(isTestGrant(grant) ? {} : { grouping: canonicalEvidence(evidence) }),
        grantVersion: grant.version,
        outcome,
        fields,
        reference: subject?.reference ?? null,
        host: {
          ...hostPartOf(caller, question, grant, spent),
          subject: subject === undefined ? null : (found.best?.opened.id ?? null),
          finding: outcome === found.outcome ? null : found.outcome,
        },
      },
      subject === undefined
        ? {}
        : {
            alongside: async (manager) => {
              await charged.giveBackMiss(manager, subject.reference);
              await noteMatch?.(manager);
            },
          },
    );

    return {
      id,
      requestId: question.requestId,
      answeredAt,
      relyUntil: earlier(new Date(answeredAt.getTime() + relyHours * 3_600_000), grant.validUntil),
      outcome,
      handling: grant.handling,
      evidence: evidenceElements.map((element) => ({
        element,
        agreement:
          outcome === 'MATCH'
            ? discloseAgreement(grant.fields, element, agreeing)
            : 'NOT_CONFIRMED',
      })),
      subject,
      receipt: { record: logged.record, salt: logged.salt, proof: logged.proof },
    };
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
          ...hostPartOf(caller, question, own, spent),
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

function discloseSubject(
  found: Found,
  agreeing: ReadonlySet<EvidenceElement>,
  caller: Caller,
  grant: Grant,
  question: Question,
): DisclosedSubject {
  if (found.best === undefined) throw new TypeError('a match has a subject');
  const { subject, referenceSecret } = found.best.opened;
  return {
    reference: pairwiseReference(referenceSecret, caller.partner, grant.purpose),
    fields: disclose(grant.fields, question.fields, {
      subject,
      dateOfBirth: gregorianDate(subject.dateOfBirth, subject.calendar),
      agreeing,
    }),
  };
}

/** What left, as a record names it. */
function disclosedLevels(subject: DisclosedSubject): readonly (readonly [string, string])[] {
  return [...subject.fields].map(([field, { level }]) => [fieldCatalogue[field].name, level]);
}

/** What every record of a question carries; malformed ids are not repeated in it. */
function entryOf(id: string, caller: Caller, question: Question, at: Date) {
  return {
    tree: { kind: 'partner', partner: caller.partner },
    id,
    at,
    requestId: isRequestId(question.requestId) ? question.requestId : null,
    grant: isUuid(question.grantId) ? question.grantId : null,
    purpose: question.purpose,
    person: question.personAsSent ?? null,
  } satisfies Partial<AccessEntry>;
}

/** What only the host may open. */
function hostPartOf(caller: Caller, question: Question, grant: Grant | undefined, { kept }: Spent) {
  return {
    ...(kept === null ? {} : { charge: kept }),
    ...(grant !== undefined && isTestGrant(grant) ? { test: true as const } : {}),
    clientId: caller.clientId,
    officer: caller.officer ?? null,
    certificate: caller.certificateFingerprint,
    caseReference: isCaseReference(question.caseReference) ? question.caseReference : null,
  };
}

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
