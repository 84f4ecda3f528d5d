import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { GatewayError } from '../../core/errors.js';
import { lockHome } from '../../platform/database/home-lock.js';
import { epochKeyFiles } from '../../platform/keys/epoch-key-files.js';
import { readPrivateJwkFile, readSecretFile } from '../../platform/keys/keys.js';
import { readSigningKeysFile } from '../../platform/keys/signing-keys.js';
import type { GatewayKeys } from '../../rooms.module.js';

/** Where a demonstration keeps its things; only a home with its mark is ever touched. */
export interface DemoHome {
  readonly path: string;
  /** Throw-away keys, certificates beside them: a demonstration only. */
  readonly keysDirectory: string;
  readonly partnersDirectory: string;
  readonly certificatesDirectory: string;
  /** Whether an earlier run has filled it. */
  readonly isFilled: boolean;
  markFilled(): void;
}

const markName = 'demo.json';
const standardHome = resolve('./data');
/** What the demonstration writes among the certificates; anything else there is somebody's own. */
const writtenCertificates =
  /^(?:(?:client-ca|server-ca|server|staff-ca)\.(?:crt|key)\.pem|partners|staff)$/;

/**
 * Takes a home for the demonstration.
 *
 * @param reset forget what an earlier demonstration left
 * @throws {GatewayError} ERR_CONFIGURATION for a home that holds anything else
 */
export function takeDemoHome(path: string, reset: boolean): DemoHome {
  const directory = join(path, 'demo');
  const mark = join(directory, markName);
  // What a start that died before its mark can have left.
  const left = new Set(
    existsSync(directory) && readdirSync(directory).length > 0 ? ['lock.db'] : ['lock.db', 'demo'],
  );
  const isDemo = existsSync(mark);
  const isEmpty = !existsSync(path) || readdirSync(path).every((name) => left.has(name));
  if (!isDemo && !isEmpty) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `${path} holds something that is not a demonstration and stays as it is; set SAFECONDUCT_HOME to an empty directory`,
    });
  }
  // The certificates of the standard home lie where the README points to, of others beside them.
  const certificatesDirectory =
    path === standardHome ? resolve('./certs') : join(directory, 'certs');
  // A first start that was interrupted is not gone on with, but begun again.
  const isFilled = !reset && readMark(mark);
  if (isDemo && !isFilled) {
    const lock = lockHome(path);
    for (const name of readdirSync(path)) {
      if (name !== 'lock.db') rmSync(join(path, name), { recursive: true, force: true });
    }
    for (const name of existsSync(certificatesDirectory)
      ? readdirSync(certificatesDirectory)
      : []) {
      if (writtenCertificates.test(name)) {
        rmSync(join(certificatesDirectory, name), { recursive: true, force: true });
      }
    }
    lock.release();
  }
  const home: DemoHome = {
    path,
    keysDirectory: join(directory, 'keys'),
    partnersDirectory: join(directory, 'partners'),
    certificatesDirectory,
    isFilled,
    markFilled: () => writeMark(mark, true),
  };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(mark)) writeMark(mark, false);
  for (const made of [home.keysDirectory, home.partnersDirectory]) {
    mkdirSync(made, { recursive: true, mode: 0o700 });
  }
  return home;
}

/** The gateway's keys, made at the first start. */
export function demoKeys({ keysDirectory }: DemoHome): GatewayKeys {
  const secret = (name: string): Uint8Array => {
    const path = join(keysDirectory, `${name}.key`);
    if (!existsSync(path)) {
      writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    }
    return readSecretFile(path, `demo ${name} key`);
  };
  const signing = (name: string) => {
    const path = join(keysDirectory, `${name}.jwk`);
    if (!existsSync(path)) {
      makeSigningKey(path, `demo-${name}`, () => generateKeyPairSync('ed25519').privateKey);
    }
    return path;
  };
  const files = { TOKEN: signing('token'), CHECKPOINT: signing('checkpoint') };
  return {
    master: secret('master'),
    epochs: epochKeyFiles(join(keysDirectory, 'epochs'), 'demo epoch keys'),
    log: secret('log'),
    token: firstKey(readSigningKeysFile(files.TOKEN, 'demo token key', 'TOKEN')),
    checkpoint: firstKey(
      readSigningKeysFile(files.CHECKPOINT, 'demo checkpoint key', 'CHECKPOINT'),
    ),
    files,
  };
}

function firstKey<Key>([key]: readonly Key[]): Key {
  if (key === undefined) throw new TypeError('a key file without a key');
  return key;
}

/** Writes a private JWK unless there is one; returns its public half. */
export function makeSigningKey(
  path: string,
  kid: string,
  generate: () => KeyObject,
): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) {
    const jwk = { ...generate().export({ format: 'jwk' }), kid, use: 'sig' };
    writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600 });
  }
  const { jwk } = readPrivateJwkFile(path, kid);
  const { d: _, ...publicJwk } = jwk;
  return publicJwk;
}

function writeMark(path: string, filled: boolean): void {
  writeFileSync(`${path}.new`, `${JSON.stringify({ filled })}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** A mark that cannot be read is one of a start that was interrupted. */
function readMark(path: string): boolean {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { filled?: unknown }).filled === true;
  } catch {
    return false;
  }
}
