import type { PartnerCode } from '../../core/ids.js';
import type { Queryable } from '../tree.repository.js';
import type { LogFilter } from './filter.js';
import { chooseKinds } from './find-rows.js';

/** What counts can be asked by: what stands in records, and time. */
export type CountFilter = Omit<
  LogFilter,
  'officer' | 'clientId' | 'caseReference' | 'reference' | 'sameQuestionAs'
>;

export const countUnits = ['HOUR', 'DAY', 'MONTH'] as const;
export type CountUnit = (typeof countUnits)[number];

export interface CountWanted {
  readonly filter: CountFilter & { readonly from: Date; readonly to: Date };
  /** A line of the timeline each; none gives one count over the whole time. */
  readonly unit?: CountUnit;
}

export interface RecordCount {
  /** Beginning of the hour, day or month, UTC; null without a unit. */
  readonly from: Date | null;
  readonly partner: PartnerCode | null;
  readonly outcome: string;
  readonly count: number;
}

/** Counts by partner, outcome and, where asked for, time. */
export async function countRows(
  database: Queryable,
  { filter, unit }: CountWanted,
): Promise<readonly RecordCount[]> {
  const kinds = await chooseKinds(database, filter);
  const bucket =
    unit === undefined ? 'NULL::timestamptz' : `date_trunc('${unit.toLowerCase()}', e.at, 'UTC')`;
  const rows = await database.query<
    { bucket: Date | null; owner: PartnerCode | null; outcome: string; count: string }[]
  >(
    `SELECT counted.bucket, t.owner, k.outcome, sum(counted.count) AS count
     FROM (
       SELECT ${bucket} AS bucket, e.kind, count(*) AS count FROM access_log_entry e
       WHERE e.kind = ANY ($1::int[]) AND e.at >= $2 AND e.at < $3 GROUP BY 1, 2
     ) counted
     JOIN access_log_kind k ON k.kind = counted.kind JOIN access_log_tree t ON t.tree = k.tree
     GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS FIRST, 3`,
    [[...kinds.keys()], filter.from, filter.to],
  );
  return rows.map(({ bucket: from, owner: partner, outcome, count }) => ({
    from,
    partner,
    outcome,
    count: Number(count),
  }));
}
