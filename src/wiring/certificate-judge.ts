import type { PartnerCode } from '../core/ids.js';
import type { Authority } from '../grants/index.js';
import {
  certificateRefused,
  checkClientCertificate,
  type CheckedCertificate,
  type TrustAnchor,
} from '../identity/certificate/index.js';

/** Who is on the other end of a connection through the partner door's gate. */
export interface PartnerPeer {
  readonly checked: CheckedCertificate;
  readonly partner: PartnerCode;
  /** DER. */
  readonly certificate: Buffer;
}

/**
 * A list that is over is an alert at once, on /metrics; after so long it refuses, because nothing is
 * known any more of what its CA has revoked.
 */
export const staleCrlHours = 24;

/** Judges client certificates of the partner door against the authority of now. */
export class CertificateJudge {
  constructor(
    private readonly authority: Authority,
    private readonly now: () => Date,
  ) {}

  /**
   * The check of one client certificate at the beginning of a connection.
   *
   * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
   */
  async check(certificate: Buffer): Promise<PartnerPeer> {
    await this.authority.refresh();
    const now = this.now();
    const anchors = this.authority.anchors.map(withGrace);
    const checked = checkClientCertificate(certificate, anchors, now);
    const credential = this.authority.credentialFor(checked);
    if (credential === undefined) throw certificateRefused('credential-unknown');
    if (now < credential.validAfter) throw certificateRefused('credential-not-yet-usable');
    return { checked, partner: credential.partner, certificate };
  }

  /** Whether a connection may go on: of authority as it was last loaded, and the clock. */
  isInForce({ checked, partner }: PartnerPeer): boolean {
    const now = this.now();
    const anchor = this.authority.anchors.map(withGrace).find(({ id }) => id === checked.anchorId);
    return (
      anchor !== undefined &&
      now <= checked.notAfter &&
      now <= anchor.notAfter &&
      (anchor.crl === undefined || now <= anchor.crl.nextUpdate) &&
      this.authority.credentialFor(checked)?.partner === partner
    );
  }
}

function withGrace(anchor: TrustAnchor): TrustAnchor {
  const { crl } = anchor;
  if (crl === undefined) return anchor;
  const nextUpdate = new Date(crl.nextUpdate.getTime() + staleCrlHours * 3_600_000);
  return { ...anchor, crl: { ...crl, nextUpdate } };
}
