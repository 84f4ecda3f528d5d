import { afterEach, describe, expect, test } from '@jest/globals';
import { X509Certificate, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { PartnerCode } from '../../core/ids.js';
import {
  createClientCa,
  createServerCa,
  exportPkcs12,
  issueClientCertificate,
  issueClientKeyPair,
  issueServerCertificate,
  newPassphrase,
  writeDemoPki,
  writeFileAtomically,
} from './index.js';

const now = new Date('2026-03-01T12:00:00Z');
const daysLater = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
const names = (commonName: string) => ({ organization: 'Test', commonName });
const clientCa = createClientCa(names('Client CA'), now);

describe('a certificate we issue', () => {
  test('is for the hosts it names', () => {
    const ca = createServerCa(names('Server CA'), now);
    const hosts = ['localhost', '127.0.0.1', '::1', '2001:db8::a:1'];
    const server = issueServerCertificate(ca, names('localhost'), hosts, now);
    const certificate = new X509Certificate(server.certificate);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    for (const address of hosts.slice(1)) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost('other.example')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined();
    expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
    expect(certificate.checkIssued(new X509Certificate(ca.certificate))).toBe(true);
    expect(certificate.checkPrivateKey(server.privateKey)).toBe(true);
  });

  test('carries the key of a partner and the name the host gave it', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    const certificate = new X509Certificate(
      issueClientCertificate(clientCa, names('north'), publicKey, now),
    );
    expect(certificate.publicKey.equals(publicKey)).toBe(true);
    expect(certificate.subject).toBe('O=Test\nCN=north');
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('never outlives its issuer', () => {
    const late = daysLater(5 * 365 - 10);
    const { certificate } = issueClientKeyPair(clientCa, names('north'), late);
    expect(new X509Certificate(certificate).validToDate).toEqual(
      new X509Certificate(clientCa.certificate).validToDate,
    );
  });

  test('has a serial number of its own', () => {
    const serials = Array.from({ length: 50 }, () => {
      const issued = issueClientKeyPair(clientCa, names('north'), now);
      return new X509Certificate(issued.certificate).serialNumber;
    });
    expect(new Set(serials).size).toBe(50);
    expect(serials.every((serial) => serial.length <= 40)).toBe(true);
  });
});

describe('a .p12 file', () => {
  const pair = issueClientKeyPair(clientCa, names('north'), now);
  const pfx = exportPkcs12(pair, [clientCa.certificate], 'north ü', 'correct horse');

  test('opens with its passphrase and holds certificate and key', () => {
    expect(() => tls.createSecureContext({ pfx, passphrase: 'correct horse' })).not.toThrow();
  });

  test('does not open with another', () => {
    expect(() => tls.createSecureContext({ pfx, passphrase: 'correct horsf' })).toThrow();
    expect(() => tls.createSecureContext({ pfx, passphrase: '' })).toThrow();
  });

  test('does not open when a byte was changed', () => {
    for (let at = 40; at < pfx.length; at += 97) {
      const changed = Buffer.from(pfx);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() =>
        tls.createSecureContext({ pfx: changed, passphrase: 'correct horse' }),
      ).toThrow();
    }
  });

  test('shows neither key nor names without it', () => {
    const key = pair.privateKey.export({ format: 'jwk' }).d ?? '';
    expect(pfx.includes(Buffer.from(key, 'base64url'))).toBe(false);
    expect(pfx.includes('Client CA')).toBe(false);
  });

  test('has a passphrase of 130 bits', () => {
    expect(newPassphrase()).toMatch(/^[a-z2-9]{26}$/);
    expect(newPassphrase()).not.toBe(newPassphrase());
  });
});

const directories: string[] = [];
const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-pki-'));
  directories.push(directory);
  return directory;
};
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const snapshot = (directory: string): Map<string, string> =>
  new Map(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name), 'base64')]),
  );
const partners = ['NORTH', 'SOUTH'] as PartnerCode[];

describe('a file', () => {
  test('is whole or not there, and leaves nothing beside it', async () => {
    const directory = newDirectory();
    const path = join(directory, 'secret');
    writeFileSync(path, 'old', { mode: 0o644 });
    await writeFileAtomically(path, 'new', 0o600);
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['new', 0o600]);
    await expect(writeFileAtomically(directory, 'x', 0o600)).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['secret']);
  });
});

describe('the PKI of the demo', () => {
  test('is made whole, secrets for their owner only', async () => {
    const directory = newDirectory();
    const pki = await writeDemoPki(directory, partners, now);
    const clientCaCertificate = new X509Certificate(readFileSync(pki.clientCa.certificateFile));
    expect([...pki.partners.keys()]).toEqual(partners);
    for (const files of pki.partners.values()) {
      const certificate = new X509Certificate(readFileSync(files.certificateFile));
      expect(certificate.verify(clientCaCertificate.publicKey)).toBe(true);
      expect(() =>
        tls.createSecureContext({
          pfx: readFileSync(files.p12File),
          passphrase: readFileSync(files.passphraseFile, 'utf8').trim(),
        }),
      ).not.toThrow();
    }
    for (const [name] of snapshot(directory)) {
      const isPublic = name.endsWith('.crt.pem');
      expect([name, modeOf(join(directory, name))]).toEqual([name, isPublic ? 0o644 : 0o600]);
    }
  });

  test('stays as it is when made again', async () => {
    const directory = newDirectory();
    await writeDemoPki(directory, partners, now);
    const before = snapshot(directory);
    await writeDemoPki(directory, partners, daysLater(3));
    expect(snapshot(directory)).toEqual(before);
  });

  test('is completed where something is missing, damaged, mismatched or near its end', async () => {
    const directory = newDirectory();
    const pki = await writeDemoPki(directory, partners, now);
    const [north, south] = [...pki.partners.values()];
    const before = snapshot(directory);
    const changed = (after: Map<string, string>): string[] =>
      [...after]
        .filter(([name, content]) => before.get(name) !== content)
        .map(([name]) => name)
        .sort();

    rmSync(north!.keyFile);
    writeFileSync(south!.keyFile, 'damaged');
    await writeDemoPki(directory, partners, now);
    const names = ['crt.pem', 'key.pem', 'p12'];
    expect(changed(snapshot(directory))).toEqual(
      ['NORTH', 'SOUTH'].flatMap((code) =>
        names.map((name) => join('partners', `${code}.${name}`)),
      ),
    );

    const renewed = await writeDemoPki(directory, partners, daysLater(190));
    const server = new X509Certificate(readFileSync(renewed.server.certificateFile));
    expect(server.validToDate > daysLater(300)).toBe(true);
    expect(server.checkPrivateKey(generateKeyPairSync('ed25519').privateKey)).toBe(false);
  });

  test('follows a new client CA', async () => {
    const directory = newDirectory();
    const pki = await writeDemoPki(directory, partners, now);
    rmSync(pki.clientCa.keyFile);
    await writeDemoPki(directory, partners, now);
    const ca = new X509Certificate(readFileSync(pki.clientCa.certificateFile));
    for (const { certificateFile } of pki.partners.values()) {
      const certificate = new X509Certificate(readFileSync(certificateFile));
      expect(
        certificate.verify(createPublicKey(ca.publicKey.export({ format: 'pem', type: 'spki' }))),
      ).toBe(true);
    }
  });
});
