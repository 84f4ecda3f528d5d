import {
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { pino } from 'pino';
import type { GrantTerms } from '../../src/core/grants/grant.js';
import type { Caseload, GrantId, PartnerCode, StateCode } from '../../src/core/ids.js';
import { Authority, putGrantInForce } from '../../src/grants/index.js';
import type { AccessLogOptions } from '../../src/access-log/index.js';
import {
  openDoors,
  openRooms,
  type Gateway,
  type GatewaySettings,
  type OpenRooms,
} from '../../src/main.js';
import { migrations } from '../../src/migrations.js';
import { registerPartner } from '../../src/partners/index.js';
import { readConfiguration } from '../../src/platform/configuration/configuration.js';
import { epochKeyFiles } from '../../src/platform/keys/epoch-key-files.js';
import {
  createClientCa,
  createServerCa,
  issueClientKeyPair,
  issueServerCertificate,
  type CertificateAuthority,
  type IssuedKeyPair,
} from '../../src/platform/pki/index.js';
import { importRegister, Register, releaseBatch } from '../../src/register/index.js';
import type { AccessLog } from '../../src/access-log/index.js';
import { demoStaff, foundDemoStaff } from '../../src/cli/demo/demo-staff.js';
import { ACCESS_LOG } from '../../src/rooms.module.js';
import { newStaffPair, staffCa } from './staff.js';
import { TestStaffClient } from './staff-client.js';
import { migratedDatabaseUrl, temporaryHome, type DatabaseKind } from './databases.js';
import { TestPartner } from './partner.js';

/** A whole gateway on free ports, over a fresh database, with a fresh PKI and two partners. */
export interface TestGateway {
  readonly url: string;
  readonly opsUrl: string;
  readonly home: string;
  readonly gateway: Gateway;
  readonly rooms: OpenRooms;
  readonly settings: GatewaySettings;
  readonly clientCa: CertificateAuthority;
  readonly serverCaPem: string;
  /** Lines the gateway logged. */
  readonly logged: string[];
  partner(code: string): TestPartner;
  /** Puts a further grant in force; what is not given is as in the standard terms. */
  /** Those of `options.grants`. */
  readonly grants: readonly GrantId[];
  addGrant(code: string, terms: Partial<GrantTerms>): Promise<GrantId>;
  /** A member of staff by reference, e.g. `LIA-1`. */
  staff(reference: string): TestStaffClient;
  /** Certificate and key of a member of staff. */
  staffPair(reference: string): IssuedKeyPair;
  /** Imports people and releases them. */
  addPeople(people: readonly object[]): Promise<void>;
  /** Files of the signing keys and of the listener's certificate. */
  readonly files: TestFiles;
  /** A certificate of the gateway's own name, of the same CA. */
  newServerCertificate(): { readonly certificate: string; readonly key: string };
  /** A second gateway over the same PostgreSQL database, with a home of its own. */
  replica(bent?: Partial<GatewaySettings['keys']>): Promise<TestReplica>;
  close(): Promise<void>;
}

export interface TestReplica {
  readonly url: string;
  readonly gateway: Gateway;
  /** A member of staff at this replica's own staff door. */
  staff(reference: string): TestStaffClient;
  close(): Promise<void>;
}

export interface TestFiles {
  readonly tokenKey: string;
  readonly checkpointKey: string;
  readonly certificate: string;
  readonly certificateKey: string;
  readonly staffCa: string;
  /** Where the largest signed checkpoints are remembered. */
  readonly checkpoints: string;
}

export interface TestGatewayOptions {
  readonly kind: DatabaseKind;
  /** An empty PostgreSQL database; otherwise a fresh one of `kind`. */
  readonly databaseUrl?: string;
  readonly people?: readonly object[];
  readonly terms?: Partial<GrantTerms>;
  readonly now?: () => Date;
  readonly releaseDelayMs?: number;
  /** File system under the journal. */
  readonly journalFiles?: AccessLogOptions['files'];
  /** Sizes in which the journal grows. */
  readonly journalSizes?: AccessLogOptions['journal'];
  /** An empty directory that outlives the gateway; otherwise a temporary one. */
  readonly home?: string;
  /** Volume under the journal. */
  readonly journalVolume?: AccessLogOptions['volume'];
  /** Opens the staff door, with staff of every role (src/cli/demo/demo-staff.ts). */
  readonly staff?: boolean;
  /** Further grants, in force before there is staff: afterwards it takes two of them. */
  readonly grants?: readonly { readonly code: string; readonly terms: Partial<GrantTerms> }[];
  /** Where alerts go, and the key webhooks are signed with. */
  readonly notify?: {
    readonly webhookUrl: string;
    readonly key: Uint8Array;
    readonly syslogUrl: string;
  };
  /** Remembers the largest signed checkpoints beside the keys. */
  readonly checkpointCopy?: boolean;
  /** Records a partner may cause in a day. */
  readonly recordsPerDay?: number;
  /** Whole months of the access log that are kept; no rule when absent. */
  readonly logRetentionMonths?: number;
}

export const testPartners = [
  { code: 'ALPHA-BORDER' as PartnerCode, state: 'AUS' as StateCode },
  { code: 'BRAVO-CONSULAR' as PartnerCode, state: 'CAN' as StateCode },
] as const;

const pem = (der: Buffer): string => new X509Certificate(der).toString();
export const keyPem = (key: KeyObject): string =>
  key.export({ format: 'pem', type: 'pkcs8' }).toString();

export const standardTerms = {
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'A memorandum of understanding',
  caseloads: ['AF-2021'] as Caseload[],
  fields: {
    FULL_NAME: 'CONFIRM',
    DATE_OF_BIRTH: 'GENERALISED',
    DOCUMENT_NUMBER: 'MASKED',
    VISA_REFERENCE: 'PRESENCE',
    VISA_STATUS: 'FULL',
  },
  matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'NATIONALITY', 'SEX', 'DOCUMENT'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 1_000,
} satisfies Partial<GrantTerms>;

export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const home =
    options.home === undefined ? temporaryHome() : { path: options.home, remove: () => undefined };
  const now = options.now ?? (() => new Date());
  const databaseUrl =
    options.databaseUrl ?? (await migratedDatabaseUrl(options.kind, home.path, migrations));
  const serverCa = createServerCa({ organization: 'Test', commonName: 'Server CA' }, new Date());
  const server = issueServerCertificate(
    serverCa,
    { organization: 'Test', commonName: 'localhost' },
    ['localhost', '127.0.0.1'],
    new Date(),
  );
  const clientCa = createClientCa({ organization: 'Test', commonName: 'Client CA' }, new Date());
  const files = join(home.path, '..', `keys-${randomBytes(6).toString('hex')}`);
  mkdirSync(files, { mode: 0o700 });
  const partnerTls = { certificateFile: join(files, 'tls.pem'), keyFile: join(files, 'tls.key') };
  const partnerCaFile = join(files, 'tls-ca.pem');
  writeFileSync(partnerCaFile, pem(serverCa.certificate));
  writeFileSync(partnerTls.certificateFile, pem(server.certificate));
  writeFileSync(partnerTls.keyFile, keyPem(server.privateKey), { mode: 0o600 });

  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const keyFiles = { TOKEN: join(files, 'token.jwk'), CHECKPOINT: join(files, 'checkpoint.jwk') };
  const signing = (kid: string, path: string) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid };
    writeFileSync(path, JSON.stringify(jwk), { mode: 0o600 });
    return { kid, key: privateKey, jwk };
  };
  const staffTls = { ...partnerTls, caFile: join(files, 'staff-ca.pem') };
  writeFileSync(staffTls.caFile, pem(staffCa.certificate));
  const port = await freePort();
  const staffPort = await freePort();
  const settings = {
    configuration: readConfiguration({
      SAFECONDUCT_HOME: home.path,
      SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
      SAFECONDUCT_PARTNER_PORT: String(port),
      SAFECONDUCT_STAFF_HOST: '127.0.0.1',
      SAFECONDUCT_STAFF_PORT: String(staffPort),
      SAFECONDUCT_OPS_PORT: '0',
      SAFECONDUCT_LOG_ORIGIN: 'log.test',
      ...(options.recordsPerDay === undefined
        ? {}
        : { SAFECONDUCT_LOG_RECORDS_PER_DAY: String(options.recordsPerDay) }),
      ...(options.checkpointCopy === true
        ? { SAFECONDUCT_CHECKPOINT_FILE: join(files, 'checkpoints.json') }
        : {}),
      ...(options.notify === undefined
        ? {}
        : {
            SAFECONDUCT_NOTIFY_WEBHOOK_URL: options.notify.webhookUrl,
            SAFECONDUCT_NOTIFY_KEY_FILE: join(files, 'notify.key'),
            SAFECONDUCT_SYSLOG_URL: options.notify.syslogUrl,
          }),
      SAFECONDUCT_RELEASE_DELAY_MS: String(options.releaseDelayMs ?? 1),
      ...(options.logRetentionMonths === undefined
        ? {}
        : { SAFECONDUCT_LOG_RETENTION_MONTHS: String(options.logRetentionMonths) }),
      DATABASE_URL: databaseUrl,
    }),
    keys: {
      master: randomBytes(32),
      epochs: epochKeyFiles(join(files, 'epochs'), 'SAFECONDUCT_EPOCH_KEYS_DIR'),
      log: randomBytes(32),
      ...(options.notify === undefined ? {} : { notify: options.notify.key }),
      token: signing('token-1', keyFiles.TOKEN),
      checkpoint: signing('checkpoint-1', keyFiles.CHECKPOINT),
      files: keyFiles,
    },
    partnerTls: { ...partnerTls, caFile: partnerCaFile },
    ...(options.staff === true ? { staffTls } : {}),
    logger,
    now,
    ...(options.journalFiles === undefined ? {} : { journalFiles: options.journalFiles }),
    ...(options.journalSizes === undefined ? {} : { journalSizes: options.journalSizes }),
    ...(options.journalVolume === undefined ? {} : { journalVolume: options.journalVolume }),
  } satisfies GatewaySettings;
  const rooms = await openRooms(settings);
  const { dataSource } = rooms.database;
  const serverCaPem = pem(serverCa.certificate);
  const url = settings.configuration.publicUrl;
  const partners = new Map<string, TestPartner>();
  const validAfter = new Date(Date.now() - 60_000);
  for (const { code, state } of testPartners) {
    const pair = issueClientKeyPair(clientCa, { organization: code, commonName: code }, new Date());
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = `${code}-1`;
    const clientId = code.toLowerCase();
    await registerPartner(dataSource, {
      partner: { code, name: `Partner ${code}`, state, active: true, validAfter },
      anchor: { id: randomUUID(), certificate: clientCa.certificate },
      credential: {
        id: randomUUID(),
        partner: code,
        kind: 'CLIENT_CERTIFICATE',
        fingerprint: thumbprint(pair),
        active: true,
        validAfter,
        notAfter: new X509Certificate(pair.certificate).validToDate,
      },
      client: {
        clientId,
        partner: code,
        jwks: { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid }] },
        active: true,
        validAfter,
      },
    });
    const grantId = await grantTo(rooms, code, { ...options.terms });
    partners.set(
      code,
      new TestPartner({
        code,
        url,
        clientId,
        grantId,
        serverCaPem,
        pair,
        signingKey: key.privateKey,
        kid,
      }),
    );
  }
  const grants: GrantId[] = [];
  for (const { code, terms } of options.grants ?? []) {
    grants.push(await grantTo(rooms, code as PartnerCode, { ...options.terms, ...terms }));
  }
  await rooms.context.get(Authority).refresh();
  const staffPairs = new Map(
    Object.keys(demoStaff).map((reference) => [reference, newStaffPair(reference)] as const),
  );
  if (options.staff === true) {
    await foundDemoStaff(
      dataSource,
      rooms.context.get<AccessLog>(ACCESS_LOG),
      (reference) => pem(staffPairs.get(reference)?.certificate ?? Buffer.alloc(0)),
      new Date(),
    );
  }
  const gateway = await openDoors(settings, rooms);
  const staffClients: TestStaffClient[] = [];

  const test: TestGateway = {
    url,
    opsUrl: gateway.opsUrl,
    home: home.path,
    gateway,
    rooms,
    settings,
    clientCa,
    serverCaPem,
    logged,
    partner: (code) => {
      const partner = partners.get(code);
      if (partner === undefined) throw new TypeError(`no partner ${code}`);
      return partner;
    },
    grants,
    addGrant: async (code, terms) =>
      grantTo(rooms, code as PartnerCode, { ...options.terms, ...terms }),
    staff: (reference) => {
      const pair = staffPairs.get(reference);
      const staffUrl = gateway.staff?.url;
      if (pair === undefined || staffUrl === undefined) throw new TypeError(`no ${reference}`);
      const client = new TestStaffClient(staffUrl, serverCaPem, pair);
      staffClients.push(client);
      return client;
    },
    staffPair: (reference) => {
      const pair = staffPairs.get(reference);
      if (pair === undefined) throw new TypeError(`no ${reference}`);
      return pair;
    },
    addPeople: async (people) => {
      const { store } = rooms.context.get(Register);
      const report = await importRegister(store, {
        source: lines(people),
        requestedBy: 'registrar 1',
        knownPartners: new Set(testPartners.map(({ code }) => code)),
        dryRun: false,
      });
      if (report.rejected > 0) throw new TypeError(JSON.stringify(report.rejections));
      if (report.batchId === undefined) return;
      await releaseBatch(store, {
        batchId: report.batchId,
        releasedBy: 'registrar 2',
        people: report.added + report.changed,
      });
    },
    files: {
      tokenKey: keyFiles.TOKEN,
      checkpointKey: keyFiles.CHECKPOINT,
      certificate: partnerTls.certificateFile,
      certificateKey: partnerTls.keyFile,
      staffCa: staffTls.caFile,
      checkpoints: join(files, 'checkpoints.json'),
    },
    newServerCertificate: () => {
      const made = issueServerCertificate(
        serverCa,
        { organization: 'Test', commonName: 'localhost' },
        ['localhost', '127.0.0.1'],
        new Date(),
      );
      return { certificate: pem(made.certificate), key: keyPem(made.privateKey) };
    },
    replica: async (bent = {}) => {
      const otherHome = temporaryHome();
      const environment = {
        SAFECONDUCT_HOME: otherHome.path,
        SAFECONDUCT_PARTNER_HOST: '127.0.0.1',
        SAFECONDUCT_PARTNER_PORT: String(await freePort()),
        SAFECONDUCT_PUBLIC_URL: url,
        SAFECONDUCT_STAFF_HOST: '127.0.0.1',
        SAFECONDUCT_STAFF_PORT: String(await freePort()),
        SAFECONDUCT_OPS_PORT: '0',
        SAFECONDUCT_LOG_ORIGIN: 'log.test',
        SAFECONDUCT_RELEASE_DELAY_MS: String(options.releaseDelayMs ?? 20),
        DATABASE_URL: databaseUrl,
      };
      const keys = { ...settings.keys, ...bent };
      const configuration = readConfiguration(environment);
      const replicaSettings = {
        configuration,
        keys,
        partnerTls,
        ...(options.staff === true ? { staffTls } : {}),
        logger,
        now,
      };
      const replica = await openDoors(replicaSettings, await openRooms(replicaSettings));
      return {
        url: replica.partnerUrl,
        gateway: replica,
        staff: (reference) => {
          const pair = staffPairs.get(reference);
          const staffUrl = replica.staff?.url;
          if (pair === undefined || staffUrl === undefined) throw new TypeError(`no ${reference}`);
          const client = new TestStaffClient(staffUrl, serverCaPem, pair);
          staffClients.push(client);
          return client;
        },
        close: async () => {
          await replica.close();
          otherHome.remove();
        },
      };
    },
    close: async () => {
      for (const partner of partners.values()) partner.close();
      for (const client of staffClients) client.close();
      await gateway.close();
      home.remove();
      rmSync(files, { recursive: true });
    },
  };
  try {
    if (options.people !== undefined) await test.addPeople(options.people);
  } catch (error) {
    await test.close();
    throw error;
  }
  return test;
}

