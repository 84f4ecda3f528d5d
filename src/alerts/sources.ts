import type { DataSource } from 'typeorm';
import type { AccessLog } from '../access-log/index.js';
import {
  budgetAlert,
  confirmationAlert,
  cosignatureAlert,
  endingAlert,
  referralsAlert,
  screenAlert,
  type EndingFact,
} from '../core/alerts/rules.js';
import { listBudgetAlarms, listTestGrants } from '../grants/index.js';
import type { ConfirmationAlarms, ReferralStore } from '../referrals/index.js';
import type { ScreenRounds } from '../screening/index.js';
import { alertSource, type AlertSource } from './alert-watch.js';

const overlapMs = 60_000;

/** Alarms of the budgets; read with a minute's overlap, because clocks of gateways differ. */
export function budgetSource(dataSource: DataSource): AlertSource {
  return alertSource<string>('budgets', async (from, now) => {
    const since = from === undefined ? new Date(0) : new Date(Date.parse(from) - overlapMs);
    const alarms = await listBudgetAlarms(dataSource.manager, since);
    const testGrants = new Set(await listTestGrants(dataSource.manager));
    // A rehearsal that uses up its own budget is what a rehearsal is for.
    const inEarnest = alarms.filter(
      ({ account }) => !testGrants.has(account.replace(/^GRANT:/, '')),
    );
    return { found: inEarnest.map(budgetAlert), position: now.toISOString() };
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

/** Matches nobody arrives after (referrals room), as they were raised. */
export function confirmationSource(alarms: Pick<ConfirmationAlarms, 'list'>): AlertSource {
  return alertSource<string>('confirmations', async (from, now) => {
    const since = from === undefined ? new Date(0) : new Date(Date.parse(from) - overlapMs);
    const rows = await alarms.list(since);
    return { found: rows.map(confirmationAlert), position: now.toISOString() };
  });
}

/** Who has people looked for by liaison officers, and hardly anybody found. */
export function referralSource(store: Pick<ReferralStore, 'countOver'>): AlertSource {
  return {
    name: 'referrals',
    read: async (_from, now) => ({
      found: (await store.countOver(now)).flatMap((fact) => referralsAlert(fact) ?? []),
    }),
  };
}

/** Honey records and suppressed people asked about (screening room). */
export function screenSource(rounds: Pick<ScreenRounds, 'read'>): AlertSource {
  return alertSource<string>('screen', async (from) => {
    const { findings, readUntil } = await rounds.read(new Date(from ?? 0));
    return { found: findings.map(screenAlert), position: readUntil.toISOString() };
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
