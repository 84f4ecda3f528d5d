import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { printSchema, type GraphQLSchema } from 'graphql';
import { EventRecorder, type AccessLog } from './access-log/index.js';
import { Outbox } from './alerts/index.js';
import { GatewayError } from './core/errors.js';
import type { PartnerCode } from './core/ids.js';
import { AcceptGrant, Authority, ReadEnds, type Caller } from './grants/index.js';
import { createTokenVerifier, parseBearer } from './identity/caller/index.js';
import { certificateCauseOf } from './identity/certificate/index.js';
import { GatewayKeyRing } from './identity/keys/index.js';
import { createTokenEndpoint, publicTokenKeys } from './identity/token/index.js';
import { DocumentReport } from './partners/index.js';
import { buildOpsDoor } from './ops/ops-door.js';
import { startBackground } from './background.js';
import { countEnding } from './ending-credentials.js';
import { CertificateJudge, type PartnerPeer } from './certificate-judge.js';
import { openStaffDoor, type OpenedStaffDoor } from './open-staff-door.js';
import { buildPartnerDoor } from './partner-api/partner-door.js';
import { ReadBundle } from './partners/index.js';
import { errorTable } from './platform/graphql/error-table.js';
import { lockHome } from './platform/database/home-lock.js';
import { listenForNotices } from './platform/database/notifications.js';
import type { Database } from './platform/database/database.js';
import type { StaffDoorFiles } from './platform/configuration/configuration.js';
import { FileWatch } from './platform/keys/watched-files.js';
import {
  readCaCertificates,
  readListenerTls,
  type ListenerTls,
} from './platform/tls/listener-files.js';
import { describeError } from './platform/telemetry/logger.js';
import { Metrics } from './platform/telemetry/metrics.js';
import { nestLogger } from './platform/telemetry/nest-logger.js';
import {
  createGatedHttpsServer,
  type GatedHttpsServer,
} from './platform/tls/client-certificate-gate.js';
import { ScreenRounds } from './screening/index.js';
import { startWatch, type Watch } from './open-watch.js';
import { ConfirmationAlarms, Crossings, Mistakes, ReadNotices } from './referrals/index.js';
import { legalHolds, Register, Upkeep } from './register/index.js';
import { authorityChannel, ReplicaClock } from './staff/index.js';
import {
  ReadAccess,
  ReadReceipt,
  RecordRefusal,
  VerifyIdentities,
  VerifyIdentity,
} from './verification/index.js';
import {
  ACCESS_LOG,
  openMigratedDatabase,
  RoomsModule,
  type RoomsSettings,
} from './rooms.module.js';

export interface GatewaySettings extends RoomsSettings {
  /** The staff door's files; without them there is no staff door. */
  readonly staffTls?: StaffDoorFiles;
  readonly partnerTls: {
    readonly certificateFile: string;
    readonly keyFile: string;
    /** CA certificates partners trust the listener by. */
    readonly caFile?: string;
  };
}

/** The rooms, open and without doors. */
export interface OpenRooms {
  readonly context: INestApplicationContext;
  readonly database: Database;
  /** Once, however often it is called. */
  close(): Promise<void>;
}

