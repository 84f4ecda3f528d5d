export { parseBearer } from './bearer.js';
export { tokenCauses, tokenRefused, type TokenCause } from './causes.js';
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedToken,
} from './verify-token.js';
