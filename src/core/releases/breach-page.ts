import { fieldInWords } from './history-document.js';
import { inLine, page, table } from './markdown.js';
import type { ExposureCounts } from './exposure.js';

/** What people write on the page; what is absent is left to be filled in by hand. */
export interface BreachWords {
  readonly nature?: string | undefined;
  readonly contact?: string | undefined;
  readonly consequences?: string | undefined;
  readonly measures?: string | undefined;
  /** When the controller became aware. */
  readonly awareAt?: Date | undefined;
}

/** What a page for the authority is about. */
export interface Breach {
  /** In words, such as `answers to partner ALPHA-BORDER`. */
  readonly source: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly counts: ExposureCounts;
  /** Whole rows of the register left: an export. */
  readonly wholeRows: boolean;
  readonly madeAt: Date;
}

const hours = 72;
const blank = '........................................................................';

/**
 * The page a controller notifies its supervisory authority with, in Markdown, in the order of GDPR
 * Article 33(3)(a) to (d); nobody is named in it.
 */
export function printBreachPage(breach: Breach, words: BreachWords = {}): string {
  const { counts, source, from, to, wholeRows, madeAt } = breach;
  const { awareAt } = words;
  const due = awareAt === undefined ? undefined : new Date(awareAt.getTime() + hours * 3_600_000);
  const day = (at: Date | null) => at?.toISOString() ?? 'not bounded';
  const late = due !== undefined && madeAt > due;
  return page([
    '# Notification of a personal data breach',
    'To the supervisory authority, under Article 33 of Regulation (EU) 2016/679.',
    table(
      ['', ''],
      [
        ['Made', madeAt.toISOString()],
        ['Aware since', awareAt?.toISOString() ?? blank],
        ['72 hours end', due?.toISOString() ?? blank],
        ['What may have left', inLine(source)],
        ['From', day(from)],
        ['To', day(to)],
      ],
    ),
    ...(late ? [`The 72 hours are over. Reasons for the delay (Article 33(1)): ${blank}`] : []),
    'What is not known yet is given in phases, without undue further delay (Article 33(4)).',
    '## (a) Nature of the breach',
    given(words.nature),
    table(
      ['', ''],
      [
        ['Categories of data subjects', 'people the host protects, known to it by its register'],
        ['Approximate number of data subjects', String(counts.people)],
        [
          'Categories of records',
          wholeRows ? 'whole entries of the register' : 'answers to questions of partners',
        ],
        ['Approximate number of records', String(counts.records)],
        ['First', day(counts.firstAt)],
        ['Last', day(counts.lastAt)],
      ],
    ),
    ...(wholeRows
      ? ['Every field of an entry: names, family, birth, documents, visa, household.']
      : [
          'Every answer counted told that the person is among those the host protects. With it:',
          counts.fields.length === 0
            ? 'No field left.'
            : table(
                ['What', 'Records', 'People'],
                counts.fields.map(({ field, level, records, people }) => [
                  inLine(fieldInWords(field, level)),
                  String(records),
                  String(people),
                ]),
              ),
        ]),
    '## (b) Contact point',
    given(words.contact),
    '## (c) Likely consequences',
    given(
      words.consequences,
      'Whoever has this can know that a person is among those the host protects. Those people, and ' +
        'their families where they are found by them, may be persecuted for it; it cannot be taken ' +
        'back. A high risk in the sense of Article 34 is to be assumed unless shown otherwise.',
    ),
    '## (d) Measures taken or proposed',
    given(words.measures),
    '## How the numbers were made',
    wholeRows
      ? 'The number of people two people approved for this export; fictional entries are not counted.'
      : 'Counted from the access log, in which every answer stands before it leaves, by people and not ' +
        'by questions. Answers that told nothing of anybody are not counted.' +
        (counts.forgotten === 0
          ? ''
          : ` Of ${counts.forgotten} people the log no longer knows who they are; they are counted by the partner’s own name for them, so that one person can be among them twice.`),
  ]);
}

/** Text of a person, as one paragraph; where none was given, the suggestion or a line to write on. */
function given(text: string | undefined, otherwise = blank): string {
  return text === undefined || text.trim() === '' ? otherwise : inLine(text.trim());
}
