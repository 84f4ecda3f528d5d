import {
  bitCount,
  comparePart,
  compareSounds,
  maxDifferingClasses,
  type PartLevel,
} from './compare-parts.js';
import { maxParts, type NamePart } from './name.js';
import { maxSounds } from './sound-distance.js';
import { weights } from './weights.js';

/** Parts of two names taken for one another; a span of two parts is one word written in two. */
export interface PartPair {
  readonly asked: number;
  readonly askedSpan: 1 | 2;
  readonly known: number;
  readonly knownSpan: 1 | 2;
  readonly level: PartLevel;
}

/** The pairs of an alignment, for explanations. */
export function alignParts(a: readonly NamePart[], b: readonly NamePart[]): readonly PartPair[] {
  const pairs: PartPair[] = [];
  align(a, b, pairs);
  return pairs;
}

export interface Alignment {
  readonly usedA: Uint8Array;
  readonly usedB: Uint8Array;
  readonly agreedBits: number;
  readonly agreedParts: number;
  readonly weakest: PartLevel;
  /** The first parts of both are one: a given name shortened by its second half. */
  readonly firstPaired: boolean;
}

const usedA = new Uint8Array(maxParts);
const usedB = new Uint8Array(maxParts);
/** Pairs that agree at all, few of the many: their places, level and worth. */
const openA = new Uint8Array(maxParts * maxParts);
const openB = new Uint8Array(maxParts * maxParts);
const openLevel = new Uint8Array(maxParts * maxParts);
const openBits = new Float64Array(maxParts * maxParts);

/**
 * Best pairs first, each part once, order within the names left out of account; then words that one
 * side writes in two. The arrays returned are good until the next call.
 */
export function align(
  a: readonly NamePart[],
  b: readonly NamePart[],
  pairs?: PartPair[],
): Alignment {
  usedA.fill(0);
  usedB.fill(0);
  let open = 0;
  for (let i = 0; i < a.length; i += 1) {
    const one = a[i] as NamePart;
    for (let j = 0; j < b.length; j += 1) {
      const other = b[j] as NamePart;
      const level = comparePart(one, other);
      if (level === 0) continue;
      openA[open] = i;
      openB[open] = j;
      openLevel[open] = level;
      openBits[open] = pairBits(one, other, level);
      open += 1;
    }
  }
  let agreedBits = 0;
  let agreedParts = 0;
  let weakest: PartLevel = 4;
  let paired = 0;
  let firstPaired = false;
  for (;;) {
    let best = -1;
    for (let at = 0; at < open; at += 1) {
      if (usedA[openA[at] as number] !== 0 || usedB[openB[at] as number] !== 0) continue;
      if (best < 0 || (openBits[at] as number) > (openBits[best] as number)) best = at;
    }
    if (best < 0) break;
    const asked = openA[best] as number;
    const known = openB[best] as number;
    const level = openLevel[best] as PartLevel;
    usedA[asked] = 1;
    usedB[known] = 1;
    agreedBits += openBits[best] as number;
    paired += 1;
    if (asked === 0 && known === 0) firstPaired = true;
    if ((a[asked] as NamePart).role === 'NAME') {
      if (level < weakest) weakest = level;
      if (level >= 2) agreedParts += 1;
    }
    pairs?.push({ asked, askedSpan: 1, known, knownSpan: 1, level });
  }
  const aloneA = a.length - paired;
  const aloneB = b.length - paired;
  if (aloneA > 1 && aloneB > 0) {
    agreedBits += alignJoined(a, b, usedA, usedB, (asked, known, level) => {
      if (level < weakest) weakest = level;
      agreedParts += 2;
      pairs?.push({ asked, askedSpan: 2, known, knownSpan: 1, level });
    });
  }
  if (aloneB > 1 && aloneA > 0) {
    agreedBits += alignJoined(b, a, usedB, usedA, (known, asked, level) => {
      if (level < weakest) weakest = level;
      agreedParts += 2;
      pairs?.push({ asked, askedSpan: 1, known, knownSpan: 2, level });
    });
  }
  return { usedA, usedB, agreedBits, agreedParts, weakest, firstPaired };
}

function pairBits(a: NamePart, b: NamePart, level: PartLevel): number {
  const { name } = weights;
  const role =
    a.role === 'TITLE' || b.role === 'TITLE'
      ? name.titleShare
      : a.role === 'OPTIONAL' || b.role === 'OPTIONAL'
        ? name.optionalShare
        : 1;
  return Math.min(a.bits, b.bits) * (name.levelShare[level] ?? 0) * role;
}

const joined = new Uint8Array(2 * maxSounds);

function compareJoined(first: NamePart, second: NamePart, whole: NamePart): PartLevel {
  // The first consonants tell most pairs apart without a look at the rest.
  if (first.skeleton.charCodeAt(0) !== whole.skeleton.charCodeAt(0)) return 0;
  joined.set(first.sounds);
  joined.set(second.sounds, first.sounds.length);
  const length = first.sounds.length + second.sounds.length;
  return compareSounds(joined.subarray(0, length), whole.sounds, first.arabic || whole.arabic);
}

/** Two neighbouring parts of `twos` that are one part of `ones`, all three still alone. */
function alignJoined(
  twos: readonly NamePart[],
  ones: readonly NamePart[],
  usedTwos: Uint8Array,
  usedOnes: Uint8Array,
  found: (two: number, one: number, level: PartLevel) => void,
): number {
  let bits = 0;
  for (let one = 0; one < ones.length; one += 1) {
    if (usedOnes[one] !== 0) continue;
    const whole = ones[one] as NamePart;
    // A part the lexicon knows is one word.
    if (whole.canon !== 0) continue;
    for (let two = 0; two + 1 < twos.length; two += 1) {
      if (usedTwos[two] !== 0 || usedTwos[two + 1] !== 0) continue;
      const first = twos[two] as NamePart;
      const second = twos[two + 1] as NamePart;
      const length = first.sounds.length + second.sounds.length;
      if (length > maxSounds || Math.abs(length - whole.sounds.length) > 4) continue;
      const differing = (first.mask | second.mask) ^ whole.mask;
      if (bitCount(differing) > maxDifferingClasses) continue;
      const level = compareJoined(first, second, whole) || compareJoined(second, first, whole);
      if (level < 2) continue;
      usedTwos[two] = 1;
      usedTwos[two + 1] = 1;
      usedOnes[one] = 1;
      const share = weights.name.levelShare[level] ?? 0;
      bits += Math.min(first.bits + second.bits, Math.max(whole.bits, 8)) * share;
      found(two, one, level);
      break;
    }
  }
  return bits;
}
