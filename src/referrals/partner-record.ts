import type { AccessEntry, AccessLog } from '../access-log/index.js';
import { GatewayError, inputInvalid, isGatewayError } from '../core/errors.js';
import type { Receipt } from '../core/log/receipt.js';
import type { Caller } from '../grants/index.js';
import { errorMap } from '../platform/graphql/error-map.js';
import { isRequestId } from './crossing.js';

/** What a partner says, or asks to read, of its own. */
export interface Asked {
  readonly requestId: string;
  /** What the record commits to. */
  readonly said: unknown;
}

/** Under what it was said, and of whom, where it is of somebody. */
export interface RecordedAbout {
  readonly grant: string | null;
  readonly grantVersion: number | null;
  readonly purpose: string | null;
  readonly subject: string | null;
  /** What it charged, as the budgets keep it. */
  readonly charge?: string | null;
  /** As in an {@link AccessEntry}. */
  readonly grouping?: string;
}

/** What was charged by the time it is answered or refused; a refusal is on record with it. */
export interface SpentOnIt {
  about: RecordedAbout | undefined;
}

export interface PartnerRecordOptions {
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

const attempts = 3;

/**
 * What partners say and read of their own, on record before it is answered; refusals and faults as well.
 * Without a record there is one refusal only.
 */
export class PartnerRecord {
  constructor(private readonly options: PartnerRecordOptions) {}

  /**
   * Does the work under an id of its own. Where another request was first, it is done again.
   *
   * @throws {GatewayError} the refusal, with the reference of its record; ERR_LOG_UNAVAILABLE
   */
  async recorded<Result>(
    caller: Caller,
    asked: Asked,
    work: (id: string, spent: SpentOnIt) => Promise<Result>,
  ): Promise<Result> {
    const id = this.options.newId();
    const spent: SpentOnIt = { about: undefined };
    try {
      if (!isRequestId(asked.requestId)) throw inputInvalid('requestId');
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await work(id, spent);
        } catch (error) {
          const wasFirst =
            isGatewayError(error, 'ERR_ROW_CONFLICT') ||
            (isGatewayError(error, 'ERR_LOG_UNAVAILABLE') &&
              isGatewayError(error.cause, 'ERR_ROW_CONFLICT'));
          if (!wasFirst || attempt === attempts) throw error;
        }
      }
    } catch (error) {
      throw await this.refusal(id, caller, asked, spent.about, error);
    }
  }

  /**
   * The record of what was done, with it in one transaction.
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE, whatever failed
   */
  async append(
    id: string,
    caller: Caller,
    asked: Asked,
    about: RecordedAbout,
    outcome: AccessEntry['outcome'],
    options: Parameters<AccessLog['append']>[1],
  ): Promise<Receipt> {
    const { record, salt, proof } = await this.options.accessLog.append(
      {
        ...entryOf(id, caller, asked, this.options.now()),
        grant: about.grant,
        grantVersion: about.grantVersion,
        purpose: about.purpose,
        outcome,
        ...(about.grouping === undefined ? {} : { grouping: about.grouping }),
        host: {
          ...hostPartOf(caller),
          subject: about.subject,
          finding: null,
          ...(about.charge == null ? {} : { charge: about.charge }),
        },
      },
      options,
    );
    return { record, salt, proof };
  }

  private async refusal(
    id: string,
    caller: Caller,
    asked: Asked,
    about: RecordedAbout | undefined,
    error: unknown,
  ): Promise<GatewayError> {
    const refused = isGatewayError(error)
      ? error
      : new GatewayError('ERR_INTERNAL', { detail: 'a fault while recording', cause: error });
    if (refused.code === 'ERR_LOG_UNAVAILABLE') return refused.withReference(id);
    try {
      await this.options.accessLog.append({
        ...entryOf(id, caller, asked, this.options.now()),
        grant: about?.grant ?? null,
        grantVersion: about?.grantVersion ?? null,
        purpose: about?.purpose ?? null,
        outcome: errorMap[refused.code].code,
        host: {
          ...hostPartOf(caller),
          subject: null,
          finding: null,
          ...(about?.charge == null ? {} : { charge: about.charge }),
        },
      });
    } catch (cause) {
      return new GatewayError('ERR_LOG_UNAVAILABLE', { cause }).withReference(id);
    }
    return refused.withReference(id);
  }
}

function entryOf(id: string, { partner }: Caller, { requestId, said }: Asked, at: Date) {
  return {
    tree: { kind: 'partner', partner },
    id,
    at,
    requestId: isRequestId(requestId) ? requestId : null,
    person: said,
    fields: [],
    reference: null,
  } satisfies Partial<AccessEntry>;
}

function hostPartOf({ clientId, officer, certificateFingerprint }: Caller) {
  return {
    clientId,
    officer: officer ?? null,
    certificate: certificateFingerprint,
    caseReference: null,
  };
}
