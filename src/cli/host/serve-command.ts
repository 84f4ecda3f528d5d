import type { GatewayLogger } from '../../platform/telemetry/logger.js';
import { checkDoorsCanOpen, openDoors, openRooms } from '../../main.js';
import { productionSettings } from './production-settings.js';

/** Production start: everything from the environment, and a refusal that names what is missing. */
export async function serve(): Promise<void> {
  const settings = productionSettings();
  const { configuration, logger } = settings;
  if (!configuration.namesEpochKeysDirectory) {
    logger.warn(
      { directory: configuration.epochKeysDirectory },
      'SAFECONDUCT_EPOCH_KEYS_DIR is not set: keys of erasure epochs are beside the master key; keep this directory out of every backup',
    );
  }
  await checkDoorsCanOpen(settings);
  // The files are looked at every two seconds anyway; whoever asks for it is not ended by asking.
  let look = async (): Promise<void> => undefined;
  const onHangup = (): void => {
    logger.info({ signal: 'SIGHUP' }, 'looking at the files of keys and certificates');
    void look();
  };
  process.on('SIGHUP', onHangup);
  const gateway = await openDoors(settings, await openRooms(settings));
  look = async () => gateway.lookAtFiles();
  logger.info(
    { partner: gateway.partnerUrl, staff: gateway.staff?.url, ops: gateway.opsUrl },
    'open',
  );
  if (gateway.staff === undefined) {
    logger.warn('no staff door: SAFECONDUCT_STAFF_TLS_CERT_FILE is not set');
  }
  await untilStopped(logger);
  await gateway.close();
  process.off('SIGHUP', onHangup);
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
