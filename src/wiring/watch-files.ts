import type { GatewayKeyRing } from '../identity/keys/index.js';
import type { StaffDoorFiles } from '../platform/configuration/configuration.js';
import { FileWatch } from '../platform/keys/watched-files.js';
import { describeError, type GatewayLogger } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import { readListenerTls, type ListenerTls } from '../platform/tls/listener-files.js';
import type { OpenedPartnerDoor } from './open-partner-door.js';
import type { OpenedStaffDoor } from './open-staff-door.js';

export interface WatchedParts {
  readonly paths: {
    readonly partnerTls: { readonly certificateFile: string; readonly keyFile: string };
    readonly staffTls?: StaffDoorFiles;
  };
  readonly doors: {
    readonly partner: OpenedPartnerDoor;
    readonly staff: OpenedStaffDoor | undefined;
  };
  readonly ring: GatewayKeyRing;
  readonly metrics: Metrics;
  readonly logger: GatewayLogger;
  /** What a door serves from its next connection on. */
  readonly onServed: (door: 'partner' | 'staff', read: ListenerTls) => void;
  readonly onTaken: () => Promise<void>;
}

/** Files that are taken up while the gateway runs: signing keys, certificates of the doors, CAs of staff. */
export function watchFiles(parts: WatchedParts): FileWatch {
  const { paths, doors, ring, metrics, logger, onServed, onTaken } = parts;
  const served = (door: 'partner' | 'staff', read: ListenerTls) => {
    metrics.certificateNotAfter.set({ door }, read.notAfter.getTime() / 1000);
    onServed(door, read);
  };
  const { partnerTls, staffTls } = paths;
  const { partner, staff } = doors;
  return new FileWatch(
    [
      { what: 'signing keys', paths: ring.files, reread: () => ring.reread() },
      {
        what: 'partner certificate',
        paths: [partnerTls.certificateFile, partnerTls.keyFile],
        reread: () => {
          const read = readListenerTls(partnerTls, 'PARTNER');
          partner.serveCertificate(read);
          served('partner', read);
        },
      },
      ...(staffTls === undefined || staff === undefined
        ? []
        : [
            {
              what: 'staff certificate',
              paths: [staffTls.certificateFile, staffTls.keyFile],
              reread: () => {
                const read = readListenerTls(staffTls, 'STAFF');
                staff.serveCertificate({ certificate: read.certificate, privateKey: read.key });
                served('staff', read);
              },
            },
            { what: 'staff CAs', paths: [staffTls.caFile], reread: () => staff.rereadAnchors() },
          ]),
    ],
    {
      onTaken: (what) => {
        metrics.filesRefused.set({ what }, 0);
        logger.info({ what }, 'changed files were taken up');
        void onTaken();
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
}
