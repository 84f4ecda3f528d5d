import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { previewsPerDay } from '../core/grants/previews.js';

/**
 * Counts one preview of a person, in the transaction of its record: people nobody finds count as well,
 * or who tries references would be told which are free.
 *
 * @throws {GatewayError} ERR_BUDGET_SPENT beyond {@link previewsPerDay} on one UTC day
 */
export async function countPreview(
  manager: EntityManager,
  account: string,
  at: Date,
): Promise<void> {
  const rows = await manager.query<unknown[]>(
    `INSERT INTO preview_count AS c (account, day, previews) VALUES ($1, $2, 1)
     ON CONFLICT (account) DO UPDATE SET day = greatest(c.day, excluded.day),
       previews = CASE WHEN c.day < excluded.day THEN 1 ELSE c.previews + 1 END
     WHERE c.day < excluded.day OR c.previews < $3
     RETURNING account`,
    [account, at.toISOString().slice(0, 10), previewsPerDay],
  );
  if (rows.length > 0) return;
  const dayMs = 86_400_000;
  const retryAt = new Date(Math.floor(at.getTime() / dayMs + 1) * dayMs);
  throw new GatewayError('ERR_BUDGET_SPENT', { budget: 'PEOPLE', retryAt });
}
