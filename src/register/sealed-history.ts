import { calculateJwkThumbprint, type JWK } from 'jose';
import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid, isGatewayError } from '../core/errors.js';
import type { Caseload, SubjectId } from '../core/ids.js';
import { readRecipient, sealFor } from '../platform/jwe/recipient.js';
import { noSuchAct, openAct } from './acts.js';
import { meantForErasure, type ErasureTarget } from './erase.js';
import { mergedEntries } from './merged-entries.js';
import { readRegister } from './register-change.js';
import type { Querier } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { decodeSubjectId } from './subject-uuid.js';

/** A person as the log knows them again. */
interface KnownPerson {
  readonly id: SubjectId;
  readonly referenceSecret: Uint8Array;
}

/** The part of the access log's search that is needed: what partners were told of people. */
export interface DisclosureHistory {
  historyOf(...people: readonly KnownPerson[]): Promise<readonly ToldRecord[]>;
  /** How many places in the log speak of them, as this transaction sees it. */
  placesOf(querier: Querier, ...people: readonly KnownPerson[]): Promise<number>;
}

/** One record that told a partner of one person. */
export interface ToldRecord {
  readonly person: string;
  readonly partner: string;
  /** Tree and leaf, where the log's export proves it. */
  readonly origin: string;
  readonly index: number;
  readonly record: {
    readonly id: string;
    readonly at: string;
    readonly grant: string | null;
    readonly grantVersion: number | null;
    readonly purpose: string | null;
    readonly outcome: string;
    readonly fields: readonly (readonly [string, string])[];
    readonly reference: string | null;
  };
  /** Null where the month was forgotten. */
  readonly host: { readonly officer: string | null; readonly clientId: string | null } | null;
}

/** What an erasure asks for beside whom it erases. */
export interface SealedForCounsel {
  /** Public JWK of whom the history is sealed for. */
  readonly counsel?: JWK;
}

/** A history, sealed; not kept yet. */
export interface SealedHistory {
  readonly people: readonly KnownPerson[];
  /** Those of them the act erases; the others are entries that were merged into them. */
  readonly erased: readonly SubjectId[];
  readonly places: number;
  readonly records: number;
  /** Lines of JWE. */
  readonly sealed: string;
}

/** People whose history is sealed in one act. */
export const mostInHistory = 10_000;
const recordsPerPart = 256;
/** Fetched, it can be fetched again for so long. */
const keptDays = 7;

/** @throws {GatewayError} ERR_INPUT_INVALID naming `counsel` */
export async function readCounsel(
  given: JWK,
): Promise<{ readonly counsel: JWK; readonly thumbprint: string }> {
  try {
    const { jwk } = readRecipient(given);
    return { counsel: jwk, thumbprint: await calculateJwkThumbprint(jwk) };
  } catch (error) {
    if (isGatewayError(error)) throw inputInvalid('counsel', error.detail);
    throw error;
  }
}

/**
 * Seals what partners were told of whom an erasure is about, while it can still be known. Lines, each
 * a JWE in compact form (RFC 7516 §3.1) of JSON Lines, `{"alg","enc":"A256GCM","kid","erasure":"<id>",
 * "part":1,"parts":3}`: first whom the act erases, and the entries that were merged into
 * them (`mergedInto`), then what was told, the oldest first.
 *
 * @returns undefined where no counsel is named
 * @throws {GatewayError} ERR_LOG_UNAVAILABLE
 */
export async function sealHistory(
  store: RegisterStore,
  log: DisclosureHistory,
  requestId: string,
): Promise<SealedHistory | undefined> {
  const act = await openAct(store, store.dataSource, requestId);
  if (act.kind !== 'ERASE') throw noSuchAct();
  const { counsel, ...target } = act.content as ErasureTarget & SealedForCounsel;
  if (counsel === undefined) return undefined;
  const erased = await openErased(store, target);
  const people = erased.map(({ id, referenceSecret }) => ({ id, referenceSecret }));
  const places = await log.placesOf(store.dataSource, ...people);
  const told = await log.historyOf(...people);
  const lines = [
    ...erased.map(({ id, caseload, reference, mergedInto }) => ({
      person: id,
      caseload,
      reference,
      ...(mergedInto === undefined ? {} : { mergedInto }),
    })),
    ...told.map(lineOf),
  ].map((line) => `${JSON.stringify(line)}\n`);
  const parts = Math.max(1, Math.ceil(lines.length / recordsPerPart));
  const recipient = readRecipient(counsel);
  const sealed: string[] = [];
  for (let part = 1; part <= parts; part += 1) {
    const some = lines.slice((part - 1) * recordsPerPart, part * recordsPerPart).join('');
    const header = { erasure: requestId, part, parts };
    sealed.push(`${await sealFor(recipient, some, header)}\n`);
  }
  return {
    people,
    erased: erased.flatMap(({ id, mergedInto }) => (mergedInto === undefined ? [id] : [])),
    places,
    records: told.length,
    sealed: sealed.join(''),
  };
}

