/**
 * Words of five scripts as one row of sounds. Arabic script does not write short vowels and uses
 * three letters for both a vowel and a consonant; romanisations write vowels as each clerk hears
 * them. Both become codes below, and the cost of taking one code for another is a table, so that
 * one edit distance serves every pair of scripts.
 */
export const sound = {
  B: 1,
  P: 2,
  T: 3,
  TH: 4,
  J: 5,
  CH: 6,
  H: 7,
  KH: 8,
  D: 9,
  DH: 10,
  R: 11,
  Z: 12,
  ZH: 13,
  S: 14,
  SH: 15,
  GH: 16,
  F: 17,
  Q: 18,
  K: 19,
  G: 20,
  L: 21,
  M: 22,
  N: 23,
  W: 24,
  Y: 25,
  /** Latin vowels, each with its neighbours: a, e-i, o-u, and the two diphthongs. */
  A: 26,
  I: 27,
  U: 28,
  AI: 29,
  AU: 30,
  /** Arabic letters that may be a vowel: alef, waw, ya; ain; and he at the end of a word. */
  ALEF: 31,
  WAW: 32,
  YA: 33,
  AIN: 34,
  FINAL_H: 35,
} as const;
export const soundCount = 36;

const s = sound;

const latinDigraphs: Readonly<Record<string, readonly number[]>> = {
  kh: [s.KH],
  gh: [s.GH],
  sh: [s.SH],
  ch: [s.CH],
  zh: [s.ZH],
  dj: [s.J],
  dz: [s.Z],
  ts: [s.S],
  tz: [s.S],
  ph: [s.F],
  th: [s.TH],
  dh: [s.DH],
  ck: [s.K],
};
const latinLetters: Readonly<Record<string, readonly number[]>> = {
  b: [s.B],
  p: [s.P],
  t: [s.T],
  j: [s.J],
  h: [s.H],
  d: [s.D],
  r: [s.R],
  z: [s.Z],
  s: [s.S],
  g: [s.G],
  f: [s.F],
  q: [s.Q],
  k: [s.K],
  c: [s.K],
  x: [s.K, s.S],
  l: [s.L],
  m: [s.M],
  n: [s.N],
  w: [s.W],
  v: [s.W],
};

function isVowel(letter: string): boolean {
  return letter !== '' && 'aeiou'.includes(letter);
}

function vowelCode(group: string): number {
  if (group.length === 1) return group === 'a' ? s.A : group === 'o' || group === 'u' ? s.U : s.I;
  if (/^a+$/.test(group)) return s.A;
  if (/^[ou]+$/.test(group)) return s.U;
  if (group === 'ei' || group === 'ey' || /^a+[iey]/.test(group)) return s.AI;
  if (/^a+[uow]/.test(group)) return s.AU;
  return /^[iey]+$/.test(group) ? s.I : 0;
}

/** @param word lower-case a to z only */
export function encodeLatin(word: string): number[] {
  const codes: number[] = [];
  let at = 0;
  while (at < word.length) {
    const letter = word.charAt(at);
    const next = word.charAt(at + 1);
    if (letter === 'y' && isVowel(next)) {
      push(codes, s.Y);
      at += 1;
    } else if (isVowel(letter) || letter === 'y') {
      let end = at + 1;
      while (end < word.length && isVowelLike(word, end)) end += 1;
      pushVowels(codes, word.slice(at, end));
      at = end;
    } else if (letter === 'h' && at === word.length - 1 && at > 0 && isVowel(word.charAt(at - 1))) {
      codes.push(s.FINAL_H);
      at += 1;
    } else {
      const digraph = latinDigraphs[letter + next];
      for (const code of digraph ?? latinLetters[letter] ?? []) push(codes, code);
      at += digraph === undefined ? 1 : 2;
    }
  }
  return codes;
}

/** A vowel letter, or a `y` or `w` that closes a diphthong rather than opening a syllable. */
function isVowelLike(word: string, at: number): boolean {
  const letter = word.charAt(at);
  if (isVowel(letter)) return true;
  return letter === 'y' && !isVowel(word.charAt(at + 1));
}

function pushVowels(codes: number[], group: string): void {
  const whole = vowelCode(group);
  if (whole !== 0) {
    push(codes, whole);
    return;
  }
  for (const letter of group) push(codes, vowelCode(letter));
}

/** Doubled letters are written or not at the clerk's pleasure. */
function push(codes: number[], code: number): void {
  if (codes.at(-1) !== code) codes.push(code);
}

const arabicLetters: Readonly<Record<string, readonly number[]>> = {
  ا: [s.ALEF],
  آ: [s.ALEF],
  ب: [s.B],
  پ: [s.P],
  ت: [s.T],
  ټ: [s.T],
  ٹ: [s.T],
  ث: [s.TH],
  ج: [s.J],
  چ: [s.CH],
  ح: [s.H],
  خ: [s.KH],
  د: [s.D],
  ډ: [s.D],
  ڈ: [s.D],
  ذ: [s.DH],
  ر: [s.R],
  ړ: [s.R],
  ڑ: [s.R],
  ز: [s.Z],
  ژ: [s.ZH],
  ږ: [s.ZH],
  ځ: [s.Z],
  څ: [s.S],
  س: [s.S],
  ش: [s.SH],
  ښ: [s.SH],
  ص: [s.S],
  ض: [s.Z],
  ط: [s.T],
  ظ: [s.Z],
  ع: [s.AIN],
  غ: [s.GH],
  ف: [s.F],
  ڤ: [s.W],
  ق: [s.Q],
  ک: [s.K],
  گ: [s.G],
  ل: [s.L],
  م: [s.M],
  ن: [s.N],
  ڼ: [s.N],
  ں: [s.N],
  و: [s.WAW],
  ه: [s.H],
  ی: [s.YA],
};

/** @param word Arabic script, folded by `foldArabic` */
export function encodeArabic(word: string): number[] {
  const codes: number[] = [];
  const last = word.length - 1;
  for (let at = 0; at <= last; at += 1) {
    const letter = word.charAt(at);
    if (letter === 'ه' && at === last && at > 0) codes.push(s.FINAL_H);
    else for (const code of arabicLetters[letter] ?? []) push(codes, code);
  }
  return codes;
}
