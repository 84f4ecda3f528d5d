import { readFileSync, realpathSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { GatewayError } from '../../core/errors.js';

/** All of the environment, read once; docs/configuration.md says what each variable does. */
export interface Configuration {
  /** Absolute. */
  readonly home: string;
  readonly databaseUrl: string | undefined;
  readonly logLevel: LogLevel;
  readonly masterKeyFile: string | undefined;
  /** The master key before, while keys move from it to the present one. */
  readonly previousMasterKeyFile: string | undefined;
  /** Keys of erasure epochs; `epoch-keys` beside the master key's file unless named. */
  readonly epochKeysDirectory: string | undefined;
  readonly namesEpochKeysDirectory: boolean;
  /** Days after the end of a visa at which its holder is due to be forgotten. */
  readonly retentionDays: number | undefined;
  readonly logKeyFile: string | undefined;
  readonly tokenKeyFile: string | undefined;
  readonly checkpointKeyFile: string | undefined;
  /** Where the largest signed checkpoints are remembered, on another path than the home. */
  readonly checkpointFile: string | undefined;
  /** Different witnesses that make a round of the cover tree count as cosigned. */
  readonly witnessQuorum: number;
  /** Records one partner may cause in a day (UTC). */
  readonly logRecordsPerDay: number;
  /** Whole months for which what only the host may open is kept; `undefined` keeps it. */
  readonly logRetentionMonths: number | undefined;
  readonly partner: DoorConfiguration;
  /** Issuer and audience of access tokens: an https origin without a trailing slash. */
  readonly publicUrl: string;
  readonly staff: StaffDoorConfiguration;
  readonly ops: { readonly host: string; readonly port: number };
  /** Key name of the log's trees, e.g. `log.example.org`. */
  readonly logOrigin: string;
  readonly releaseDelayMs: number;
  /** Whether issuer and log origin were named; production does not guess them. */
  readonly namesItself: boolean;
  /** Where alerts go by themselves. */
  readonly notify: NotifyConfiguration;
}

export interface DoorConfiguration {
  readonly host: string;
  readonly port: number;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  /** CA certificates a partner trusts the listener by; they go into its bundle. */
  readonly caFile: string | undefined;
}

/** The staff door; without files there is none. */
export interface StaffDoorConfiguration {
  readonly host: string;
  readonly port: number;
  /** An https origin without a trailing slash. */
  readonly publicUrl: string;
  readonly files: StaffDoorFiles | undefined;
}

/** Outlets of alerts; none is needed. */
export interface NotifyConfiguration {
  /** https; alerts are posted to it, signed with the key of the file. */
  readonly webhook: { readonly url: string; readonly keyFile: string } | undefined;
  /** `tls://host:port`. */
  readonly syslogUrl: string | undefined;
}

export interface StaffDoorFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** CAs that issue the certificates of staff. */
  readonly caFile: string;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const prefix = 'SAFECONDUCT_';
const read = [
  'HOME',
  'MASTER_KEY_FILE',
  'PREVIOUS_MASTER_KEY_FILE',
  'EPOCH_KEYS_DIR',
  'RETENTION_DAYS',
  'LOG_KEY_FILE',
  'TOKEN_KEY_FILE',
  'CHECKPOINT_KEY_FILE',
  'CHECKPOINT_FILE',
  'WITNESS_QUORUM',
  'LOG_RECORDS_PER_DAY',
  'LOG_RETENTION_MONTHS',
  'PARTNER_HOST',
  'PARTNER_PORT',
  'PARTNER_TLS_CERT_FILE',
  'PARTNER_TLS_KEY_FILE',
  'PARTNER_CA_FILE',
  'PUBLIC_URL',
  'STAFF_HOST',
  'STAFF_PORT',
  'STAFF_TLS_CERT_FILE',
  'STAFF_TLS_KEY_FILE',
  'STAFF_CA_FILE',
  'STAFF_PUBLIC_URL',
  'STAFF_TLS_MIN',
  'OPS_HOST',
  'OPS_PORT',
  'LOG_ORIGIN',
  'RELEASE_DELAY_MS',
  'NOTIFY_WEBHOOK_URL',
  'NOTIFY_KEY_FILE',
  'SYSLOG_URL',
] as const;
/** Read by commands that are clients of the staff door, and by nothing else. */
const ofClients = ['STAFF_PROFILE'] as const;

type Name = (typeof read)[number];

/**
 * Reads the environment. An empty variable counts as absent; an unknown `SAFECONDUCT_` variable is
 * refused, because a misspelt security setting would otherwise be a missing one.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable
 */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Configuration {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(prefix)) continue;
    const known: readonly string[] = [...read, ...ofClients];
    if (!known.includes(name.slice(prefix.length))) {
      throw configurationError(
        `${name} is not a variable of this gateway; see docs/configuration.md`,
      );
    }
  }
  const value = (name: Name): string | undefined => environment[prefix + name] || undefined;
  const path = (name: Name): string | undefined => {
    const given = value(name);
    return given === undefined ? undefined : resolve(given);
  };
  const partner = {
    host: value('PARTNER_HOST') ?? '0.0.0.0',
    port: wholeNumber('PARTNER_PORT', value('PARTNER_PORT'), 8443, 0, 65_535),
    certificateFile: path('PARTNER_TLS_CERT_FILE'),
    keyFile: path('PARTNER_TLS_KEY_FILE'),
    caFile: path('PARTNER_CA_FILE'),
  };
  const publicUrl = readPublicUrl(
    'PUBLIC_URL',
    value('PUBLIC_URL') ?? `https://localhost:${partner.port}`,
  );
  const staffPort = wholeNumber('STAFF_PORT', value('STAFF_PORT'), 9443, 0, 65_535);
  const staff: StaffDoorConfiguration = {
    host: value('STAFF_HOST') ?? '0.0.0.0',
    port: staffPort,
    publicUrl: readPublicUrl(
      'STAFF_PUBLIC_URL',
      value('STAFF_PUBLIC_URL') ?? `https://localhost:${staffPort}`,
    ),
    files: readStaffFiles(path),
  };
  if ((value('STAFF_TLS_MIN') ?? '1.3') !== '1.3') {
    throw configurationError(`${prefix}STAFF_TLS_MIN: the staff door speaks TLS 1.3 only`);
  }
  const masterKeyFile = path('MASTER_KEY_FILE');
  const configuration: Configuration = {
    home: resolve(value('HOME') ?? './data'),
    databaseUrl: readDatabaseUrl(environment),
    logLevel: readLogLevel(environment['LOG_LEVEL'] || 'info'),
    masterKeyFile,
    previousMasterKeyFile: path('PREVIOUS_MASTER_KEY_FILE'),
    epochKeysDirectory:
      path('EPOCH_KEYS_DIR') ??
      (masterKeyFile === undefined ? undefined : join(dirname(masterKeyFile), 'epoch-keys')),
    namesEpochKeysDirectory: value('EPOCH_KEYS_DIR') !== undefined,
    retentionDays:
      value('RETENTION_DAYS') === undefined
        ? undefined
        : wholeNumber('RETENTION_DAYS', value('RETENTION_DAYS'), 0, 1, 36_500),
    logKeyFile: path('LOG_KEY_FILE'),
    tokenKeyFile: path('TOKEN_KEY_FILE'),
    checkpointKeyFile: path('CHECKPOINT_KEY_FILE'),
    checkpointFile: path('CHECKPOINT_FILE'),
    witnessQuorum: wholeNumber('WITNESS_QUORUM', value('WITNESS_QUORUM'), 1, 1, 63),
    logRecordsPerDay: wholeNumber(
      'LOG_RECORDS_PER_DAY',
      value('LOG_RECORDS_PER_DAY'),
      1_000_000,
      1,
      1_000_000_000,
    ),
    logRetentionMonths:
      value('LOG_RETENTION_MONTHS') === undefined
        ? undefined
        : wholeNumber('LOG_RETENTION_MONTHS', value('LOG_RETENTION_MONTHS'), 12, 6, 1_200),
    partner,
    publicUrl,
    staff,
    ops: {
      host: value('OPS_HOST') ?? '127.0.0.1',
      port: wholeNumber('OPS_PORT', value('OPS_PORT'), 9090, 0, 65_535),
    },
    logOrigin: readLogOrigin(value('LOG_ORIGIN') ?? new URL(publicUrl).hostname),
    notify: readNotify(value, path),
    releaseDelayMs: wholeNumber('RELEASE_DELAY_MS', value('RELEASE_DELAY_MS'), 50, 1, 10_000),
    namesItself: value('PUBLIC_URL') !== undefined && value('LOG_ORIGIN') !== undefined,
  };
  return Object.freeze(configuration);
}

