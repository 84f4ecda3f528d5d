import type { JWK } from 'jose';
import { dayNumber, parseEdtf, type DayNumber } from '../core/dates/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { builtInCaseload, type Caseload, type SubjectId } from '../core/ids.js';
import {
  finishAct,
  openApproved,
  peopleDiffer,
  requestAct,
  type Approval,
  type PendingAct,
} from './acts.js';
import { noteErased } from './erased-references.js';
import { heldPeople } from './legal-hold.js';
import { tellLiveChanges, type Replaced } from './live-change.js';
import type { PagePerson } from './page.js';
import {
  changeRegister,
  readRegister,
  type PeopleTarget,
  type PersonReference,
  type RegisterChange,
} from './register-change.js';
import { epochEnd } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { namedPerson, type NamedPerson } from './restrictions.js';
import { decodeSubjectId } from './subject-uuid.js';

/** Who is to be forgotten: people, a caseload, or whoever a retention rule says. */
export type ErasureTarget =
  | { readonly references: readonly PersonReference[] }
  | { readonly caseload: Caseload }
  | RetentionRule;

/** Those whose visa ended before a day, `1984-03-15`; of one caseload where it is named. */
export interface RetentionRule {
  readonly visaEndedBefore: string;
  readonly caseload?: Caseload;
}

/** What an erasure would do, or did. */
export interface ErasurePlan {
  /** Who would be erased. */
  readonly people: number;
  /** Who is meant, and is kept by a legal hold. */
  readonly held: number;
  /**
   * From when backups hold nothing of them that can be read: the last key they were under is then
   * destroyed. Undefined when nobody is meant.
   */
  readonly backupsCoveredBy: Date | undefined;
}

export interface ErasureReport extends ErasurePlan {
  /** Whose part of the access log is to be forgotten as well. */
  readonly subjects: readonly SubjectId[];
  readonly version: bigint;
}

/** The dry run: changes nothing. */
export async function planErasure(
  store: RegisterStore,
  target: ErasureTarget,
): Promise<ErasurePlan> {
  const result = await readRegister(store, async (change) => erase(change, target, true));
  const { people, held, backupsCoveredBy } = result;
  return { people, held, backupsCoveredBy };
}

/**
 * Asks for an erasure. Named people who are under a legal hold refuse it; of a caseload or by a rule
 * they stay behind.
 *
 * @throws {GatewayError} ERR_LEGAL_HOLD; ERR_INPUT_INVALID naming the reference nobody has;
 *   ERR_CONFLICT naming `people` when nobody would be erased
 */
export async function requestErasure(
  store: RegisterStore,
  command: {
    readonly target: ErasureTarget;
    /** Public JWK; what partners were told is sealed for it before the keys go. */
    readonly counsel?: JWK;
    readonly requestedBy: string;
  },
): Promise<PendingAct & ErasurePlan> {
  const plan = await planErasure(store, command.target);
  refuseHeld(command.target, plan.held);
  if (plan.people === 0) {
    throw new GatewayError('ERR_CONFLICT', {
      argument: 'people',
      detail: plan.held === 0 ? 'nobody is meant' : 'everybody who is meant is held',
    });
  }
  const act = await requestAct(store, {
    kind: 'ERASE',
    by: command.requestedBy,
    people: plan.people,
    content: {
      ...command.target,
      ...(command.counsel === undefined ? {} : { counsel: command.counsel }),
    },
  });
  return { ...act, ...plan };
}

/**
 * Forgets: every version's data key is destroyed, the pages are rewritten without them under fresh
 * keys, nobody finds them from the returned version on.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER; ERR_LEGAL_HOLD; ERR_ROW_CONFLICT when there is
 *   no such request or it now means another number of people
 */
export async function approveErasure(
  store: RegisterStore,
  command: Approval,
): Promise<ErasureReport> {
  const { result, version } = await changeRegister(store, async (change) =>
    approveErasureIn(change, command),
  );
  return { ...result, version };
}

/** {@link approveErasure} as part of a change. */
export async function approveErasureIn(
  change: RegisterChange,
  command: Approval,
): Promise<Omit<ErasureReport, 'version'>> {
  const { store, manager } = change;
  const act = await openApproved(store, manager, 'ERASE', command);
  const target = act.content as ErasureTarget;
  const erased = await erase(change, target, false);
  refuseHeld(target, erased.held);
  if (erased.people !== act.people) throw peopleDiffer(erased.people);
  await finishAct(store, manager, act.id, command.approvedBy, change.version);
  const { people, subjects, backupsCoveredBy, held, named } = erased;
  if (people > 0) {
    const gone = named.map(({ subject, referenceKey }) => ({
      id: decodeSubjectId(subject),
      referenceKey,
    }));
    await noteErased(store, manager, change.epoch, act.id, gone);
    change.restricts('register.erased', named, {
      act: {
        id: act.id,
        kind: 'ERASE',
        requestedBy: act.requestedBy,
        approvedBy: command.approvedBy,
        at: store.now().toISOString(),
        people,
      },
    });
  }
  return { people, subjects, backupsCoveredBy, held };
}

