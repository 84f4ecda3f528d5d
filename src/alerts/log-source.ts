import type { AccessLog, ReadRecord } from '../access-log/index.js';
import type { FoundAlert } from '../core/alerts/alert.js';
import {
  casesAlert,
  previewsAlert,
  refusalsAlert,
  refusalsInARow,
  revokedAlert,
  unusualAlerts,
} from '../core/alerts/rules.js';
import type { PartnerCode } from '../core/ids.js';
import { readRefusedCount } from '../core/log/event.js';
import { alertSource, type AlertSource } from './alert-watch.js';

/** How many records of each tree have been read, by partner; the host's under the empty name. */
export type LogPositions = Readonly<Record<string, number>>;

const mostOfATree = 1_000;
const mostAskers = 100;
const historyDays = 40;
/** Nobody is looked at whole more often than this. */
const againMs = 5 * 60_000;

/**
 * Alerts about how somebody asks, from the records that came since the last look: who asked in them is
 * looked at whole, by the marks of the log, so that nothing is kept about anybody between two looks.
 *
 * What is asked in rehearsal is nothing anybody is alerted to, and, as much, nothing that makes what is
 * asked in earnest look usual: no full day, no hour, and no answer that ends a run of refusals.
 *
 * @param testGrants ids of all test grants there have been
 */
export function logSource(
  accessLog: Pick<AccessLog, 'search'>,
  testGrants: () => Promise<readonly string[]>,
): AlertSource {
  const { search } = accessLog;
  const lookedAt = new Map<string, number>();
  const waiting = new Map<string, { readonly latest: OneRecord; readonly partner: PartnerCode }>();
  return alertSource<LogPositions>('log', async (from, now) => {
    const position: Record<string, number> = { ...from };
    const found: FoundAlert[] = [];
    for (const { partner, size } of await search.trees()) {
      const key = partner ?? '';
      const begin = Math.min(position[key] ?? 0, size);
      const records = begin < size ? await search.tail(partner, begin, mostOfATree) : [];
      position[key] = begin + records.length;
      for (const read of records) {
        if (partner === null) found.push(...ofTheHost(read));
        else if (read.host?.test !== true)
          waiting.set(`${partner} ${read.host?.officer ?? ''} ${read.host?.clientId ?? ''}`, {
            latest: read,
            partner,
          });
      }
    }
    const due = [...waiting].filter(
      ([key]) => Math.abs(now.getTime() - (lookedAt.get(key) ?? 0)) >= againMs,
    );
    const exceptGrants = due.length === 0 ? [] : await testGrants();
    for (const [key, { latest, partner }] of due.slice(0, mostAskers)) {
      found.push(...(await ofAsker(search, latest, partner, exceptGrants, now)));
      lookedAt.set(key, now.getTime());
      waiting.delete(key);
    }
    for (const [key, at] of lookedAt) {
      if (Math.abs(now.getTime() - at) >= againMs) lookedAt.delete(key);
    }
    return { found, position };
  });
}

type OneRecord = Omit<ReadRecord, 'position'>;

/** Events of the host's tree that are alerts by themselves. */
function ofTheHost({ record, host }: OneRecord): readonly FoundAlert[] {
  if (record.outcome === 'ERR_BUDGET_SPENT') {
    const spent = { account: host?.clientId ?? '', record: record.id, at: new Date(record.at) };
    if (record.purpose === 'GRANT_PREVIEW_PERSON_READ') return [previewsAlert(spent)];
    if (record.purpose === 'REFERRAL_READ') return [casesAlert(spent)];
  }
  const refused = readRefusedCount(record.outcome, host?.finding ?? null);
  if (refused === undefined) return [];
  const alert = revokedAlert({
    ...refused,
    record: record.id,
    at: new Date(record.at),
  });
  return alert === undefined ? [] : [alert];
}

async function ofAsker(
  search: AccessLog['search'],
  { host }: OneRecord,
  partner: PartnerCode,
  exceptGrants: readonly string[],
  now: Date,
): Promise<readonly FoundAlert[]> {
  if (host === null) return [];
  const { officer, clientId } = host;
  const who = officer === null ? { partner, clientId } : { partner, officer };
  const latest = await search.find({ ...who, exceptGrants }, { first: 2 * refusalsInARow }, now);
  const activity = await search.activity(
    who,
    { from: new Date(now.getTime() - historyDays * 86_400_000), exceptGrants },
    now,
  );
  const asker = { partner, asker: activity.asker, named: officer !== null };
  const refusals = refusalsAlert(
    asker,
    latest.map(({ record }) => ({
      id: record.id,
      outcome: record.outcome,
      at: new Date(record.at),
    })),
  );
  return [
    ...(refusals === undefined ? [] : [refusals]),
    ...unusualAlerts(
      asker,
      activity.hours,
      now,
      latest.map(({ record }) => record.id),
    ),
  ];
}
