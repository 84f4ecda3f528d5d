import type { EntityManager } from 'typeorm';
import { inputInvalid } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { textMember, type ActHandler, type ActPayload } from '../staff/index.js';
import { documentIdOf, documentModes, type DocumentMode } from './documents.js';
import { conflict, lockPartner, partnerMember } from './partner-acts.js';

const mostDocuments = 200;
const longestDocument = 32_768;

/**
 * Acts about trusted documents: `partner`, `documents` (texts), `mode`. Which documents there are
 * gives nothing: what may be told is the grant's. Requiring them only takes away.
 */
export const documentActs = {
  DOCUMENTS_SET: (content) => {
    const partner = partnerMember(content, 'partner');
    const documents = documentsMember(content);
    return {
      payload: { partner, documents },
      apply: async (manager) => {
        const mode = await lockMode(manager, partner);
        if (mode === 'REQUIRED' && documents.length === 0) throw noneTrusted();
        await manager.query('DELETE FROM trusted_document WHERE partner = $1', [partner]);
        for (const document of documents) {
          await manager.query(
            'INSERT INTO trusted_document (partner, id, document) VALUES ($1, $2, $3)',
            [partner, documentIdOf(document), document],
          );
        }
      },
    };
  },

  DOCUMENTS_REQUIRE: (content) => {
    const partner = partnerMember(content, 'partner');
    const mode = modeMember(content, ['DRY_RUN', 'REQUIRED']);
    return {
      payload: { partner, mode },
      apply: async (manager, { again }) => {
        const present = await lockMode(manager, partner);
        if (rank(mode) <= rank(present)) throw conflict('mode', 'it is required already');
        if (mode === 'REQUIRED' && again !== true && !(await trustsAny(manager, partner))) {
          throw noneTrusted();
        }
        await setMode(manager, partner, mode, null);
      },
    };
  },

  DOCUMENTS_RELAX: (content) => {
    const partner = partnerMember(content, 'partner');
    const mode = modeMember(content, ['OFF', 'DRY_RUN']);
    return {
      payload: { partner, mode },
      apply: async (manager, { actId }) => {
        const present = await lockMode(manager, partner);
        if (rank(mode) >= rank(present)) throw conflict('mode', 'it is not required');
        await setMode(manager, partner, mode, actId);
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

/** Requiring one of none refuses every request: that is suspending the partner, and called so. */
const noneTrusted = () => conflict('documents', 'no document is trusted');

async function trustsAny(manager: EntityManager, partner: PartnerCode): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT 1 FROM trusted_document WHERE partner = $1 LIMIT 1',
    [partner],
  );
  return rows.length > 0;
}

const rank = (mode: DocumentMode): number => documentModes.indexOf(mode);

function modeMember(content: ActPayload, modes: readonly DocumentMode[]): DocumentMode {
  const text = textMember(content, 'mode', /^[A-Z_]+$/);
  const mode = modes.find((one) => one === text);
  if (mode === undefined) throw inputInvalid('mode');
  return mode;
}

function documentsMember(content: ActPayload): readonly string[] {
  const value = content['documents'];
  if (!Array.isArray(value) || value.length > mostDocuments) throw inputInvalid('documents');
  const texts = value.map((text, at) => {
    const fits = typeof text === 'string' && text.trim() !== '' && text.length <= longestDocument;
    if (!fits) throw inputInvalid(`documents[${at}]`);
    return text;
  });
  return [...new Set(texts)];
}

async function lockMode(manager: EntityManager, partner: PartnerCode): Promise<DocumentMode> {
  await lockPartner(manager, partner);
  const [row] = await manager.query<{ mode: DocumentMode }[]>(
    'SELECT mode FROM document_rule WHERE partner = $1',
    [partner],
  );
  return row?.mode ?? 'OFF';
}

async function setMode(
  manager: EntityManager,
  partner: PartnerCode,
  mode: DocumentMode,
  act: string | null,
): Promise<void> {
  await manager.query(
    `INSERT INTO document_rule (partner, mode, act) VALUES ($1, $2, $3)
     ON CONFLICT (partner) DO UPDATE SET mode = excluded.mode,
       act = coalesce(excluded.act, document_rule.act)`,
    [partner, mode, act],
  );
}
