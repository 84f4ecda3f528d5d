import { describe, expect, test } from '@jest/globals';
import { countExposure, exposedPeople, type ExposedAnswer } from './exposure.js';
import { printBreachPage, type Breach } from './breach-page.js';
import { fieldInWords, printHistory, type Telling } from './history-document.js';
import { inLine } from './markdown.js';

const answer = (more: Partial<ExposedAnswer> = {}): ExposedAnswer => ({
  at: new Date('2026-03-01T09:00:00Z'),
  partner: 'ALPHA',
  reference: 'ALPHA r1',
  subject: 's1',
  fields: [['visaStatus', 'FULL']],
  ...more,
});

describe('what may have left', () => {
  test('is counted by people, not by questions', () => {
    const counts = countExposure([
      answer(),
      answer({ at: new Date('2026-03-02T09:00:00Z'), fields: [] }),
      answer({ partner: 'BRAVO', reference: 'BRAVO r1' }),
      answer({ subject: 's2', reference: 'ALPHA r2' }),
    ]);
    expect(counts).toMatchObject({
      records: 4,
      people: 2,
      forgotten: 0,
      fields: [{ field: 'visaStatus', level: 'FULL', records: 3, people: 2 }],
      partners: [
        { partner: 'ALPHA', records: 3 },
        { partner: 'BRAVO', records: 1 },
      ],
      firstAt: new Date('2026-03-01T09:00:00Z'),
      lastAt: new Date('2026-03-02T09:00:00Z'),
    });
  });

  test('counts whom the log has forgotten by the partner’s name, and once where it knows it', () => {
    const answers = [
      answer(),
      answer({ subject: null }),
      answer({ subject: null, reference: 'ALPHA r9' }),
    ];
    expect(countExposure(answers)).toMatchObject({ people: 2, forgotten: 1 });
    expect(exposedPeople(answers)).toMatchObject([{ subject: 's1', records: 2 }]);
  });

  test('of nothing is nothing', () => {
    expect(countExposure([])).toMatchObject({ records: 0, people: 0, fields: [], firstAt: null });
  });
});

describe('the page for the authority', () => {
  const breach: Breach = {
    source: 'answers to partner ALPHA',
    from: null,
    to: null,
    counts: countExposure([answer()]),
    wholeRows: false,
    madeAt: new Date('2026-03-04T09:00:01Z'),
  };

  test('has the parts of Article 33(3) in their order, and lines to write on', () => {
    const page = printBreachPage(breach);
    const heads = [...page.matchAll(/^## \((.)\)/gm)].map(([, letter]) => letter);
    expect(heads).toEqual(['a', 'b', 'c', 'd']);
    expect(page).toContain('| Approximate number of data subjects | 1 |');
    expect(page).toContain('| visa status (told in full) | 1 | 1 |');
    expect(page).not.toContain('The 72 hours are over');
  });

  test('asks for the reasons of a delay after 72 hours, and not before', () => {
    const at = (awareAt: string) => printBreachPage(breach, { awareAt: new Date(awareAt) });
    expect(at('2026-03-01T09:00:00Z')).toContain('The 72 hours are over');
    expect(at('2026-03-01T09:00:01Z')).not.toContain('The 72 hours are over');
    expect(at('2026-03-01T09:00:01Z')).toContain('| 72 hours end | 2026-03-04T09:00:01.000Z |');
  });

  test('takes words as words: they begin no row, tag or heading', () => {
    const page = printBreachPage(breach, { measures: 'a | b\n## (e) <b>' });
    expect(page).toContain('a \\| b \\#\\# (e) \\<b\\>');
    expect(inLine('x\r\ny')).toBe('x y');
  });
});

describe('the history of one person', () => {
  const telling: Telling = {
    at: '2026-03-01T09:00:00.000Z',
    agency: { code: 'ALPHA', name: 'Alpha | Border', state: 'AUS' },
    officer: 'officer 1',
    purpose: 'BORDER_VERIFICATION',
    caseReference: null,
    agreement: { grant: 'g', version: 2, digest: 'd', legalBasis: 'A treaty' },
    fields: [{ field: 'dateOfBirth', level: 'GENERALISED' }],
    reference: 'r1',
    record: { id: 'i', tree: 't', index: 3 },
    forgotten: false,
  };
  const print = (told: readonly Telling[], caseReferences = false) =>
    printHistory({
      v: 1,
      kind: 'safeconduct/history',
      madeAt: '2026-03-04T09:00:00.000Z',
      person: { caseload: 'AF-2021', reference: 'T-1' },
      merged: [{ caseload: 'AF-2021', reference: 'T-2' }],
      caseReferences,
      told,
      proof: { file: 'proof.jsonl', keys: 'keys.json', verifierKeys: ['key+1'] },
    });

  test('says who, what, why, under which agreement, and how to check it', () => {
    const text = print([telling]);
    expect(text).toContain('Alpha \\| Border (ALPHA), AUS');
    expect(text).toContain('date of birth (in a coarser form)');
    expect(text).toContain('| Legal basis | A treaty |');
    expect(text).toContain('safeconduct log verify proof.jsonl --keys keys.json');
    expect(text).toContain('- `key+1`');
    expect(text).not.toContain('Case of the agency');
  });

  test('says what the log has forgotten, and that nobody was told where nobody was', () => {
    const text = print([{ ...telling, officer: null, forgotten: true }], true);
    expect(text).toContain('| Asked by | not known any more |');
    expect(text).toContain('| Case of the agency | not known any more |');
    expect(print([])).toContain('Nobody was told anything.');
    expect(print([])).not.toContain('log verify');
  });

  test('keeps names of fields and levels it does not know', () => {
    expect(fieldInWords('shoeSize', 'HALF')).toBe('shoeSize (HALF)');
  });
});
