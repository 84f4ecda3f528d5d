import { findPart } from './lexicon.js';
import { splitWords } from './script.js';

const letters: Readonly<Record<string, string>> = {
  ا: 'a',
  ب: 'b',
  پ: 'p',
  ت: 't',
  ټ: 't',
  ٹ: 't',
  ث: 's',
  ج: 'j',
  چ: 'ch',
  ح: 'h',
  خ: 'kh',
  د: 'd',
  ډ: 'd',
  ڈ: 'd',
  ذ: 'z',
  ر: 'r',
  ړ: 'r',
  ڑ: 'r',
  ز: 'z',
  ژ: 'zh',
  ږ: 'zh',
  ځ: 'dz',
  څ: 'ts',
  س: 's',
  ش: 'sh',
  ښ: 'sh',
  ص: 's',
  ض: 'z',
  ط: 't',
  ظ: 'z',
  ع: "'",
  غ: 'gh',
  ف: 'f',
  ڤ: 'v',
  ق: 'q',
  ک: 'k',
  گ: 'g',
  ل: 'l',
  م: 'm',
  ن: 'n',
  ڼ: 'n',
  ں: 'n',
  و: 'w',
  ه: 'h',
  ی: 'i',
};

/**
 * A reading aid for officers who do not read the script: the usual spelling of parts the lexicon
 * knows, the bare letters of others. Latin text is returned as it stands. Not for comparison.
 */
export function romanise(text: string): string {
  if (!/\p{Script=Arabic}/u.test(text)) return text;
  return splitWords(text)
    .map(({ original, text: word, script }) =>
      script === 'LATIN' ? original : (findPart(word)?.head ?? spell(word)),
    )
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

function spell(word: string): string {
  let spelled = '';
  for (const letter of word) spelled += letters[letter] ?? '';
  return spelled;
}
