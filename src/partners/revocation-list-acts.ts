import type { DataSource, EntityManager } from 'typeorm';
import type { ActAppliers, RestrictingAct } from '../access-log/index.js';
import { encodeBase64Url, sha256 } from '../core/bytes.js';
import { inputInvalid } from '../core/errors.js';
import {
  certificateCauseOf,
  parseCrl,
  type RevocationList,
  type TrustAnchor,
} from '../identity/certificate/index.js';
import { textMember, type ActHandler } from '../staff/index.js';
import { readAnchors } from './credential-acts.js';
import { conflict } from './partner-acts.js';

/** Name of the act in the journal. */
const takenName = 'partners.CRL_TAKEN';

/**
 * One part of a list in the journal: the serials it has beyond the list that was in force before. A
 * line of the journal holds 256 KiB, a list of a large CA many times that, so an import is one part or
 * several; each can be applied by itself, in any order and again.
 */
interface TakenBody {
  readonly anchor: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
  /** Lower-case hex. */
  readonly serials: readonly string[];
}

/** 42 hex digits at most (RFC 5280 §4.1.2.2), quotes and a comma each: 180 KB. */
const serialsInPart = 4_000;

/** Acts about revocation lists. A list is PEM, or base64 of DER. */
export const revocationListActs = {
  CRL_IMPORT: (content) => {
    const text = textMember(content, 'crl', /^[\s\S]{1,12000000}$/);
    const der = crlDer(text);
    return {
      // A list can have megabytes, and the book is read whole: it names the list.
      payload: { crl: encodeBase64Url(sha256(der)), sizeBytes: der.length },
      apply: async (manager, { at }) => {
        const { anchor, list } = await issuerOf(manager, der);
        if (at > list.nextUpdate) throw inputInvalid('crl', 'a newer list is out already');
        const before = await takenBefore(manager, anchor);
        // An older list would bring back what was revoked since.
        if (before.thisUpdate !== undefined && list.thisUpdate < before.thisUpdate) {
          throw conflict('crl', 'a newer list of this CA is in force');
        }
        await manager.query(
          `INSERT INTO anchor_crl (anchor, der, this_update, next_update) VALUES ($1, $2, $3, $4)
           ON CONFLICT (anchor) DO UPDATE
           SET der = excluded.der, this_update = excluded.this_update,
             next_update = excluded.next_update`,
          [anchor.id, der, list.thisUpdate, list.nextUpdate],
        );
        await manager.query(
          `INSERT INTO crl_taken (anchor, this_update, next_update, from_journal)
           VALUES ($1, $2, $3, false)
           ON CONFLICT (anchor) DO UPDATE
           SET this_update = excluded.this_update, next_update = excluded.next_update,
             from_journal = false`,
          [anchor.id, list.thisUpdate, list.nextUpdate],
        );
        // The list itself is here again: it says everything the journal knew, and what was since freed.
        await manager.query('DELETE FROM crl_entry WHERE anchor = $1', [anchor.id]);
        return takenActs(list, before.serials);
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

/**
 * Lists a restored database has forgotten. Their entries are refused from then on beside those of the
 * list it holds, until the CA's list is imported again; what a later list no longer had stays refused
 * until then too.
 */
export const revocationListAppliers: ActAppliers = {
  [takenName]: async (manager, body) => {
    const { anchor, thisUpdate, nextUpdate, serials } = body as unknown as TakenBody;
    // A CA added after the backup is gone with all it issued; a list that is as new is in force itself.
    const [forgotten] = await manager.query<unknown[]>(
      `SELECT FROM trust_anchor a LEFT JOIN crl_taken t ON t.anchor = a.id
       LEFT JOIN anchor_crl c ON c.anchor = a.id
       WHERE a.id = $1 AND (c.this_update IS NULL OR c.this_update < $2::timestamptz)
         AND (t.from_journal IS NOT false OR t.this_update < $2::timestamptz)`,
      [anchor, thisUpdate],
    );
    if (forgotten === undefined) return;
    await manager.query(
      `INSERT INTO crl_taken (anchor, this_update, next_update, from_journal)
       VALUES ($1, $2, $3, true)
       ON CONFLICT (anchor) DO UPDATE
       SET next_update = CASE WHEN excluded.this_update > crl_taken.this_update
             THEN excluded.next_update ELSE crl_taken.next_update END,
           this_update = greatest(crl_taken.this_update, excluded.this_update),
           from_journal = true`,
      [anchor, thisUpdate, nextUpdate],
    );
    await manager.query(
      `INSERT INTO crl_entry (anchor, serial) SELECT $1, unnest($2::text[])
       ON CONFLICT DO NOTHING`,
      [anchor, serials],
    );
  },
};

/**
 * Brings lists that an earlier release imported into the journal, whole and once: until then a database
 * restored from before them would have forgotten them. Cut short, or done by two gateways at a time, it
 * is done again, which changes nothing. One that cannot be read keeps no other from it.
 *
 * @param restrict keeps an act in the journal
 * @param onRefused told of a list its CA is not seen to have signed, or that is none
 * @returns how many lists
 */
export async function journalEarlierLists(
  { manager }: Pick<DataSource, 'manager'>,
  restrict: (act: RestrictingAct) => Promise<void>,
  onRefused: (error: unknown, anchor: string) => void,
): Promise<number> {
  const lists = await manager.query<{ anchor: string; der: Buffer }[]>(
    `SELECT c.anchor, c.der FROM anchor_crl c LEFT JOIN crl_taken t ON t.anchor = c.anchor
     WHERE t.anchor IS NULL ORDER BY c.anchor`,
  );
  const anchors = lists.length === 0 ? [] : await readAnchors(manager);
  let journaled = 0;
  for (const { anchor: id, der } of lists) {
    // One that was taken out of service lets nobody in.
    const anchor = anchors.find((one) => one.id === id);
    if (anchor === undefined) continue;
    let list: RevocationList;
    try {
      list = parseCrl(der, anchor);
    } catch (error) {
      onRefused(error, id);
      continue;
    }
    for (const act of takenActs(list, new Set())) await restrict(act);
    // The dates of the list that was journaled: another may have taken its place since it was read.
    await manager.query(
      `INSERT INTO crl_taken (anchor, this_update, next_update, from_journal)
       VALUES ($1, $2, $3, false)
       ON CONFLICT (anchor) DO NOTHING`,
      [id, list.thisUpdate, list.nextUpdate],
    );
    journaled += 1;
  }
  return journaled;
}

/** What the journal keeps of a list, the serials `before` left out. */
function takenActs(
  { anchorId, thisUpdate, nextUpdate, revokedSerials }: RevocationList,
  before: ReadonlySet<string>,
): readonly RestrictingAct[] {
  const added = [...revokedSerials].filter((serial) => !before.has(serial));
  const parts = Math.max(1, Math.ceil(added.length / serialsInPart));
  return Array.from({ length: parts }, (_, part) => ({
    act: takenName,
    body: {
      anchor: anchorId,
      thisUpdate: thisUpdate.toISOString(),
      nextUpdate: nextUpdate.toISOString(),
      serials: added.slice(part * serialsInPart, (part + 1) * serialsInPart),
    } satisfies TakenBody,
  }));
}

/** The list that is in force, which another is to take the place of. */
async function takenBefore(
  manager: EntityManager,
  anchor: TrustAnchor,
): Promise<{ readonly thisUpdate: Date | undefined; readonly serials: ReadonlySet<string> }> {
  await manager.query('SELECT FROM trust_anchor WHERE id = $1 FOR UPDATE', [anchor.id]);
  const [row] = await manager.query<
    { der: Buffer | null; this_update: Date | null; journaled: boolean }[]
  >(
    `SELECT c.der, greatest(c.this_update, t.this_update) AS this_update,
       t.anchor IS NOT NULL AS journaled
     FROM trust_anchor a LEFT JOIN anchor_crl c ON c.anchor = a.id
       LEFT JOIN crl_taken t ON t.anchor = a.id WHERE a.id = $1`,
    [anchor.id],
  );
  const entries = await manager.query<{ serial: string }[]>(
    'SELECT serial FROM crl_entry WHERE anchor = $1',
    [anchor.id],
  );
  const der = row?.der ?? null;
  return {
    thisUpdate: row?.this_update ?? undefined,
    // A list taken by an earlier release is in no journal: the next one is kept whole.
    serials: new Set(
      row?.journaled !== true
        ? []
        : [
            ...(der === null ? [] : parseCrl(der, anchor).revokedSerials),
            ...entries.map(({ serial }) => serial),
          ],
    ),
  };
}

/** The registered CA whose signature a list carries. */
async function issuerOf(
  manager: EntityManager,
  der: Buffer,
): Promise<{ readonly anchor: TrustAnchor; readonly list: RevocationList }> {
  let refusal: unknown;
  for (const anchor of await readAnchors(manager)) {
    try {
      return { anchor, list: parseCrl(der, anchor) };
    } catch (error) {
      refusal = error;
    }
  }
  throw inputInvalid('crl', certificateCauseOf(refusal));
}

/** PEM, or base64 of DER. */
function crlDer(text: string): Buffer {
  const body = /^\s*-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----\s*$/.exec(
    text,
  )?.[1];
  const base64 = (body ?? text).replace(/\s/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der.length === 0 || der.toString('base64') !== base64) throw inputInvalid('crl');
  return der;
}
