import type { EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { Caseload } from '../core/ids.js';
import { holds, type HoldableRecords, type HoldRange } from '../core/register/hold-range.js';
import { seal, unseal } from '../platform/keys/keys.js';
import { finishAct, openApproved, requestAct, type Approval, type PendingAct } from './acts.js';
import { mergedEntries, type MergedEntry } from './merged-entries.js';
import type { PagePerson } from './page.js';
import { changeRegister, type PeopleTarget, type RegisterChange } from './register-change.js';
import type { Querier } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { timeOfSubjectId } from './subject-uuid.js';

/**
 * A legal hold: people, or a stretch of the access log and whoever it can be about, that must not be
 * forgotten until a day that is named from the beginning. Set and lifted by two people.
 */
export interface LegalHold {
  readonly id: string;
  readonly endsAt: Date;
}

export type HoldTarget = PeopleTarget | { readonly range: HoldRange };

/** What a hold protects, as it is sealed and as the journal keeps it. */
export interface HoldContent {
  readonly people: HoldTarget;
  readonly endsAt: string;
}

/**
 * Asks for a hold on people, a whole caseload (people of it who come later included), or a range.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `endsAt` when it is not in the future, the
 *   reference nobody has, or `range` when it names nothing or no time
 */
export async function requestHold(
  store: RegisterStore,
  command: { readonly people: HoldTarget; readonly endsAt: Date; readonly requestedBy: string },
): Promise<PendingAct> {
  if (!(command.endsAt > store.now())) throw inputInvalid('endsAt', 'not in the future');
  const target = 'range' in command.people ? readRange(command.people.range) : command.people;
  const { result: people } = await changeRegister(store, async (change) => {
    const { pageNumbers, isMeant } =
      'range' in target
        ? { pageNumbers: change.pageNumbers, isMeant: inRange(target.range) }
        : await change.locate(target);
    let count = 0;
    for await (const page of change.read(pageNumbers)) count += page.people.filter(isMeant).length;
    return count;
  });
  const content: HoldContent = { people: target, endsAt: command.endsAt.toISOString() };
  return requestAct(store, { kind: 'SET_HOLD', by: command.requestedBy, people, content });
}

/** @throws {GatewayError} ERR_APPROVER_IS_REQUESTER, ERR_ROW_CONFLICT */
export async function approveHold(store: RegisterStore, command: Approval): Promise<LegalHold> {
  const { result } = await changeRegister(store, async (change) => approveHoldIn(change, command));
  return result;
}

/** {@link approveHold} as part of a change. */
export async function approveHoldIn(change: RegisterChange, command: Approval): Promise<LegalHold> {
  const { store } = change;
  const act = await openApproved(store, change.manager, 'SET_HOLD', command);
  const hold = act.content as HoldContent;
  await finishAct(store, change.manager, act.id, command.approvedBy, change.version - 1n);
  await restoreHold(change, act.id, hold);
  const { id, kind, requestedBy, people } = act;
  const at = store.now().toISOString();
  change.restricts('register.held', [], {
    hold,
    act: { id, kind, requestedBy, approvedBy: command.approvedBy, at, people },
  });
  return { id: act.id, endsAt: new Date(hold.endsAt) };
}

/** Puts a hold in force, or back in force; its act is there. One that has ended changes nothing. */
export async function restoreHold(
  change: RegisterChange,
  id: string,
  { people, endsAt }: HoldContent,
): Promise<void> {
  if (!(new Date(endsAt) > change.store.now())) return;
  const { epoch, manager } = change;
  const json = Buffer.from(JSON.stringify(people), 'utf8');
  await manager.query(
    `INSERT INTO legal_hold (id, ends_at, epoch_id, sealed) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO NOTHING`,
    [id, endsAt, epoch.id, seal(epoch.key, json, holdContext(id, epoch.id))],
  );
}

/** Asks for a hold to end before its day. */
export async function requestHoldLift(
  store: RegisterStore,
  command: { readonly holdId: string; readonly requestedBy: string },
): Promise<PendingAct> {
  const [hold] = await store.dataSource.query<{ people: number }[]>(
    `SELECT a.people FROM legal_hold h JOIN register_act a ON a.id = h.id WHERE h.id::text = $1`,
    [command.holdId],
  );
  if (hold === undefined)
    throw new GatewayError('ERR_NOT_FOUND', { argument: 'hold', detail: 'no such hold' });
  return requestAct(store, {
    kind: 'LIFT_HOLD',
    by: command.requestedBy,
    people: hold.people,
    content: { holdId: command.holdId },
  });
}

/** @throws {GatewayError} ERR_APPROVER_IS_REQUESTER, ERR_ROW_CONFLICT */
export async function approveHoldLift(store: RegisterStore, command: Approval): Promise<void> {
  await changeRegister(store, async (change) => approveHoldLiftIn(change, command));
}

/** {@link approveHoldLift} as part of a change. */
export async function approveHoldLiftIn(change: RegisterChange, command: Approval): Promise<void> {
  const { store } = change;
  const act = await openApproved(store, change.manager, 'LIFT_HOLD', command);
  const { holdId } = act.content as { readonly holdId: string };
  await change.manager.query('DELETE FROM legal_hold WHERE id::text = $1', [holdId]);
  await finishAct(store, change.manager, act.id, command.approvedBy, change.version - 1n);
}

/** A hold as it is listed: enough to lift the right one, and nobody by name. */
export interface ListedHold extends LegalHold {
  /** How many it protected when it was asked for. */
  readonly people: number;
  /** Reference of who asked for it. */
  readonly setBy: string;
  /** The caseload of a hold on all of it; the stretch of the log; null for one on people by name. */
  readonly range: HoldRange | null;
}

/** Holds in force; whom they protect is not told. */
export async function legalHolds(store: RegisterStore): Promise<readonly ListedHold[]> {
  const { dataSource } = store;
  const targets = new Map(await targetsInForce(store, dataSource));
  const rows = await dataSource.query<Omit<ListedHold, 'range'>[]>(
    `SELECT h.id, h.ends_at AS "endsAt", a.people, a.requested_by AS "setBy"
     FROM legal_hold h JOIN register_act a ON a.id = h.id
     WHERE h.ends_at > $1 ORDER BY h.ends_at, h.id`,
    [store.now()],
  );
  return rows.map((row) => ({ ...row, range: rangeOf(targets.get(row.id)) }));
}

function rangeOf(target: HoldTarget | undefined): HoldRange | null {
  if (target === undefined || 'references' in target) return null;
  return 'range' in target ? target.range : { caseload: target.caseload };
}

/** Whether a hold in force protects a person. */
export async function heldPeople(
  store: RegisterStore,
  manager: EntityManager,
): Promise<(person: PagePerson) => boolean> {
  const caseloads = new Set<string>();
  const references = new Set<string>();
  const ranges: ((person: PagePerson) => boolean)[] = [];
  for (const [, target] of await targetsInForce(store, manager)) {
    if ('range' in target) ranges.push(inRange(target.range));
    else if ('caseload' in target) caseloads.add(target.caseload);
    else {
      for (const { caseload, reference } of target.references) {
        references.add(store.keys.referenceKey(caseload, reference).toString('latin1'));
      }
    }
  }
  return (person) =>
    caseloads.has(person.caseload) ||
    references.has(person.referenceKey.toString('latin1')) ||
    ranges.some((isHeld) => isHeld(person));
}

/**
 * Whether a hold in force keeps records of the access log. One on people keeps what can speak of their
 * caseloads, and of those an entry came from that was merged into them: of whom a record is, is sealed
 * in it.
 */
export async function isHeld(store: RegisterStore, records: HoldableRecords): Promise<boolean> {
  const targets = (await targetsInForce(store, store.dataSource)).map(([, target]) => target);
  if (targets.length === 0) return false;
  const merged = await mergedEntries(store, store.dataSource);
  return targets.some((target) => {
    if ('range' in target && target.range.caseload === undefined) {
      return holds(target.range, records);
    }
    const range = 'range' in target ? target.range : {};
    return caseloadsOf(target, merged).some((caseload) => holds({ ...range, caseload }, records));
  });
}

function caseloadsOf(target: HoldTarget, merged: readonly MergedEntry[]): readonly Caseload[] {
  const named =
    'references' in target
      ? target.references.map(({ caseload }) => caseload)
      : ['range' in target ? target.range.caseload : target.caseload];
  const caseloads = new Set(named.filter((caseload) => caseload !== undefined));
  for (const { from, into } of merged) {
    if (caseloads.has(into.caseload)) caseloads.add(from.caseload);
  }
  return [...caseloads];
}

async function targetsInForce(
  store: RegisterStore,
  querier: Querier,
): Promise<readonly (readonly [id: string, target: HoldTarget])[]> {
  const rows = await querier.query<{ id: string; epoch_id: number; sealed: Buffer }[]>(
    'SELECT id, epoch_id, sealed FROM legal_hold WHERE ends_at > $1',
    [store.now()],
  );
  await store.epochs.load(
    querier,
    rows.map((row) => row.epoch_id),
  );
  const targets: (readonly [string, HoldTarget])[] = [];
  for (const row of rows) {
    const context = holdContext(row.id, row.epoch_id);
    const json = unseal(await store.epochs.key(row.epoch_id), row.sealed, context);
    // A hold that cannot be read protects everybody: nothing is erased past it.
    if (json === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `legal hold ${row.id}` });
    }
    targets.push([row.id, JSON.parse(json.toString('utf8')) as HoldTarget]);
  }
  return targets;
}

const inRange =
  ({ caseload, to }: HoldRange) =>
  (person: PagePerson): boolean =>
    (caseload === undefined || person.caseload === caseload) &&
    (to === undefined || timeOfSubjectId(person.subject) < new Date(to));

function readRange({ partner, caseload, from, to }: HoldRange): { readonly range: HoldRange } {
  const [begin, end] = [readInstant(from), readInstant(to)];
  if ([partner, caseload, begin, end].every((part) => part === undefined)) {
    throw inputInvalid('range', 'names nothing');
  }
  if (begin !== undefined && end !== undefined && !(begin < end)) {
    throw inputInvalid('range', 'ends before it begins');
  }
  return {
    range: {
      ...(partner === undefined ? {} : { partner }),
      ...(caseload === undefined ? {} : { caseload }),
      ...(begin === undefined ? {} : { from: begin }),
      ...(end === undefined ? {} : { to: end }),
    },
  };
}

function readInstant(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/.test(text);
  const instant = new Date(isInstant ? text : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw inputInvalid('range', 'no instant');
  return instant.toISOString();
}

export function holdContext(id: string, epochId: number): Buffer {
  return encodeParts('safeconduct/register/hold/v1', id, String(epochId));
}
