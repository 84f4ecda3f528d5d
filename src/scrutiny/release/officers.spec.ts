import { expect, test } from '@jest/globals';
import { Officers } from './officers.js';

test('an officer has one pseudonym in a document, another officer another, in each agency anew', () => {
  const officers = new Officers();
  const names = [
    officers.pseudonymOf('ALPHA', 'o-7'),
    officers.pseudonymOf('ALPHA', 'o-9'),
    officers.pseudonymOf('BRAVO', 'o-9'),
    officers.pseudonymOf('ALPHA', 'o-7'),
  ];
  expect(names).toEqual(['officer 1', 'officer 2', 'officer 1', 'officer 1']);
});

test('the number follows the order of the document, and so says nothing outside it', () => {
  const other = new Officers();
  expect(other.pseudonymOf('ALPHA', 'o-9')).toBe('officer 1');
});
