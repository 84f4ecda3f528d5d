import type { Caseload, PartnerCode } from '../ids.js';

/**
 * A stretch of the access log that a legal hold keeps, and with it everybody it can be about. What is
 * absent is open: no partner means every tree, no caseload everybody, no time any time.
 */
export interface HoldRange {
  readonly partner?: PartnerCode;
  readonly caseload?: Caseload;
  /** Instants, ISO 8601 in UTC; `to` is not in it. */
  readonly from?: string;
  readonly to?: string;
}

/** Records of one tree in one stretch of time, as far as they can be told apart from outside. */
export interface HoldableRecords {
  /** Null: the host's own tree. */
  readonly partner: PartnerCode | null;
  readonly from: Date;
  /** Not in it. */
  readonly to: Date;
  /** Of whose people they can speak; null when that cannot be said: of anybody's. */
  readonly caseloads: readonly Caseload[] | null;
}

/** Whether a hold keeps these records. What is not known keeps them: more, never less. */
export function holds(range: HoldRange, records: HoldableRecords): boolean {
  const { partner, caseload, from, to } = range;
  return (
    (partner === undefined || partner === records.partner) &&
    (caseload === undefined ||
      records.caseloads === null ||
      records.caseloads.includes(caseload)) &&
    (from === undefined || new Date(from) < records.to) &&
    (to === undefined || new Date(to) > records.from)
  );
}

/** What a kind of record says from outside of whom it can be about. */
export interface RecordKindFacts {
  readonly outcome: string;
  readonly grant: string | null;
  readonly grantVersion: number | null;
}

/**
 * The caseloads records of these kinds can speak of. One under a version of a grant speaks of people
 * of its caseloads, as nobody else is ever compared. Without a grant, events and refusals speak of
 * nobody, as nobody was looked up; of anything else it cannot be said.
 *
 * @param caseloadsOf of a version of a grant; undefined for one that is not known
 * @returns null: anybody's
 */
export function caseloadsSpokenOf(
  kinds: readonly RecordKindFacts[],
  caseloadsOf: (grant: string, version: number) => readonly Caseload[] | undefined,
): readonly Caseload[] | null {
  const spoken = new Set<Caseload>();
  for (const { outcome, grant, grantVersion } of kinds) {
    if (grant === null || grantVersion === null) {
      if (speaksOfNobody(outcome)) continue;
      return null;
    }
    const caseloads = caseloadsOf(grant, grantVersion);
    if (caseloads === undefined) return null;
    for (const caseload of caseloads) spoken.add(caseload);
  }
  return [...spoken].sort();
}

const speaksOfNobody = (outcome: string): boolean => /^(?:EVENT|ERR)_/.test(outcome);