export interface Gateway {
  readonly partnerUrl: string;
  readonly opsUrl: string;
  readonly schema: GraphQLSchema;
  /** Undefined without a staff door. */
  readonly staff: { readonly url: string; readonly schema: GraphQLSchema } | undefined;
  /** Takes up files of keys and certificates that have changed; done by itself every two seconds. */
  lookAtFiles(): Promise<void>;
  /** Looks for alerts now; done by itself every ten seconds. */
  lookForAlerts(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the rooms: home lock, database and migrations, register, access log.
 *
 * @throws {GatewayError} ERR_HOME_IN_USE, ERR_DATABASE_UNAVAILABLE, ERR_KEY_UNUSABLE
 */
export async function openRooms(settings: RoomsSettings): Promise<OpenRooms> {
  const lock = lockHome(settings.configuration.home);
  let database: Database | undefined;
  let context: INestApplicationContext | undefined;
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    await context?.get<AccessLog>(ACCESS_LOG).close();
    await context?.close();
    await database?.close();
    lock.release();
  };
  const close = () => (closing ??= closeAll());
  try {
    database = await openMigratedDatabase(settings.configuration);
    context = await NestFactory.createApplicationContext(RoomsModule.with(settings, database), {
      logger: nestLogger(settings.logger),
      abortOnError: false,
    });
    return { context, database, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Opens the doors over open rooms. Closing the gateway closes the doors, then the rooms; so does a
 * door that does not open.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable, ERR_KEY_UNUSABLE
 */
export async function openDoors(settings: GatewaySettings, rooms: OpenRooms): Promise<Gateway> {
  try {
    return await buildDoors(settings, rooms);
  } catch (error) {
    await rooms.close();
    throw error;
  }
}

async function buildDoors(settings: GatewaySettings, rooms: OpenRooms): Promise<Gateway> {
  const { configuration, logger, now } = settings;
  const { context, database } = rooms;
  const metrics = new Metrics();
  const authority = context.get(Authority);
  const accessLog = context.get<AccessLog>(ACCESS_LOG);
  const events = context.get(EventRecorder);
  const readEnds = context.get(ReadEnds);
  const documentReport = context.get(DocumentReport);
  const ring = context.get(GatewayKeyRing);
  let tls = readListenerTls(settings.partnerTls, 'PARTNER');
  const caCertificates = readCaCertificates(settings.partnerTls.caFile);
  metrics.certificateNotAfter.set({ door: 'partner' }, tls.notAfter.getTime() / 1000);

  const judge = new CertificateJudge(authority, now);
  let gate: GatedHttpsServer<PartnerPeer> | undefined;
  const peerOf = (socket: object): PartnerPeer | undefined => gate?.identityOf(socket);
  const newVerifier = () =>
    createTokenVerifier({
      issuer: configuration.publicUrl,
      audience: configuration.publicUrl,
      keys: publicTokenKeys(ring.verifierJwks),
      now,
      maxSkewSeconds: 5,
    });
  let verifier = newVerifier();
  ring.onChange(() => {
    verifier = newVerifier();
  });

  /** Certificate and token of a request, against authority as it is now. */
  const authenticate = async (request: IncomingMessage): Promise<Caller> => {
    const peer = peerOf(request.socket);
    if (peer === undefined) throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'certificate' });
    const fingerprint = peer.checked.fingerprintSha256.base64url;
    const token = parseBearer(request.headersDistinct['authorization']);
    const { clientId, officer, issuedAt, expiresAt, kid } = verifier.verify(token, fingerprint);
    await authority.refresh();
    if (!ring.acceptsToken(kid)) throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'key' });
    if (!judge.isInForce(peer)) {
      throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'certificate' });
    }
    return authority.establish({
      clientId,
      certificate: peer.checked,
      certificateFingerprint: fingerprint,
      tokenIssuedAt: issuedAt,
      tokenExpiresAt: expiresAt,
      ...(officer === undefined ? {} : { officer }),
    });
  };

  /** Partner behind the certificate of a request, against authority as it is now. */
  const partnerOf = async (request: IncomingMessage): Promise<PartnerCode> => {
    const peer = peerOf(request.socket);
    await authority.refresh();
    const fingerprint = peer?.checked.fingerprintSha256.base64url ?? '';
    const credential = authority.credential(fingerprint);
    if (peer === undefined || credential === undefined || peer.checked.notAfter <= now()) {
      throw new GatewayError('ERR_CERTIFICATE_REFUSED', { detail: 'no longer in force' });
    }
    return credential.partner;
  };

  authority.onRevokedToken((code) => {
    events.count('EVENT_TOKENS_REFUSED', 'token-revoked', code);
  });

  const tokenEndpoint = createTokenEndpoint({
    issuer: configuration.publicUrl,
    signingKeys: ring.tokenKeys(),
    currentKeys: async () => {
      await authority.refresh();
      return ring.tokenKeys();
    },
    clients: {
      byClientId: async (clientId) => {
        await authority.refresh();
        const client = authority.client(clientId);
        if (client?.active === false) {
          events.count('EVENT_TOKENS_REFUSED', 'client-revoked', client.partner);
        }
        return client === undefined ? undefined : { ...client, jwks: client.jwks.keys };
      },
    },
    database: { query: (sql, parameters) => database.dataSource.query(sql, [...parameters]) },
    officers: async (code) => {
      await authority.refresh();
      const named = authority.officerProvider(code);
      return named === undefined ? undefined : { issuer: named.issuer, keys: named.jwks.keys };
    },
    peerOf: (socket) => {
      const peer = peerOf(socket);
      return peer !== undefined && judge.isInForce(peer)
        ? { ...peer, subject: peer.checked.subject }
        : undefined;
    },
    now,
    onRefused: (error, detail) => {
      metrics.tokensRefused.inc({ cause: `endpoint ${error}` });
      events.count('EVENT_TOKENS_REFUSED', error);
      logger.info({ error, detail }, 'token refused');
    },
    onIssued: (clientId) => events.count('EVENT_TOKENS_ISSUED', clientId),
    onFault: (error) => logger.error({ code: nameOfFault(error) }, 'token endpoint'),
  });

  const partner = await buildPartnerDoor({
    useCases: {
      verifyIdentity: shared(context, VerifyIdentity),
      verifyIdentities: shared(context, VerifyIdentities),
      readAccess: shared(context, ReadAccess),
      readReceipt: shared(context, ReadReceipt),
      recordRefusal: shared(context, RecordRefusal),
      acceptGrant: shared(context, AcceptGrant),
      crossings: shared(context, Crossings),
      readNotices: shared(context, ReadNotices),
      mistakes: shared(context, Mistakes),
    },
    serverFactory: (handler) => {
      gate = createGatedHttpsServer<PartnerPeer>(
        {
          certificate: tls.certificate,
          privateKey: tls.key,
          check: async (der) => judge.check(der),
          causeOf: certificateCauseOf,
          connectionKey: (peer) => peer.partner,
          http: { keepAliveTimeout: 60_000 },
          onRefused: (cause) => {
            metrics.handshakesRefused.inc({ cause });
            events.count('EVENT_CONNECTIONS_REFUSED', cause);
          },
        },
        handler,
      );
      return gate.server;
    },
    authenticate,
    tokenEndpoint,
    log: { published: accessLog.published, partnerOf, now },
    documents: {
      ruleOf: (code) => authority.documentRule(code),
      note: (code, id, refused) => {
        metrics.untrustedDocuments.inc({ refused: String(refused) });
        documentReport.note(code, id, refused);
      },
    },
    releaseDelayMs: configuration.releaseDelayMs,
    logger,
    metrics,
  });
  context.get(ReadBundle).describeDoor({
    caCertificates,
    schema: `${printSchema(partner.schema)}\n`,
    errorTable: errorTable(),
  });
  authority.onChange(() => gate?.cutConnections((peer) => !judge.isInForce(peer)));

  let staffTls = settings.staffTls && readListenerTls(settings.staffTls, 'STAFF');
  const staff =
    settings.staffTls === undefined || staffTls === undefined
      ? undefined
      : await openStaffDoor(
          {
            ...staffTls,
            files: settings.staffTls,
            publicUrl: configuration.staff.publicUrl,
            now,
            logger,
            metrics,
          },
          context,
          authority,
          (type) => shared(context, type),
        );
  if (staffTls !== undefined) {
    metrics.certificateNotAfter.set({ door: 'staff' }, staffTls.notAfter.getTime() / 1000);
  }

  // Nobody has to ask for a replica to learn what was revoked: open connections end by themselves.
  const certificatesHeld = () => [
    { use: 'PARTNER_TLS' as const, ...servedBy(tls) },
    ...(staffTls === undefined ? [] : [{ use: 'STAFF_TLS' as const, ...servedBy(staffTls) }]),
  ];
  const clock = new ReplicaClock(
    database.dataSource,
    {
      name: `${hostname()}:${configuration.partner.port} ${configuration.home}`,
      held: () => [...ring.heldKeys(), ...certificatesHeld()],
    },
    (error) => logger.warn(describeError(error), 'the time of enforcement was not written down'),
  );
  await clock.start(authority.version);
  // What came in force before this replica was known to run is judged now, what comes later waits for it.
  try {
    await authority.refresh();
    ring.requireWhole();
  } catch (error) {
    await clock.stop();
    throw error;
  }
  authority.onChange(() => clock.saw(authority.version));
  const files = new FileWatch(
    [
      { what: 'signing keys', paths: ring.files, reread: () => ring.reread() },
      {
        what: 'partner certificate',
        paths: [settings.partnerTls.certificateFile, settings.partnerTls.keyFile],
        reread: () => {
          const read = readListenerTls(settings.partnerTls, 'PARTNER');
          gate?.serveCertificate({ certificate: read.certificate, privateKey: read.key });
          tls = read;
          metrics.certificateNotAfter.set({ door: 'partner' }, read.notAfter.getTime() / 1000);
        },
      },
      ...(settings.staffTls === undefined || staff === undefined
        ? []
        : staffFiles(settings.staffTls, staff, (read) => {
            staffTls = read;
            metrics.certificateNotAfter.set({ door: 'staff' }, read.notAfter.getTime() / 1000);
          })),
    ],
    {
      onTaken: (what) => {
        metrics.filesRefused.set({ what }, 0);
        logger.info({ what }, 'changed files were taken up');
        void clock.holds();
      },
      onFault: (what, error) => {
        metrics.filesRefused.set({ what }, 1);
        logger.error(
          { what, ...describeError(error) },
          'changed files hold nothing that can be taken; what was before goes on',
        );
      },
    },
  );
  await files.start();
  const notices =
    configuration.databaseUrl === undefined
      ? undefined
      : listenForNotices(configuration.databaseUrl, authorityChannel, () => {
          authority
            .refresh()
            .catch((error: unknown) =>
              logger.warn(describeError(error), 'authority not refreshed'),
            );
        });

  /** What ends soon shows on /metrics; a database that does not answer takes nothing else from it. */
  const measureEnding = async () => {
    for (const { kind, withinDays, count } of countEnding(await readEnds.all(), now())) {
      metrics.ending.set({ kind, within_days: String(withinDays) }, count);
    }
    const isStale = ({ crl }: { crl?: { nextUpdate: Date } }) =>
      crl !== undefined && crl.nextUpdate < now();
    metrics.staleRevocationLists.set(authority.anchors.filter(isStale).length);
  };
  const ready = async () => {
    const log = accessLog.isWritable();
    metrics.logWritable.set(log ? 1 : 0);
    await measureEnding().catch(() => undefined);
    return [
      { name: 'access log can be written', ok: log },
      { name: 'listener certificate in force', ok: now() < tls.notAfter },
      { name: 'signing keys in force are held', ok: ring.lacking().length === 0 },
      {
        name: 'a witness has cosigned within a day',
        ok: await accessLog.witnesses.isCosigned(now()).catch(() => false),
      },
      ...(staffTls === undefined
        ? []
        : [{ name: 'staff listener certificate in force', ok: now() < staffTls.notAfter }]),
    ];
  };
  const ops = await buildOpsDoor({ ready, metrics, logger });
  const { retentionDays } = configuration;
  const upkeep = new Upkeep({
    store: context.get(Register).store,
    embedded: database.embedded,
    hasPreviousMasterKey: settings.keys.previousMaster !== undefined,
    ...(retentionDays === undefined ? {} : { retentionDays }),
    logger,
    onStatus: ({ job, state, done, endedAt }) => {
      if (state === 'DONE' && done > 0) void events.record('EVENT_UPKEEP', { job, done });
      metrics.registerUpkeep.set({ job }, done);
      metrics.registerUpkeepFailed.set({ job }, state === 'FAILED' ? 1 : 0);
      if (state === 'DONE' && endedAt !== null) {
        metrics.registerUpkeepEnded.set({ job }, endedAt.getTime() / 1000);
      }
    },
  });

  const watches: Watch[] = [];
  const close = async () => {
    await files.close();
    gate?.cutConnections(() => true);
    staff?.cut();
    await partner.app.close();
    await staff?.app.close();
    await ops.close();
    await notices?.close();
    await clock.stop().catch(() => undefined);
    for (const watch of watches) await watch.stop();
    await background.stop();
    await upkeep.stop();
    await rooms.close();
  };
  accessLog.startRounds(now);
  const months = configuration.logRetentionMonths;
  if (months !== undefined) {
    // Whom a hold protects is sealed: while one is in force nothing of the log is forgotten.
    const { store } = context.get(Register);
    const isHeld = async () => (await legalHolds(store)).length > 0;
    accessLog.startRetention({ months, isHeld }, now);
  }
  upkeep.start();
  const background = startBackground(context, database.dataSource, now, logger);
  try {
    await listen(partner.app, configuration.partner, 'SAFECONDUCT_PARTNER_PORT');
    if (staff !== undefined) {
      await listen(staff.app, configuration.staff, 'SAFECONDUCT_STAFF_PORT');
    }
    await listen(ops, configuration.ops, 'SAFECONDUCT_OPS_PORT');
  } catch (error) {
    await close();
    throw error;
  }
  const watch = await startWatch({
    dataSource: database.dataSource,
    embedded: database.embedded,
    accessLog,
    events,
    outbox: context.get(Outbox),
    readEnds: async () => readEnds.all(),
    screenRounds: context.get(ScreenRounds),
    confirmations: context.get(ConfirmationAlarms),
    metrics,
    logger,
    now,
  });
  watches.push(watch);
  return {
    partnerUrl: `https://localhost:${portOf(partner.app.getHttpServer())}`,
    opsUrl: `http://${configuration.ops.host}:${portOf(ops.getHttpServer())}`,
    schema: partner.schema,
    staff:
      staff === undefined
        ? undefined
        : {
            url: `https://localhost:${portOf(staff.app.getHttpServer())}`,
            schema: staff.schema,
          },
    lookForAlerts: async () => watch.look(),
    lookAtFiles: async () => {
      await files.look();
      await clock.holds();
    },
    close,
  };
}

