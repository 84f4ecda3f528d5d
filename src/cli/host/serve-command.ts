import {
  readConfiguration,
  requireProductionSettings,
} from '../../platform/configuration/configuration.js';
import { readPrivateJwkFile, readSecretFile } from '../../platform/keys/keys.js';
import { createLogger, type GatewayLogger } from '../../platform/telemetry/logger.js';
import { openDoors, openRooms, type GatewaySettings } from '../../main.js';

/** Production start: everything from the environment, and a refusal that names what is missing. */
export async function serve(): Promise<void> {
  const configuration = readConfiguration(process.env);
  const files = requireProductionSettings(configuration);
  const logger = createLogger(configuration.logLevel);
  const settings: GatewaySettings = {
    configuration,
    keys: {
      master: readSecretFile(files.masterKeyFile, 'SAFECONDUCT_MASTER_KEY_FILE'),
      log: readSecretFile(files.logKeyFile, 'SAFECONDUCT_LOG_KEY_FILE'),
      token: readPrivateJwkFile(files.tokenKeyFile, 'SAFECONDUCT_TOKEN_KEY_FILE'),
      checkpoint: readPrivateJwkFile(files.checkpointKeyFile, 'SAFECONDUCT_CHECKPOINT_KEY_FILE'),
    },
    partnerTls: { certificateFile: files.certificateFile, keyFile: files.keyFile },
    logger,
    now: () => new Date(),
  };
  for (const variable of configuration.unread) {
    logger.warn({ variable }, 'set, but nothing in this release reads it');
  }
  const gateway = await openDoors(settings, await openRooms(settings));
  logger.info({ partner: gateway.partnerUrl, ops: gateway.opsUrl }, 'open');
  await untilStopped(logger);
  await gateway.close();
  logger.info('closed');
}

/** Resolves at SIGINT or SIGTERM; a second one ends the process at once. */
export async function untilStopped(logger: GatewayLogger): Promise<void> {
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
  logger.info({ signal }, 'closing; again to end at once');
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
}
