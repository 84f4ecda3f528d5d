import { createHmac } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { GrantId, PartnerCode } from '../core/ids.js';
import { authorityVersionSql } from './authority.js';

/** A question as the budget sees it. */
export interface ChargedQuestion {
  readonly partner: PartnerCode;
  readonly grant: GrantId;
  readonly requestId: string;
  /** Canonical text of the whole question; only its keyed fingerprint is stored. */
  readonly canonicalQuestion: string;
  readonly questionsPerDay: number;
}

export interface ChargedVersions {
  readonly register: bigint;
  readonly authority: bigint;
}

export interface BudgetUse {
  readonly kind: 'QUESTIONS';
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
}

/** A repeated `requestId` is free within this window (contract)... */
const repeatWindowMinutes = 10;
/** ...and counts as a new question after so many, so that free repeats cannot average out noise. */
const repeatLimit = 10;

const millisecondsPerDay = 86_400_000;

/**
 * Budget of questions per grant and UTC day, counted in the database of record.
 *
 * @param key 32 bytes for the fingerprints; nothing stored can be searched without it
 * @param registerVersionSql SQL expression for the live version of the register
 */
export class QuestionBudget {
  constructor(
    private readonly dataSource: DataSource,
    private readonly key: Uint8Array,
    private readonly registerVersionSql: string,
  ) {}

  /**
   * Charges one question before anything is looked up, and learns the live versions.
   *
   * @throws {GatewayError} ERR_BUDGET_SPENT with `retryAt`, ERR_REQUEST_ID_REUSED; ERR_BUSY when the
   * database cannot say
   */
  async charge(question: ChargedQuestion, now: Date): Promise<ChargedVersions> {
    const row = await this.askDatabase(question, now);
    switch (row?.verdict) {
      case 'CHARGED':
      case 'REPEATED':
        return { register: BigInt(row.register), authority: BigInt(row.authority) };
      case 'REUSED':
        throw new GatewayError('ERR_REQUEST_ID_REUSED', { argument: 'requestId' });
      case 'SPENT':
        throw new GatewayError('ERR_BUDGET_SPENT', { retryAt: nextWindow(now) });
      case undefined:
      default:
        throw new GatewayError('ERR_BUSY', { detail: 'the budget could not be charged' });
    }
  }

  /** Use of a grant's budget in the window of `now`. */
  async use(grant: GrantId, questionsPerDay: number, now: Date): Promise<BudgetUse> {
    const rows = await this.dataSource.query<{ used: number }[]>(
      `SELECT used FROM budget_use
       WHERE grant_id = $1 AND kind = 'QUESTIONS' AND window_start = date_trunc('day', $2::timestamptz, 'UTC')`,
      [grant, now],
    );
    return {
      kind: 'QUESTIONS',
      limit: questionsPerDay,
      used: rows[0]?.used ?? 0,
      resetsAt: nextWindow(now),
    };
  }

  private async askDatabase(question: ChargedQuestion, now: Date) {
    try {
      const rows = await this.dataSource.query<
        { verdict: string; register: string; authority: string }[]
      >(
        `SELECT charge_question($1, $2, $3, $4, $5, make_interval(mins => $6), $7) AS verdict,
           (${this.registerVersionSql}) AS register, ${authorityVersionSql} AS authority`,
        [
          question.grant,
          this.fingerprint('safeconduct/request/v1', question.partner, question.requestId),
          this.fingerprint(
            'safeconduct/asked/v1',
            question.partner,
            question.grant,
            question.canonicalQuestion,
          ),
          question.questionsPerDay,
          now,
          repeatWindowMinutes,
          repeatLimit,
        ],
      );
      return rows[0];
    } catch (cause) {
      throw new GatewayError('ERR_BUSY', { detail: 'the budget could not be charged', cause });
    }
  }

  private fingerprint(label: string, ...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.key)
      .update(encodeParts(label, ...parts))
      .digest();
  }
}

function nextWindow(now: Date): Date {
  return new Date((Math.floor(now.getTime() / millisecondsPerDay) + 1) * millisecondsPerDay);
}
