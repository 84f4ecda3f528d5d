import type { DocumentMode } from '../../src/partners/index.js';

/** May this request be executed, of a partner with this rule? Held to by the rule and by the door. */
export interface DocumentRow {
  readonly rule: string;
  readonly mode: DocumentMode;
  readonly names: 'TRUSTED' | 'UNKNOWN' | 'MALFORMED' | 'NOTHING';
  readonly carries: 'TRUSTED' | 'OTHER' | 'NOTHING';
  readonly expected: 'RUN' | 'RUN AND COUNTED' | 'REFUSED' | 'REFUSED AND COUNTED';
}

const modes = ['OFF', 'DRY_RUN', 'REQUIRED'] as const;
const inEachMode = (row: Omit<DocumentRow, 'mode'>): readonly DocumentRow[] =>
  modes.map((mode) => ({ ...row, mode }));

export const documentRows: readonly DocumentRow[] = [
  ...inEachMode({
    rule: 'a trusted document by its id',
    names: 'TRUSTED',
    carries: 'NOTHING',
    expected: 'RUN',
  }),
  ...inEachMode({
    rule: 'an id nobody has uploaded',
    names: 'UNKNOWN',
    carries: 'NOTHING',
    expected: 'REFUSED AND COUNTED',
  }),
  ...inEachMode({
    rule: 'an id that is none',
    names: 'MALFORMED',
    carries: 'NOTHING',
    expected: 'REFUSED',
  }),
  ...inEachMode({
    rule: 'an id and a text',
    names: 'TRUSTED',
    carries: 'TRUSTED',
    expected: 'REFUSED',
  }),
  ...inEachMode({
    rule: 'the text of a trusted document',
    names: 'NOTHING',
    carries: 'TRUSTED',
    expected: 'RUN',
  }),
  {
    rule: 'any other text, where none is required',
    mode: 'OFF',
    names: 'NOTHING',
    carries: 'OTHER',
    expected: 'RUN',
  },
  {
    rule: 'any other text, in a dry run',
    mode: 'DRY_RUN',
    names: 'NOTHING',
    carries: 'OTHER',
    expected: 'RUN AND COUNTED',
  },
  {
    rule: 'any other text, where trusted ones are required',
    mode: 'REQUIRED',
    names: 'NOTHING',
    carries: 'OTHER',
    expected: 'REFUSED AND COUNTED',
  },
];