/**
 * A use case out of the rooms' context, for a door. One with a lifecycle hook is refused: closing a
 * door would run it, and close what other doors share.
 */
function shared<T extends object>(context: INestApplicationContext, type: Type<T>): T {
  const instance = context.get(type);
  const hooks = [
    'onModuleInit',
    'onApplicationBootstrap',
    'onModuleDestroy',
    'beforeApplicationShutdown',
    'onApplicationShutdown',
  ];
  const hook = hooks.find((name) => name in instance);
  if (hook !== undefined) throw new TypeError(`${type.name} has ${hook} and cannot be shared`);
  return instance;
}

/** A server certificate as a replica reports it. */
function servedBy({ fingerprint, notAfter }: ListenerTls) {
  return { thumbprint: fingerprint, kid: '', notAfter };
}

/** Files of the staff door that are taken up while it is open. */
function staffFiles(
  files: StaffDoorFiles,
  staff: OpenedStaffDoor,
  onServed: (read: ListenerTls) => void,
) {
  return [
    {
      what: 'staff certificate',
      paths: [files.certificateFile, files.keyFile],
      reread: () => {
        const read = readListenerTls(files, 'STAFF');
        staff.serveCertificate({ certificate: read.certificate, privateKey: read.key });
        onServed(read);
      },
    },
    { what: 'staff CAs', paths: [files.caFile], reread: () => staff.rereadAnchors() },
  ];
}

interface Listening {
  listen(port: number, host: string): Promise<unknown>;
}

async function listen(
  app: Listening,
  { host, port }: { readonly host: string; readonly port: number },
  variable: string,
): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const detail =
      code === 'EADDRINUSE'
        ? `port ${port} of ${host} is taken; set ${variable} to another`
        : `cannot listen on port ${port} of ${host} (${code}); see ${variable}`;
    throw new GatewayError('ERR_CONFIGURATION', { detail, cause });
  }
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function nameOfFault(error: unknown): string {
  return error instanceof GatewayError ? error.code : error instanceof Error ? error.name : 'fault';
}
