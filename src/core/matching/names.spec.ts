import { describe, expect, test } from '@jest/globals';
import { compareNames, type NameComparison } from './compare-names.js';
import { parseName, type PersonName } from './name.js';

function name(text: string): PersonName {
  const parsed = parseName(text);
  if (parsed === undefined || parsed === 'TOO_MANY_PARTS') throw new TypeError('no name');
  return parsed;
}

function compare(asked: string, known: string): NameComparison {
  return compareNames(name(asked), name(known));
}

describe('one name, spelled otherwise', () => {
  test.each([
    ['spelling', 'Mohammad Zalmai Tarin', 'Muhammed Zalmay Tareen'],
    ['abbreviation', 'Mohd Zalmay Tarin', 'Mohammad Zalmay Tarin'],
    ['script', 'Mohammad Zalmay Tarin', 'محمد زلمی ترین'],
    ['Pashto letters', 'Zhwand Kakar', 'ژوند کاکړ'],
    ['Arabic letters', 'Karimi Yahya', 'كريمي يحيى'],
    ['vowel marks', 'محمّد', 'محمد'],
    ['order', 'Tarin Zalmay', 'Zalmay Tarin'],
    ['Abdul X', 'Abdul Rahman Tarin', 'Abdurrahman Tarin'],
    ['Abdul X across scripts', 'Abdul Rahman Tarin', 'عبدالرحمن ترین'],
    ['Abdul X in two words', 'عبد الرحمن ترین', 'عبدالرحمن ترین'],
    ['X Ullah', 'Samad Ullah Tarin', 'صمدالله ترین'],
    ['X Ullah doubled', 'Rahmatullah Tarin', 'Rahmat Ollah Tarin'],
    ['X Uddin', 'Salahuddin Tarin', 'صلاح الدین ترین'],
    ['X ul Haq', 'Shamsulhaq Tarin', 'شمس الحق ترین'],
    ['Zai on and off', 'Barak Zai Zalmay', 'Zalmay Barakzai'],
    ['Khel on and off', 'Zalmay Tota Khel', 'Zalmay Totakhel'],
    ['glued words', 'محمدشریف ترین', 'Mohammad Sharif Tarin'],
    ['an article', 'Zalmay al-Tarini', 'Zalmay Tarini'],
    ['a title', 'Haji Zalmay Tarin', 'Zalmay Tarin'],
    ['a title glued on', 'انجنیرزلمی ترین', 'Eng. Zalmay Tarin'],
    ['teknonym', 'Abu Zalmay Tarin', 'ابوزلمی ترین'],
    ['Cyrillic', 'Залмай Тарин', 'Zalmay Tarin'],
    ['bidirectional controls', '\u202bزلمی\u202c ترین', 'زلمی ترین'],
    ['a zero-width joiner', 'زلمی\u200c ترین', 'زلمی ترین'],
    ['tatweel', 'زلمـــی ترین', 'زلمی ترین'],
    ['presentation forms', 'ﻣﺤﻤﺪ ترین', 'محمد ترین'],
    ['a surname first that begins with its tail', 'خیل زلمی توتا', 'زلمی توتا خیل'],
  ])('%s', (_, asked, known) => {
    const { level, askedAlone, knownAlone } = compare(asked, known);
    expect(['SAME', 'CLOSE']).toContain(level);
    expect([askedAlone, knownAlone]).toEqual([0, 0]);
  });
});

describe('two names', () => {
  test.each([
    ['Hasan is not Husain', 'Hasan Tarin', 'Husain Tarin'],
    ['Hamid is not Mahmud', 'Hamid Tarin', 'Mahmud Tarin'],
    ['حسن is not Husain', 'حسن ترین', 'Husain Tarin'],
    ['Nasir is not Nisar', 'Nasir Tarin', 'Nisar Tarin'],
    ['Basir is not Basiruddin', 'Basir Tarin', 'Jamaluddin Tarin'],
  ])('%s', (_, asked, known) => {
    const { askedAlone, knownAlone, leadAlone } = compare(asked, known);
    expect([askedAlone, knownAlone, leadAlone]).toEqual([1, 1, true]);
  });
});

describe('parts on one side only', () => {
  test('a missing surname costs little', () => {
    const { bits, agreedBits, leadAlone } = compare('Zalmay', 'Zalmay Tarin');
    expect(leadAlone).toBe(false);
    expect(agreedBits - bits).toBeLessThan(1);
  });
  test('a missing given name is told: a relative', () => {
    expect(compare('Palwasha Tarin', 'Zalmay Tarin').leadAlone).toBe(true);
    expect(compare('Tarin', 'Zalmay Tarin').leadAlone).toBe(true);
  });
  test('a father known by one name is not his son who bears it', () => {
    expect(compare('Zalmay Tarin', 'Tarin').leadAlone).toBe(true);
  });
  test("a father's name for a surname is excused where it may be read", () => {
    const excused = compareNames(
      name('Zalmay Jandad'),
      name('Zalmay Tarin'),
      undefined,
      name('Jandad'),
    );
    expect(excused.askedAlone).toBe(0);
    expect(compare('Zalmay Jandad', 'Zalmay Tarin').askedAlone).toBe(1);
  });
  test('a common part is worth less than a rare one', () => {
    expect(compare('Mohammad', 'Mohammad').bits).toBeLessThan(compare('Jandad', 'Jandad').bits);
  });
  test('a title is a name when nothing else is left', () => {
    expect(name('Haji').parts).toHaveLength(1);
    expect(name('Haji Mullah').parts).toHaveLength(2);
  });
});

describe('what is no name', () => {
  test.each(['', ' ', '123', '\u0640', '🙂', '---'])('%j has no parts', (text) => {
    expect(parseName(text)).toBeUndefined();
  });
  test('more than sixteen parts are refused', () => {
    expect(parseName('Zalmay '.repeat(17))).toBe('TOO_MANY_PARTS');
    expect(parseName('Zalmay '.repeat(16))).not.toBe('TOO_MANY_PARTS');
  });
});
