import type { EarlierLog } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { Grant } from '../core/grants/grant.js';
import type { PartnerCode } from '../core/ids.js';
import type { StaffCaller } from '../staff/index.js';
import type { PartnerView, ReadPartners } from './read-partners.js';

/** What a partner's developers are given of the gateway: nothing in it is secret. */
export interface PartnerBundle {
  readonly partner: PartnerView;
  /** Base of every address; issuer and audience of tokens. */
  readonly issuer: string;
  /** PEM; empty where the host has not said which (SAFECONDUCT_PARTNER_CA_FILE). */
  readonly caCertificates: readonly string[];
  /** Of the partner's own tree. */
  readonly logVerifierKey: string;
  readonly coverVerifierKey: string;
  /** Slot of the partner's tree in every round; null until it is in one. */
  readonly coverSlot: number | null;
  /** Logs before this one that could not go on, the latest first. */
  readonly earlierLogs: readonly BundledLog[];
  /** SDL of the partner door as it runs. */
  readonly schema: string;
  /** Markdown. */
  readonly errorTable: string;
  readonly testGrant: Pick<Grant, 'id' | 'version' | 'digest' | 'state' | 'validUntil'> | null;
}

/** Where an earlier log ended; nothing of whom. */
export interface BundledLog {
  readonly origin: string;
  readonly endedAt: Date;
  /** vkeys of its cover tree. */
  readonly verifierKeys: readonly string[];
  /** Its last cosigned checkpoint of the cover tree, and the largest signed one that was found. */
  readonly cosigned: string | null;
  readonly signed: string | null;
}

/** What a partner is told of the end of a log. */
export const bundledLog = ({ statement, renewedAt }: EarlierLog): BundledLog => {
  const { origin, verifierKeys, cosigned, signed } = statement.earlier;
  return { origin, endedAt: renewedAt, verifierKeys, cosigned, signed };
};

/** Where the parts of a bundle come from. */
export interface BundleSources {
  readonly issuer: string;
  readonly logOf: (
    partner: PartnerCode,
  ) => Promise<
    Pick<PartnerBundle, 'logVerifierKey' | 'coverVerifierKey' | 'coverSlot' | 'earlierLogs'>
  >;
  readonly testGrantOf: (partner: PartnerCode) => Promise<Grant | undefined>;
}

/** What the partner door says of itself once it is built. */
export type DoorDescription = Pick<PartnerBundle, 'caCertificates' | 'schema' | 'errorTable'>;

/** The bundle of one partner, as it is now. */
export class ReadBundle {
  private door: DoorDescription | undefined;

  constructor(
    private readonly partners: ReadPartners,
    private readonly sources: BundleSources,
  ) {}

  describeDoor(door: DoorDescription): void {
    this.door = door;
  }

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND */
  async read(caller: StaffCaller, code: string): Promise<PartnerBundle> {
    const partner = (await this.partners.list(caller)).find((one) => one.code === code);
    if (partner === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'code' });
    if (this.door === undefined) throw new GatewayError('ERR_BUSY', { detail: 'no partner door' });
    const { issuer, logOf, testGrantOf } = this.sources;
    const known = partner.code as PartnerCode;
    const testGrant = (await testGrantOf(known)) ?? null;
    const log = await logOf(known);
    return { partner, issuer, testGrant, ...log, ...this.door };
  }
}
