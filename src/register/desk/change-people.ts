import { inputInvalid } from '../../core/errors.js';
import { isCaseload, type Caseload, type PartnerCode } from '../../core/ids.js';
import { visaStatuses, type VisaStatus } from '../../core/register/subject.js';
import type { ActPayload, BookedAct, StaffCaller } from '../../staff/index.js';
import { planErasure, requestErasure, type ErasurePlan, type ErasureTarget } from '../erase.js';
import { requestHold, requestHoldLift, type HoldTarget } from '../legal-hold.js';
import { keepApartIn, requestMerge } from '../merge.js';
import { addPersonIn, correctPersonIn, readPersonRow, type PersonChange } from '../one-person.js';
import { changedFields } from '../person-fields.js';
import {
  readRegister,
  type PeopleTarget,
  type PersonReference,
  type RegisterChange,
} from '../register-change.js';
import { readPerson } from '../person-view.js';
import { readCounsel } from '../sealed-history.js';
import { requestLift, suppressPeopleIn } from '../suppression.js';
import {
  readMembersText,
  requestByTwo,
  requestRelease,
  type DeskOptions,
  type RequestedAct,
} from './desk.js';
import type { RegisterAct } from './register-acts.js';

/** What became of one person by an act of one registrar. */
export interface PersonChanged {
  /** Undefined: nothing would have changed, so nothing was done. */
  readonly act: BookedAct | undefined;
  /** Names of fields, never values. */
  readonly fields: readonly string[];
  readonly state: 'LIVE' | 'PENDING';
  readonly batchId: string | undefined;
  /** The request to release it that waits for another registrar. */
  readonly release: BookedAct | undefined;
}

/** People as registrars name them: one caseload, and either some references of it or all. */
export interface NamedPeople {
  readonly caseload: string;
  readonly references?: readonly string[];
}

type Change = Omit<PersonChange, 'version'>;

/**
 * Registrars change people: one person acts at once where it narrows, two where it widens. Each act is
 * one with its record; whom it is about stands sealed, in the register and in the record, and nowhere
 * else.
 */
export class ChangePeople {
  constructor(private readonly options: DeskOptions) {}

