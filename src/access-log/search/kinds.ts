import { sortedFields, type DisclosedField } from '../../core/log/record.js';
import type { Queryable } from '../tree.repository.js';

/** What of a record few records differ in: see search.migration.ts. */
export interface RecordKind {
  readonly tree: string;
  readonly grant: string | null;
  readonly grantVersion: number | null;
  readonly purpose: string | null;
  readonly outcome: string;
  readonly fields: readonly DisclosedField[];
}

/** The numbers of kinds, each asked of the database once. */
export class Kinds {
  readonly #known = new Map<string, Promise<number>>();

  constructor(private readonly database: Queryable) {}

  async numberOf(kind: RecordKind): Promise<number> {
    const columns = kindColumns(kind);
    const name = JSON.stringify(columns);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const number = this.#obtain(columns);
    this.#known.set(name, number);
    number.catch(() => this.#known.delete(name));
    return number;
  }

  /** Asks for every number again. */
  forget(): void {
    this.#known.clear();
  }

  async #obtain(columns: readonly (string | number | null)[]): Promise<number> {
    await this.database.query(
      `INSERT INTO access_log_kind (tree, grant_id, grant_version, purpose, outcome, fields)
       VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
      [...columns],
    );
    const [row] = await this.database.query<{ kind: number }[]>(
      `SELECT kind FROM access_log_kind WHERE tree = $1 AND grant_id IS NOT DISTINCT FROM $2
         AND grant_version IS NOT DISTINCT FROM $3 AND purpose IS NOT DISTINCT FROM $4
         AND outcome = $5 AND fields = $6`,
      [...columns],
    );
    if (row === undefined) throw new TypeError('a kind that was just made is not there');
    return row.kind;
  }
}

/**
 * The columns of a kind's row, but for its number. A grant without a version is none of the partner's:
 * what it made up is not a kind.
 */
export function kindColumns(kind: RecordKind): readonly (string | number | null)[] {
  const { tree, grant, grantVersion, purpose, outcome, fields } = kind;
  const isOwn = grantVersion !== null;
  const listed = JSON.stringify(sortedFields(fields));
  return [tree, isOwn ? grant : null, grantVersion, purpose, outcome, listed];
}
