import {
  budgetLimits,
  missesPerMatch,
  peopleWindowHours,
  totalsKeptDays,
  valueWindowDays,
} from '../budget/index.js';
import { toldDays } from '../crossings/unconfirmed.js';
import { disclosureLevelOf, fieldCatalogue, subjectFields } from '../disclosure/catalogue.js';
import { markKeyDays } from '../log/marks.js';
import { termsOf, termsText, type Grant } from './grant.js';
import { purposeDefinitions } from './purpose.js';
import {
  assuranceWords,
  elementWords,
  fieldWords,
  handlingWords,
  levelWords,
  possibleMatchWords,
} from './words.js';

/** Names that are no part of a grant but of its paper. */
export interface GrantParties {
  readonly partnerName: string;
}

/**
 * The grant as a document to be read and signed, in Markdown. Everything the digest covers stands in
 * it, and nothing else but the partner's name: in words, and in an annex as the bytes the digest is
 * made of.
 */
export function printGrant(grant: Grant, { partnerName }: GrantParties): string {
  const limits = budgetLimits([grant], 'GRANT');
  return page([
    `# Grant ${grant.id}, version ${grant.version}`,
    table([
      ['Partner', `${partnerName} (${grant.partner})`],
      ['Purpose', `${grant.purpose}: ${purposeDefinitions[grant.purpose]}`],
      ['Legal basis', grant.legalBasis],
      ['Valid', `from ${instant(grant.validFrom)} until ${instant(grant.validUntil)}`],
      [
        'People',
        `those of the caseloads ${list(grant.caseloads)} who are not kept from the partner` +
          (grant.requiresNotice === true ? ', and were told that they may be named' : ''),
      ],
      [
        'Asked by',
        grant.requiresNamedOfficer
          ? 'named officers only'
          : 'the partner’s systems, with or without the name of an officer',
      ],
      ['Passing answers on', `${grant.handling}: ${handlingWords[grant.handling]}`],
      [
        'In force',
        'once two people of the host have agreed, and the partner has accepted ' +
          (grant.requiresSignature === true
            ? 'the digest with a signature (JWS) under a key registered for grants'
            : 'the digest'),
      ],
      ['Digest', `\`${grant.digest}\``],
    ]),
    '## What is compared',
    `Only ${list(grant.matchOn.map((element) => elementWords[element]))}. A question holds at least ` +
      `a document number, or a name with a birth year and one of father’s name, birth month, ` +
      `issuing state of a document` +
      (grant.minimumEvidence.length === 0
        ? '.'
        : `; and ${list(grant.minimumEvidence.map((element) => elementWords[element]))}.`),
    `Assurance ${grant.assuranceLevel}: ${assuranceWords[grant.assuranceLevel]}. An unclear case is ` +
      `${possibleMatchWords[grant.possibleMatch]}.`,
    '## What is told of a person who is matched',
    fieldTable(grant),
    '## How much may be asked',
    table([
      ['Questions a day', String(limits.questions)],
      ['Different people a day', String(limits.people)],
      [
        'Questions without a match a week',
        `${limits.misses}, of which one that names no document uses two, and each further name or document in a question one more; and ${missesPerMatch} more ` +
          'for each person matched on a day, up to as many again',
      ],
      [
        `Different values tried around one person in ${valueWindowDays} days`,
        String(limits.values.NARROW),
      ],
    ]),
    '## What an answer means',
    '“Not confirmed” is not a finding about the person. It follows from a typing error, an expired ' +
      'visa or a stopped grant as well, and must not ground refusal of entry, detention or return.',
    '## Annex: what the digest covers',
    'The digest is the SHA-256, in base64url without padding, of four texts in UTF-8, each behind its ' +
      'length in bytes as four bytes, the highest first: `safeconduct/grant/v1`, the id ' +
      `\`${grant.id}\`, the version \`${grant.version}\`, and the terms as canonical JSON ` +
      '(RFC 8785), which are:',
    `\`\`\`json\n${termsText(termsOf(grant))}\n\`\`\``,
  ]);
}

/**
 * The page a data protection impact assessment (GDPR Article 35) and the record of processing
 * (Article 30) need of one grant, in Markdown.
 */
