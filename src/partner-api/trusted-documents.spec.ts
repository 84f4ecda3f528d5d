import { expect, test } from '@jest/globals';
import { documentRows } from '../../test/truth/document-decisions.js';
import { documentIdOf } from '../partners/index.js';
import { decideDocument } from './trusted-documents.js';

const trusted = '{ access { officer } }';
const other = '{ access { tokenExpiresAt } }';
const names = {
  TRUSTED: { documentId: documentIdOf(trusted) },
  UNKNOWN: { documentId: documentIdOf(other) },
  MALFORMED: { documentId: documentIdOf(trusted).toUpperCase() },
  NOTHING: {},
};
const carries = { TRUSTED: { query: trusted }, OTHER: { query: other }, NOTHING: {} };

test.each(documentRows)('$mode: $rule', (row) => {
  const body = { ...names[row.names], ...carries[row.carries] };
  const documents = new Map([[documentIdOf(trusted), trusted]]);
  const decision = decideDocument(body, { mode: row.mode, documents });
  const counted = decision.run ? decision.wouldRefuse : decision.id;
  const [word, suffix] = [
    decision.run ? 'RUN' : 'REFUSED',
    counted === undefined ? '' : ' AND COUNTED',
  ];
  expect(`${word}${suffix}`).toBe(row.expected);
});

test('the id is over the bytes of the text, to the letter', () => {
  const rule = {
    mode: 'REQUIRED' as const,
    documents: new Map([[documentIdOf(trusted), trusted]]),
  };
  expect(decideDocument({ query: `${trusted} ` }, rule).run).toBe(false);
  expect(decideDocument({ documentId: documentIdOf(trusted) }, rule)).toEqual({
    run: true,
    query: trusted,
  });
});
