import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { plainTerms } from '../../../test/truth/grant-terms.js';
import { changed, wideningRows } from '../../../test/truth/widening.js';
import { totalsKeptDays, valueWindowDays } from '../budget/index.js';
import { toldDays } from '../crossings/unconfirmed.js';
import type { GrantId } from '../ids.js';
import { markKeyDays } from '../log/marks.js';
import { printGrant, printImpactAssessment } from './document.js';
import { grantDigest, handlingCodes, type Grant } from './grant.js';
import { parseTerms } from './parse-terms.js';
import { purposeDefinitions, type Purpose } from './purpose.js';
import { handlingWords } from './words.js';

const plain = parseTerms({
  ...plainTerms,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2026-06-01T00:00:00Z',
});

describe('a grant on paper', () => {
  const id = '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId;
  const digest = grantDigest(id, 2, plain);
  const grant: Grant = { ...plain, id, version: 2, digest, state: 'ACTIVE' };
  const paper = printGrant(grant, { partnerName: 'Border agency | of a partner' });

  test('carries id, version, digest, basis, people and dates', () => {
    for (const part of [id, 'version 2', digest, plain.legalBasis, 'AF-2021, AF-2022']) {
      expect(paper).toContain(part);
    }
    expect(paper).toContain('from 1 January 2026, 00:00 UTC until 1 June 2026, 00:00 UTC');
    expect(paper).toContain('Border agency \\| of a partner');
    expect(paper).toMatch(/not a finding about the person/);
  });

  test('says each field in words, and nothing of it in codes', () => {
    expect(paper).toContain('| date of birth | in a coarser form: Gregorian year, e.g. `1984` |');
    expect(paper).toContain('| visa reference | not told |');
    expect(wordsOf(paper)).not.toMatch(/GENERALISED|FOLDED|DATE_OF_BIRTH/);
  });

  test('ends in what its digest is made of, so that whoever holds it can make it again', () => {
    const [, text = ''] = /```json\n(.*)\n```\n$/.exec(paper) ?? [];
    const part = (one: string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(one));
      return Buffer.concat([length, Buffer.from(one)]);
    };
    const bytes = Buffer.concat(['safeconduct/grant/v1', id, '2', text].map(part));
    expect(createHash('sha256').update(bytes).digest('base64url')).toBe(digest);
    expect(parseTerms(JSON.parse(text))).toEqual(plain);
  });

  test('says codes that have a meaning beside it, and instants to the millisecond they have', () => {
    const validFrom = new Date('2026-03-09T08:05:07.040Z');
    const text = printGrant({ ...grant, validFrom }, { partnerName: 'P' });
    expect(text).toContain('from 9 March 2026, 08:05:07.040 UTC until');
    for (const [code, definition] of Object.entries(purposeDefinitions)) {
      const other = printGrant({ ...grant, purpose: code as Purpose }, { partnerName: 'P' });
      expect(other).toContain(`${code}: ${definition}`);
    }
    for (const handling of handlingCodes) {
      const other = printGrant({ ...grant, handling }, { partnerName: 'P' });
      expect(other).toContain(`| Passing answers on | ${handling}: ${handlingWords[handling]} |`);
    }
  });

  test('every change that is one is seen on it', () => {
    const inWords = (of: Grant) =>
      wordsOf(printGrant(of, { partnerName: 'P' })).replaceAll(of.digest, '');
    for (const { change } of wideningRows) {
      const terms = parseTerms(changed(change));
      const other = { ...grant, ...terms, digest: grantDigest(id, 2, terms) };
      expect([change, inWords(other) === inWords(grant)]).toEqual([change, false]);
    }
  });

  test('its impact assessment names recipient, purpose, data, retention, risks', () => {
    const page = printImpactAssessment(grant, { partnerName: 'Agency' });
    for (const part of ['Agency (ALPHA-BORDER)', 'Article 35', 'Article 30', 'Retention', digest]) {
      expect(page).toContain(part);
    }
    expect(page).toContain(
      '| Data told (Article 30(1)(c)) | full name, date of birth, visa status |',
    );
    for (const kept of [
      `${valueWindowDays} days, keyed`,
      `Totals of each day, of no person or officer | ${totalsKeptDays} days`,
      `one person, case or officer | destroyed after ${markKeyDays} days`,
      `notices of them | sealed; ${toldDays} days`,
      `suppressed people asked for | sealed, for security and the protection officer; ${toldDays} days`,
    ]) {
      expect(page).toContain(kept);
    }
  });
});

/** Without the annex, which is not for reading. */
function wordsOf(paper: string): string {
  return paper.slice(0, paper.indexOf('## Annex'));
}
