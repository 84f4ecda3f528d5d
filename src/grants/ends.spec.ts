import { describe, expect, test } from '@jest/globals';
import { endingWithin, endsWithinDays, keyDueAt, type End } from './ends.js';

const now = new Date('2026-03-01T00:00:00Z');
const after = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

describe('an end', () => {
  test.each([
    [31, null],
    [30, 30],
    [8, 30],
    [7, 7],
    [1.01, 7],
    [1, 1],
    [0.01, 1],
    [0, 0],
    [-5, 0],
  ])('%d days away is within the mark of %p', (days, mark) => {
    expect(endsWithinDays({ at: after(days) }, now)).toBe(mark);
  });

  test('of a key is a year after it was registered', () => {
    expect(keyDueAt(now)).toEqual(after(365));
  });
});

test('what ends within so many days comes the next first, and what is over with it', () => {
  const end = (id: string, days: number): End => ({
    kind: 'CERTIFICATE',
    partner: null,
    id,
    at: after(days),
  });
  const ends = [end('far', 31), end('soon', 6), end('over', -1), end('month', 30)];
  expect(endingWithin(ends, 30, now).map(({ id }) => id)).toEqual(['over', 'soon', 'month']);
  expect(endingWithin(ends, 7, now).map(({ id }) => id)).toEqual(['over', 'soon']);
});
