/**
 * Matches that no crossing confirmation follows: how somebody is recognised who asks for people they
 * never meet. Misses do not give away one who brings true details; that nobody arrives does.
 *
 * Counted are people, not questions: a person matched twice by one account is one match, and
 * confirmed when any of its matches is. This file owns the numbers and the rule; the database keeps
 * the matches (referrals room).
 */

/** Matched people in a row, none of them confirmed, after which it is told. */
export const longestRun = 10;
/** The latest people looked at for the share, and how many of them unconfirmed are told. */
export const latestPeople = 40;
export const mostUnconfirmed = 30;
/** A crossing follows its match within this time; after it, a match without one is overdue. */
export const overdueHours = 72;
/** Overdue people of one account after which it is severe, when they are more than half. */
export const mostOverdue = 10;
/**
 * Days a month's key outlives the month: of what partners were told of whom, and of what the screen
 * found; what was kept under it goes with it.
 */
export const toldDays = 90;
/** How far back matches are looked at. */
export const lookBackDays = 30;

/** One person an account was told of, from the latest. */
export interface MatchedPerson {
  /** Of the first match. */
  readonly matchedAt: Date;
  readonly confirmed: boolean;
}

export interface MatchHistory {
  /** An account of a named officer or of a system; or the partner as a whole. */
  readonly level: 'ASKER' | 'PARTNER';
  /** Whether this partner has confirmed any crossing in the time looked at. */
  readonly partnerConfirms: boolean;
  /** Latest first, within {@link lookBackDays}. */
  readonly people: readonly MatchedPerson[];
}

export const confirmationAlarms = [
  'NEVER_CONFIRMS',
  'UNCONFIRMED_RUN',
  'UNCONFIRMED_SHARE',
  'OVERDUE',
] as const;
/**
 * NEVER_CONFIRMS: a partner that confirms nothing at all; one standing alarm, of the partner alone.
 * UNCONFIRMED_RUN: ten people in a row. UNCONFIRMED_SHARE: thirty of the latest forty, for one who
 * confirms now and then. OVERDUE: ten or more people, and more than half, without a crossing after 72
 * hours.
 */
export type ConfirmationAlarm = (typeof confirmationAlarms)[number];

export const isSevere = (alarm: ConfirmationAlarm): boolean => alarm === 'OVERDUE';

/**
 * The alarms that stand for one account at an instant, in the order of {@link confirmationAlarms}.
 *
 * A run or share is told of the one who asks: people of many officers of one partner are on their
 * way at the same time, and a run of all of them says nothing.
 */
export function standingAlarms(history: MatchHistory, now: Date): readonly ConfirmationAlarm[] {
  const { level, partnerConfirms, people } = history;
  if (!partnerConfirms) {
    return level === 'PARTNER' && people.length >= longestRun ? ['NEVER_CONFIRMS'] : [];
  }
  const alarms: ConfirmationAlarm[] = [];
  if (level === 'ASKER') {
    const confirmedAt = people.findIndex(({ confirmed }) => confirmed);
    const run = confirmedAt < 0 ? people.length : confirmedAt;
    if (run >= longestRun) alarms.push('UNCONFIRMED_RUN');
    const latest = people.slice(0, latestPeople);
    if (latest.filter(({ confirmed }) => !confirmed).length >= mostUnconfirmed) {
      alarms.push('UNCONFIRMED_SHARE');
    }
  }
  const due = people.filter(
    ({ matchedAt }) => now.getTime() - matchedAt.getTime() >= overdueHours * 3_600_000,
  );
  const overdue = due.filter(({ confirmed }) => !confirmed).length;
  if (overdue >= mostOverdue && overdue * 2 > due.length) alarms.push('OVERDUE');
  return alarms;
}
