import type { EntityManager } from 'typeorm';
import type { SubjectField } from '../core/disclosure/catalogue.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { Receipt } from '../core/log/receipt.js';
import type { Caller } from '../grants/index.js';
import { isId } from './crossing.js';
import type { PartnerRecord } from './partner-record.js';
import type { FoundMatch, ToldFacts } from './told-facts.js';
import type { ToldKey, ToldKeys } from './told-keys.js';

export const mistakeKinds = ['NOT_THIS_PERSON', 'FIELD_WRONG'] as const;
/** NOT_THIS_PERSON: the match is of somebody else. FIELD_WRONG: what was told of a field is not so. */
export type MistakeKind = (typeof mistakeKinds)[number];

export interface ReportMistakeCommand {
  readonly requestId: string;
  readonly verificationId: string;
  readonly kind: MistakeKind;
  /** Which fields; at least one with FIELD_WRONG, none with NOT_THIS_PERSON. No value is taken. */
  readonly fields: readonly SubjectField[];
}

export interface RecordedMistake {
  readonly id: string;
  readonly recordedAt: Date;
  readonly receipt: Receipt;
}

/** What is sealed of a report. */
export interface MistakeContent {
  readonly verificationId: string;
  readonly subject: string;
  readonly kind: MistakeKind;
  readonly fields: readonly SubjectField[];
  readonly officer: string | null;
}

const sealedBytes = 1024;

/** A partner's person reports a mistake in what they were told: on record, and before a liaison officer. */
export class Mistakes {
  constructor(
    private readonly keys: ToldKeys,
    private readonly facts: ToldFacts,
    private readonly records: PartnerRecord,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {}

  /**
   * Under one of the partner's own matches only; the same request again changes nothing.
   *
   * @throws {GatewayError} ERR_VERIFICATION_NOT_USABLE, ERR_REQUEST_ID_REUSED, ERR_INPUT_INVALID,
   * ERR_LOG_UNAVAILABLE
   */
  async report(caller: Caller, command: ReportMistakeCommand): Promise<RecordedMistake> {
    const { requestId, verificationId, kind } = command;
    const fields = [...new Set(command.fields)].sort();
    const asked = { requestId, said: { verificationId, kind, fields } };
    return this.records.recorded(caller, asked, async (id) => {
      if ((kind === 'FIELD_WRONG') !== fields.length > 0) throw inputInvalid('fields');
      const now = this.now();
      const match = isId(verificationId)
        ? await this.facts.find(caller.partner, verificationId, now)
        : undefined;
      if (match === undefined) throw new GatewayError('ERR_VERIFICATION_NOT_USABLE');
      const content: MistakeContent = {
        verificationId,
        subject: match.subject,
        kind,
        fields,
        officer: caller.officer ?? null,
      };
      const request = requestOf(match.key, caller, requestId);
      const earlier = await this.earlier(match.key, request, content);
      const report = earlier ?? { id: this.newId(), recordedAt: now };
      const alongside = async (manager: EntityManager) =>
        write(manager, caller, match, { ...report, request, content });
      const receipt = await this.records.append(
        id,
        caller,
        asked,
        match,
        'MISTAKE_REPORTED',
        earlier === undefined ? { alongside } : {},
      );
      return { ...report, receipt };
    });
  }

  /** @throws {GatewayError} ERR_REQUEST_ID_REUSED when the request said something else */
  private async earlier(
    key: ToldKey,
    request: Buffer,
    content: MistakeContent,
  ): Promise<Pick<RecordedMistake, 'id' | 'recordedAt'> | undefined> {
    const [row] = await this.keys.dataSource.query<
      { id: string; recordedAt: Date; sealed: Buffer }[]
    >(`SELECT id, recorded_at AS "recordedAt", sealed FROM mistake_report WHERE request = $1`, [
      request,
    ]);
    if (row === undefined) return undefined;
    const said = key.open(row.sealed, 'mistake', row.id) as MistakeContent;
    if (JSON.stringify(said) !== JSON.stringify(content)) {
      throw new GatewayError('ERR_REQUEST_ID_REUSED', { argument: 'requestId' });
    }
    return { id: row.id, recordedAt: row.recordedAt };
  }
}

const requestOf = (key: ToldKey, { partner }: Caller, requestId: string): Buffer =>
  key.fingerprint('safeconduct/told/mistake/v1', partner, requestId);

/** @throws {GatewayError} ERR_ROW_CONFLICT when another request was first */
async function write(
  manager: EntityManager,
  { partner }: Caller,
  { key }: FoundMatch,
  report: {
    readonly id: string;
    readonly recordedAt: Date;
    readonly request: Buffer;
    readonly content: MistakeContent;
  },
): Promise<void> {
  const { id, recordedAt, request, content } = report;
  const written = await manager.query<unknown[]>(
    `INSERT INTO mistake_report (id, epoch, request, partner, recorded_at, sealed)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id`,
    [id, key.epoch, request, partner, recordedAt, key.seal(content, sealedBytes, 'mistake', id)],
  );
  if (written.length === 0) throw new GatewayError('ERR_ROW_CONFLICT');
}
