import { inputInvalid } from '../core/errors.js';
import { isStateCode } from '../core/register/states.js';

/** Where and when somebody was at the border, as a partner says. */
export interface CrossingClaim {
  /** ICAO Doc 9303-3. */
  readonly state: string;
  /** The partner's code of the border point; never a name of a person. */
  readonly borderPoint: string;
  readonly crossedAt: Date;
}

export interface ConfirmCrossingCommand extends CrossingClaim {
  readonly requestId: string;
  readonly verificationId: string;
}

export interface CorrectCrossingCommand {
  readonly requestId: string;
  readonly confirmationId: string;
  /** Undefined takes the confirmation back. */
  readonly crossing: CrossingClaim | undefined;
}

/** A confirmation as its partner sees it. */
export interface Crossing {
  readonly id: string;
  readonly verificationId: string;
  /** Counted from 1; another with every correction. */
  readonly revision: number;
  /** Undefined when it was taken back. */
  readonly crossing: CrossingClaim | undefined;
  readonly recordedAt: Date;
}

/** How long before and after a match the crossing it confirms may have taken place. */
const mostDaysApart = 30;
/** Clocks of border posts go wrong by a little. */
const clockSkewMinutes = 5;

const borderPointForm = /^[A-Z0-9][A-Z0-9/._-]{0,63}$/;
const requestIdForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isBorderPoint = (text: string): boolean => borderPointForm.test(text);
export const isRequestId = (text: string): boolean => requestIdForm.test(text);
export const isId = (text: string): boolean => uuidForm.test(text);

/** @throws {GatewayError} ERR_INPUT_INVALID naming the argument */
export function checkClaim(
  { state, borderPoint, crossedAt }: CrossingClaim,
  now: Date,
  path = '',
): void {
  if (!isStateCode(state)) throw inputInvalid(`${path}state`);
  if (!isBorderPoint(borderPoint)) throw inputInvalid(`${path}borderPoint`);
  if (crossedAt.getTime() > now.getTime() + clockSkewMinutes * 60_000) {
    throw inputInvalid(`${path}crossedAt`);
  }
}

/** @throws {GatewayError} ERR_INPUT_INVALID for a crossing that is not near the match it confirms */
export function checkNearMatch(crossedAt: Date, matchedAt: Date, path = ''): void {
  const apart = Math.abs(crossedAt.getTime() - matchedAt.getTime());
  if (apart > mostDaysApart * 86_400_000) throw inputInvalid(`${path}crossedAt`);
}

/** JSON of a claim: what is sealed, and what the access record commits to. */
export const claimJson = ({ state, borderPoint, crossedAt }: CrossingClaim) => ({
  state,
  borderPoint,
  crossedAt: crossedAt.toISOString(),
});

export function isSameClaim(a: CrossingClaim | undefined, b: CrossingClaim | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.state === b.state &&
    a.borderPoint === b.borderPoint &&
    a.crossedAt.getTime() === b.crossedAt.getTime()
  );
}
