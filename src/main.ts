import 'reflect-metadata';
import { hostname } from 'node:os';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { GraphQLSchema } from 'graphql';
import { EventRecorder, type AccessLog, type RetentionReport } from './access-log/index.js';
import { Outbox } from './alerts/index.js';
import { Authority, ReadEnds } from './grants/index.js';
import { GatewayKeyRing } from './identity/keys/index.js';
import { buildOpsDoor } from './ops/ops-door.js';
import type { StaffDoorFiles } from './platform/configuration/configuration.js';
import type { Database } from './platform/database/database.js';
import { lockHome } from './platform/database/home-lock.js';
import { listenForNotices } from './platform/database/notifications.js';
import { cannotListen, checkPortsAreFree } from './platform/http/free-port.js';
import { describeError } from './platform/telemetry/logger.js';
import { Metrics } from './platform/telemetry/metrics.js';
import { nestLogger } from './platform/telemetry/nest-logger.js';
import {
  readCaCertificates,
  readListenerTls,
  type ListenerTls,
} from './platform/tls/listener-files.js';
import { ConfirmationAlarms, ReferralStore } from './referrals/index.js';
import { ScreenRounds } from './screening/index.js';
import { authorityChannel, ReplicaClock } from './staff/index.js';
import {
  ACCESS_LOG,
  openMigratedDatabase,
  RoomsModule,
  type RoomsSettings,
} from './rooms.module.js';
import { startBackground } from './wiring/background.js';
import { openPartnerDoor } from './wiring/open-partner-door.js';
import { openStaffDoor } from './wiring/open-staff-door.js';
import { startWatch, type Watch } from './wiring/open-watch.js';
import { readiness } from './wiring/readiness.js';
import { watchFiles } from './wiring/watch-files.js';

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
  /** Forgets months of the log that are over; done by itself every hour. Nothing where no rule is set. */
  retain(): Promise<RetentionReport | undefined>;
  /** Does what is due on the register: keys, retention; done by itself every minute. */
  lookAtRegister(): Promise<void>;
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
 * Whether the doors can listen, for before the rooms are opened and filled.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable
 */
export async function checkDoorsCanOpen({
  configuration: { partner, staff, ops },
  staffTls,
}: Pick<GatewaySettings, 'configuration' | 'staffTls'>): Promise<void> {
  await checkPortsAreFree([
    { ...partner, variable: 'SAFECONDUCT_PARTNER_PORT' },
    ...(staffTls === undefined ? [] : [{ ...staff, variable: 'SAFECONDUCT_STAFF_PORT' }]),
    { ...ops, variable: 'SAFECONDUCT_OPS_PORT' },
  ]);
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
  const ring = context.get(GatewayKeyRing);
  let tls = readListenerTls(settings.partnerTls, 'PARTNER');
  const caCertificates = readCaCertificates(settings.partnerTls.caFile);
  metrics.certificateNotAfter.set({ door: 'partner' }, tls.notAfter.getTime() / 1000);

  const partner = await openPartnerDoor(
    { configuration, tls, caCertificates, now, logger, metrics },
    context,
    database,
    (type) => shared(context, type),
  );

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
  const files = watchFiles({
    paths: settings,
    doors: { partner, staff },
    ring,
    metrics,
    logger,
    onServed: (door, read) => {
      if (door === 'partner') tls = read;
      else staffTls = read;
    },
    onTaken: async () => clock.holds(),
  });
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

  const ready = readiness(context, metrics, now, () => ({ partner: tls, staff: staffTls }));
  const ops = await buildOpsDoor({ ready, metrics, logger });
  const watches: Watch[] = [];
  const close = async () => {
    await files.close();
    partner.cut();
    staff?.cut();
    await partner.app.close();
    await staff?.app.close();
    await ops.close();
    await notices?.close();
    await clock.stop().catch(() => undefined);
    for (const watch of watches) await watch.stop();
    await background.stop();
    await rooms.close();
  };
  const background = startBackground(settings, context, database, metrics);
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
    referrals: context.get(ReferralStore),
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
    retain: async () => background.retain(),
    lookAtRegister: async () => background.lookAtRegister(),
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
    throw cannotListen({ host, port, variable }, cause);
  }
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
