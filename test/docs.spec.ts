import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { format } from 'prettier';
import { errorTable } from '../src/platform/graphql/error-table.js';

/** `npm run schema` writes the generated documents; a difference otherwise fails. */
test.each([['docs/errors.md', errorTable]])('%s is what the code says', async (path, generate) => {
  const file = new URL(`../${path}`, import.meta.url);
  const text = await format(generate(), { parser: 'markdown', printWidth: 100 });
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});