function refuseHeld(target: ErasureTarget, held: number): void {
  if ('references' in target && held > 0) {
    throw new GatewayError('ERR_LEGAL_HOLD', { detail: `${held} of the people named are held` });
  }
}

async function erase(
  change: RegisterChange,
  target: ErasureTarget,
  dryRun: boolean,
): Promise<
  ErasurePlan & { readonly subjects: readonly SubjectId[]; readonly named: readonly NamedPerson[] }
> {
  const { store, manager } = change;
  const subjects: SubjectId[] = [];
  const replaced: Replaced[] = [];
  const named: NamedPerson[] = [];
  const pages: number[] = [];
  let held = 0;
  for await (const { pageNumber, gone, kept } of meantForErasure(change, target)) {
    held += kept;
    if (gone.length === 0) continue;
    pages.push(pageNumber);
    for (const person of gone) {
      const subject = decodeSubjectId(person.subject);
      subjects.push(subject);
      named.push(namedPerson(person));
      const { live } = person;
      if (live !== undefined) replaced.push({ subject, live: live.version, next: undefined });
    }
  }
  const backupsCoveredBy = await coveredBy(change, pages, subjects);
  if (!dryRun) {
    await tellLiveChanges(store, manager, replaced);
    const erased = new Set<string>(subjects);
    await change.edit(pages, (page) => {
      const stay: PagePerson[] = [];
      for (const person of page.people) {
        if (!erased.has(decodeSubjectId(person.subject))) {
          stay.push(person);
          continue;
        }
        change.destroy(person, 'live');
        change.destroy(person, 'pending');
      }
      page.people.splice(0, page.people.length, ...stay);
      return true;
    });
    await manager.query('DELETE FROM kept_apart WHERE one = ANY ($1) OR other = ANY ($1)', [
      subjects,
    ]);
  }
  return { people: subjects.length, held, backupsCoveredBy, subjects, named };
}

/** Page by page: who is to go, and how many a legal hold keeps. */
export async function* meantForErasure(
  change: RegisterChange,
  target: ErasureTarget,
): AsyncGenerator<{
  readonly pageNumber: number;
  readonly gone: readonly PagePerson[];
  readonly kept: number;
}> {
  const isHeld = await heldPeople(change.store, change.manager);
  const isMeant = await meantBy(change, target);
  for await (const page of change.read(isMeant.pageNumbers)) {
    const meant = [...new Set(await isMeant.among(page.people))];
    const gone = meant.filter((person) => !isHeld(person));
    yield { pageNumber: page.pageNumber, gone, kept: meant.length - gone.length };
  }
}

interface Meant {
  readonly pageNumbers: readonly number[];
  among(people: readonly PagePerson[]): Promise<readonly PagePerson[]>;
}

async function meantBy(change: RegisterChange, target: ErasureTarget): Promise<Meant> {
  if (!('visaEndedBefore' in target)) {
    const { pageNumbers, isMeant } = await change.locate(target satisfies PeopleTarget);
    return { pageNumbers, among: async (people) => people.filter(isMeant) };
  }
  const before = dayOfText(target.visaEndedBefore);
  return {
    pageNumbers: change.pageNumbers,
    among: async (people) => {
      const { caseload } = target;
      const possible = people.filter(
        (one) =>
          one.caseload !== builtInCaseload && (caseload === undefined || one.caseload === caseload),
      );
      const references = possible.flatMap((person) => {
        // What partners are told of decides, not what waits.
        const version = (person.live ?? person.pending)?.version;
        return version === undefined ? [] : [{ id: decodeSubjectId(person.subject), version }];
      });
      const opened = await change.store.readSubjects(change.manager, references);
      return possible.filter((person) => {
        const visa = opened.get(decodeSubjectId(person.subject))?.content.visa;
        const ends = visa?.expires === undefined ? undefined : lastDay(visa.expires);
        return ends !== undefined && ends < before;
      });
    },
  };
}

function dayOfText(text: string): DayNumber {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const [, year, month, day] = parts ?? [];
  const number = dayNumber('GREGORIAN', Number(year), Number(month), Number(day));
  if (number === undefined) throw inputInvalid('visaEndedBefore', 'no day');
  return number;
}

/** Last day a date can mean. */
function lastDay(text: string): DayNumber | undefined {
  const readings = parseEdtf(text, 'GREGORIAN')?.alternatives;
  return readings && Math.max(...readings.map(({ last }) => last));
}

/** The end of the last epoch any of it was wrapped under: earlier copies were under earlier ones. */
async function coveredBy(
  change: RegisterChange,
  pages: readonly number[],
  subjects: readonly SubjectId[],
): Promise<Date | undefined> {
  if (subjects.length === 0) return undefined;
  const [row] = await change.manager.query<{ epoch: number }[]>(
    `SELECT greatest(
       (SELECT max(epoch_id) FROM subject WHERE id = ANY ($1)),
       (SELECT max(epoch_id) FROM merged_entry WHERE into_id = ANY ($1)),
       (SELECT max(epoch_id) FROM register_page WHERE page_number = ANY ($2))) AS epoch`,
    [subjects, pages],
  );
  return row && epochEnd(row.epoch);
}
