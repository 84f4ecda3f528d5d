import { equalInConstantTime } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import {
  readConfiguration,
  requireProductionSettings,
} from '../../platform/configuration/configuration.js';
import { epochKeyFiles } from '../../platform/keys/epoch-key-files.js';
import { readSecretFile } from '../../platform/keys/keys.js';
import { readSigningKeysFile } from '../../platform/keys/signing-keys.js';
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
  const { previousMasterKeyFile } = configuration;
  const { webhook } = configuration.notify;
  const keys = {
    master: readSecretFile(files.masterKeyFile, 'SAFECONDUCT_MASTER_KEY_FILE'),
    ...(previousMasterKeyFile === undefined
      ? {}
      : {
          previousMaster: readSecretFile(
            previousMasterKeyFile,
            'SAFECONDUCT_PREVIOUS_MASTER_KEY_FILE',
          ),
        }),
    epochs: epochKeyFiles(files.epochKeysDirectory, 'SAFECONDUCT_EPOCH_KEYS_DIR'),
    log: readSecretFile(files.logKeyFile, 'SAFECONDUCT_LOG_KEY_FILE'),
    ...(webhook === undefined
      ? {}
      : { notify: readSecretFile(webhook.keyFile, 'SAFECONDUCT_NOTIFY_KEY_FILE') }),
    token: first(readSigningKeysFile(files.tokenKeyFile, 'SAFECONDUCT_TOKEN_KEY_FILE', 'TOKEN')),
    checkpoint: first(
      readSigningKeysFile(files.checkpointKeyFile, 'SAFECONDUCT_CHECKPOINT_KEY_FILE', 'CHECKPOINT'),
    ),
    files: { TOKEN: files.tokenKeyFile, CHECKPOINT: files.checkpointKeyFile },
  };
  refuseSharedKeys(keys);
  return {
    configuration,
    keys,
    partnerTls: {
      certificateFile: files.certificateFile,
      keyFile: files.keyFile,
      ...(configuration.partner.caFile === undefined
        ? {}
        : { caFile: configuration.partner.caFile }),
    },
    ...(staffTls === undefined ? {} : { staffTls }),
    logger: createLogger(configuration.logLevel),
    now: () => new Date(),
  };
}

/** Of a file that is never empty. */
function first<Key>([key]: readonly Key[]): Key {
  if (key === undefined) throw new TypeError('a key file without a key');
  return key;
}

/** One key for two uses: whoever comes by one has the other. */
function refuseSharedKeys({ master, log, token, checkpoint }: GatewaySettings['keys']): void {
  if (equalInConstantTime(master, log)) {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: 'SAFECONDUCT_MASTER_KEY_FILE and SAFECONDUCT_LOG_KEY_FILE hold one key; make another',
    });
  }
  if (token.key.equals(checkpoint.key)) {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail:
        'SAFECONDUCT_TOKEN_KEY_FILE and SAFECONDUCT_CHECKPOINT_KEY_FILE hold one key; make another',
    });
  }
}