  /** Adds one person, who waits for the release. @param text one line of the import */
  async add(caller: StaffCaller, text: string): Promise<PersonChanged> {
    const { acts, knownPartners, register } = this.options;
    await acts.admit(caller, 'REGISTER_IMPORT');
    const row = readMembersText(text, 'person');
    const known = await knownPartners();
    const fields = changedFields(undefined, readPersonRow(register.store, row, known));
    const command = { row, requestedBy: caller.reference, knownPartners: known };
    const { act, result } = await this.#alone(
      caller,
      'REGISTER_IMPORT',
      { payload: { rows: 1, fields } },
      async (change, actId) => addPersonIn(change, command, actId),
    );
    return this.#changed(caller, act, result);
  }

  /**
   * Corrects one person. @param text members as they shall be, as JSON; null takes one away
   * @param version the person was read in; another by now, and it is refused
   */
  async correct(
    caller: StaffCaller,
    reference: PersonReference,
    text: string,
    version?: number,
  ): Promise<PersonChanged> {
    return this.#correct(caller, reference, readMembersText(text, 'correction'), version);
  }

  async changeVisaStatus(
    caller: StaffCaller,
    reference: PersonReference,
    status: string,
  ): Promise<PersonChanged> {
    const known = visaStatuses.find((one): one is VisaStatus => one === status);
    if (known === undefined) throw inputInvalid('status');
    return this.#correct(caller, reference, { visa: { status: known } }, undefined);
  }

  async #correct(
    caller: StaffCaller,
    reference: PersonReference,
    correction: Readonly<Record<string, unknown>>,
    version: number | undefined,
  ): Promise<PersonChanged> {
    const { acts, knownPartners, register } = this.options;
    await acts.admit(caller, 'REGISTER_CORRECT');
    const asked = {
      ...reference,
      correction,
      requestedBy: caller.reference,
      knownPartners: await knownPartners(),
      ...(version === undefined ? {} : { subjectVersion: version }),
    };
    // Which fields, and whom: known before the act is recorded, and held to when it is done.
    const foreseen = await readRegister(register.store, async (change) =>
      correctPersonIn(change, asked, { dryRun: true }),
    );
    const { fields, subject, subjectVersion, state } = foreseen;
    if (fields.length === 0) {
      return { act: undefined, fields, state, batchId: undefined, release: undefined };
    }
    const { act, result } = await this.#alone(
      caller,
      'REGISTER_CORRECT',
      { payload: { people: 1, fields }, subject },
      async (change, actId) => correctPersonIn(change, { ...asked, subjectVersion }, { actId }),
    );
    return this.#changed(caller, act, result);
  }

  /** Keeps people from partners or states, at once. */
  async suppress(
    caller: StaffCaller,
    people: NamedPeople,
    codes: readonly string[],
  ): Promise<{ readonly act: BookedAct; readonly people: number }> {
    await this.options.acts.admit(caller, 'REGISTER_SUPPRESS');
    const command = {
      people: targetOf(people),
      codes,
      requestedBy: caller.reference,
      knownPartners: await this.options.knownPartners(),
    };
    const { act, result } = await this.#alone(
      caller,
      'REGISTER_SUPPRESS',
      { payload: {}, ...(await this.#onlySubject(people)) },
      async (change, actId) => suppressPeopleIn(change, command, actId),
    );
    return { act, people: result };
  }

  async lift(
    caller: StaffCaller,
    people: NamedPeople,
    codes: readonly string[],
  ): Promise<RequestedAct> {
    const { register } = this.options;
    const knownPartners = await this.options.knownPartners();
    return requestByTwo(this.options, caller, 'REGISTER_LIFT', async (requestedBy) =>
      requestLift(register.store, {
        people: targetOf(people),
        codes,
        requestedBy,
        knownPartners,
      }),
    );
  }

  /** What an erasure would do: changes nothing, and is recorded as reading. */
  async planErasure(
    caller: StaffCaller,
    people: NamedPeople | RetentionInput,
  ): Promise<ErasurePlan> {
    const { records, register } = this.options;
    await records.record(caller, 'REGISTER_READ', { content: { plan: 'erasure' } });
    return planErasure(register.store, erasureTargetOf(people));
  }

  /** @param counselText public JWK, as JSON: the access history is sealed for it before the keys go */
  async erase(
    caller: StaffCaller,
    people: NamedPeople | RetentionInput,
    counselText?: string,
  ): Promise<RequestedAct & { readonly plan: ErasurePlan }> {
    const { register } = this.options;
    const target = erasureTargetOf(people);
    const named =
      counselText === undefined
        ? undefined
        : await readCounsel(readMembersText(counselText, 'counsel'));
    const { asked, ...requested } = await requestByTwo(
      this.options,
      caller,
      'REGISTER_ERASE',
      async (requestedBy) =>
        requestErasure(register.store, {
          target,
          requestedBy,
          ...(named === undefined ? {} : { counsel: named.counsel }),
        }),
      named === undefined ? {} : { counsel: named.thumbprint },
    );
    return { ...requested, plan: asked };
  }

  /** @param until a day, `2027-01-31`, or an instant in UTC */
  async hold(
    caller: StaffCaller,
    people: NamedPeople | HoldRangeText,
    until: string,
  ): Promise<RequestedAct> {
    const { store } = this.options.register;
    const endsAt = readInstant(until);
    return requestByTwo(this.options, caller, 'REGISTER_HOLD', async (requestedBy) =>
      requestHold(store, { people: heldTargetOf(people), endsAt, requestedBy }),
    );
  }

  async liftHold(caller: StaffCaller, holdId: string): Promise<RequestedAct> {
    const { store } = this.options.register;
    return requestByTwo(this.options, caller, 'REGISTER_HOLD_LIFT', async (requestedBy) =>
      requestHoldLift(store, { holdId, requestedBy }),
    );
  }

  async merge(
    caller: StaffCaller,
    pair: { readonly into: PersonReference; readonly from: PersonReference },
  ): Promise<RequestedAct> {
    const { store } = this.options.register;
    return requestByTwo(this.options, caller, 'REGISTER_MERGE', async (requestedBy) =>
      requestMerge(store, { ...pair, requestedBy }),
    );
  }

  async keepApart(
    caller: StaffCaller,
    people: readonly [PersonReference, PersonReference],
  ): Promise<BookedAct> {
    const command = { people, by: caller.reference };
    const { act } = await this.#alone(
      caller,
      'REGISTER_KEEP_APART',
      { payload: { people: 2 } },
      async (change, actId) => keepApartIn(change, command, actId),
    );
    return act;
  }

  /** An act of one person: done in the transaction of its record. */
  async #alone<Result>(
    caller: StaffCaller,
    act: RegisterAct,
    about: { readonly payload: ActPayload; readonly subject?: string },
    work: (change: RegisterChange, actId: string) => Promise<Result>,
  ): Promise<{ readonly act: BookedAct; readonly result: Result }> {
    const { acts, registerActs, newId } = this.options;
    let done: { readonly result: Result } | undefined;
    const booked = await registerActs.handOver(
      newId(),
      {
        ...about,
        work: async (change, { actId }) => {
          done = { result: await work(change, actId) };
        },
      },
      async (content) => acts.perform(caller, act, content),
    );
    if (done === undefined) throw new TypeError('an act was recorded and not done');
    return { act: booked, result: done.result };
  }

  async #changed(
    caller: StaffCaller,
    act: BookedAct,
    { fields, state, batchId }: Change,
  ): Promise<PersonChanged> {
    const release =
      batchId === undefined ? undefined : (await requestRelease(this.options, caller, batchId)).act;
    return { act, fields, state, batchId, release };
  }

  /** The one person who is named, for the record. */
  async #onlySubject({
    caseload,
    references = [],
  }: NamedPeople): Promise<{ readonly subject?: string }> {
    const [reference, ...others] = references;
    if (reference === undefined || others.length > 0) return {};
    const { subject } = await readPerson(this.options.register.store, {
      caseload: caseload as Caseload,
      reference,
    });
    return { subject };
  }
}

