import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  isKeyOver,
  markOf,
  marksOf,
  referenceMark,
  windowDays,
  windowOf,
  type Markable,
} from './marks.js';

const key = (fill: number) => createSecretKey(Buffer.alloc(32, fill));
const record: Markable = {
  tree: 't',
  id: '6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21',
  person: 'somebody',
  caseReference: 'CASE/1',
  officer: 'officer-1',
  clientId: 'client-1',
  subject: 'subject-1',
};

test('a mark is what the worked example says', () => {
  const example = createSecretKey(Buffer.from(Array.from({ length: 32 }, (_, at) => at)));
  expect(markOf(example, 'case', 'CASE/1')).toBe('-6616911912366819919');
});

describe('marks of a record', () => {
  const marks = marksOf(record, key(1), key(2));

  test('are the same for the same values', () => {
    expect(marksOf({ ...record, id: 'another' }, key(1), key(2))).toEqual(marks);
  });

  test.each(['person', 'caseReference', 'officer', 'clientId', 'subject'] as const)(
    'without %s are of the record alone, and as many',
    (member) => {
      const without = marksOf({ ...record, [member]: null }, key(1), key(2));
      expect(Object.keys(without)).toEqual(Object.keys(marks));
      const other = marksOf({ ...record, [member]: null, id: 'another' }, key(1), key(2));
      if (member === 'clientId') expect(without).toEqual(marks);
      else if (member === 'officer') expect(without.asker).not.toEqual(marks.asker);
      else expect(without).not.toEqual(other);
    },
  );

  test('of one window and the next meet in the key they share', () => {
    const later = marksOf(record, key(2), key(3));
    expect(later.person).toEqual(marks.personNext);
    expect(later.personNext).not.toEqual(marks.personNext);
  });

  test('say nothing under another key', () => {
    expect(marksOf(record, key(3), key(4))).not.toEqual(marks);
    expect(referenceMark('p-1')).not.toBe(referenceMark('p-2'));
  });
});

test('a key is over 90 days after it came into use, and not before', () => {
  const begins = (window: number) => new Date(window * windowDays * 86_400_000);
  const window = windowOf(new Date('2026-03-01T00:00:00Z'));
  expect(windowOf(begins(window))).toBe(window);
  expect(isKeyOver(window, new Date(begins(window + 1).getTime() - 1))).toBe(false);
  expect(isKeyOver(window, begins(window + 1))).toBe(true);
  expect((begins(window + 1).getTime() - begins(window - 1).getTime()) / 86_400_000).toBe(90);
});
