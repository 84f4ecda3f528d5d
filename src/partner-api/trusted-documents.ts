import { documentIdForm, documentIdOf, type DocumentRule } from '../partners/index.js';

/** What becomes of a request, before any of its text is parsed. */
export type DocumentDecision =
  | {
      readonly run: true;
      /** Text to execute; the request's own when undefined. */
      readonly query: string | undefined;
      /** Id of a document that would be refused, were trusted ones required. */
      readonly wouldRefuse?: string;
    }
  | {
      readonly run: false;
      readonly argument: 'documentId' | 'query';
      /** Id of what was refused; undefined when it has none. */
      readonly id?: string;
    };

/**
 * May this document be executed? A request names a trusted document (`documentId`, GraphQL over HTTP,
 * appendix "Persisted Documents"), or carries text, never both. Text of a trusted document is one,
 * named or not. Decided by hash alone.
 */
export function decideDocument(
  body: { readonly documentId?: unknown; readonly query?: unknown },
  { mode, documents }: DocumentRule,
): DocumentDecision {
  const { documentId, query } = body;
  if (documentId !== undefined) {
    if (typeof documentId !== 'string' || !documentIdForm.test(documentId) || query !== undefined) {
      return { run: false, argument: 'documentId' };
    }
    const text = documents.get(documentId);
    if (text === undefined) return { run: false, argument: 'documentId', id: documentId };
    return { run: true, query: text };
  }
  // What is no text is refused by GraphQL itself, whatever the mode.
  if (mode === 'OFF' || typeof query !== 'string') return { run: true, query: undefined };
  const id = documentIdOf(query);
  if (documents.has(id)) return { run: true, query: undefined };
  if (mode === 'REQUIRED') return { run: false, argument: 'query', id };
  return { run: true, query: undefined, wouldRefuse: id };
}
