import { GatewayKeys1769000004002 } from './gateway-key.migration.js';

export { keyStates, keyUses, type GatewayKey, type KeyState, type KeyUse } from './gateway-key.js';
export { readGatewayKeys } from './gateway-key.repository.js';
export { keyActs } from './key-acts.js';
export { GatewayKeyRing, type SigningKeyFiles } from './key-ring.js';
export { ReadGatewayKeys, type GatewayKeyView, type ListenerView } from './read-gateway-keys.js';
export const gatewayKeyMigrations = [GatewayKeys1769000004002];
