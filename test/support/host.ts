import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServerCa, issueServerCertificate } from '../../src/platform/pki/index.js';
import { freePort, keyPem } from './gateway.js';
import { newStaffPair, staffCa, staffPem } from './staff.js';

/** A host as its operator has it: files of keys and certificates, and the environment of `serve`. */
export interface TestHost {
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly opsUrl: string;
  file(name: string): string;
  /** Writes a signing key into a file of that name, over what is there; returns its kid. */
  writeSigningKey(name: string): string;
  /** A fresh certificate of the staff CA in a file. */
  writeStaffCertificate(reference: string): string;
}

export async function makeHost(directory: string): Promise<TestHost> {
  const keys = join(directory, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const file = (name: string) => join(keys, name);
  const write = (name: string, text: string): string => {
    writeFileSync(file(name), text, { mode: 0o600 });
    return file(name);
  };
  const secret = (name: string) => write(name, `${randomBytes(32).toString('base64url')}\n`);
  const writeSigningKey = (name: string): string => {
    const kid = `${name}-${randomBytes(4).toString('hex')}`;
    const { privateKey } = generateKeyPairSync('ed25519');
    write(name, JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid }));
    return kid;
  };
  writeSigningKey('token.jwk');
  writeSigningKey('checkpoint.jwk');
  const names = { organization: 'Test', commonName: 'localhost' };
  const serverCa = createServerCa({ ...names, commonName: 'Server CA' }, new Date());
  const server = issueServerCertificate(serverCa, names, ['localhost'], new Date());
  const certificate = write('tls.pem', new X509Certificate(server.certificate).toString());
  const key = write('tls.key', keyPem(server.privateKey));
  const home = join(directory, 'home');
  const opsPort = await freePort();
  return {
    home,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    file,
    writeSigningKey,
    writeStaffCertificate: (reference) => {
      const pair = newStaffPair(reference);
      return write(`${reference}-${randomBytes(4).toString('hex')}.pem`, staffPem(pair));
    },
    environment: {
      SAFECONDUCT_HOME: home,
      SAFECONDUCT_PUBLIC_URL: 'https://gateway.test',
      SAFECONDUCT_LOG_ORIGIN: 'log.test',
      SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
      SAFECONDUCT_PARTNER_PORT: String(await freePort()),
      SAFECONDUCT_STAFF_HOST: '127.0.0.1',
      SAFECONDUCT_STAFF_PORT: String(await freePort()),
      SAFECONDUCT_OPS_PORT: String(opsPort),
      SAFECONDUCT_MASTER_KEY_FILE: secret('master'),
      SAFECONDUCT_LOG_KEY_FILE: secret('log'),
      SAFECONDUCT_EPOCH_KEYS_DIR: file('epochs'),
      SAFECONDUCT_TOKEN_KEY_FILE: file('token.jwk'),
      SAFECONDUCT_CHECKPOINT_KEY_FILE: file('checkpoint.jwk'),
      SAFECONDUCT_PARTNER_TLS_CERT_FILE: certificate,
      SAFECONDUCT_PARTNER_TLS_KEY_FILE: key,
      SAFECONDUCT_STAFF_TLS_CERT_FILE: certificate,
      SAFECONDUCT_STAFF_TLS_KEY_FILE: key,
      SAFECONDUCT_STAFF_CA_FILE: write(
        'staff-ca.pem',
        new X509Certificate(staffCa.certificate).toString(),
      ),
    },
  };
}
