import { isGatewayError } from '../../core/errors.js';
import { readStaffAnchors } from '../../identity/certificate/index.js';
import type { Configuration } from '../../platform/configuration/configuration.js';
import { readCaCertificates, readListenerTls } from '../../platform/tls/listener-files.js';
import { exitCodes } from '../exit-codes.js';
import { productionSettings } from './production-settings.js';

/** One setting as it would be used; never a secret. */
type Settings = Readonly<Record<string, string>>;

/**
 * `safeconduct config check`: reads configuration, keys and certificates as `serve` does, and opens
 * nothing: no database, no port. Exit 1 with the first thing `serve` would refuse.
 */
export function configCheck(options: { readonly json?: true }): void {
  let settings: Settings;
  try {
    settings = checkedSettings(new Date());
  } catch (error) {
    const isFinding =
      isGatewayError(error, 'ERR_CONFIGURATION') || isGatewayError(error, 'ERR_KEY_UNUSABLE');
    if (!isFinding) throw error;
    const finding = error.detail ?? error.code;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ valid: false, finding })}\n`
        : `not valid: ${finding}\n`,
    );
    process.exitCode = exitCodes.notValid;
    return;
  }
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ valid: true, settings })}\n`);
    return;
  }
  const lines = Object.entries(settings).map(([name, value]) => `  ${name.padEnd(22)}${value}\n`);
  process.stdout.write(`valid\n${lines.join('')}`);
}

/** @throws {GatewayError} ERR_CONFIGURATION or ERR_KEY_UNUSABLE, naming the variable */
function checkedSettings(now: Date): Settings {
  const { configuration, partnerTls, staffTls } = productionSettings();
  const partner = readListenerTls(partnerTls, 'PARTNER');
  readCaCertificates(partnerTls.caFile);
  const staff = staffTls && readListenerTls(staffTls, 'STAFF');
  if (staffTls !== undefined) readStaffAnchors(staffTls.caFile);
  const until = ({ notAfter }: { readonly notAfter: Date }) =>
    `certificate ${notAfter <= now ? 'ENDED' : 'until'} ${notAfter.toISOString()}`;
  return {
    home: configuration.home,
    database: databaseOf(configuration),
    'partner door': `${placeOf(configuration.partner)}, ${configuration.publicUrl}, ${until(partner)}`,
    'staff door':
      staff === undefined
        ? 'none: SAFECONDUCT_STAFF_TLS_CERT_FILE is not set'
        : `${placeOf(configuration.staff)}, ${configuration.staff.publicUrl}, ${until(staff)}`,
    'ops door': placeOf(configuration.ops),
    'log origin': configuration.logOrigin,
    'checkpoint copy':
      configuration.checkpointFile ?? 'none: SAFECONDUCT_CHECKPOINT_FILE is not set',
    'erasure epoch keys': configuration.namesEpochKeysDirectory
      ? String(configuration.epochKeysDirectory)
      : `${configuration.epochKeysDirectory}, beside the master key; name another with SAFECONDUCT_EPOCH_KEYS_DIR`,
    'release delay': `${configuration.releaseDelayMs} ms`,
    'log retention':
      configuration.logRetentionMonths === undefined
        ? 'none'
        : `${configuration.logRetentionMonths} months`,
    webhook: configuration.notify.webhook?.url ?? 'none',
    syslog: configuration.notify.syslogUrl ?? 'none',
  };
}

/** Where it is, without what opens it. */
function databaseOf({ databaseUrl, home }: Configuration): string {
  if (databaseUrl === undefined) return `embedded, in ${home}`;
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `PostgreSQL, ${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

const placeOf = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host}:${port}`;
