import { civilDay, dayNumber } from '../../src/core/dates/index.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { isoDay, type Script } from './made-up.js';
import { chance, pick, whole, type Random } from './random.js';

/**
 * The error model of made-up questions. Shares are of all questions; each kind is a slice.
 *
 * Names: 12 % with the last word first (`order-swap`), 7 % without the last of three or more words
 * (`surname-missing`), 6 % with two words glued (`joined`), 8 % with one letter of a Latin word wrong
 * (`name-typo`), 15 % with a title before them.
 *
 * Dates of birth: 5 % missing, 5 % the year only, 6 % as 1 January, 4 % in Solar Hijri marked as such,
 * 4 % unmarked, 5 % the Solar Hijri year only, 8 % one or two years off, 3 % one day off, 2 % with day
 * and month exchanged, 3 % with the last digits of the year exchanged.
 *
 * Passports, of those given: 25 % another, newer one (`doc-other`), 30 % with one slip: a digit read
 * as a letter, lost, doubled, wrong, two exchanged, or written with `No.` and separators.
 */
export interface NoisyWords {
  readonly words: readonly string[];
  readonly slices: readonly string[];
}

const titles: Readonly<Record<Script, readonly string[]>> = {
  LATIN: ['Haji', 'Mullah', 'Dr.', 'Eng', 'Qari', 'Ustad'],
  ARABIC: ['حاجی', 'ملا', 'داکتر', 'انجنیر', 'قاری', 'استاد'],
};

export function noisyWords(random: Random, spelled: readonly string[], script: Script): NoisyWords {
  let words = [...spelled];
  const slices: string[] = [script === 'LATIN' ? 'asked-latin' : 'asked-arabic'];
  if (words.length > 2 && chance(random, 0.07)) {
    words = words.slice(0, -1);
    slices.push('surname-missing');
  }
  if (words.length > 1 && chance(random, 0.12)) {
    words = [...words.slice(-1), ...words.slice(0, -1)];
    slices.push('order-swap');
  } else if (words.length > 1 && chance(random, 0.06)) {
    words = [`${words[0] ?? ''}${(words[1] ?? '').toLowerCase()}`, ...words.slice(2)];
    slices.push('joined');
  }
  if (script === 'LATIN' && chance(random, 0.16)) {
    const at = whole(random, 0, words.length - 1);
    words = words.map((word, index) => (index === at ? typo(random, word) : word));
    slices.push('name-typo');
  }
  if (chance(random, 0.15)) words = [pick(random, titles[script]), ...words];
  return { words, slices };
}

function typo(random: Random, word: string): string {
  if (word.length < 4) return word;
  const at = whole(random, 1, word.length - 2);
  return word.slice(0, at) + pick(random, [...'aeioumnrlst']) + word.slice(at + 1);
}

export interface NoisyBirth {
  readonly evidence: Pick<PersonEvidenceInput, 'dateOfBirth' | 'calendar'>;
  readonly slices: readonly string[];
}

export function noisyBirth(random: Random, birth: number, yearOnly: boolean): NoisyBirth {
  const { year, month, day } = civilDay('GREGORIAN', birth);
  const solar = civilDay('SOLAR_HIJRI', birth);
  const solarText = [solar.year, solar.month, solar.day]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  const given = (text: string, slice: string): NoisyBirth => ({
    evidence: { dateOfBirth: yearOnly ? text.slice(0, 4) : text },
    slices: ['dob-noise', slice],
  });
  const shifted = (years: number): string =>
    isoDay(dayNumber('GREGORIAN', year + years, month, Math.min(day, 28)) ?? birth);
  const draw = random();
  if (draw < 0.05) return { evidence: {}, slices: ['dob-noise', 'dob-missing'] };
  if (draw < 0.1) return given(String(year), 'dob-year');
  if (draw < 0.16) return given(`${year}-01-01`, 'dob-jan1');
  if (draw < 0.2) {
    const evidence = { dateOfBirth: solarText, calendar: 'SOLAR_HIJRI' as const };
    return { evidence, slices: ['dob-noise', 'dob-jalali'] };
  }
  if (draw < 0.24) return given(solarText, 'dob-jalali_raw');
  if (draw < 0.29) return given(String(solar.year), 'dob-jalali_year');
  if (draw < 0.34) return given(shifted(pick(random, [-1, 1])), 'dob-yr1');
  if (draw < 0.37) return given(shifted(pick(random, [-2, 2])), 'dob-yr2');
  if (draw < 0.4) return given(isoDay(birth + pick(random, [-1, 1])), 'dob-off1');
  const swapped = dayNumber('GREGORIAN', year, day, month);
  if (draw < 0.42 && swapped !== undefined) return given(isoDay(swapped), 'dob-swapdm');
  const exchanged = year - (year % 100) + (year % 10) * 10 + Math.floor((year % 100) / 10);
  if (draw < 0.45 && exchanged > 1900 && exchanged < 2020) {
    return given(`${exchanged}${isoDay(birth).slice(4)}`, 'dob-digit');
  }
  return { evidence: { dateOfBirth: isoDay(birth).slice(0, yearOnly ? 4 : 10) }, slices: [] };
}

export interface NoisyNumber {
  readonly number: string;
  readonly slices: readonly string[];
}

const misread: Readonly<Record<string, string>> = { '0': 'O', '1': 'I', '5': 'S', '8': 'B' };

export function noisyNumber(random: Random, number: string): NoisyNumber {
  if (chance(random, 0.25)) {
    return { number: `P0${whole(random, 1_000_000, 9_999_999)}`, slices: ['doc-other'] };
  }
  if (chance(random, 0.6)) return { number, slices: ['doc-exact'] };
  const at = whole(random, 2, number.length - 2);
  const [before, letter, after] = [number.slice(0, at), number.charAt(at), number.slice(at + 1)];
  const noisy = (text: string, slice: string): NoisyNumber => ({
    number: text,
    slices: ['doc-noise', slice],
  });
  switch (whole(random, 0, 5)) {
    case 0:
      return noisy(before + (misread[letter] ?? letter) + after, 'doc-ocr');
    case 1:
      return noisy(before + after, 'doc-drop');
    case 2:
      return noisy(before + letter + letter + after, 'doc-insert');
    case 3:
      return noisy(before + String((Number(letter) + 5) % 10) + after, 'doc-sub');
    case 4:
      return noisy(before + after.charAt(0) + letter + after.slice(1), 'doc-transpose');
    default:
      return noisy(`${number.slice(0, 2)} No. ${number.slice(2)}`, 'doc-format');
  }
}
