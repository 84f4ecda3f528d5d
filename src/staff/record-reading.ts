import type { AccessLog } from '../access-log/index.js';
import type { StaffAct } from '../core/staff/acts.js';
import type { ActPayload } from './act-handler.js';
import type { StaffCaller } from './staff-member.js';

/** Something a member of staff is about to be shown. */
export interface StaffReading {
  readonly id: string;
  readonly act: Extract<StaffAct, `${string}_READ`>;
  /** What they asked for; only a commitment to it is in the record. */
  readonly content: ActPayload;
  /** Inside id of the person shown; null for none. */
  readonly subject: string | null;
  readonly at: Date;
}

/**
 * Records a reading in the host's tree; only then may anything be shown.
 *
 * @throws {GatewayError} ERR_LOG_UNAVAILABLE
 */
export async function recordReading(
  accessLog: Pick<AccessLog, 'append'>,
  caller: StaffCaller,
  { id, act, content, subject, at }: StaffReading,
): Promise<void> {
  await accessLog.append({
    tree: { kind: 'host' },
    id,
    requestId: id,
    at,
    grant: null,
    grantVersion: null,
    purpose: act,
    person: { act, content },
    outcome: 'ACT_DONE',
    fields: [],
    reference: null,
    host: {
      clientId: caller.account,
      officer: null,
      certificate: caller.certificateFingerprint,
      caseReference: null,
      subject,
      finding: null,
    },
  });
}
