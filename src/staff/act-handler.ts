import type { EntityManager } from 'typeorm';
import type { RestrictingAct } from '../access-log/index.js';
import { inputInvalid } from '../core/errors.js';
import type { JsonValue } from '../platform/json/strict-json.js';

/** The content of an act as JSON; what is approved is exactly this. */
export type ActPayload = Readonly<Record<string, JsonValue>>;

/** When and under which entry of the book an act happens. */
export interface ActContext {
  readonly actId: string;
  readonly at: Date;
  readonly newId: () => string;
  /** Account that asked for it; of an act of one person, who does it. */
  readonly requestedBy: string;
  /** Account of the second person; absent for an act of one, and while one is tried out. */
  readonly approvedBy?: string;
  /**
   * Done again from the journal, on a restored database: what it was done to may not be as it was,
   * and where that leaves a doubt the act takes away more than it did.
   */
  readonly again?: true;
  /** Reference of the person whose hand it is: who asks where one suffices, else who approves. */
  readonly by: string;
}

/** The second person of an act; while it is tried out, nobody yet. */
export const secondPersonOf = ({ approvedBy }: ActContext): string =>
  approvedBy ?? 'the second person';

/** An act whose content has been read. */
export interface PreparedAct {
  /** The content in its one form; what was sent beside it is not there. */
  readonly payload: ActPayload;
  /** Account the act is about, if it is about one. */
  readonly concerns?: string;
  /** Done in the transaction that books an act for two, before it waits. */
  asked?(manager: EntityManager, context: ActContext): Promise<void>;
  /** Inside id of the person of the register it is about; it is sealed in the record. */
  readonly subject?: string;
  /** Whether the request was judged when its content was made: then it is not tried again. */
  readonly judged?: boolean;
  /** Before the transaction: what has to be committed already, such as a key. */
  ready?(): Promise<void>;
  /**
   * Does it, in the transaction that records it. Also run, and rolled back, when it is asked for, so
   * that what cannot be done is refused to the one who asks.
   *
   * @returns restricting acts in a form of the room's own, for the journal; those of
   *   restricting-acts.ts are journaled by their content, unless one of their name is among them
   * @throws {GatewayError} ERR_NOT_FOUND, ERR_CONFLICT and refusals of its own
   */
  apply(manager: EntityManager, context: ActContext): Promise<readonly RestrictingAct[] | void>;
  /** In the transaction that refuses it: what was kept for it goes. */
  refused?(manager: EntityManager, context: ActContext): Promise<void>;
}

/**
 * How one act is read and done; a room gives the book one for each of its acts.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID
 */
export type ActHandler = (payload: ActPayload) => PreparedAct;

/** A member that is text of one form. */
export function textMember(payload: ActPayload, name: string, form: RegExp): string {
  const value = payload[name];
  if (typeof value !== 'string' || !form.test(value)) throw inputInvalid(name);
  return value;
}

export const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const fingerprintForm = /^[A-Za-z0-9_-]{43}$/;
/** 1 to 100 characters without controls. */
export const nameForm = /^[^\p{Cc}\p{Cs}]{1,100}$/u;
