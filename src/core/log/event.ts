/**
 * Events of the gateway itself, as records of the host's tree (core/log/record.ts). This file owns
 * their form.
 *
 * The record has an outcome that begins with `EVENT_` and no grant, purpose, question or reference;
 * what happened is in the part only the host can open, as `finding`:
 *
 * | outcome | finding |
 * |---|---|
 * | `EVENT_START` | `{"gateway"}`: one has opened its doors |
 * | `EVENT_STOP` | `{}`: it was told to stop, and has closed them |
 * | `EVENT_RECONCILED` | what a start found and put right between database and journal, counts |
 * | | `{"tree","relisted","first","taken"}`: rows of search the check of the log has made again |
 * | `EVENT_UPKEEP` | `{"job","done"}`: what the register does by itself has changed something |
 * | `EVENT_TOKENS_ISSUED` | `{"count"}`; `clientId` is the client |
 * | `EVENT_TOKENS_REFUSED` | `{"cause","count"}`, and `"partner"` where the token or client was known |
 * | `EVENT_CONNECTIONS_REFUSED` | `{"cause","count"}` |
 *
 * The last three are counted and recorded once a minute for each client or cause, so that a flood of
 * callers nobody has established cannot fill the log. Example: `{"cause":"credential-revoked","count":3}`.
 */
export const eventOutcomes = [
  'EVENT_START',
  'EVENT_STOP',
  'EVENT_RECONCILED',
  'EVENT_UPKEEP',
  'EVENT_TOKENS_ISSUED',
  'EVENT_TOKENS_REFUSED',
  'EVENT_CONNECTIONS_REFUSED',
] as const;
export type EventOutcome = (typeof eventOutcomes)[number];

export const isEvent = (outcome: string): boolean => outcome.startsWith('EVENT_');

/** Refusals of one minute and one cause; `undefined` for any other record. */
export function readRefusedCount(
  outcome: string,
  finding: string | null,
): { readonly cause: string; readonly count: number; readonly partner: string | null } | undefined {
  const isRefused = outcome === 'EVENT_TOKENS_REFUSED' || outcome === 'EVENT_CONNECTIONS_REFUSED';
  if (!isRefused || finding === null) return undefined;
  try {
    const read = JSON.parse(finding) as { cause?: unknown; count?: unknown; partner?: unknown };
    const { cause, count, partner } = read;
    return typeof cause === 'string' && typeof count === 'number'
      ? { cause, count, partner: typeof partner === 'string' ? partner : null }
      : undefined;
  } catch {
    return undefined;
  }
}
