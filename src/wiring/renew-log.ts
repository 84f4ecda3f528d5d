import { randomUUID, X509Certificate } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import {
  doneWithRecord,
  endEarlierLog,
  type AccessLog,
  type RestrictingAct,
} from '../access-log/index.js';
import { encodeBase64Url, sha256 } from '../core/bytes.js';
import { splitNote } from '../core/log/note.js';
import { canonicalJson } from '../core/log/record.js';
import { encodeRenewal, operatorFingerprint, type Renewal } from '../core/log/renewal.js';
import { readPartners } from '../partners/index.js';
import { renewalOperators, restrictingActOf, type OperatorClaim } from '../staff/index.js';
import { actHandlers } from './act-handlers.js';

/** Who has signed, as staff know them. */
export const claimsOf = ({ operators }: Renewal): readonly OperatorClaim[] =>
  operators.map((operator) => ({
    fingerprint: operatorFingerprint(operator),
    notAfter: new X509Certificate(operator.certificate).validToDate,
  }));

export interface RenewedLog {
  /** References of the two. */
  readonly by: readonly string[];
  /** Codes of partners that were suspended. */
  readonly suspended: readonly string[];
}

/**
 * Begins a new log with its first record: who asked and agreed, and where the log before it ended.
 * What is restricted is in the journal, and the journal is lost: where the database may be older than
 * that, every partner is suspended in the same transaction, to be resumed one by one, by two people
 * each, once what had been revoked, suppressed and erased is so again.
 *
 * @throws {GatewayError} what {@link renewalOperators} throws; ERR_LOG_UNAVAILABLE
 */
export async function renewLog(
  accessLog: Pick<AccessLog, 'append'>,
  renewal: Renewal,
  at: Date,
): Promise<RenewedLog> {
  const { statement, operators } = renewal;
  const request = encodeRenewal(renewal);
  const record = randomUUID();
  const ended = statement.earlier.cosigned ?? statement.earlier.signed;
  let by: readonly string[] = [];
  let suspended: readonly string[] = [];
  await doneWithRecord(
    async (alongside) =>
      accessLog.append(
        {
          tree: { kind: 'host' },
          id: record,
          requestId: record,
          at,
          grant: null,
          grantVersion: null,
          purpose: 'LOG_RENEW',
          // All of the file: the commitment opens to nothing else.
          person: { act: 'LOG_RENEW', content: { request } },
          outcome: 'ACT_DONE',
          fields: [],
          reference: null,
          host: {
            clientId: 'host',
            officer: null,
            certificate: encodeBase64Url(
              sha256(...operators.map(({ certificate }) => certificate)),
            ),
            caseReference: null,
            subject: null,
            finding: canonicalJson({
              earlier: statement.earlier.origin,
              checkpoint: ended === null ? null : splitNote(ended).text,
              request: encodeBase64Url(sha256(Buffer.from(request))),
            }),
          },
        },
        { alongside },
      ),
    async (manager) => {
      by = await renewalOperators(manager, claimsOf(renewal), statement.administrators, at);
      const acts = statement.isWhole ? [] : await suspendPartners(manager, record, at, by);
      suspended = acts.map(({ code }) => code);
      return [await endEarlierLog(manager, { request, record, at }), ...acts.map(({ act }) => act)];
    },
  );
  return { by, suspended };
}

async function suspendPartners(
  manager: EntityManager,
  actId: string,
  at: Date,
  by: readonly string[],
): Promise<readonly { readonly code: string; readonly act: RestrictingAct }[]> {
  const { partners } = await readPartners(manager);
  const who = by.join(' ');
  const acts: { code: string; act: RestrictingAct }[] = [];
  for (const { code } of partners.filter(({ active }) => active)) {
    const suspend = actHandlers.PARTNER_SUSPEND({ code });
    await suspend.apply(manager, { actId, at, newId: randomUUID, by: who, requestedBy: who });
    const { payload } = suspend;
    acts.push({
      code,
      act: restrictingActOf({ act: 'PARTNER_SUSPEND', payload, actId, at, by: who }),
    });
  }
  return acts;
}
