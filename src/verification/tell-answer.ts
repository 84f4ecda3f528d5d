import { fieldCatalogue, type SubjectField } from '../core/disclosure/catalogue.js';
import { disclose, discloseAgreement, tellsOfPerson } from '../core/disclosure/disclose.js';
import { pairwiseReference } from '../core/disclosure/pseudonym.js';
import { gregorianDate } from '../core/dates/index.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import {
  canonicalEvidence,
  evidenceElements,
  type Classification,
  type Comparison,
  type Evidence,
  type EvidenceElement,
} from '../core/matching/index.js';
import type { AccessLog, Alongside } from '../access-log/index.js';
import type { Caller } from '../grants/index.js';
import type { ToldFacts } from '../referrals/index.js';
import type { OpenedSubject } from '../register/index.js';
import type { Answer, DisclosedSubject, Outcome } from './answer.js';
import { entryOf, hostPartOf, type AskedOf } from './entry.js';

export type Found = Classification<{
  readonly opened: OpenedSubject;
  readonly comparison: Comparison;
}>;

/** What was found, for whom, and as what it is told. */
export interface Finding {
  /** Of the answer and its record. */
  readonly id: string;
  readonly caller: Caller;
  readonly grant: Grant;
  readonly question: AskedOf & { readonly fields: readonly SubjectField[] };
  readonly evidence: Evidence;
  readonly found: Found;
  readonly outcome: Outcome;
  /** What was charged, for the sealed part. */
  readonly kept: string | null;
  /** With a match, in the transaction of its record. */
  readonly withMatch: (
    manager: Parameters<Alongside>[0],
    reference: string,
  ) => ReturnType<Alongside>;
}

/** How long a partner may rely on an answer before it must ask again. */
const relyHours = 24;

/**
 * Steps 8 and 9: the one path by which anything of a person leaves, whether a comparison found them or a
 * liaison officer confirmed them.
 */
export class TellAnswer {
  constructor(
    private readonly accessLog: Pick<AccessLog, 'append'>,
    private readonly told: Pick<ToldFacts, 'prepare'>,
    private readonly now: () => Date,
  ) {}

  /** @throws {GatewayError} ERR_LOG_UNAVAILABLE */
  async execute(finding: Finding): Promise<Answer> {
    const { id, caller, grant, question, evidence, found, outcome, kept, withMatch } = finding;
    const agreeing = new Set(
      found.agreement.flatMap(({ element, agreement }) =>
        agreement === 'AGREES' ? [element] : [],
      ),
    );

    // 8. The disclosure plan of the grant; nothing else of the person is read into the answer.
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
          ...hostPartOf(caller, question, grant, kept),
          subject: subject === undefined ? null : (found.best?.opened.id ?? null),
          finding: outcome === found.outcome ? null : found.outcome,
        },
      },
      subject === undefined
        ? {}
        : {
            alongside: async (manager) => {
              const taken = await withMatch(manager, subject.reference);
              await noteMatch?.(manager);
              return taken;
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
}

function discloseSubject(
  found: Found,
  agreeing: ReadonlySet<EvidenceElement>,
  caller: Caller,
  grant: Grant,
  { fields }: Finding['question'],
): DisclosedSubject {
  if (found.best === undefined) throw new TypeError('a match has a subject');
  const { subject, referenceSecret } = found.best.opened;
  return {
    reference: pairwiseReference(referenceSecret, caller.partner, grant.purpose),
    fields: disclose(grant.fields, fields, {
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

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);
