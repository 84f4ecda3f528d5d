import { fieldCatalogue, subjectFields, type DisclosureLevel } from '../disclosure/catalogue.js';
import { fieldWords, levelWords } from '../grants/words.js';
import { purposeDefinitions } from '../grants/purpose.js';
import { inLine, page, table } from './markdown.js';

/** One time a partner was told of the person. */
export interface Telling {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly agency: { readonly code: string; readonly name: string; readonly state: string };
  /**
   * A pseudonym for one officer of the agency, of this document alone; null when a system asked, or
   * where `forgotten`.
   */
  readonly officer: string | null;
  readonly purpose: string;
  /** Null where there was none, the release does not include it, or `forgotten`. */
  readonly caseReference: string | null;
  readonly agreement: {
    readonly grant: string;
    readonly version: number;
    /** What both sides agreed to, base64url SHA-256; null where the version is not there any more. */
    readonly digest: string | null;
    readonly legalBasis: string | null;
  };
  readonly fields: readonly { readonly field: string; readonly level: string }[];
  /** The agency's own name for the person. */
  readonly reference: string;
  /** Its place in the log, where the proof has it. */
  readonly record: { readonly id: string; readonly tree: string; readonly index: number };
  /** What only the host could open was destroyed when its time was over. */
  readonly forgotten: boolean;
}

/** What partners were told of one person. This file owns the format, as JSON and as Markdown. */
export interface HistoryDocument {
  readonly v: 1;
  readonly kind: 'safeconduct/history';
  /** RFC 3339, UTC. */
  readonly madeAt: string;
  readonly person: { readonly caseload: string; readonly reference: string };
  /** Entries that were merged into the person's: what was told under them is here as well. */
  readonly merged: readonly { readonly caseload: string; readonly reference: string }[];
  /** Whether case references of agencies are in it. */
  readonly caseReferences: boolean;
  /** The oldest first. */
  readonly told: readonly Telling[];
  readonly proof: {
    readonly file: typeof proofFile;
    /** What it is verified with up to the cosigned cover tree (core/log/log-keys.ts). */
    readonly keys: typeof keysFile;
    /** Of each tree of the proof: to be compared with what the agency holds. */
    readonly verifierKeys: readonly string[];
  };
}

export const proofFile = 'proof.jsonl';
export const keysFile = 'keys.json';

const limits = [
  'It holds every time an agency was told that the person is among those the host protects: a match. ' +
    'A question that was no match is tied to nobody, in the log neither, and is therefore not here: ' +
    'that an agency asked about the person and was told nothing cannot be shown.',
  'It holds what was told, not what was asked: questions are kept as commitments only.',
  'Whom the person is kept from today changes nothing in it: what was told before stands here too.',
  'Officers are numbered within each agency for this document alone; the same number in another ' +
    'document is another officer.',
  'What was told under an entry of the register that was merged into this one is in it; the entries ' +
    'are named above. Under an entry merged by a gateway that did not keep this yet, nothing is found.',
  'The proof shows the sizes of the logs the records stand in, and so roughly how much an agency asks.',
];

/** Field as a lawyer reads it; what this release does not know stays as it is written. */
export function fieldInWords(name: string, level: string): string {
  const field = subjectFields.find((one) => fieldCatalogue[one].name === name);
  const how = levelWords[level as DisclosureLevel] as string | undefined;
  return `${field === undefined ? name : fieldWords[field]} (${how ?? level})`;
}

/** The document as Markdown, which reads as plain text too. */
export function printHistory(document: HistoryDocument): string {
  const { told, person, merged, madeAt, proof } = document;
  const agencies = new Set(told.map(({ agency }) => agency.code));
  return page([
    '# What was told of one person',
    table(
      ['', ''],
      [
        ['Person', `${inLine(person.caseload)}, reference ${inLine(person.reference)}`],
        [
          'Entries merged into it, included',
          merged.length === 0
            ? 'none'
            : merged
                .map((one) => `${inLine(one.caseload)}, reference ${inLine(one.reference)}`)
                .join('; '),
        ],
        ['Made', madeAt],
        ['Times something was told', String(told.length)],
        ['Agencies', String(agencies.size)],
        ['Case references of agencies', document.caseReferences ? 'included' : 'not released'],
      ],
    ),
    '## What this document is, and is not',
    limits.map((limit) => `- ${limit}`).join('\n'),
    '## Who was told what',
    ...(told.length === 0 ? ['Nobody was told anything.'] : told.map(printTelling(document))),
    '## Proof',
    told.length === 0
      ? 'There is no record, and so no proof.'
      : `\`${proof.file}\` holds the records named above, with their proof. It is checked without the ` +
        'gateway, anywhere:',
    ...(told.length === 0
      ? []
      : [
          `    safeconduct log verify ${proof.file} --keys ${proof.keys}`,
          'What is proven up to a cosigned round has been seen by the witnesses named in the keys, ' +
            'other agencies, so that the host cannot show another log to anybody else. Each agency ' +
            'holds the key of its own log: ask it whether it is the one below.',
          proof.verifierKeys.map((key) => `- \`${key}\``).join('\n'),
          'In the file a record has an `index` within its log (`origin`); the bytes say what stands ' +
            'here.',
        ]),
  ]);
}

const printTelling =
  ({ caseReferences }: HistoryDocument) =>
  (telling: Telling, at: number): string => {
    const { agency, agreement, record, purpose, fields, officer, forgotten } = telling;
    const definition = (purposeDefinitions as Readonly<Record<string, string | undefined>>)[
      purpose
    ];
    const asked = forgotten ? 'not known any more' : (officer ?? 'a system, no named officer');
    const reference = forgotten ? 'not known any more' : (telling.caseReference ?? 'none');
    return [
      `### ${at + 1}. ${telling.at}`,
      '',
      table(
        ['', ''],
        [
          ['Told', `${inLine(agency.name)} (${inLine(agency.code)}), ${inLine(agency.state)}`],
          ['Asked by', inLine(asked)],
          ['Why', `${purpose}${definition === undefined ? '' : `: ${definition}`}`],
          ...(caseReferences ? [['Case of the agency', inLine(reference)]] : []),
          ['Legal basis', inLine(agreement.legalBasis ?? 'not known any more')],
          [
            'Agreement',
            `${agreement.grant}, version ${agreement.version}, digest \`${agreement.digest ?? 'not known any more'}\``,
          ],
          [
            'What',
            [
              'that the person is among those the host protects',
              ...fields.map(({ field, level }) => inLine(fieldInWords(field, level))),
            ].join('; '),
          ],
          ['Record', `\`${record.id}\`, \`${record.tree}\`, index ${record.index}`],
        ],
      ),
    ].join('\n');
  };