function readNotify(
  value: (name: Name) => string | undefined,
  path: (name: Name) => string | undefined,
): NotifyConfiguration {
  const [url, keyFile] = [value('NOTIFY_WEBHOOK_URL'), path('NOTIFY_KEY_FILE')];
  if ((url === undefined) !== (keyFile === undefined)) {
    throw configurationError(
      `${prefix}NOTIFY_WEBHOOK_URL and ${prefix}NOTIFY_KEY_FILE: both or neither; an alert nobody can check is none`,
    );
  }
  if (url !== undefined && URL.parse(url)?.protocol !== 'https:') {
    throw configurationError(`${prefix}NOTIFY_WEBHOOK_URL: alerts go to an https address only`);
  }
  const syslogUrl = value('SYSLOG_URL');
  const parsed = syslogUrl === undefined ? null : URL.parse(syslogUrl);
  if (syslogUrl !== undefined && (parsed?.protocol !== 'tls:' || parsed.hostname === '')) {
    throw configurationError(`${prefix}SYSLOG_URL is such as tls://siem.example.org:6514`);
  }
  const webhook = url === undefined || keyFile === undefined ? undefined : { url, keyFile };
  return { webhook, syslogUrl };
}

/** What a production start needs and does not guess; refused with the variable's name. */
export function requireProductionSettings(configuration: Configuration): RequiredFiles {
  if (!configuration.namesItself) {
    throw configurationError(
      `${prefix}PUBLIC_URL and ${prefix}LOG_ORIGIN must be set: they name the gateway in every token and receipt`,
    );
  }
  const files = requiredFiles(configuration);
  refuseKeysInHome(configuration, files);
  if (configuration.checkpointFile !== undefined) {
    refuseInHome(
      configuration,
      configuration.checkpointFile,
      'keep the copy of checkpoints where a restore of the home does not put it back too',
    );
  }
  return files;
}

