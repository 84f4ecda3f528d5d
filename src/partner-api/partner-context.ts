import type { FastifyRequest } from 'fastify';
import type { Caller } from '../grants/index.js';
import type { HeldAnswer } from '../platform/http/held-answers.js';
import type { ReleaseClock } from '../platform/http/release.js';

/** What a resolver of the partner door gets to know of the request. */
export interface PartnerContext {
  readonly caller: Caller;
  /** The request's variables as parsed from JSON, before coercion. */
  variables: Readonly<Record<string, unknown>>;
  readonly exchange: Exchange;
}

/** One request on its way through the partner door. */
export interface Exchange {
  /** The kind of operation, which fixes the size of its answer; undefined until one is known. */
  kind: OperationKind | undefined;
  /** Questions in the operation. */
  questions: number;
  clock: ReleaseClock | undefined;
  /** Place of the answer among those of its partner. */
  held: HeldAnswer | undefined;
  /** Code of the answer for the counters; OK for none. */
  code: string;
}

export type OperationKind =
  | 'access'
  | 'receipt'
  | 'verifyIdentity'
  | 'verifyIdentities'
  | 'acceptGrant'
  | 'confirmCrossing'
  | 'correctCrossing'
  | 'notices'
  | 'reportMistake'
  | 'requestReferral'
  | 'withdrawReferral'
  | 'referral'
  | 'referrals';

const exchanges = new WeakMap<object, Exchange>();
const callers = new WeakMap<object, Caller>();

export function exchangeOf(request: FastifyRequest): Exchange {
  let exchange = exchanges.get(request.raw);
  if (exchange === undefined) {
    exchange = { kind: undefined, questions: 1, clock: undefined, held: undefined, code: 'OK' };
    exchanges.set(request.raw, exchange);
  }
  return exchange;
}

export function establishCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request.raw, caller);
}

/** @throws TypeError when no caller was established: a route without its check */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request.raw);
  if (caller === undefined) throw new TypeError('no caller was established for this request');
  return caller;
}