/**
 * Keeps a history with its erasure, in the same transaction.
 *
 * @param subjects who was erased
 * @throws {GatewayError} ERR_CONFLICT when others are erased than were sealed, or partners were told
 *   more meanwhile: approving again seals again
 */
export async function keepHistory(
  manager: EntityManager,
  log: DisclosureHistory,
  requestId: string,
  history: SealedHistory,
  subjects: readonly SubjectId[],
): Promise<void> {
  const { people, erased, places, records, sealed } = history;
  const known = new Set<string>(erased);
  const isSame = subjects.length === known.size && subjects.every((id) => known.has(id));
  if (!isSame || (await log.placesOf(manager, ...people)) !== places) {
    throw new GatewayError('ERR_CONFLICT', {
      argument: 'act',
      detail: 'what is to be sealed changed meanwhile; approve again',
    });
  }
  await manager.query('INSERT INTO sealed_history (act_id, records, sealed) VALUES ($1, $2, $3)', [
    requestId,
    records,
    sealed,
  ]);
}

/**
 * Writes a history that was sealed; it goes a week later.
 *
 * @throws {GatewayError} ERR_CONFLICT when none was sealed, or it is gone
 */
export async function writeHistory(
  store: RegisterStore,
  requestId: string,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const [row] = await store.dataSource.query<{ sealed: string; records: number }[]>(
    'SELECT sealed, records FROM sealed_history WHERE act_id::text = $1',
    [requestId],
  );
  if (row === undefined) {
    throw new GatewayError('ERR_CONFLICT', {
      argument: 'act',
      detail: 'no history was sealed with it, or it is gone',
    });
  }
  for (const line of row.sealed.split(/(?<=\n)/)) await write(line);
  await store.dataSource.query(
    `UPDATE sealed_history SET fetched_at = $2 WHERE act_id::text = $1 AND fetched_at IS NULL`,
    [requestId, store.now()],
  );
  return row.records;
}

/** Drops what was fetched some days ago. */
export async function dropFetchedHistories(store: RegisterStore): Promise<void> {
  const before = new Date(store.now().getTime() - keptDays * 86_400_000);
  await store.dataSource.query('DELETE FROM sealed_history WHERE fetched_at < $1', [before]);
}

interface ErasedPerson extends KnownPerson {
  readonly caseload: Caseload;
  readonly reference: string;
  /** Of an entry that was merged: into whom. */
  readonly mergedInto?: SubjectId;
}

async function openErased(
  store: RegisterStore,
  target: ErasureTarget,
): Promise<readonly ErasedPerson[]> {
  return readRegister(store, async (change) => {
    const erased: ErasedPerson[] = [];
    for await (const { gone } of meantForErasure(change, target)) {
      if (erased.length + gone.length > mostInHistory) {
        throw inputInvalid('counsel', `at most ${mostInHistory} people at once`);
      }
      const opened = await store.readSubjects(
        change.manager,
        gone.map((person) => ({
          id: decodeSubjectId(person.subject),
          version: (person.live ?? person.pending)?.version ?? 0,
        })),
      );
      for (const { subject, caseload } of gone) {
        const id = decodeSubjectId(subject);
        const one = opened.get(id);
        if (one === undefined) throw new GatewayError('ERR_SEALED_DATA_DAMAGED');
        const { referenceSecret, content } = one;
        erased.push({
          id,
          caseload: caseload,
          reference: content.reference,
          referenceSecret,
        });
      }
    }
    const merged = await mergedEntries(
      store,
      change.manager,
      erased.map(({ id }) => id),
    );
    for (const { id, intoId: mergedInto, from, referenceSecret } of merged) {
      erased.push({ id, ...from, referenceSecret, mergedInto });
    }
    return erased;
  });
}

function lineOf({ person, partner, origin, index, record, host }: ToldRecord): object {
  const { id, at, grant, grantVersion, purpose, outcome, fields, reference } = record;
  const { officer = null, clientId: client = null } = host ?? {};
  return {
    person,
    at,
    partner,
    record: id,
    tree: origin,
    index,
    grant,
    grantVersion,
    purpose,
    outcome,
    fields: Object.fromEntries(fields),
    told: reference,
    officer,
    client,
  };
}
