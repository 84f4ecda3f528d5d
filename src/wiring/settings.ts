import type { AccessLogOptions } from '../access-log/index.js';
import type { EpochKeyProvider } from '../platform/keys/epoch-key-files.js';
import type { PrivateJwk } from '../platform/keys/keys.js';
import type { Configuration } from '../platform/configuration/configuration.js';
import type { GatewayLogger } from '../platform/telemetry/logger.js';
import type { KeyUse, SigningKeyFiles } from '../identity/keys/index.js';

/** Everything a start has to be given: configuration, keys, clock. */
export interface RoomsSettings {
  readonly configuration: Configuration;
  readonly keys: GatewayKeys;
  readonly logger: GatewayLogger;
  readonly now: () => Date;
  /** Another file system under the journal, for tests that make it fail. */
  readonly journalFiles?: AccessLogOptions['files'];
  /** Sizes in which the journal grows; those of the log when absent. */
  readonly journalSizes?: AccessLogOptions['journal'];
  /** Another volume under the journal, for tests that fill it. */
  readonly journalVolume?: AccessLogOptions['volume'];
  /** Signing keys in force that are lost: the first one held takes their place. */
  readonly adoptKeys?: readonly KeyUse[];
  /** Opened by `log renew`, which begins a new log. */
  readonly renewsLog?: true;
}

export interface GatewayKeys {
  /** 32 bytes. */
  readonly master: Uint8Array;
  /** 32 bytes; what is still wrapped under it opens, until `rotateMasterKey` has moved it. */
  readonly previousMaster?: Uint8Array;
  readonly epochs: EpochKeyProvider;
  /** 32 bytes. */
  readonly log: Uint8Array;
  /** 32 bytes; signs webhooks. */
  readonly notify?: Uint8Array;
  /** The first of its file. */
  readonly token: PrivateJwk;
  /** The first of its file. */
  readonly checkpoint: PrivateJwk;
  /** Where the two are read again from, with those beside them; without a file a key stays as it is. */
  readonly files?: SigningKeyFiles;
}

/** Token of the access log. */
export const ACCESS_LOG = Symbol('access log');
