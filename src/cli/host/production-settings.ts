import {
  readConfiguration,
  requireProductionSettings,
} from '../../platform/configuration/configuration.js';
import { readPrivateJwkFile, readSecretFile } from '../../platform/keys/keys.js';
import { createLogger } from '../../platform/telemetry/logger.js';
import type { GatewaySettings } from '../../main.js';

/**
 * Configuration and keys of the environment, as production has them.
 *
 * @throws {GatewayError} ERR_CONFIGURATION or ERR_KEY_UNUSABLE, naming the variable
 */
export function productionSettings(): GatewaySettings {
  const configuration = readConfiguration(process.env);
  const files = requireProductionSettings(configuration);
  const staffTls = configuration.staff.files;
  return {
    configuration,
    keys: {
      master: readSecretFile(files.masterKeyFile, 'SAFECONDUCT_MASTER_KEY_FILE'),
      log: readSecretFile(files.logKeyFile, 'SAFECONDUCT_LOG_KEY_FILE'),
      token: readPrivateJwkFile(files.tokenKeyFile, 'SAFECONDUCT_TOKEN_KEY_FILE'),
      checkpoint: readPrivateJwkFile(files.checkpointKeyFile, 'SAFECONDUCT_CHECKPOINT_KEY_FILE'),
    },
    partnerTls: { certificateFile: files.certificateFile, keyFile: files.keyFile },
    ...(staffTls === undefined ? {} : { staffTls }),
    logger: createLogger(configuration.logLevel),
    now: () => new Date(),
  };
}
