import { nameParts } from './data/name-parts.generated.js';
import { skeletonOf } from './skeleton.js';
import { encodeLatin, sound } from './sounds.js';

/**
 * What a word of a name is known to be. `NAME` identifies; `OPTIONAL` is a part people are called
 * with or without (Khan, Jan, Gul, Sayed); `TITLE` is earned or bought (Haji, Doctor); `PARTICLE`
 * joins (bin, al, ur); `TAIL` belongs to the word before it (zai, khel, zada).
 */
export type PartRole = 'NAME' | 'OPTIONAL' | 'TITLE' | 'PARTICLE' | 'TAIL';

export interface LexiconEntry {
  /** From 1; two spellings of one part share it. */
  readonly id: number;
  /** Id of the name a surname is made of (Karimi of Karim); its own otherwise. */
  readonly root: number;
  /** The spelling shown in explanations. */
  readonly head: string;
  readonly role: PartRole;
  /** Skeleton of the head: all spellings are found under it. */
  readonly skeleton: string;
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
/** By sound key of the Latin spellings; undefined where two parts sound alike. */
const bySound = new Map<string, LexiconEntry | undefined>();
for (const [index, line] of nameParts.split('\n').entries()) {
  const [share = '', role = '', forms = ''] = line.split('|');
  const spellings = forms.split(' ');
  const head = spellings[0] ?? '';
  const entry: LexiconEntry = Object.freeze({
    id: index + 1,
    root: rootOf(head) ?? index + 1,
    head,
    role: roles[role] ?? 'NAME',
    skeleton: skeletonOf(encodeLatin(head)),
    perTenThousand: Number(share),
  });
  for (const spelling of spellings) {
    byForm.set(spelling, entry);
    if (!/^[a-z]{4}/.test(spelling)) continue;
    const key = soundKey(spelling);
    const before = bySound.get(key);
    bySound.set(
      key,
      before === undefined && !bySound.has(key) ? entry : before === entry ? entry : undefined,
    );
  }
}

/** Names come before the surnames made of them in the table. */
function rootOf(head: string): number | undefined {
  return /.{3}i$/.test(head) ? byForm.get(head.slice(0, -1))?.id : undefined;
}

/** Doubled letters, o for u, y for i, a final h: what clerks write as they please. */
function soundKey(word: string): string {
  const codes = encodeLatin(word);
  if (codes.at(-1) === sound.FINAL_H) codes.pop();
  return String.fromCharCode(...codes.map((code) => code + 64));
}

const shortestBySound = 4;

/** The part with exactly this spelling among those listed. */
export function findListedPart(word: string): LexiconEntry | undefined {
  return byForm.get(word);
}

/** As {@link findListedPart}, or a part of which this is a spelling by its sounds. @param word folded by `foldLatin` or `foldArabic` */
export function findPart(word: string): LexiconEntry | undefined {
  const exact = byForm.get(word);
  if (exact !== undefined || word.length < shortestBySound || word.charCodeAt(0) > 122)
    return exact;
  const found = bySound.get(soundKey(word));
  if (found !== undefined || !word.includes('e')) return found;
  // An e is heard for a short a as often as for an i.
  return (
    bySound.get(soundKey(word.replaceAll('e', 'a'))) ??
    bySound.get(soundKey(word.replaceAll('e', 'i')))
  );
}

/** How surprising it is that another person bears a part, in bits: log2(1 / share). */
export function rarityBits(entry: LexiconEntry): number {
  return Math.log2(10_000 / entry.perTenThousand);
}
