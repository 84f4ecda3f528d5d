import { sound as s, soundCount } from './sounds.js';

/** Class of each code in a skeleton: the confusions of clerks made one, vowels nothing. */
const skeletonClass = (() => {
  const classes: string[] = new Array<string>(soundCount).fill('');
  const groups: Readonly<Record<string, readonly number[]>> = {
    b: [s.B],
    p: [s.P],
    t: [s.T],
    j: [s.J, s.ZH],
    c: [s.CH],
    h: [s.H],
    k: [s.K, s.Q, s.GH, s.G, s.KH],
    d: [s.D],
    r: [s.R],
    z: [s.Z, s.DH],
    s: [s.S, s.SH, s.TH],
    f: [s.F],
    l: [s.L],
    m: [s.M],
    n: [s.N],
  };
  for (const [letter, codes] of Object.entries(groups)) {
    for (const code of codes) classes[code] = letter;
  }
  return classes;
})();

/** Consonants of a word by class, doubles once, no h at the end; `` for a word of vowels. */
export function skeletonOf(codes: readonly number[] | Uint8Array): string {
  let skeleton = '';
  for (const code of codes) {
    const letter = skeletonClass[code] ?? '';
    if (letter !== '' && !skeleton.endsWith(letter)) skeleton += letter;
  }
  return skeleton.endsWith('h') ? skeleton.slice(0, -1) : skeleton;
}

/** One bit for each class of consonant in the word; vowels and what may be one set none. */
export function consonantMask(codes: readonly number[] | Uint8Array): number {
  let mask = 0;
  for (const code of codes) {
    const letter = skeletonClass[code] ?? '';
    if (letter !== '') mask |= 1 << (letter.charCodeAt(0) - 97);
  }
  return mask;
}
