import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { grantDigest } from '../core/grants/grant.js';
import type { GrantId } from '../core/ids.js';
import { termsFromJson, type StoredTerms } from './grant.repository.js';

/** What one version of a grant was agreed on. */
export interface Agreement {
  readonly grant: string;
  readonly version: number;
  readonly digest: string;
  readonly legalBasis: string;
  readonly partner: { readonly code: string; readonly name: string; readonly state: string };
}

/**
 * The versions of these grants that were ever in force: what a record of the log stands under. Who may
 * read them is the caller's to decide.
 *
 * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED where terms are not those of their digest
 */
export async function readAgreements(
  dataSource: DataSource,
  grants: readonly string[],
): Promise<readonly Agreement[]> {
  const rows = await dataSource.query<
    {
      id: GrantId;
      version: number;
      terms: StoredTerms;
      digest: string;
      code: string;
      name: string;
      state: string;
    }[]
  >(
    `SELECT v.grant_id AS id, v.version, v.terms, v.digest, p.code, p.name, p.state
     FROM grant_version v JOIN access_grant g ON g.id = v.grant_id
       JOIN partner p ON p.code = g.partner
     WHERE v.grant_id::text = ANY ($1)`,
    [[...new Set(grants)]],
  );
  return rows.map(({ id, version, terms: stored, digest, code, name, state }) => {
    const terms = termsFromJson(stored);
    if (grantDigest(id, version, terms) !== digest) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', {
        detail: `the terms of grant ${id} version ${version} are not those of its digest`,
      });
    }
    const { legalBasis } = terms;
    return { grant: id, version, digest, legalBasis, partner: { code, name, state } };
  });
}