export type RequiredFiles = ReturnType<typeof requiredFiles>;

function requiredFiles(configuration: Configuration): {
  readonly masterKeyFile: string;
  readonly epochKeysDirectory: string;
  readonly logKeyFile: string;
  readonly tokenKeyFile: string;
  readonly checkpointKeyFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
} {
  const required = (file: string | undefined, name: Name): string => {
    if (file !== undefined) return file;
    throw configurationError(
      `${prefix}${name} is not set; \`npm run demo\` starts a demonstration that needs none`,
    );
  };
  return {
    masterKeyFile: required(configuration.masterKeyFile, 'MASTER_KEY_FILE'),
    epochKeysDirectory: required(configuration.epochKeysDirectory, 'EPOCH_KEYS_DIR'),
    logKeyFile: required(configuration.logKeyFile, 'LOG_KEY_FILE'),
    tokenKeyFile: required(configuration.tokenKeyFile, 'TOKEN_KEY_FILE'),
    checkpointKeyFile: required(configuration.checkpointKeyFile, 'CHECKPOINT_KEY_FILE'),
    certificateFile: required(configuration.partner.certificateFile, 'PARTNER_TLS_CERT_FILE'),
    keyFile: required(configuration.partner.keyFile, 'PARTNER_TLS_KEY_FILE'),
  };
}

