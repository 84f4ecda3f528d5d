import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { AccessLog } from '../../access-log/index.js';
import { formatWitnessKey } from '../../core/log/cosignature.js';
import { fieldCatalogue, type SubjectField } from '../../core/disclosure/catalogue.js';
import { isTestGrant, type GrantTerms } from '../../core/grants/grant.js';
import type { Caseload, GrantId, PartnerCode, StateCode } from '../../core/ids.js';
import { Authority, putGrantInForce } from '../../grants/index.js';
import { registerPartner } from '../../partners/index.js';
import { readPrivateJwkFile } from '../../platform/keys/keys.js';
import type { DemoPki } from '../../platform/pki/index.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { makeSigningKey, type DemoHome } from './demo-home.js';

export interface DemoPartner {
  readonly code: PartnerCode;
  readonly name: string;
  readonly state: StateCode;
  readonly terms: Pick<
    GrantTerms,
    | 'purpose'
    | 'legalBasis'
    | 'caseloads'
    | 'fields'
    | 'matchOn'
    | 'possibleMatch'
    | 'questionsPerDay'
  >;
}

const legalBasis =
  'Memorandum of understanding on the verification of protected persons (demonstration), article 4';

/** The two partners of the demonstration, with a narrow and a wider grant. */
export const demoPartners: readonly DemoPartner[] = [
  {
    code: 'AUS-BORDER' as PartnerCode,
    name: 'Border agency of a partner (demonstration)',
    state: 'AUS' as StateCode,
    terms: {
      purpose: 'BORDER_VERIFICATION',
      legalBasis,
      caseloads: ['AF-2021', 'AF-2022'] as Caseload[],
      fields: {
        FULL_NAME: 'CONFIRM',
        DATE_OF_BIRTH: 'GENERALISED',
        NATIONALITY: 'GENERALISED',
        DOCUMENT_NUMBER: 'MASKED',
        VISA_STATUS: 'FULL',
        VISA_EXPIRES: 'GENERALISED',
      },
      matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'NATIONALITY', 'SEX', 'DOCUMENT'],
      possibleMatch: 'FOLDED',
      questionsPerDay: 2_000,
    },
  },
  {
    code: 'CAN-CONSULAR' as PartnerCode,
    name: 'Consular service of a partner (demonstration)',
    state: 'CAN' as StateCode,
    terms: {
      purpose: 'CONSULAR_ASSISTANCE',
      legalBasis,
      caseloads: ['AF-2021'] as Caseload[],
      fields: {
        FULL_NAME: 'GENERALISED',
        FATHER_NAME: 'CONFIRM',
        DATE_OF_BIRTH: 'CONFIRM',
        VISA_REFERENCE: 'PRESENCE',
        VISA_STATUS: 'FULL',
      },
      matchOn: ['NAME', 'FATHER_NAME', 'GRANDFATHER_NAME', 'DATE_OF_BIRTH', 'SEX', 'DOCUMENT'],
      possibleMatch: 'ALLOWED',
      questionsPerDay: 500,
    },
  },
];

const grantDays = 180;

