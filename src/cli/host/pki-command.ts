import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { readSigningRequest } from '../../identity/certificate/index.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import { readKeyFile } from '../../platform/keys/keys.js';
import { certificateFingerprint, printFingerprint } from '../fingerprints.js';
import {
  createClientCa,
  crlPem,
  issueClientCertificate,
  signCrl,
  writeCertificates,
  writeFileAtomically,
  writePrivateKey,
  type CertificateAuthority,
} from '../../platform/pki/index.js';

/**
 * A client CA in a directory of its own: `ca.crt.pem`, `ca.key.pem` (0600), `revoked.json`. It needs
 * no gateway and no database, and is best kept on a machine that is neither: what it issues counts
 * only once two members of staff have registered it.
 */
interface Revoked {
  readonly crlNumber: number;
  readonly revoked: readonly { readonly serial: string; readonly revokedAt: string }[];
}

const listDays = 7;

export function addPkiCommands(program: Command): void {
  const pki = program
    .command('pki')
    .summary('a client CA of the host’s own')
    .description(
      'Makes and runs a CA for client certificates, of partners or of staff, in a directory. Needs no gateway.',
    );
  pki
    .command('init')
    .argument('<directory>')
    .summary('make the CA')
    .requiredOption('--organization <name>')
    .option('--name <name>', 'common name', 'Client CA')
    .action(init);
  pki
    .command('issue')
    .argument('<directory>')
    .summary('a certificate for a signing request (PKCS #10)')
    .requiredOption('--csr <file>', 'PEM')
    .requiredOption('--organization <name>', 'such as the code of the partner')
    .requiredOption(
      '--name <name>',
      'common name; what the request asks to be called does not count',
    )
    .requiredOption('--out <file>')
    .action(issue);
  pki
    .command('revoke')
    .argument('<directory>')
    .argument('<certificate>', 'PEM')
    .summary('put a certificate on the list; then make and import a list')
    .action(revoke);
  pki
    .command('crl')
    .argument('<directory>')
    .summary('sign the revocation list')
    .requiredOption('--out <file>')
    .option('--days <count>', 'until the next', String(listDays))
    .action(crl);
}

async function init(
  directory: string,
  { organization, name }: { readonly organization: string; readonly name: string },
): Promise<void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = filesOf(directory);
  if (existsSync(files.key) || existsSync(files.certificate)) {
    throw refused(`${directory} holds a CA already and stays as it is`);
  }
  const ca = createClientCa({ organization, commonName: name }, new Date());
  await writeFileAtomically(files.revoked, '{"crlNumber":0,"revoked":[]}\n', 0o600);
  await writePrivateKey(files.key, ca.privateKey);
  await writeCertificates(files.certificate, ca.certificate);
  process.stdout.write(`${files.certificate}\n`);
}

async function issue(
  directory: string,
  options: Readonly<Record<'csr' | 'organization' | 'name' | 'out', string>>,
): Promise<void> {
  const request = readSigningRequest(readFile(options.csr));
  const names = { organization: options.organization, commonName: options.name };
  const ca = readAuthority(directory);
  const certificate = issueClientCertificate(ca, names, request.publicKey, new Date());
  await writeCertificates(options.out, certificate);
  const { serialNumber, validTo } = new X509Certificate(certificate);
  process.stderr.write(`serial ${serialNumber.toLowerCase()}, until ${validTo}\n`);
  const text = new X509Certificate(certificate).toString();
  process.stdout.write(printFingerprint(certificateFingerprint(text)));
}

async function revoke(directory: string, file: string): Promise<void> {
  const ca = readAuthority(directory);
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFile(file));
  } catch {
    throw refused(`${file} holds no certificate`);
  }
  if (!certificate.verify(new X509Certificate(ca.certificate).publicKey)) {
    throw refused(`${file} is not of this CA`);
  }
  const { crlNumber, revoked } = readRevoked(directory);
  const serial = certificate.serialNumber.toLowerCase();
  if (revoked.some((one) => one.serial === serial))
    throw refused(`${serial} is on the list already`);
  const added = { serial, revokedAt: new Date().toISOString() };
  await writeRevoked(directory, { crlNumber, revoked: [...revoked, added] });
  process.stdout.write(`${serial} is on the list from the next \`pki crl\`\n`);
}

async function crl(
  directory: string,
  { out, days }: { readonly out: string; readonly days: string },
): Promise<void> {
  const count = /^\d{1,3}$/.test(days) ? Number(days) : 0;
  if (count < 1 || count > 365) throw refused('--days is a whole number from 1 to 365');
  const { crlNumber, revoked } = readRevoked(directory);
  const number = crlNumber + 1;
  // Counted before it leaves: no number is ever given twice.
  await writeRevoked(directory, { crlNumber: number, revoked });
  const thisUpdate = new Date();
  const nextUpdate = new Date(thisUpdate.getTime() + count * 86_400_000);
  const entries = revoked.map(({ serial, revokedAt }) => ({
    serial,
    revokedAt: new Date(revokedAt),
  }));
  const der = signCrl(readAuthority(directory), entries, { number, thisUpdate, nextUpdate });
  await writeFileAtomically(out, crlPem(der), 0o644);
  process.stderr.write(`${entries.length} revoked, until ${nextUpdate.toISOString()}\n`);
}

const filesOf = (directory: string) => ({
  certificate: join(directory, 'ca.crt.pem'),
  key: join(directory, 'ca.key.pem'),
  revoked: join(directory, 'revoked.json'),
});

function readAuthority(directory: string): CertificateAuthority {
  const files = filesOf(directory);
  const key = readKeyFile(files.key, 'CA key');
  try {
    const certificate = new X509Certificate(readFile(files.certificate));
    const privateKey = createPrivateKey(key);
    if (!certificate.checkPrivateKey(privateKey)) throw new TypeError('another key');
    return { certificate: certificate.raw, privateKey };
  } catch {
    throw refused(`${directory} holds no CA certificate with its key`);
  }
}

function readRevoked(directory: string): Revoked {
  const path = filesOf(directory).revoked;
  try {
    return parseStrictJson(readFileSync(path)) as unknown as Revoked;
  } catch {
    throw refused(`${path} cannot be read`);
  }
}

async function writeRevoked(directory: string, revoked: Revoked): Promise<void> {
  await writeFileAtomically(filesOf(directory).revoked, `${JSON.stringify(revoked)}\n`, 0o600);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw refused(`${path} cannot be read`);
  }
}

const refused = (detail: string): GatewayError => new GatewayError('ERR_INPUT_INVALID', { detail });
