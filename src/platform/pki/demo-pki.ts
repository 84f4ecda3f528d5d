import { createPublicKey } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartnerCode } from '../../core/ids.js';
import {
  readIfThere,
  readKeyPair,
  writeCertificates,
  writeFileAtomically,
  writePrivateKey,
} from './files.js';
import {
  createClientCa,
  createServerCa,
  issueClientKeyPair,
  issueServerCertificate,
  type CertificateAuthority,
  type IssuedKeyPair,
} from './issue.js';
import { exportPkcs12, newPassphrase } from './pkcs12.js';

export interface KeyPairFiles {
  /** PEM. */
  readonly certificateFile: string;
  /** PEM, PKCS #8, 0600. */
  readonly keyFile: string;
}

export interface ClientFiles extends KeyPairFiles {
  /** Certificate and key for a browser or a Windows certificate store. */
  readonly p12File: string;
  /** Its passphrase, on one line, 0600. */
  readonly passphraseFile: string;
}

export interface DemoPki {
  readonly clientCa: KeyPairFiles;
  readonly serverCa: KeyPairFiles;
  readonly server: KeyPairFiles;
  readonly partners: ReadonlyMap<PartnerCode, ClientFiles>;
  readonly staffCa: KeyPairFiles;
  /** By reference of the person. */
  readonly staff: ReadonlyMap<string, ClientFiles>;
}

const organization = 'Safeconduct demo';
const serverHosts = ['localhost', '127.0.0.1', '::1'];
/** Made again while there is still time to notice. */
const renewBeforeDays = 14;
const dayMilliseconds = 86_400_000;

/**
 * Writes the throw-away PKI of the demo, or completes what an earlier run left: what is there,
 * matches its key, comes from its CA and is not near its end stays as it is.
 *
 * @param directory made if missing; the README there says what each file is
 * @param staff references of the members of staff
 * @returns where everything is
 */
export async function writeDemoPki(
  directory: string,
  partners: readonly PartnerCode[],
  now: Date,
  staff: readonly string[] = [],
): Promise<DemoPki> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const clientCa = pairFiles(directory, 'client-ca');
  const serverCa = pairFiles(directory, 'server-ca');
  const server = pairFiles(directory, 'server');

  const clientAuthority = await authority(clientCa, now, () =>
    createClientCa({ organization, commonName: 'Host client CA' }, now),
  );
  const serverAuthority = await authority(serverCa, now, () =>
    createServerCa({ organization, commonName: 'Server CA' }, now),
  );
  await issuedBy(serverAuthority, server, now, () =>
    issueServerCertificate(
      serverAuthority,
      { organization, commonName: 'localhost' },
      serverHosts,
      now,
    ),
  );

  const staffCa = pairFiles(directory, 'staff-ca');
  const staffAuthority = await authority(staffCa, now, () =>
    createClientCa({ organization, commonName: 'Staff CA' }, now),
  );
  return {
    clientCa,
    serverCa,
    server,
    partners: await clientFiles(join(directory, 'partners'), clientAuthority, partners, now),
    staffCa,
    staff: await clientFiles(join(directory, 'staff'), staffAuthority, staff, now),
  };
}

/** A certificate for each name, with its key, and both in a .p12. */
async function clientFiles<Name extends string>(
  directory: string,
  issuer: CertificateAuthority,
  names: readonly Name[],
  now: Date,
): Promise<ReadonlyMap<Name, ClientFiles>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const clients = new Map<Name, ClientFiles>();
  for (const name of names) {
    const files: ClientFiles = {
      ...pairFiles(directory, name),
      p12File: join(directory, `${name}.p12`),
      passphraseFile: join(directory, `${name}.p12.passphrase`),
    };
    const issued = await issuedBy(issuer, files, now, () =>
      issueClientKeyPair(issuer, { organization: name, commonName: `${name} client` }, now),
    );
    await writePkcs12(files, issued, issuer, name);
    clients.set(name, files);
  }
  return clients;
}

const pairFiles = (directory: string, name: string): KeyPairFiles => ({
  certificateFile: join(directory, `${name}.crt.pem`),
  keyFile: join(directory, `${name}.key.pem`),
});

const isCurrent = (validFrom: Date, validTo: Date, now: Date): boolean =>
  now >= validFrom && now.getTime() + renewBeforeDays * dayMilliseconds < validTo.getTime();

async function authority(
  files: KeyPairFiles,
  now: Date,
  create: () => CertificateAuthority,
): Promise<CertificateAuthority> {
  const there = await readKeyPair(files.certificateFile, files.keyFile);
  if (there && isCurrent(there.certificate.validFromDate, there.certificate.validToDate, now)) {
    return { certificate: there.certificate.raw, privateKey: there.privateKey };
  }
  const made = create();
  await writePair(files, made);
  return made;
}

async function issuedBy(
  issuer: CertificateAuthority,
  files: KeyPairFiles,
  now: Date,
  issue: () => IssuedKeyPair,
): Promise<{ readonly pair: IssuedKeyPair; readonly isNew: boolean }> {
  const there = await readKeyPair(files.certificateFile, files.keyFile);
  if (
    there &&
    isCurrent(there.certificate.validFromDate, there.certificate.validToDate, now) &&
    there.certificate.verify(createPublicKey(issuer.privateKey))
  ) {
    return {
      pair: { certificate: there.certificate.raw, privateKey: there.privateKey },
      isNew: false,
    };
  }
  const pair = issue();
  await writePair(files, pair);
  return { pair, isNew: true };
}

/** The key first: a certificate without its key is made again, a key without certificate too. */
async function writePair(files: KeyPairFiles, pair: IssuedKeyPair): Promise<void> {
  await writePrivateKey(files.keyFile, pair.privateKey);
  await writeCertificates(files.certificateFile, pair.certificate);
}

async function writePkcs12(
  files: ClientFiles,
  { pair, isNew }: { readonly pair: IssuedKeyPair; readonly isNew: boolean },
  issuer: CertificateAuthority,
  name: string,
): Promise<void> {
  const isThere = (await readIfThere(files.p12File)) !== undefined;
  const known = (await readIfThere(files.passphraseFile))?.trim();
  if (!isNew && isThere && known !== undefined) return;
  const passphrase = known ?? newPassphrase();
  await writeFileAtomically(files.passphraseFile, `${passphrase}\n`, 0o600);
  const content = exportPkcs12(pair, [issuer.certificate], `Safeconduct demo ${name}`, passphrase);
  await writeFileAtomically(files.p12File, content, 0o600);
}
