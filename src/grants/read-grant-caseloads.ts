import type { DataSource } from 'typeorm';
import { grantDigest } from '../core/grants/grant.js';
import type { Caseload, GrantId } from '../core/ids.js';
import { termsFromJson, type StoredTerms } from './grant.repository.js';

/**
 * The caseloads versions of grants speak of.
 *
 * @returns undefined for a version that is not known, or whose terms are not those of its digest
 */
export async function readGrantCaseloads(
  dataSource: DataSource,
  grants: readonly string[],
): Promise<(grant: string, version: number) => readonly Caseload[] | undefined> {
  const rows = await dataSource.query<
    { id: GrantId; version: number; terms: StoredTerms; digest: string }[]
  >(
    `SELECT grant_id AS id, version, terms, digest FROM grant_version WHERE grant_id::text = ANY ($1)`,
    [[...new Set(grants)]],
  );
  const known = new Map<string, readonly Caseload[]>(
    rows.flatMap(({ id, version, terms: stored, digest }) => {
      const terms = termsFromJson(stored);
      const isWhole = grantDigest(id, version, terms) === digest;
      return isWhole ? [[`${id} ${version}`, terms.caseloads] as const] : [];
    }),
  );
  return (grant, version) => known.get(`${grant} ${version}`);
}