/** Whose visa ended before a day; of one caseload where it is named. */
export interface RetentionInput {
  readonly visaEndedBefore: string;
  readonly caseload?: string;
}

/** @throws {GatewayError} ERR_INPUT_INVALID */
export function readCaseload(text: string, argument = 'caseload'): Caseload {
  if (!isCaseload(text)) throw inputInvalid(argument);
  return text;
}

/** A range of the access log, as text. */
export interface HoldRangeText {
  readonly range: {
    readonly partner?: string;
    readonly caseload?: string;
    readonly from?: string;
    readonly to?: string;
  };
}

function heldTargetOf(people: NamedPeople | HoldRangeText): HoldTarget {
  if (!('range' in people)) return targetOf(people);
  const { partner, caseload, from, to } = people.range;
  return {
    range: {
      ...(partner === undefined ? {} : { partner: partner as PartnerCode }),
      ...(caseload === undefined ? {} : { caseload: readCaseload(caseload, 'range.caseload') }),
      ...(from === undefined ? {} : { from: readInstant(from, 'range.from').toISOString() }),
      ...(to === undefined ? {} : { to: readInstant(to, 'range.to').toISOString() }),
    },
  };
}

/** RFC 3339 in UTC, or a day alone, from whose beginning it is. */
function readInstant(text: string, argument = 'endsAt'): Date {
  const form = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z)?$/;
  const instant = new Date(text.length === 10 ? `${text}T00:00:00Z` : text);
  const isDay = form.test(text) && !Number.isNaN(instant.getTime());
  // A day no month has would be read as one of the next.
  if (!isDay || instant.toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw inputInvalid(argument);
  }
  return instant;
}

function targetOf({ caseload: text, references }: NamedPeople): PeopleTarget {
  const caseload = readCaseload(text, 'people.caseload');
  if (references === undefined) return { caseload };
  if (references.length === 0) throw inputInvalid('people.references', 'empty');
  return { references: references.map((reference) => ({ caseload, reference })) };
}

function erasureTargetOf(people: NamedPeople | RetentionInput): ErasureTarget {
  if (!('visaEndedBefore' in people)) return targetOf(people);
  const { visaEndedBefore, caseload } = people;
  return caseload === undefined
    ? { visaEndedBefore }
    : { visaEndedBefore, caseload: readCaseload(caseload, 'people.caseload') };
}
