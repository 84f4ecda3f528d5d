import { cleanName } from './text.js';

/** One written word of a name, folded to the letters that are compared. */
export interface Word {
  /** As typed, for explanations. */
  readonly original: string;
  /** Latin: a to z. Arabic: the folded alphabet of {@link foldArabic}. */
  readonly text: string;
  readonly script: 'LATIN' | 'ARABIC';
}

const arabicFolds: Readonly<Record<string, string>> = {
  آ: 'ا',
  أ: 'ا',
  إ: 'ا',
  ٱ: 'ا',
  ٲ: 'ا',
  ؤ: 'و',
  ۆ: 'و',
  ۇ: 'و',
  ئ: 'ی',
  ي: 'ی',
  ى: 'ی',
  ې: 'ی',
  ۍ: 'ی',
  ێ: 'ی',
  ے: 'ی',
  ۓ: 'ی',
  ك: 'ک',
  ڪ: 'ک',
  ګ: 'گ',
  ة: 'ه',
  ۀ: 'ه',
  ە: 'ه',
  ہ: 'ه',
  ۂ: 'ه',
  ۃ: 'ه',
  ھ: 'ه',
  ء: '',
};
const arabicMarks = /[\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED]/gu;

/** One letter for each that Dari, Pashto, Arabic and Urdu keyboards write differently; no marks. */
export function foldArabic(text: string): string {
  let folded = '';
  for (const letter of text.replace(arabicMarks, '')) folded += arabicFolds[letter] ?? letter;
  return folded;
}

const latinSpecials: Readonly<Record<string, string>> = {
  ı: 'i',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  ð: 'd',
  þ: 'th',
  đ: 'd',
  ħ: 'h',
  ł: 'l',
  ə: 'a',
  ʻ: '',
  ʼ: '',
  ʿ: '',
  ʾ: '',
};
const latinMarks = /\p{M}/gu;

/** Tajik, Uzbek and Russian Cyrillic as the border clerks of those states would romanise it. */
const cyrillic: Readonly<Record<string, string>> = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  ғ: 'gh',
  д: 'd',
  е: 'e',
  ё: 'yo',
  ж: 'j',
  з: 'z',
  и: 'i',
  ӣ: 'i',
  й: 'y',
  к: 'k',
  қ: 'q',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ӯ: 'u',
  ў: 'u',
  ф: 'f',
  х: 'kh',
  ҳ: 'h',
  ц: 'ts',
  ч: 'ch',
  ҷ: 'j',
  ш: 'sh',
  щ: 'sh',
  ъ: '',
  ы: 'i',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
};

/** Letters a to z of a word of Latin or Cyrillic script; what is no letter is left out. */
export function foldLatin(text: string): string {
  if (isAscii(text)) return text.toLowerCase().replace(/[^a-z]/g, '');
  let folded = '';
  for (const letter of text.toLowerCase())
    folded += cyrillic[letter] ?? latinSpecials[letter] ?? letter;
  return folded
    .normalize('NFD')
    .replace(latinMarks, '')
    .replace(/[^a-z]/g, '');
}

const wordForm = /[\p{L}\p{M}\p{N}\p{Sk}'’‘ʼʻʿʾ`´@]+/gu;
const runForm = /[\p{Script=Arabic}]+|[^\p{Script=Arabic}]+/gu;
/** `AlJiran`: the article written into the word, told by its capital. */
const gluedArticle = /(?<![\p{L}])(Al|El)(?=\p{Lu}\p{Ll})/gu;

/** Most names are: no table of Unicode is needed for them. */
function isAscii(text: string): boolean {
  return /^[\x20-\x7E]*$/.test(text);
}

const asciiWord = /[A-Za-z0-9'`@]+/g;

/** The words of a name in order; what has no letters of a known script is left out. */
export function splitWords(name: string): Word[] {
  const words: Word[] = [];
  if (isAscii(name)) {
    const text = name.includes('l') ? name.replace(gluedArticle, '$1 ') : name;
    for (const [word] of text.matchAll(asciiWord)) {
      const folded = foldLatin(word);
      if (folded.length > 0) words.push({ original: word, text: folded, script: 'LATIN' });
    }
    return words;
  }
  const text = cleanName(name).normalize('NFKC').replace(gluedArticle, '$1 ');
  for (const [word] of text.matchAll(wordForm)) {
    // A word that changes script half-way is two words: a title glued to a name, mostly.
    for (const [run] of word.matchAll(runForm)) {
      const arabic = /\p{Script=Arabic}/u.test(run);
      const folded = arabic ? foldArabic(run).replace(/[^\p{L}]/gu, '') : foldLatin(run);
      if (folded.length === 0) continue;
      words.push({ original: run, text: folded, script: arabic ? 'ARABIC' : 'LATIN' });
    }
  }
  return words;
}
