import { GatewayError, inputInvalid, isGatewayError } from '../../core/errors.js';
import type { PartnerCode } from '../../core/ids.js';
import { pendingHours } from '../../core/staff/acts.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import type {
  ActPayload,
  BookedAct,
  StaffActs,
  StaffCaller,
  StaffRecords,
} from '../../staff/index.js';
import { dropOverdueRequests, withdrawAct, type PendingAct } from '../acts.js';
import { readBatch } from '../batches.js';
import type { RowMembers } from '../person-fields.js';
import type { Register } from '../register.js';
import type { RegisterAct, RegisterActs } from './register-acts.js';

/** What the use cases of the registrars' desk share. */
export interface DeskOptions {
  readonly register: Register;
  /** The book of acts: whatever changes something goes through it. */
  readonly acts: StaffActs;
  /** What is only read is on record as well. */
  readonly records: StaffRecords;
  readonly registerActs: RegisterActs;
  /** Partners a person may be kept from. */
  readonly knownPartners: () => Promise<ReadonlySet<PartnerCode>>;
  readonly newId: () => string;
}

/** An act that waits for another person, and what it means. */
export interface RequestedAct {
  readonly act: BookedAct;
  /** The true number; who approves is shown the same. */
  readonly people: number;
}

/**
 * Asks for an act of two: judged and sealed by the register, then booked. What could not be booked is
 * not kept either.
 */
export async function requestByTwo<Asked extends PendingAct>(
  { acts, register }: DeskOptions,
  caller: StaffCaller,
  act: RegisterAct,
  request: (by: string) => Promise<Asked>,
  more: ActPayload = {},
): Promise<RequestedAct & { readonly asked: Asked }> {
  await acts.admit(caller, act);
  const { store } = register;
  // In the book a request waits for so long; a little later its content goes as well.
  const kept = (pendingHours + 24) * 3_600_000;
  await dropOverdueRequests(store, new Date(store.now().getTime() - kept));
  const asked = await request(caller.reference);
  const { id, people } = asked;
  try {
    return {
      act: await acts.perform(caller, act, { request: id, people, ...more }),
      people,
      asked,
    };
  } catch (error) {
    await withdrawAct(store, id).catch(() => undefined);
    throw error;
  }
}

/**
 * Asks for a batch to be released. One request for the same number of people stands for all; but one of
 * somebody who could release it themselves leaves that to a third person, so whoever's work is in the
 * batch asks beside it.
 *
 * @throws {GatewayError} ERR_NOT_FOUND; ERR_CONFLICT naming `batch` when nobody waits in it
 */
export async function requestRelease(
  { acts, register }: DeskOptions,
  caller: StaffCaller,
  batchId: string,
): Promise<RequestedAct> {
  await acts.admit(caller, 'REGISTER_RELEASE');
  const { people, state, requestedBy, alsoBy } = await readBatch(register.store, batchId);
  if (state !== 'WAITING' || people === 0) {
    throw new GatewayError('ERR_CONFLICT', { argument: 'batch', detail: 'nobody waits in it' });
  }
  const known = await findRelease(acts, caller, batchId);
  const authors = [requestedBy, ...alsoBy];
  const stands =
    known !== undefined &&
    known.payload['people'] === people &&
    (authors.includes(known.requesterReference) || !authors.includes(caller.reference));
  if (stands) return { act: known, people };
  return {
    act: await acts.perform(caller, 'REGISTER_RELEASE', { batch: batchId, people }),
    people,
  };
}

/** The request to release a batch that waits now, the latest one. */
export async function findRelease(
  acts: StaffActs,
  caller: StaffCaller,
  batchId: string,
): Promise<BookedAct | undefined> {
  return acts.findWaiting(caller, 'REGISTER_RELEASE', 'batch', batchId);
}

/**
 * Members of a row of JSON Lines out of text.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the argument
 */
export function readMembersText(text: string, argument: string): RowMembers {
  let value: unknown;
  try {
    value = parseStrictJson(Buffer.from(text, 'utf8'));
  } catch (error) {
    if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
    throw inputInvalid(argument, 'not JSON, or a member twice');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw inputInvalid(argument, 'not an object');
  }
  return value as RowMembers;
}
