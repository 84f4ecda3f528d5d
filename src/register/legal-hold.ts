import type { EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { seal, unseal } from '../platform/keys/keys.js';
import { finishAct, openApproved, requestAct, type Approval, type PendingAct } from './acts.js';
import type { PagePerson } from './page.js';
import { changeRegister, type PeopleTarget, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';

/**
 * A legal hold: people who must not be erased until a day that is named from the beginning. Set and
 * lifted by two people.
 */
export interface LegalHold {
  readonly id: string;
  readonly endsAt: Date;
}

interface HoldContent {
  readonly people: PeopleTarget;
  readonly endsAt: string;
}

/**
 * Asks for a hold on people or a whole caseload, people of it who come later included.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `endsAt` when it is not in the future, or the
 *   reference nobody has
 */
export async function requestHold(
  store: RegisterStore,
  command: { readonly people: PeopleTarget; readonly endsAt: Date; readonly requestedBy: string },
): Promise<PendingAct> {
  if (!(command.endsAt > store.now())) throw inputInvalid('endsAt', 'not in the future');
  const { result: people } = await changeRegister(store, async (change) => {
    const { pageNumbers, isMeant } = await change.locate(command.people);
    let count = 0;
    for await (const page of change.read(pageNumbers)) count += page.people.filter(isMeant).length;
    return count;
  });
  const content: HoldContent = {
    people: command.people,
    endsAt: command.endsAt.toISOString(),
  };
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
  const { people, endsAt } = act.content as HoldContent;
  await finishAct(store, change.manager, act.id, command.approvedBy, change.version - 1n);
  const json = Buffer.from(JSON.stringify(people), 'utf8');
  await change.manager.query(
    'INSERT INTO legal_hold (id, ends_at, epoch_id, sealed) VALUES ($1, $2, $3, $4)',
    [
      act.id,
      endsAt,
      change.epoch.id,
      seal(change.epoch.key, json, holdContext(act.id, change.epoch.id)),
    ],
  );
  return { id: act.id, endsAt: new Date(endsAt) };
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

/** Holds in force; whom they protect is not told. */
export async function legalHolds(store: RegisterStore): Promise<readonly LegalHold[]> {
  return store.dataSource.query<LegalHold[]>(
    'SELECT id, ends_at AS "endsAt" FROM legal_hold WHERE ends_at > $1 ORDER BY ends_at, id',
    [store.now()],
  );
}

/** Whether a hold in force protects a person. */
export async function heldPeople(
  store: RegisterStore,
  manager: EntityManager,
): Promise<(person: PagePerson) => boolean> {
  const rows = await manager.query<{ id: string; epoch_id: number; sealed: Buffer }[]>(
    'SELECT id, epoch_id, sealed FROM legal_hold WHERE ends_at > $1',
    [store.now()],
  );
  await store.epochs.load(
    manager,
    rows.map((row) => row.epoch_id),
  );
  const caseloads = new Set<string>();
  const references = new Set<string>();
  for (const row of rows) {
    const context = holdContext(row.id, row.epoch_id);
    const json = unseal(await store.epochs.key(row.epoch_id), row.sealed, context);
    // A hold that cannot be read protects everybody: nothing is erased past it.
    if (json === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `legal hold ${row.id}` });
    }
    const target = JSON.parse(json.toString('utf8')) as PeopleTarget;
    if ('caseload' in target) caseloads.add(target.caseload);
    else {
      for (const { caseload, reference } of target.references) {
        references.add(store.keys.referenceKey(caseload, reference).toString('latin1'));
      }
    }
  }
  return (person) =>
    caseloads.has(person.caseload) || references.has(person.referenceKey.toString('latin1'));
}

export function holdContext(id: string, epochId: number): Buffer {
  return encodeParts('safeconduct/register/hold/v1', id, String(epochId));
}
