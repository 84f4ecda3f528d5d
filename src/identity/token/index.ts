export type { ClientDirectory, TokenClient } from './client-directory.js';
export { identityMigrations } from './migrations.js';
export type { Queryable } from './queryable.js';
export {
  accessTokenLifetimeSeconds,
  createTokenEndpoint,
  publicTokenKeys,
  tokenPaths,
  type TokenEndpointOptions,
  type TokenPeer,
} from './token-endpoint.js';
export type { OfficerProvider } from './officer-assertion.js';
