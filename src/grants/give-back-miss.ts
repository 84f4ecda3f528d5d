import type { EntityManager } from 'typeorm';
import type { GrantId } from '../core/ids.js';

/** What a match gives back. */
export interface GivenBack {
  readonly request: Buffer;
  readonly grant: GrantId;
  readonly accounts: readonly string[];
  readonly matched: Buffer;
  /** Of the person: new values around them count from now on. */
  readonly anchors: readonly Buffer[];
  readonly anchorsEndAt: Date;
}

/**
 * Gives back the miss of a question, once for a request, however often it is asked again; in the
 * transaction of the access record. Only inserts, so that the log never waits: the next charge of an
 * account folds them in.
 */
export async function giveBackMiss(
  manager: EntityManager,
  { request, grant, accounts, matched, anchors, anchorsEndAt }: GivenBack,
): Promise<void> {
  await manager.query(
    `WITH mine AS (
       UPDATE question_asked SET given_back = true WHERE request = $1 AND NOT given_back
       RETURNING asked_at, miss_ends_at, miss_cost),
     of_day AS (
       INSERT INTO use_returned (grant_id, ends_at, cost)
       SELECT $6::uuid, date_trunc('day', asked_at, 'UTC') + interval '24 hours', miss_cost FROM mine),
     returned AS (
       INSERT INTO miss_returned (account, ends_at, matched, cost)
       SELECT account, miss_ends_at, $3, miss_cost FROM mine, unnest($2::text[]) AS a (account))
     INSERT INTO matched_anchor (account, anchor, ends_at)
       SELECT a.account, g.anchor, $5 FROM mine, unnest($2::text[]) AS a (account),
         unnest($4::bytea[]) AS g (anchor)
       WHERE NOT EXISTS (
         SELECT FROM matched_anchor m
         WHERE m.account = a.account AND m.anchor = g.anchor AND m.ends_at = $5)`,
    [request, accounts, matched, anchors, anchorsEndAt, grant],
  );
}

/** New values around a person count from now on as after a match; only inserts, as above. */
export async function guardMatched(
  manager: EntityManager,
  { accounts, anchors, anchorsEndAt }: Pick<GivenBack, 'accounts' | 'anchors' | 'anchorsEndAt'>,
): Promise<void> {
  await manager.query(
    `INSERT INTO matched_anchor (account, anchor, ends_at)
     SELECT a.account, g.anchor, $3 FROM unnest($1::text[]) AS a (account),
       unnest($2::bytea[]) AS g (anchor)
     WHERE NOT EXISTS (
       SELECT FROM matched_anchor m
       WHERE m.account = a.account AND m.anchor = g.anchor AND m.ends_at = $3)`,
    [accounts, anchors, anchorsEndAt],
  );
}
