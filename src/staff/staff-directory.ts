import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { decideAct } from '../core/staff/acts.js';
import {
  activeCertificates,
  activeFingerprints,
  findCaller,
  readStaff,
} from './staff.repository.js';
import type { StaffCaller, StaffMember } from './staff-member.js';

/** Who is who among staff, read from the database each time: what was revoked is, at once. */
export class StaffDirectory {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => Date,
  ) {}

  /**
   * The member of staff behind a certificate the door has checked.
   *
   * @param fingerprint base64url SHA-256
   * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
   */
  async establish(fingerprint: string): Promise<StaffCaller> {
    const caller = await findCaller(this.dataSource, fingerprint, this.now());
    if (caller === undefined) {
      throw new GatewayError('ERR_CERTIFICATE_REFUSED', { detail: 'credential-unknown' });
    }
    return caller;
  }

  /** Fingerprints that stand for somebody now. */
  async activeFingerprints(): Promise<ReadonlySet<string>> {
    return activeFingerprints(this.dataSource);
  }

  /** The last end of the certificates in force of each active account. */
  async activeCertificates(): Promise<
    readonly { readonly reference: string; readonly notAfter: Date }[]
  > {
    return activeCertificates(this.dataSource, this.now());
  }

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async list(caller: StaffCaller): Promise<readonly StaffMember[]> {
    const decision = decideAct('STAFF_READ', caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    return readStaff(this.dataSource);
  }
}
