import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { format } from 'prettier';
import { handlingCodes } from '../src/core/grants/grant.js';
import { purposeDefinitions } from '../src/core/grants/purpose.js';
import { handlingWords } from '../src/core/grants/words.js';
import { errorTable } from '../src/platform/graphql/error-table.js';

/** `npm run schema` writes the generated documents; a difference otherwise fails. */
test.each([['docs/errors.md', errorTable]])('%s is what the code says', async (path, generate) => {
  const file = new URL(`../${path}`, import.meta.url);
  const text = await format(generate(), { parser: 'markdown', printWidth: 100 });
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test('docs/grants.md defines each purpose and each handling code as the code does', () => {
  const text = readFileSync(new URL('../docs/grants.md', import.meta.url), 'utf8').replaceAll(
    / +/g,
    ' ',
  );
  for (const [purpose, definition] of Object.entries(purposeDefinitions)) {
    expect(text).toContain(`| \`${purpose}\` | ${definition} |`);
  }
  for (const code of handlingCodes) {
    expect(text).toContain(`| \`${code}\` | ${handlingWords[code]} |`);
  }
});
