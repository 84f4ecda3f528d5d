import { nameParts } from './data/name-parts.generated.js';

/**
 * What a word of a name is known to be. `NAME` identifies; `OPTIONAL` is a part people are called
 * with or without (Khan, Jan, Gul, Sayed); `TITLE` is earned or bought (Haji, Doctor); `PARTICLE`
 * joins (bin, al, ur); `TAIL` belongs to the word before it (zai, khel, zada).
 */
export type PartRole = 'NAME' | 'OPTIONAL' | 'TITLE' | 'PARTICLE' | 'TAIL';

export interface LexiconEntry {
  /** From 1; two spellings of one part share it. */
  readonly id: number;
  /** The spelling shown in explanations. */
  readonly head: string;
  readonly role: PartRole;
  /** People in ten thousand who bear it, an estimate: see data/name-parts.txt. */
  readonly perTenThousand: number;
}

const roles: Readonly<Record<string, PartRole>> = {
  N: 'NAME',
  O: 'OPTIONAL',
  T: 'TITLE',
  P: 'PARTICLE',
  S: 'TAIL',
};

const byForm = new Map<string, LexiconEntry>();
for (const [index, line] of nameParts.split('\n').entries()) {
  const [share = '', role = '', forms = ''] = line.split('|');
  const spellings = forms.split(' ');
  const entry: LexiconEntry = Object.freeze({
    id: index + 1,
    head: spellings[0] ?? '',
    role: roles[role] ?? 'NAME',
    perTenThousand: Number(share),
  });
  for (const spelling of spellings) byForm.set(spelling, entry);
}

/** @param word folded by `foldLatin` or `foldArabic` */
export function findPart(word: string): LexiconEntry | undefined {
  return byForm.get(word);
}

/** How surprising it is that another person bears a part, in bits: log2(1 / share). */
export function rarityBits(entry: LexiconEntry): number {
  return Math.log2(10_000 / entry.perTenThousand);
}
