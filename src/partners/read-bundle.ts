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
  /** SDL of the partner door as it runs. */
  readonly schema: string;
  /** Markdown. */
  readonly errorTable: string;
  readonly testGrant: Pick<Grant, 'id' | 'version' | 'digest' | 'state' | 'validUntil'> | null;
}

/** Where the parts of a bundle come from. */
export interface BundleSources {
  readonly issuer: string;
  readonly logOf: (
    partner: PartnerCode,
  ) => Promise<Pick<PartnerBundle, 'logVerifierKey' | 'coverVerifierKey' | 'coverSlot'>>;
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
