import { GatewayError } from '../../core/errors.js';

/** Why a token was refused: for the operator's counter and log only. Partners see one 401. */
export const tokenCauses = [
  'absent',
  'header-malformed',
  'too-large',
  'encoding',
  'header',
  'payload',
  'type',
  'algorithm',
  'key-unknown',
  'signature',
  'claims',
  'issuer',
  'audience',
  'expired',
  'not-yet-valid',
  'lifetime',
  'not-bound',
  'bound-elsewhere',
] as const;
export type TokenCause = (typeof tokenCauses)[number];

/** ERR_TOKEN_REFUSED with its cause as detail. */
export const tokenRefused = (cause: TokenCause): GatewayError =>
  new GatewayError('ERR_TOKEN_REFUSED', { detail: cause });