export function printImpactAssessment(grant: Grant, { partnerName }: GrantParties): string {
  const told = subjectFields.filter(
    (field) => disclosureLevelOf(grant.fields, field) !== 'WITHHELD',
  );
  return page([
    `# Impact assessment: grant ${grant.id}, version ${grant.version}`,
    table([
      ['Recipient (Article 30(1)(d))', `${partnerName} (${grant.partner})`],
      [
        'Purpose (Articles 5(1)(b), 30(1)(b))',
        `${grant.purpose}: ${purposeDefinitions[grant.purpose]}`,
      ],
      ['Legal basis', grant.legalBasis],
      ['Data subjects (Article 30(1)(c))', `people of the caseloads ${list(grant.caseloads)}`],
      [
        'Notice to them (Articles 13, 14)',
        grant.requiresNotice === true
          ? 'only people who were told'
          : 'not a condition of this grant',
      ],
      ['Data compared', list(grant.matchOn.map((element) => elementWords[element]))],
      ['Data told (Article 30(1)(c))', list(told.map((field) => fieldWords[field]))],
      ['Onward transfer', `${grant.handling}: ${handlingWords[grant.handling]}`],
      ['Ends', instant(grant.validUntil)],
    ]),
    '## Fields and levels',
    fieldTable(grant),
    '## Retention (Article 30(1)(f))',
    table([
      ['Evidence of a question', 'not kept; a salted commitment stands in the access record'],
      ['Fingerprints of people asked about', `${peopleWindowHours} hours, keyed`],
      ['Fingerprints of values tried', `at most ${valueWindowDays} days, keyed`],
      [
        'Totals of each day, of no person or officer',
        `${totalsKeptDays} days after it, for oversight`,
      ],
      ['Access record', 'as long as the log; what identifies goes with its key'],
      [
        'Keys that group records about one person, case or officer',
        `destroyed after ${markKeyDays} days, with every such group`,
      ],
      [
        'What the partner was told of whom, for corrections and notices of them',
        `sealed; ${toldDays} days after the end of its month, then its key is destroyed`,
      ],
      [
        'What the screen found of fictional and of suppressed people asked for',
        `sealed, for security and the protection officer; ${toldDays} days after the end of its month`,
      ],
      ['Partner’s reference for the person', 'goes when the person is erased'],
      ['Answer at the partner', 'to be relied on for 24 hours'],
    ]),
    '## Risks and measures (Article 35(7))',
    table([
      [
        'A list is fished for names',
        'budgets of people, misses and values tried, for officer, grant, partner, state',
      ],
      [
        'A known person is climbed field by field',
        `${budgetLimits([grant], 'GRANT').values.NARROW} values around one person in ${valueWindowDays} days`,
      ],
      ['More is told than the purpose needs', 'fields and levels above; all others are withheld'],
      [
        'An answer is taken for a finding',
        'its meaning stands in the schema, the grant and the answer',
      ],
      ['The partner passes it on', handlingWords[grant.handling]],
    ]),
    `Digest of the version assessed: \`${grant.digest}\``,
  ]);
}

function fieldTable(grant: Grant): string {
  const rows = subjectFields.map((field) => {
    const level = disclosureLevelOf(grant.fields, field);
    const holds = fieldCatalogue[field].values[level];
    return [fieldWords[field], `${levelWords[level]}${holds === undefined ? '' : `: ${holds}`}`];
  });
  return table(rows);
}

const page = (blocks: readonly string[]): string => `${blocks.join('\n\n')}\n`;
const list = (values: readonly string[]): string =>
  values.length === 0 ? 'none' : values.join(', ');

/** `1 March 2026, 00:00 UTC`; seconds and their fractions where there are any. */
function instant(date: Date): string {
  const [, time = ''] = date.toISOString().split('T');
  const shown = time.replace(/(?:(?::00)?\.000)?Z$/, '');
  const month = months[date.getUTCMonth()] ?? '';
  return `${date.getUTCDate()} ${month} ${date.getUTCFullYear()}, ${shown} UTC`;
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

function table(rows: readonly (readonly string[])[]): string {
  return ['| | |', '|---|---|', ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`)].join(
    '\n',
  );
}