async function grantTo(
  rooms: OpenRooms,
  partner: PartnerCode,
  terms: Partial<GrantTerms>,
): Promise<GrantId> {
  const id = randomUUID() as GrantId;
  await putGrantInForce(rooms.database.dataSource, {
    id,
    terms: {
      ...standardTerms,
      validFrom: new Date('2020-01-01T00:00:00Z'),
      validUntil: new Date('2100-01-01T00:00:00Z'),
      ...terms,
      partner,
    },
    requestedBy: 'liaison 1',
    approvedBy: 'liaison 2',
    approvedAt: new Date(),
  });
  return id;
}

/**
 * A second gateway of the same host: over the database, keys and name of the first, with a home and a
 * port of its own.
 */
export async function startReplica(
  first: TestGateway,
): Promise<{ readonly url: string; readonly rooms: OpenRooms; close(): Promise<void> }> {
  const home = temporaryHome();
  const settings: GatewaySettings = {
    ...first.settings,
    configuration: {
      ...first.settings.configuration,
      home: home.path,
      checkpointFile: undefined,
      partner: { ...first.settings.configuration.partner, port: 0 },
    },
  };
  const rooms = await openRooms(settings);
  const gateway = await openDoors(settings, rooms);
  return {
    url: gateway.partnerUrl,
    rooms,
    close: async () => {
      await gateway.close();
      home.remove();
    },
  };
}

export function thumbprint(pair: IssuedKeyPair): string {
  const { fingerprint256 } = new X509Certificate(pair.certificate);
  return Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
}

async function* lines(people: readonly object[]): AsyncGenerator<Uint8Array> {
  for (const person of people) yield Buffer.from(`${JSON.stringify(person)}\n`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = https.createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}
