import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { printCatalogue } from './print-catalogue.js';

test('docs/fields.md is the catalogue, to the letter', () => {
  const path = new URL('../../../docs/fields.md', import.meta.url);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, printCatalogue());
  expect(readFileSync(path, 'utf8')).toBe(printCatalogue());
});
