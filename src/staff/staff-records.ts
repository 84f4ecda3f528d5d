import type { AccessLog, Alongside } from '../access-log/index.js';
import { GatewayError, type GatewayErrorCode } from '../core/errors.js';
import { canonicalJson } from '../core/log/record.js';
import { decideAct, type StaffAct } from '../core/staff/acts.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import type { StaffCaller } from './staff-member.js';

/** Acts that are recorded and not booked: reading, and notes on what was read. */
export type RecordedOnly = Extract<StaffAct, `${string}_READ` | `${string}_NOTE`>;

export interface StaffRecordsOptions {
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** What was read or noted, as its record keeps it sealed for the host. */
export interface ReadContent {
  readonly content: Readonly<Record<string, JsonValue>>;
  /** What names a person of the register: a commitment to it is kept, and nothing else. */
  readonly about?: Readonly<Record<string, JsonValue>>;
  /** Inside id of the person of the register it is about; sealed, and shown to nobody who searches. */
  readonly subject?: string;
  /** A case reference that was searched for or shown; it stands where those stand. */
  readonly caseReference?: string;
}

const mostContentBytes = 700;

/**
 * Acts of staff that stand in the log alone: each is a record of the host's tree, made before what was
 * asked for is shown. Its content is in the part only the host can open, and is what whoever searches
 * the log reads: nobody of the register is in it.
 */
export class StaffRecords {
  constructor(private readonly options: StaffRecordsOptions) {}

  /**
   * Whether they may, before much is done to prepare it. A refusal is recorded.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_LOG_UNAVAILABLE
   */
  async admit(caller: StaffCaller, act: RecordedOnly, read: ReadContent): Promise<void> {
    const decision = decideAct(act, caller);
    if (decision.allow) return;
    await this.#append(caller, act, read, decision.code);
    throw new GatewayError(decision.code);
  }

  /**
   * Decides and records one. A refusal is recorded too.
   *
   * @param alongside runs in the transaction of the record
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_LOG_UNAVAILABLE; what `alongside` throws
   */
  async record(
    caller: StaffCaller,
    act: RecordedOnly,
    read: ReadContent,
    alongside?: Alongside,
  ): Promise<void> {
    await this.admit(caller, act, read);
    let refused: GatewayError | undefined;
    try {
      await this.#append(
        caller,
        act,
        read,
        'ACT_DONE',
        alongside &&
          (async (manager) => {
            try {
              return await alongside(manager);
            } catch (error) {
              if (error instanceof GatewayError) refused = error;
              throw error;
            }
          }),
      );
    } catch (error) {
      if (refused === undefined) throw error;
      await this.#append(caller, act, read, refused.code);
      throw refused;
    }
  }

  async #append(
    caller: StaffCaller,
    act: RecordedOnly,
    { content, about = {}, subject, caseReference }: ReadContent,
    outcome: 'ACT_DONE' | GatewayErrorCode,
    alongside?: Alongside,
  ): Promise<void> {
    const { accessLog, now, newId } = this.options;
    const text = canonicalJson(content);
    const isShort = Buffer.byteLength(text) <= mostContentBytes;
    await accessLog.append(
      {
        tree: { kind: 'host' },
        id: newId(),
        requestId: newId(),
        at: now(),
        grant: null,
        grantVersion: null,
        purpose: act,
        person: { act, content: { ...content, ...about } },
        outcome,
        fields: [],
        reference: null,
        host: {
          clientId: caller.account,
          officer: null,
          certificate: caller.certificateFingerprint,
          caseReference: caseReference ?? null,
          subject: subject ?? null,
          finding: isShort ? text : null,
        },
      },
      alongside === undefined ? {} : { alongside },
    );
  }
}
