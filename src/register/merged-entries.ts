import type { EntityManager } from 'typeorm';
import { decodeBase64Url, encodeBase64Url, encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { PersonReference } from './register-change.js';
import type { EpochKey, Querier } from './register-keys.js';
import type { RegisterStore } from './register-store.js';

/**
 * An entry of the register that went because it was somebody who is there already. What partners were
 * told under it is the survivor's history: its own reference, and the secret its pairwise references
 * follow from, stay as long as the survivor does and no longer.
 *
 * One row for each, `id` and `into_id` the inside ids; `sealed` is AES-256-GCM under the key of the
 * erasure epoch, bound to both ids and the epoch, over JSON filled up with spaces to a multiple of 256
 * bytes: `{"caseload","reference","secret","intoCaseload","intoReference"}`, the secret in base64url.
 */
export interface MergedEntry {
  readonly id: SubjectId;
  readonly intoId: SubjectId;
  readonly from: PersonReference;
  /** The survivor, by the host's own name. */
  readonly into: PersonReference;
  /** 32 bytes. */
  readonly referenceSecret: Buffer;
}

/** As the journal keeps one. */
export interface MergedEntryJson {
  readonly id: string;
  readonly intoId: string;
  readonly from: PersonReference;
  readonly into: PersonReference;
  readonly secret: string;
}

interface Row {
  readonly id: SubjectId;
  readonly into_id: SubjectId;
  readonly epoch_id: number;
  readonly sealed: Buffer;
}

const filledToBytes = 256;

/** Every entry that was merged away, or those merged into some people. */
export async function mergedEntries(
  store: RegisterStore,
  querier: Querier,
  into?: readonly SubjectId[],
): Promise<readonly MergedEntry[]> {
  const rows = await querier.query<Row[]>(
    `SELECT id, into_id, epoch_id, sealed FROM merged_entry
     WHERE $1::uuid[] IS NULL OR into_id = ANY ($1) ORDER BY id`,
    [into ?? null],
  );
  await store.epochs.load(
    querier,
    rows.map((row) => row.epoch_id),
  );
  const entries: MergedEntry[] = [];
  for (const row of rows) entries.push(open(await store.epochs.key(row.epoch_id), row));
  return entries;
}

/** The entry that had a reference before it was merged; the latest, when several had. */
export async function findMergedEntry(
  store: RegisterStore,
  { caseload, reference }: PersonReference,
): Promise<MergedEntry | undefined> {
  const entries = await mergedEntries(store, store.dataSource);
  return entries.findLast(({ from }) => from.caseload === caseload && from.reference === reference);
}

/** Keeps an entry, and hands on to the survivor what was merged into it before. */
export async function keepMergedEntry(
  store: RegisterStore,
  manager: EntityManager,
  epoch: EpochKey,
  entry: MergedEntry,
): Promise<void> {
  const { intoId, into } = entry;
  const earlier = await mergedEntries(store, manager, [entry.id]);
  for (const one of [...earlier.map((before) => ({ ...before, intoId, into })), entry]) {
    await manager.query(
      `INSERT INTO merged_entry (id, into_id, epoch_id, sealed) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET into_id = excluded.into_id, epoch_id = excluded.epoch_id,
         sealed = excluded.sealed`,
      [one.id, intoId, epoch.id, sealEntry(epoch, one)],
    );
  }
}

/** With the survivor goes what was merged into it. */
export async function dropMergedEntries(
  manager: EntityManager,
  survivors: readonly SubjectId[],
): Promise<void> {
  await manager.query('DELETE FROM merged_entry WHERE into_id = ANY ($1::uuid[])', [survivors]);
}

export const mergedEntryJson = (entry: MergedEntry): MergedEntryJson => {
  const { id, intoId, from, into, referenceSecret } = entry;
  return { id, intoId, from, into, secret: encodeBase64Url(referenceSecret) };
};

/** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED */
export function readMergedEntry(json: MergedEntryJson): MergedEntry {
  const { id, intoId, from, into, secret } = json;
  const referenceSecret = decodeBase64Url(secret);
  if (referenceSecret === undefined) throw damaged(id);
  return { id: id as SubjectId, intoId: intoId as SubjectId, from, into, referenceSecret };
}

export function mergedEntryContext(id: string, intoId: string, epochId: number): Buffer {
  return encodeParts('safeconduct/register/merged-entry/v1', id, intoId, String(epochId));
}

function sealEntry(epoch: EpochKey, entry: MergedEntry): Buffer {
  const { id, intoId, from, into, referenceSecret } = entry;
  const json = Buffer.from(
    JSON.stringify({
      caseload: from.caseload,
      reference: from.reference,
      secret: encodeBase64Url(referenceSecret),
      intoCaseload: into.caseload,
      intoReference: into.reference,
    }),
    'utf8',
  );
  const filled = Buffer.alloc(Math.ceil(json.length / filledToBytes) * filledToBytes, ' ');
  json.copy(filled);
  return seal(epoch.key, filled, mergedEntryContext(id, intoId, epoch.id));
}

function open(key: Uint8Array, row: Row): MergedEntry {
  const plain = unseal(key, row.sealed, mergedEntryContext(row.id, row.into_id, row.epoch_id));
  if (plain === undefined) throw damaged(row.id);
  const { caseload, reference, secret, intoCaseload, intoReference } = JSON.parse(
    plain.toString('utf8'),
  ) as Record<'reference' | 'secret' | 'intoReference', string> &
    Record<'caseload' | 'intoCaseload', PersonReference['caseload']>;
  return readMergedEntry({
    id: row.id,
    intoId: row.into_id,
    from: { caseload, reference },
    into: { caseload: intoCaseload, reference: intoReference },
    secret,
  });
}

const damaged = (id: string): GatewayError =>
  new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `merged entry ${id}` });
