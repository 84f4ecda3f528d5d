import { accessLogMigrations } from './access-log/index.js';
import { alertMigrations } from './alerts/index.js';
import { grantMigrations } from './grants/index.js';
import { gatewayKeyMigrations } from './identity/keys/index.js';
import { identityMigrations } from './identity/token/index.js';
import { partnerMigrations } from './partners/index.js';
import type { Migration } from './platform/database/database.js';
import { referralMigrations } from './referrals/index.js';
import { registerMigrations } from './register/index.js';
import { screeningMigrations } from './screening/index.js';
import { staffMigrations } from './staff/index.js';

/** Every room's migrations; TypeORM runs them in the order of their time stamps, no two alike. */
export const migrations: readonly Migration[] = [
  ...partnerMigrations,
  ...grantMigrations,
  ...identityMigrations,
  ...gatewayKeyMigrations,
  ...registerMigrations,
  ...accessLogMigrations,
  ...staffMigrations,
  ...alertMigrations,
  ...referralMigrations,
  ...screeningMigrations,
];
