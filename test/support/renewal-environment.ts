import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestGateway } from './gateway.js';

/** Variables as operators set them for a new log: those of a test gateway, a new origin, a new key. */
export function renewalEnvironment(
  { url, home, settings, files }: TestGateway,
  directory: string,
): Readonly<Record<string, string>> {
  const { configuration, keys, partnerTls } = settings;
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const secret = (name: string, key: Uint8Array) =>
    write(name, `${Buffer.from(key).toString('base64url')}\n`);
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return {
    SAFECONDUCT_HOME: home,
    ...(configuration.databaseUrl === undefined ? {} : { DATABASE_URL: configuration.databaseUrl }),
    SAFECONDUCT_PUBLIC_URL: url,
    SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
    SAFECONDUCT_PARTNER_PORT: String(configuration.partner.port),
    SAFECONDUCT_STAFF_HOST: '127.0.0.1',
    SAFECONDUCT_STAFF_PORT: String(configuration.staff.port),
    SAFECONDUCT_OPS_PORT: '0',
    SAFECONDUCT_RELEASE_DELAY_MS: '5',
    SAFECONDUCT_MASTER_KEY_FILE: secret('master', keys.master),
    SAFECONDUCT_LOG_KEY_FILE: secret('log', keys.log),
    SAFECONDUCT_EPOCH_KEYS_DIR: join(dirname(files.tokenKey), 'epochs'),
    SAFECONDUCT_TOKEN_KEY_FILE: files.tokenKey,
    SAFECONDUCT_CHECKPOINT_KEY_FILE: write('new.jwk', JSON.stringify({ ...jwk, kid: 'new' })),
    SAFECONDUCT_CHECKPOINT_FILE: files.checkpoints,
    SAFECONDUCT_LOG_ORIGIN: 'log.test.2',
    SAFECONDUCT_PARTNER_TLS_CERT_FILE: partnerTls.certificateFile,
    SAFECONDUCT_PARTNER_TLS_KEY_FILE: partnerTls.keyFile,
    SAFECONDUCT_PARTNER_CA_FILE: partnerTls.caFile ?? '',
    SAFECONDUCT_STAFF_TLS_CERT_FILE: partnerTls.certificateFile,
    SAFECONDUCT_STAFF_TLS_KEY_FILE: partnerTls.keyFile,
    SAFECONDUCT_STAFF_CA_FILE: files.staffCa,
  };
}

/** Reads something as a process with this environment would. */
export function withEnvironment<Value>(
  environment: Readonly<Record<string, string>>,
  read: () => Value,
): Value {
  const before = { ...process.env };
  Object.assign(process.env, { LOG_LEVEL: 'silent' }, environment);
  try {
    return read();
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
