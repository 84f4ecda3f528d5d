import { pairwiseReference } from '../../core/disclosure/pseudonym.js';
import { purposes } from '../../core/grants/purpose.js';
import type { PartnerCode } from '../../core/ids.js';
import { referenceMark } from '../../core/log/marks.js';
import type { Queryable } from '../tree.repository.js';

/** A person of the register as the log can know them again: what the sealed blob holds. */
export interface KnownPerson {
  /** Inside id. */
  readonly id: string;
  /** 32 bytes; pairwise references follow from it (core/disclosure/pseudonym.ts). */
  readonly referenceSecret: Uint8Array;
}

/** Which of several people a reference speaks of. */
export type ReferenceBook = ReadonlyMap<string, string>;

/** Every reference partners can have for these people, with the id it speaks of. */
export function referencesOf(
  people: readonly KnownPerson[],
  partners: readonly PartnerCode[],
): ReferenceBook {
  const book = new Map<string, string>();
  for (const { id, referenceSecret } of people) {
    for (const partner of partners) {
      for (const purpose of purposes) {
        book.set(pairwiseReference(referenceSecret, partner, purpose), id);
      }
    }
  }
  return book;
}

/** Where records stand that carry one of these references; the oldest first. */
export async function placesOfReferences(
  database: Queryable,
  references: readonly string[],
): Promise<readonly { readonly tree: string; readonly index: number }[]> {
  const rows = await database.query<{ tree: string; leaf_index: string }[]>(
    `SELECT k.tree, e.leaf_index FROM access_log_entry e JOIN access_log_kind k ON k.kind = e.kind
     WHERE e.reference_mark = ANY ($1::bigint[]) AND k.outcome = 'MATCH'
     ORDER BY e.at, k.tree, e.leaf_index`,
    [references.map(referenceMark)],
  );
  return rows.map(({ tree, leaf_index: index }) => ({ tree, index: Number(index) }));
}