/** Keys beside the data they protect fall into the same hands: refused outside the demo. */
function refuseKeysInHome(configuration: Configuration, files: RequiredFiles): void {
  const more = {
    staffKeyFile: configuration.staff.files?.keyFile,
    previousMasterKeyFile: configuration.previousMasterKeyFile,
  };
  for (const [name, file] of Object.entries({ ...files, ...more })) {
    if (name === 'certificateFile' || file === undefined) continue;
    refuseInHome(configuration, file, 'keep keys where a copy of the home does not hold them');
  }
}

function refuseInHome({ home }: Configuration, file: string, instead: string): void {
  // A link into the home is as good as the file in it.
  for (const [path, within] of [
    [file, home],
    [realPath(file), realPath(home)],
  ] as const) {
    if (path === within || path.startsWith(join(within, '/'))) {
      throw configurationError(`${file} lies inside SAFECONDUCT_HOME; ${instead}`);
    }
  }
}

/** The path without links; of what does not exist yet, as it is. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function configurationError(detail: string): GatewayError {
  return new GatewayError('ERR_CONFIGURATION', { detail });
}

function wholeNumber(
  name: Name,
  text: string | undefined,
  standard: number,
  least: number,
  most: number,
): number {
  if (text === undefined) return standard;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw configurationError(`${prefix}${name} is not a whole number from ${least} to ${most}`);
}

/** All three files, or none: half a staff door would be one without a check, or none unawares. */
function readStaffFiles(path: (name: Name) => string | undefined): StaffDoorFiles | undefined {
  const names = ['STAFF_TLS_CERT_FILE', 'STAFF_TLS_KEY_FILE', 'STAFF_CA_FILE'] as const;
  const [certificateFile, keyFile, caFile] = names.map(path);
  if (certificateFile !== undefined && keyFile !== undefined && caFile !== undefined) {
    return { certificateFile, keyFile, caFile };
  }
  const missing = names.filter((name) => path(name) === undefined);
  if (missing.length === names.length) return undefined;
  throw configurationError(
    `${missing.map((name) => prefix + name).join(' and ')} must be set too: the staff door needs all three files`,
  );
}

function readPublicUrl(name: Name, text: string): string {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {
    url = undefined;
  }
  if (url === undefined || url.protocol !== 'https:' || url.origin !== text) {
    throw configurationError(
      `${prefix}${name} must be an https origin such as https://gateway.example.org, without a path`,
    );
  }
  return text;
}

/** A slot of the cover tree holds a checkpoint with two signatures, each with the name of its tree. */
const longestLogOrigin = 190;

function readLogOrigin(text: string): string {
  if (text.length > longestLogOrigin) {
    throw configurationError(
      `${prefix}LOG_ORIGIN has at most ${longestLogOrigin} characters: with more its checkpoint key could never be rotated`,
    );
  }
  const isName = /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(\/[a-z0-9._-]+)*$/.test(text);
  if (!isName && isIP(text) === 0) {
    throw configurationError(
      `${prefix}LOG_ORIGIN must be a lower-case name without scheme, such as log.example.org`,
    );
  }
  return text;
}

function readLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) {
    throw configurationError(`LOG_LEVEL must be one of ${logLevels.join(', ')}`);
  }
  return level;
}

function readDatabaseUrl(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const direct = environment['DATABASE_URL'] || undefined;
  const file = environment['DATABASE_URL_FILE'] || undefined;
  if (direct !== undefined && file !== undefined) {
    throw configurationError('set DATABASE_URL or DATABASE_URL_FILE, not both');
  }
  let url = direct;
  if (file !== undefined) {
    try {
      url = readFileSync(file, 'utf8').trim();
    } catch {
      throw configurationError(`DATABASE_URL_FILE: ${file} cannot be read`);
    }
  }
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url)) {
    throw configurationError('DATABASE_URL must begin with postgres:// or postgresql://');
  }
  return url;
}
