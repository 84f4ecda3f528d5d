import { GatewayError, inputInvalid } from '../../core/errors.js';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { readRecipient } from '../../platform/jwe/recipient.js';
import { textMember, uuidForm, type BookedAct, type StaffCaller } from '../../staff/index.js';
import type { PendingAct } from '../acts.js';
import type { PersonReference } from '../register-change.js';
import {
  openRelease,
  readKnownAgain,
  readLeftExport,
  readSubjectsNamed,
  readSurvivors,
  requestExposure,
  requestHistory,
  type ExposureContent,
  type HistoryContent,
  type KnownAgain,
  type LeftExport,
  type NamedSubject,
  type ReleaseKind,
} from '../releases.js';
import { readCaseload } from './change-people.js';
import { readMembersText, requestByTwo, type DeskOptions, type RequestedAct } from './desk.js';

export const releaseActs = { HISTORY: 'HISTORY_RELEASE', EXPOSURE: 'EXPOSURE_RELEASE' } as const;

/** A request a second role decides, without the person it is about. */
export interface ReleaseRequest {
  readonly kind: ReleaseKind;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly people: number;
  readonly reason: string;
  readonly caseReferences: boolean;
  /** RFC 7638 thumbprint of the key that can open it; null for a document in the clear. */
  readonly recipientThumbprint: string | null;
  /** What an exposure is of; null for a history. */
  readonly target: Readonly<Record<string, string>> | null;
}

const lengths = { least: 10, most: 200 };

/**
 * Releases of what partners were told: a registrar finds, another role agrees. The book of acts holds
 * a number and no person; the rest is sealed in the register's table until it is fetched.
 */
export class ReleasePeople {
  constructor(private readonly options: DeskOptions) {}

  /**
   * @param recipient public JWK of counsel, as JSON; absent for a document in the clear
   * @throws {GatewayError} ERR_NOT_FOUND for a reference nobody has; ERR_INPUT_INVALID
   */
  async requestHistory(
    caller: StaffCaller,
    asked: {
      readonly person: PersonReference;
      readonly reason: string;
      readonly caseReferences: boolean;
      readonly recipient?: string | undefined;
    },
  ): Promise<RequestedAct> {
    const { person, caseReferences, recipient, reason } = asked;
    const { store } = this.options.register;
    return requestByTwo(this.options, caller, 'HISTORY_RELEASE', async (by) =>
      requestHistory(store, by, {
        person: { ...person, caseload: readCaseload(person.caseload) },
        caseReferences,
        reason: reasonOf(reason),
        recipient: recipient === undefined ? null : recipientOf(recipient),
      }),
    );
  }

  /** @param recipient public JWK of whoever may read the names, as JSON */
  async requestExposure(
    caller: StaffCaller,
    asked: {
      readonly target: Readonly<Record<string, string>>;
      readonly reason: string;
      readonly recipient: string;
      /** How many people there are; counted once it is known who asks. */
      readonly count: () => Promise<number>;
    },
  ): Promise<RequestedAct> {
    const { target, recipient, count, reason } = asked;
    const { store } = this.options.register;
    return requestByTwo(this.options, caller, 'EXPOSURE_RELEASE', async (by) => {
      const content = { target, reason: reasonOf(reason), recipient: recipientOf(recipient) };
      return requestExposure(store, by, await count(), content);
    });
  }

  /** What waits, for whoever decides it: never whom it is about. */
  async request(caller: StaffCaller, actId: string): Promise<ReleaseRequest> {
    const { act, payload } = await this.options.acts.find(caller, actId);
    const kind = kindOf(act);
    if (kind === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'act' });
    const opened = await this.#open(kind, payload);
    const content = opened.content as HistoryContent | ExposureContent;
    const { requestedBy, requestedAt, people } = opened;
    const { recipient } = content;
    return {
      kind,
      requestedBy,
      requestedAt,
      people,
      reason: content.reason,
      caseReferences: 'caseReferences' in content && content.caseReferences,
      recipientThumbprint: recipient === null ? null : await calculateJwkThumbprint(recipient),
      target: 'target' in content ? content.target : null,
    };
  }

  /** @throws {GatewayError} ERR_NOT_FOUND, ERR_CONFLICT while it is not approved */
  async approvedHistory(caller: StaffCaller, actId: string): Promise<HistoryContent> {
    return (await this.#approved(caller, 'HISTORY', actId)) as HistoryContent;
  }

  /** @throws {GatewayError} ERR_NOT_FOUND, ERR_CONFLICT while it is not approved */
  async approvedExposure(caller: StaffCaller, actId: string): Promise<ExposureContent> {
    return (await this.#approved(caller, 'EXPOSURE', actId)) as ExposureContent;
  }

  /** @throws {GatewayError} ERR_NOT_FOUND: erased, or another person has the reference by now */
  async knownPerson({ person, subject }: HistoryContent): Promise<KnownAgain> {
    const known = await readKnownAgain(this.options.register.store, person);
    if (known.subject !== subject) throw new GatewayError('ERR_NOT_FOUND', { argument: 'act' });
    return known;
  }

  /** Into whom entries were merged, by inside id. */
  async survivors(entries: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return readSurvivors(this.options.register.store, entries);
  }

  async named(wanted: Parameters<typeof readSubjectsNamed>[1]): Promise<readonly NamedSubject[]> {
    return readSubjectsNamed(this.options.register.store, wanted);
  }

  /**
   * A register export that left.
   *
   * @param actId of the book of acts, for whoever may see it there
   * @throws {GatewayError} ERR_NOT_FOUND
   */
  async leftExport(caller: StaffCaller, actId: string): Promise<LeftExport> {
    const { act, payload, state } = await this.options.acts.find(caller, actId);
    const left =
      act === 'REGISTER_EXPORT' && state === 'DONE'
        ? await readLeftExport(
            this.options.register.store,
            textMember(payload, 'request', uuidForm),
          )
        : undefined;
    if (left === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'export' });
    return left;
  }

  async #approved(caller: StaffCaller, kind: ReleaseKind, actId: string): Promise<unknown> {
    const { act, payload, state } = await this.options.acts.find(caller, actId);
    if (act !== releaseActs[kind]) throw new GatewayError('ERR_NOT_FOUND', { argument: 'act' });
    if (state !== 'DONE') throw new GatewayError('ERR_CONFLICT', { argument: 'act' });
    const { approvedBy, content } = await this.#open(kind, payload);
    if (approvedBy === null) throw new GatewayError('ERR_CONFLICT', { argument: 'act' });
    return content;
  }

  async #open(
    kind: ReleaseKind,
    payload: BookedAct['payload'],
  ): Promise<PendingAct & { readonly content: unknown }> {
    const { store } = this.options.register;
    return openRelease(store, kind, textMember(payload, 'request', uuidForm));
  }
}

function kindOf(act: string): ReleaseKind | undefined {
  if (act === releaseActs.HISTORY) return 'HISTORY';
  return act === releaseActs.EXPOSURE ? 'EXPOSURE' : undefined;
}

function recipientOf(text: string): JWK {
  return readRecipient(readMembersText(text, 'recipient')).jwk;
}

function reasonOf(text: string): string {
  const reason = text.trim();
  if (reason.length < lengths.least || reason.length > lengths.most) throw inputInvalid('reason');
  return reason;
}
