import { readFileSync, writeFileSync } from 'node:fs';
import { foldArabic, foldLatin } from '../src/core/matching/script.js';
import { cleanName } from '../src/core/matching/text.js';

/**
 * Compiles src/core/matching/data/name-parts.txt into name-parts.generated.ts:
 *
 *   node --import ./bench/register-typescript.mjs bench/compile-name-parts.ts [--check]
 *
 * Spellings are folded as names are, once. A spelling that two parts claim belongs to neither: it is
 * left out and named on standard error. `--check` writes nothing and fails when the table is stale.
 */
const source = new URL('../src/core/matching/data/name-parts.txt', import.meta.url);
const target = new URL('../src/core/matching/data/name-parts.generated.ts', import.meta.url);

interface Entry {
  readonly share: string;
  readonly role: string;
  readonly spellings: readonly string[];
}

const roles = new Set(['N', 'O', 'T', 'P', 'S']);

function readEntry(line: string): Entry {
  const [share = '', role = '', forms = ''] = line.split('|');
  if (!/^[1-9]\d*$/.test(share) || !roles.has(role)) throw new TypeError(`malformed: ${line}`);
  const spellings = forms.split(' ').map((form) => {
    const text = cleanName(form);
    return /\p{Script=Arabic}/u.test(text)
      ? foldArabic(text).replace(/[^\p{L}]/gu, '')
      : foldLatin(text);
  });
  return { share, role, spellings: [...new Set(spellings.filter((form) => form !== ''))] };
}

const entries = readFileSync(source, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map(readEntry);

const claims = new Map<string, number>();
for (const { spellings } of entries) {
  for (const form of spellings) claims.set(form, (claims.get(form) ?? 0) + 1);
}
const contested = [...claims].filter(([, count]) => count > 1).map(([form]) => form);
for (const form of contested) process.stderr.write(`claimed twice, left out: ${form}\n`);

const lines = entries
  .map(({ share, role, spellings }) => {
    const own = spellings.filter((form) => claims.get(form) === 1);
    return own.length === 0 ? '' : `${share}|${role}|${own.join(' ')}`;
  })
  .filter((line) => line !== '');
const text = [
  '// Compiled from name-parts.txt by bench/compile-name-parts.ts; do not edit.',
  `export const nameParts = \`${lines.join('\n')}\`;`,
  '',
].join('\n');

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) throw new Error('name-parts.generated.ts is stale');
} else {
  writeFileSync(target, text);
  process.stderr.write(`${lines.length} parts, ${text.length} characters\n`);
}
