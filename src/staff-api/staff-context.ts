import type { FastifyRequest } from 'fastify';
import type { StaffCaller } from '../staff/index.js';

/** What a resolver of the staff door gets to know of the request. */
export interface StaffContext {
  readonly caller: StaffCaller;
}

const callers = new WeakMap<object, StaffCaller>();

export function establishStaff(request: FastifyRequest, caller: StaffCaller): void {
  callers.set(request.raw, caller);
}

/** @throws TypeError when nobody was established: a route without its check */
export function staffOf(request: FastifyRequest): StaffCaller {
  const caller = callers.get(request.raw);
  if (caller === undefined) throw new TypeError('no member of staff was established');
  return caller;
}
