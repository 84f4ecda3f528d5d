import { inputInvalid } from '../core/errors.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { readStateCode } from '../core/register/states.js';
import {
  finishAct,
  openApproved,
  peopleDiffer,
  recordAct,
  requestAct,
  type Approval,
  type PendingAct,
} from './acts.js';
import type { PagePerson } from './page.js';
import { changeRegister, type PeopleTarget, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import { namedPerson, type NamedPerson } from './restrictions.js';

/** Keeps people from partners, or from every partner of a state. */
export interface SuppressionCommand {
  readonly people: PeopleTarget;
  /** Codes of partners and states. */
  readonly codes: readonly string[];
  readonly requestedBy: string;
  readonly knownPartners: ReadonlySet<PartnerCode>;
}

export interface SuppressionReport {
  /** Whom it changed anything for. */
  readonly people: number;
  /** Register version from which it holds, on every replica. */
  readonly version: bigint;
}

type Codes = readonly (PartnerCode | StateCode)[];

/**
 * Keeps people from partners or states, at once: it narrows, so one person suffices. Holds for those
 * who are on the register, pending ones included; nobody can see from outside that it took place.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the unknown code, or the reference nobody has
 */
export async function suppressPeople(
  store: RegisterStore,
  command: SuppressionCommand,
): Promise<SuppressionReport> {
  const { result, version } = await changeRegister(store, async (change) =>
    suppressPeopleIn(change, command),
  );
  return { people: result, version };
}

/** {@link suppressPeople} as part of a change; how many it changed anything for. */
export async function suppressPeopleIn(
  change: RegisterChange,
  command: SuppressionCommand,
  actId?: string,
): Promise<number> {
  const codes = readCodes(command);
  const changed = await changeSuppressions(change, command.people, (before) => [
    ...before,
    ...codes,
  ]);
  const people = changed.length;
  const id = await recordAct(change.store, change.manager, {
    kind: 'SUPPRESS',
    by: command.requestedBy,
    people,
    version: change.version,
    ...(actId === undefined ? {} : { id: actId }),
  });
  if (people > 0) {
    const at = change.store.now().toISOString();
    change.restricts('register.suppressed', changed, {
      codes,
      act: { id, kind: 'SUPPRESS', requestedBy: command.requestedBy, approvedBy: null, at, people },
    });
  }
  return people;
}

/** Asks for suppressions to be lifted: an act of its own, which another person has to approve. */
export async function requestLift(
  store: RegisterStore,
  command: SuppressionCommand,
): Promise<PendingAct> {
  const codes = readCodes(command);
  const { result: people } = await changeRegister(store, async (change) => {
    const { pageNumbers, isMeant } = await change.locate(command.people);
    let count = 0;
    for await (const page of change.read(pageNumbers)) {
      count += page.people.filter((one) => isMeant(one) && isKeptFrom(one, codes)).length;
    }
    return count;
  });
  return requestAct(store, {
    kind: 'LIFT_SUPPRESSION',
    by: command.requestedBy,
    people,
    content: { people: command.people, codes },
  });
}

/**
 * Lifts what {@link requestLift} asked for.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER; ERR_ROW_CONFLICT when there is no such request,
 *   or it now concerns another number of people than the approver was shown
 */
export async function approveLift(
  store: RegisterStore,
  command: Approval,
): Promise<SuppressionReport> {
  const { result, version } = await changeRegister(store, async (change) =>
    approveLiftIn(change, command),
  );
  return { people: result, version };
}

/** {@link approveLift} as part of a change; how many it was lifted for. */
export async function approveLiftIn(change: RegisterChange, command: Approval): Promise<number> {
  const { store, manager } = change;
  const act = await openApproved(store, manager, 'LIFT_SUPPRESSION', command);
  const { people: target, codes } = act.content as { people: PeopleTarget; codes: Codes };
  const { length: people } = await changeSuppressions(change, target, (before) =>
    before.filter((code) => !codes.includes(code)),
  );
  if (people !== act.people) throw peopleDiffer(people);
  await finishAct(store, manager, act.id, command.approvedBy, change.version);
  return people;
}

async function changeSuppressions(
  change: RegisterChange,
  target: PeopleTarget,
  next: (before: Codes) => Codes,
): Promise<readonly NamedPerson[]> {
  const { pageNumbers, isMeant } = await change.locate(target);
  const people: NamedPerson[] = [];
  await change.edit(pageNumbers, (page) => {
    const before = people.length;
    page.people.forEach((person, at) => {
      if (!isMeant(person)) return;
      const suppressedFor = [...new Set(next(person.suppressedFor))].sort();
      if (suppressedFor.join(' ') === person.suppressedFor.join(' ')) return;
      page.people[at] = { ...person, suppressedFor };
      people.push(namedPerson(person));
    });
    return people.length > before;
  });
  return people;
}

const isKeptFrom = (person: PagePerson, codes: Codes): boolean =>
  codes.some((code) => person.suppressedFor.includes(code));

function readCodes(command: SuppressionCommand): Codes {
  if (command.codes.length === 0) throw inputInvalid('codes', 'empty');
  return command.codes.map((text, at) => {
    const code = command.knownPartners.has(text as PartnerCode)
      ? (text as PartnerCode)
      : readStateCode(text);
    if (code === undefined) throw inputInvalid(`codes[${at}]`, 'unknown');
    return code;
  });
}
