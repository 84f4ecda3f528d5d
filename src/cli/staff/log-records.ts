import type { ExportedRecord } from '../../core/log/siem.js';
import type { StaffClient } from './staff-client.js';

/** What is asked of a record (src/core/log/siem.ts). */
export const recordFields = `id at partner tree index requestId grant grantVersion purpose outcome
  fields { field level } reference officer clientId certificate finding`;
const recordsQuery = `query Records($filter: LogFilterInput!, $first: Int!, $after: String) {
  logRecords(filter: $filter, first: $first, after: $after) {
    edges { node { ${recordFields} } } pageInfo { hasNextPage endCursor } } }`;

interface PageJson {
  readonly edges: readonly { readonly node: ExportedRecord }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const pageLength = 100;

/** Page after page. */
export async function* everyRecord(
  client: StaffClient,
  filter: object,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<ExportedRecord> {
  let left = most;
  for (let after: string | null = null; left > 0;) {
    const first = Math.min(pageLength, left);
    const page: PageJson = await client.ask<PageJson>(recordsQuery, { filter, first, after });
    for (const { node } of page.edges) yield node;
    left -= page.edges.length;
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}
