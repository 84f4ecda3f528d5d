import type { DataSource } from 'typeorm';
import { GatewayError } from '../../core/errors.js';
import { decideAct } from '../../core/staff/acts.js';
import { readHeldKeys, runningReplicas, type StaffCaller } from '../../staff/index.js';
import { keyUses, stateOfKey, type KeyState, type KeyUse } from './gateway-key.js';
import { readGatewayKeys } from './gateway-key.repository.js';

/** A signing key of the gateway, and which replicas hold it. */
export interface GatewayKeyView {
  readonly use: KeyUse;
  readonly thumbprint: string;
  readonly kid: string;
  readonly state: KeyState;
  readonly inForceFrom: Date | null;
  readonly endedAt: Date | null;
  readonly heldBy: readonly string[];
  /** Running replicas that do not hold it. */
  readonly missingAt: readonly string[];
}

/** A server certificate a replica serves now. */
export interface ListenerView {
  readonly door: 'PARTNER' | 'STAFF';
  readonly replica: string;
  /** base64url SHA-256. */
  readonly fingerprint: string;
  readonly notAfter: Date | null;
}

/** The gateway's own keys and certificates, for staff. */
export class ReadGatewayKeys {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => Date,
  ) {}

  /** Every signing key that is, was or could come in force. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async keys(caller: StaffCaller): Promise<readonly GatewayKeyView[]> {
    permit(caller);
    const rows = await readGatewayKeys(this.dataSource);
    const held = await readHeldKeys(this.dataSource);
    const replicas = await runningReplicas(this.dataSource);
    return keyUses.flatMap((use) => {
      const ofUse = held.filter((one) => one.use === use);
      const known = rows.filter((row) => row.use === use);
      const next = ofUse.filter(
        (one, at) =>
          !known.some(({ thumbprint }) => thumbprint === one.thumbprint) &&
          ofUse.findIndex(({ thumbprint }) => thumbprint === one.thumbprint) === at,
      );
      return [...known, ...next].map(({ thumbprint, kid }) => {
        const row = known.find((one) => one.thumbprint === thumbprint);
        const heldBy = ofUse
          .filter((one) => one.thumbprint === thumbprint)
          .map(({ replica }) => replica);
        return {
          use,
          thumbprint,
          kid,
          state: stateOfKey(row, this.now()),
          inForceFrom: row?.inForceFrom ?? null,
          endedAt: row?.endedAt ?? null,
          heldBy,
          missingAt: replicas.filter((name) => !heldBy.includes(name)),
        };
      });
    });
  }

  /** What each running replica serves. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async listeners(caller: StaffCaller): Promise<readonly ListenerView[]> {
    permit(caller);
    const held = await readHeldKeys(this.dataSource);
    return held.flatMap(({ use, replica, thumbprint, notAfter }) =>
      use === 'PARTNER_TLS' || use === 'STAFF_TLS'
        ? [
            {
              door: use === 'PARTNER_TLS' ? ('PARTNER' as const) : ('STAFF' as const),
              replica,
              fingerprint: thumbprint,
              notAfter,
            },
          ]
        : [],
    );
  }
}

function permit(caller: StaffCaller): void {
  const decision = decideAct('KEYS_READ', caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}
