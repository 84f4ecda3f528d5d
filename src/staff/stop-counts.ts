import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { StaffAct } from '../core/staff/acts.js';
import type { ActContext, PreparedAct } from './act-handler.js';

type Resuming = Extract<StaffAct, `${string}_RESUME`>;

/**
 * Notes that things were stopped, before it is known whether they had been already: a stop of what is
 * stopped is one more reason for it. In the transaction of the stop.
 *
 * @param by act that puts such a thing in use again
 * @param things ids; account, partner, grant, scope
 */
export async function countStops(
  manager: EntityManager,
  by: Resuming,
  things: readonly string[],
): Promise<void> {
  await manager.query(
    `INSERT INTO stop_count AS c (resumed_by, thing, stops)
     SELECT $1, t.thing, 1 FROM (SELECT DISTINCT unnest($2::text[]) AS thing ORDER BY 1) AS t
     ON CONFLICT (resumed_by, thing) DO UPDATE SET stops = c.stops + 1`,
    [by, things],
  );
}

/**
 * Binds a resumption to the stops its thing had when it was asked for: approved after a later stop, it
 * would lift what nobody looked at. Stops are counted in the database, so no clock has a part in it,
 * and a request that is not known to have been bound is not done.
 *
 * @param argument member that names the thing, for the refusal: ERR_CONFLICT
 */
export function boundToStops(
  by: Resuming,
  { thing, argument }: { readonly thing: string; readonly argument: string },
  act: PreparedAct,
): PreparedAct {
  return {
    ...act,
    asked: async (manager, context) => {
      await act.asked?.(manager, context);
      await manager.query(
        `INSERT INTO resumption_asked (act, stops) SELECT $1, coalesce(
           (SELECT stops FROM stop_count WHERE resumed_by = $2 AND thing = $3), 0)`,
        [context.actId, by, thing],
      );
    },
    apply: async (manager, context) => {
      // It holds the row a stop has to hold too: after it the count stands.
      const taken = await act.apply(manager, context);
      if (context.approvedBy !== undefined) await decideBound(manager, context);
      return taken;
    },
  };

  async function decideBound(manager: EntityManager, { actId }: ActContext): Promise<void> {
    const rows = await manager.query<unknown[]>(
      `SELECT FROM resumption_asked WHERE act = $1 AND stops = coalesce(
         (SELECT stops FROM stop_count WHERE resumed_by = $2 AND thing = $3), 0)`,
      [actId, by, thing],
    );
    if (rows.length > 0) return;
    throw new GatewayError('ERR_CONFLICT', {
      argument,
      detail: 'it was stopped again after this was asked for; ask again',
    });
  }
}