/** Registers the partners, their certificates and keys, and puts one grant of each in force. */
export async function registerDemoPartners(
  dataSource: DataSource,
  home: DemoHome,
  pki: DemoPki,
  now: Date,
): Promise<void> {
  const anchor = {
    id: randomUUID(),
    certificate: new X509Certificate(readFileSync(pki.clientCa.certificateFile)).raw,
  };
  for (const { code, name, state, terms } of demoPartners) {
    const files = pki.partners.get(code);
    if (files === undefined) throw new TypeError(`${code} has no certificate`);
    const certificate = new X509Certificate(readFileSync(files.certificateFile));
    const fingerprint = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex');
    const validAfter = new Date(Math.floor(now.getTime() / 1000) * 1000);
    await registerPartner(dataSource, {
      partner: { code, name, state, active: true, validAfter },
      anchor,
      credential: {
        id: randomUUID(),
        partner: code,
        kind: 'CLIENT_CERTIFICATE',
        fingerprint: fingerprint.toString('base64url'),
        active: true,
        validAfter,
        notAfter: certificate.validToDate,
      },
      client: {
        clientId: clientIdOf(code),
        partner: code,
        jwks: { keys: [makeClientKey(home, code)] },
        active: true,
        validAfter,
      },
    });
    await putGrantInForce(dataSource, {
      id: randomUUID() as GrantId,
      terms: {
        ...terms,
        partner: code,
        assuranceLevel: 'STANDARD',
        minimumEvidence: [],
        requiresNamedOfficer: false,
        handling: 'NO_ONWARD_TRANSFER',
        validFrom: now,
        validUntil: new Date(now.getTime() + grantDays * 86_400_000),
      },
      requestedBy: 'demo liaison officer 1',
      approvedBy: 'demo liaison officer 2',
      approvedAt: now,
    });
  }
}

/** Writes one profile per partner (docs/profile.schema.json), as a partner would make its own. */
export async function writeDemoProfiles(
  context: INestApplicationContext,
  home: DemoHome,
  pki: DemoPki,
  url: string,
  now: Date,
): Promise<ReadonlyMap<PartnerCode, string>> {
  const authority = context.get(Authority);
  await authority.refresh();
  const accessLog = context.get<AccessLog>(ACCESS_LOG);
  const witnesses: string[] = [];
  for (const { code } of demoPartners) {
    const witness = demoWitness(home, code);
    witnesses.push(formatWitnessKey(witness.name, witness.privateKey));
    await accessLog.witnesses.register(code, witnesses.at(-1) ?? '', now);
  }
  const written = new Map<PartnerCode, string>();
  for (const { code } of demoPartners) {
    const files = pki.partners.get(code);
    const grant = authority.grantsOf(code).find((one) => !isTestGrant(one));
    if (files === undefined || grant === undefined) throw new TypeError(`${code} is not set up`);
    const from = (path: string) => relative(home.partnersDirectory, path);
    const profile = {
      url,
      certificateFile: from(files.certificateFile),
      keyFile: from(files.keyFile),
      caFile: from(pki.serverCa.certificateFile),
      clientId: clientIdOf(code),
      signingKeyFile: from(signingKeyFile(home, code)),
      grantId: grant.id,
      purpose: grant.purpose,
      caseReference: 'DEMO-1',
      fields: Object.keys(grant.fields).map((field) => fieldCatalogue[field as SubjectField].name),
      logVerifierKeys: [await accessLog.verifierKey({ kind: 'partner', partner: code })],
      coverVerifierKeys: [accessLog.coverVerifierKey()],
      witnessVerifierKeys: witnesses,
      witnessQuorum: 1,
      coverSlot: await accessLog.coverSlot(code),
    };
    const path = join(home.partnersDirectory, `${code}.json`);
    writeFileSync(path, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
    written.set(code, path);
  }
  return written;
}

/** The key a demo partner cosigns with, and the file of what it remembers. */
export function demoWitness(home: DemoHome, code: PartnerCode) {
  const keyFile = join(home.partnersDirectory, `${code}.witness.jwk`);
  const name = `witness.${code.toLowerCase()}.example`;
  makeSigningKey(keyFile, name, () => generateKeyPairSync('ed25519').privateKey);
  const stateFile = join(home.partnersDirectory, `${code}.witness.json`);
  return { name, keyFile, stateFile, privateKey: readPrivateJwkFile(keyFile, name).key };
}

/** A P-256 key: every OAuth client can sign with one (ES256). */
function makeClientKey(home: DemoHome, code: PartnerCode) {
  return makeSigningKey(
    signingKeyFile(home, code),
    `${clientIdOf(code)}-1`,
    () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  );
}

const clientIdOf = (code: PartnerCode): string => code.toLowerCase();
const signingKeyFile = (home: DemoHome, code: PartnerCode): string =>
  join(home.partnersDirectory, `${code}.signing.jwk`);
