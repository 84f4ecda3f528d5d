import type { NamePart } from './name.js';
import { soundDistance } from './sound-distance.js';

/** How two parts agree: 4 the same part, 3 the same sounds, 2 close, 1 a resemblance, 0 not. */
export type PartLevel = 0 | 1 | 2 | 3 | 4;

/** Distance of two parts as a share of their length, the limit of levels 3, 2 and 1. */
const levelLimits = { sameSounds: 0.08, close: 0.2, resembling: 0.32 } as const;
/** Classes of consonants by which two words may differ and still be compared. */
export const maxDifferingClasses = 3;

export function comparePart(a: NamePart, b: NamePart): PartLevel {
  if (a.canon !== 0 && b.canon !== 0) {
    if (a.canon === b.canon) return a.form === b.form ? 4 : 1;
    // Two parts the lexicon tells apart are two, however alike (Hasan, Husain), but a name and the
    // surname made of it (Mohammad, Mohammadi) resemble each other.
    return a.root === b.root ? 1 : 0;
  }
  const differing = a.mask ^ b.mask;
  if (differing !== 0 && bitCount(differing) > maxDifferingClasses) return 0;
  const tailed = a.tail !== undefined && a.tail === b.tail;
  const level = compareSounds(
    tailed ? a.stem : a.sounds,
    tailed ? b.stem : b.sounds,
    a.arabic || b.arabic,
  );
  if (a.form === b.form || level === 0) return level;
  return level === 1 ? 0 : ((level - 1) as PartLevel);
}

export function compareSounds(a: Uint8Array, b: Uint8Array, mixed: boolean): PartLevel {
  const scale = 50 * Math.max(a.length + b.length, 6);
  const budget = Math.floor(scale * levelLimits.resembling);
  // Every sound one word has more than the other is left out of it, at the price of a vowel at least.
  const least = Math.abs(a.length - b.length) * (mixed ? leastDrop.mixed : leastDrop.latin);
  if (least > budget) return 0;
  const distance = soundDistance(a, b, mixed, budget);
  if (distance > budget) return 0;
  const share = distance / scale;
  if (share <= levelLimits.sameSounds) return 3;
  return share <= levelLimits.close ? 2 : 1;
}

const leastDrop = { latin: 8, mixed: 6 } as const;

/** Bits set in a 32-bit integer (H. S. Warren, Hacker's Delight, section 5-1). */
export function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
