import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { decideAct } from '../core/staff/acts.js';
import {
  boundToStops,
  countStops,
  type ActHandler,
  type ActPayload,
  type StaffCaller,
} from '../staff/index.js';
import { conflict, lockPartner, partnerMember } from './partner-acts.js';

/** What a stop without a partner is of. */
const everything = '*';

/** An emergency stop in force. */
export interface Stop {
  /** Null: everybody. */
  readonly partner: PartnerCode | null;
  readonly since: Date;
  /** The act that stopped it. */
  readonly act: string;
}

/**
 * Emergency stops: `partner`, or nobody named for everybody. A partner that is stopped is told
 * ERR_STOPPED and nothing else; its certificates, tokens, grants and budgets stay as they are.
 */
export const stopActs = {
  DISCLOSURE_STOP: (content) => {
    const { scope, payload } = readScope(content);
    return {
      payload,
      apply: async (manager, { at, actId }) => {
        await lockScope(manager, scope);
        await countStops(manager, 'DISCLOSURE_RESUME', [scope]);
        const done = await manager.query<unknown[]>(
          `INSERT INTO disclosure_stop AS s (scope, stopped, since, act) VALUES ($1, true, $2, $3)
           ON CONFLICT (scope) DO UPDATE
           SET stopped = true, since = excluded.since, act = excluded.act WHERE NOT s.stopped
           RETURNING scope`,
          [scope, at, actId],
        );
        if (done.length === 0) throw conflict('partner', 'it is stopped already');
      },
    };
  },

  DISCLOSURE_RESUME: (content) => {
    const { scope, payload } = readScope(content);
    return boundToStops(
      'DISCLOSURE_RESUME',
      { thing: scope, argument: 'partner' },
      {
        payload,
        apply: async (manager, { at, actId }) => {
          await lockScope(manager, scope);
          const [row] = await manager.query<{ stopped: boolean }[]>(
            'SELECT stopped FROM disclosure_stop WHERE scope = $1 FOR UPDATE',
            [scope],
          );
          if (row?.stopped !== true) throw conflict('partner', 'it is not stopped');
          await manager.query(
            'UPDATE disclosure_stop SET stopped = false, since = $2, act = $3 WHERE scope = $1',
            [scope, at, actId],
          );
        },
      },
    );
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

function readScope(content: ActPayload) {
  const isEverybody = content['partner'] === undefined || content['partner'] === null;
  if (isEverybody) return { scope: everything, payload: {} };
  const partner = partnerMember(content, 'partner');
  return { scope: partner as string, payload: { partner } };
}

async function lockScope(manager: EntityManager, scope: string): Promise<void> {
  if (scope !== everything) await lockPartner(manager, scope as PartnerCode);
}

/** Stops in force, the widest first. */
export async function readStops(manager: Pick<EntityManager, 'query'>): Promise<readonly Stop[]> {
  const rows = await manager.query<{ scope: string; since: Date; act: string }[]>(
    `SELECT scope, since, act FROM disclosure_stop WHERE stopped
     ORDER BY scope <> '${everything}', scope`,
  );
  return rows.map(({ scope, since, act }) => ({
    partner: scope === everything ? null : (scope as PartnerCode),
    since,
    act,
  }));
}

/** Stops in force, for staff. */
export class ReadStops {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async list(caller: StaffCaller): Promise<readonly Stop[]> {
    const decision = decideAct('STOP_READ', caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    return readStops(this.dataSource);
  }
}
