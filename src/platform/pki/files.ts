import { X509Certificate, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { chmod, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a whole file or leaves the old one: a new file beside it, synced, then renamed over it.
 *
 * @param mode 0600 for anything secret; the file never has another mode, however short a time
 */
export async function writeFileAtomically(
  path: string,
  content: string | Uint8Array,
  mode: 0o600 | 0o644,
): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    if (mode !== 0o600) await chmod(temporary, mode);
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
}

/** A private key as unencrypted PKCS #8 in PEM, 0600. */
export const writePrivateKey = (path: string, key: KeyObject): Promise<void> =>
  writeFileAtomically(path, key.export({ format: 'pem', type: 'pkcs8' }), 0o600);

/** Certificates in PEM, in this order, 0644. */
export const writeCertificates = (path: string, ...ders: readonly Buffer[]): Promise<void> =>
  writeFileAtomically(path, ders.map((der) => new X509Certificate(der).toString()).join(''), 0o644);

/**
 * The first certificate of a PEM file and the key beside it, or `undefined` when either is missing,
 * cannot be read or belongs to something else: then both are made again.
 */
export async function readKeyPair(
  certificateFile: string,
  keyFile: string,
): Promise<{ readonly certificate: X509Certificate; readonly privateKey: KeyObject } | undefined> {
  const texts = await Promise.all([readIfThere(certificateFile), readIfThere(keyFile)]);
  const [certificateText, keyText] = texts;
  if (certificateText === undefined || keyText === undefined) return undefined;
  try {
    const certificate = new X509Certificate(certificateText);
    const privateKey = createPrivateKey(keyText);
    return certificate.checkPrivateKey(privateKey) ? { certificate, privateKey } : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a file, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as { readonly code?: unknown } | null)?.code === 'ENOENT') return undefined;
    throw error;
  }
}
