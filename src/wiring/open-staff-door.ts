import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { GatewayError } from '../core/errors.js';
import type { Authority } from '../grants/index.js';
import {
  certificateCauseOf,
  checkClientCertificate,
  readStaffAnchors,
  type CheckedCertificate,
} from '../identity/certificate/index.js';
import type { StaffDoorFiles } from '../platform/configuration/configuration.js';
import type { GatewayLogger } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import {
  createGatedHttpsServer,
  type GatedHttpsServer,
} from '../platform/tls/client-certificate-gate.js';
import { buildStaffDoor, type StaffDoor } from '../staff-api/staff-door.js';
import { EventRecorder } from '../access-log/index.js';
import { StaffDirectory } from '../staff/index.js';

/** Who is on the other end of a connection through the staff door's gate. */
interface StaffPeer {
  readonly checked: CheckedCertificate;
  readonly account: string;
  readonly certificate: Buffer;
}

/** A registrar's upload may take its time, and its mapping file comes in a header. */
const uploadLimits = {
  requestTimeout: 60 * 60 * 1000,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 64 * 1024,
};

export interface StaffDoorSettings {
  readonly publicUrl: string;
  readonly files: StaffDoorFiles;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  readonly now: () => Date;
  readonly logger: GatewayLogger;
  readonly metrics: Metrics;
}

export interface OpenedStaffDoor extends StaffDoor {
  /** Ends every connection. */
  cut(): void;
  /** Serves another certificate from the next connection on. */
  serveCertificate: GatedHttpsServer<StaffPeer>['serveCertificate'];
  /**
   * Reads the CAs of staff again; ends connections whose certificate none of them issued.
   *
   * @throws {GatewayError} ERR_CONFIGURATION; then nothing has changed
   */
  rereadAnchors(): void;
}

/** Builds the staff door over the rooms: its own listener, its own anchors, its own schema. */
export async function openStaffDoor(
  settings: StaffDoorSettings,
  context: INestApplicationContext,
  authority: Authority,
  shared: <T extends object>(type: Type<T>) => T,
): Promise<OpenedStaffDoor> {
  const { now, logger, metrics } = settings;
  let anchors = readStaffAnchors(settings.files.caFile);
  const directory = context.get(StaffDirectory);
  const events = context.get(EventRecorder);
  let gate: GatedHttpsServer<StaffPeer> | undefined;

  const door = await buildStaffDoor({
    useCase: shared,
    serverFactory: (handler) => {
      gate = createGatedHttpsServer<StaffPeer>(
        {
          certificate: settings.certificate,
          privateKey: settings.key,
          check: async (der) => {
            const checked = checkClientCertificate(der, anchors, now());
            const { account } = await directory.establish(checked.fingerprintSha256.base64url);
            return { checked, account, certificate: der };
          },
          causeOf: certificateCauseOf,
          connectionKey: ({ account }) => account,
          http: uploadLimits,
          onRefused: (cause) => {
            metrics.handshakesRefused.inc({ cause: `staff ${cause}` });
            events.count('EVENT_CONNECTIONS_REFUSED', `staff ${cause}`);
          },
        },
        handler,
      );
      return gate.server;
    },
    authenticate: async (request: IncomingMessage) => {
      const peer = gate?.identityOf(request.socket);
      if (peer === undefined || peer.checked.notAfter <= now()) {
        throw new GatewayError('ERR_CERTIFICATE_REFUSED', { detail: 'expired' });
      }
      return directory.establish(peer.checked.fingerprintSha256.base64url);
    },
    publicUrl: settings.publicUrl,
    logger,
  });

  // Every request asks the database who it is, so an open connection is no danger; it ends all the same.
  authority.onChange(() => {
    directory.activeFingerprints().then(
      (active) =>
        gate?.cutConnections(({ checked }) => !active.has(checked.fingerprintSha256.base64url)),
      () => gate?.cutConnections(() => true),
    );
  });
  const isIssued = ({ certificate }: StaffPeer): boolean => {
    try {
      checkClientCertificate(certificate, anchors, now());
      return true;
    } catch {
      return false;
    }
  };
  return {
    ...door,
    cut: () => void gate?.cutConnections(() => true),
    serveCertificate: (served) => gate?.serveCertificate(served),
    rereadAnchors: () => {
      anchors = readStaffAnchors(settings.files.caFile);
      gate?.cutConnections((peer) => !isIssued(peer));
    },
  };
}
