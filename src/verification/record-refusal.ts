import type { AccessLog } from '../access-log/index.js';
import type { Caller } from '../grants/index.js';
import type { PublicErrorCode } from '../platform/graphql/error-map.js';

/** A refusal that no use case has recorded: what was asked could not be read, or had no record yet. */
export interface UnrecordedRefusal {
  /** Id the partner is told as reference, and of the record. */
  readonly reference: string;
  readonly code: PublicErrorCode;
}

/** Records a refusal of an established caller whose question was never understood. */
export class RecordRefusal {
  constructor(
    private readonly accessLog: Pick<AccessLog, 'append'>,
    private readonly now: () => Date,
  ) {}

  /** @throws {GatewayError} ERR_LOG_UNAVAILABLE: then nothing else may be told */
  async execute(caller: Caller, { reference, code }: UnrecordedRefusal): Promise<void> {
    await this.accessLog.append({
      tree: { kind: 'partner', partner: caller.partner },
      id: reference,
      at: this.now(),
      requestId: null,
      grant: null,
      grantVersion: null,
      purpose: null,
      person: null,
      outcome: code,
      fields: [],
      reference: null,
      host: {
        clientId: caller.clientId,
        officer: caller.officer ?? null,
        certificate: caller.certificateFingerprint,
        caseReference: null,
        subject: null,
        finding: null,
      },
    });
  }
}
