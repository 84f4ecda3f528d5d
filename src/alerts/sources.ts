import type { DataSource } from 'typeorm';
import type { AccessLog } from '../access-log/index.js';
import {
  budgetAlert,
  confirmationAlert,
  cosignatureAlert,
  endingAlert,
  type EndingFact,
} from '../core/alerts/rules.js';
import { listBudgetAlarms } from '../grants/index.js';
import type { ConfirmationAlarms } from '../referrals/index.js';
import { alertSource, type AlertSource } from './alert-watch.js';

const overlapMs = 60_000;

/** Alarms of the budgets; read with a minute's overlap, because clocks of gateways differ. */
export function budgetSource(dataSource: DataSource): AlertSource {
  return alertSource<string>('budgets', async (from, now) => {
    const since = from === undefined ? new Date(0) : new Date(Date.parse(from) - overlapMs);
    const alarms = await listBudgetAlarms(dataSource.manager, since);
    return { found: alarms.map(budgetAlert), position: now.toISOString() };
  });
}

/** Witnesses that have gone silent. */
export function witnessSource(accessLog: Pick<AccessLog, 'witnesses'>): AlertSource {
  return {
    name: 'witnesses',
    read: async (_from, now) => {
      const witnesses = await accessLog.witnesses.list();
      const found = witnesses.flatMap(
        ({ vkey: verifierKey, ...witness }) =>
          cosignatureAlert({ ...witness, verifierKey }, now) ?? [],
      );
      return { found };
    },
  };
}

const reviewEveryMs = 10 * 60_000;

/** Matches nobody arrives after (referrals room); what only time brings is looked for now and then. */
export function confirmationSource(
  alarms: Pick<ConfirmationAlarms, 'review' | 'list'>,
): AlertSource {
  return alertSource<{ readonly reviewedAt: string }>('confirmations', async (from, now) => {
    const reviewed = from === undefined ? 0 : Date.parse(from.reviewedAt);
    if (Math.abs(now.getTime() - reviewed) < reviewEveryMs) return { found: [] };
    await alarms.review(now);
    const rows = await alarms.list(new Date(reviewed - overlapMs));
    return {
      found: rows.map(confirmationAlert),
      position: { reviewedAt: now.toISOString() },
    };
  });
}

/** What ends soon, as whoever knows it tells it. */
export function endingSource(read: (now: Date) => Promise<readonly EndingFact[]>): AlertSource {
  return {
    name: 'ending',
    read: async (_from, now) => ({
      found: (await read(now)).flatMap((fact) => endingAlert(fact, now) ?? []),
    }),
  };
}
