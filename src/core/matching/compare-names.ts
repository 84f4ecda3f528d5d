import { maxParts, type NamePart, type PersonName } from './name.js';
import { maxSounds, soundDistance } from './sound-distance.js';
import { weights } from './weights.js';

/** How two parts agree: 4 the same part, 3 the same sounds, 2 close, 1 a resemblance, 0 not. */
export type PartLevel = 0 | 1 | 2 | 3 | 4;

/** Parts of two names taken for one another; a span of two parts is one word written in two. */
export interface PartPair {
  readonly asked: number;
  readonly askedSpan: 1 | 2;
  readonly known: number;
  readonly knownSpan: 1 | 2;
  readonly level: PartLevel;
}

export interface NameComparison {
  readonly level: 'SAME' | 'CLOSE' | 'PARTLY' | 'DIFFERENT';
  readonly bits: number;
  /** Bits of the parts that agree, before what disagrees is taken away. */
  readonly agreedBits: number;
  /** Identifying parts that agree closely. */
  readonly agreedParts: number;
  /** Identifying parts of either side without a counterpart. */
  readonly askedAlone: number;
  readonly knownAlone: number;
  /**
   * Whether the leading given name on the register has none, or that of the question while parts of
   * the register are left over: siblings, children, spouses.
   */
  readonly leadAlone: boolean;
}

/** Distance of two parts as a share of their length, the limit of levels 3, 2 and 1. */
const levelLimits = { sameSounds: 0.08, close: 0.2, resembling: 0.32 } as const;
const maxDifferingClasses = 3;

export function comparePart(a: NamePart, b: NamePart): PartLevel {
  if (a.canon !== 0 && b.canon !== 0) {
    if (a.canon === b.canon) return a.form === b.form ? 4 : 1;
    // Two parts the lexicon tells apart are two, however alike (Hasan, Husain), but a name and the
    // surname made of it (Mohammad, Mohammadi) resemble each other.
    if (a.skeleton !== b.skeleton) return 0;
    return compareSounds(a.sounds, b.sounds, a.arabic || b.arabic) === 3 ? 1 : 0;
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

function compareSounds(a: Uint8Array, b: Uint8Array, mixed: boolean): PartLevel {
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
function bitCount(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/**
 * @param askedSpare a name of the asking side whose parts may stand among the known ones, and the
 *   other way round: a father's name written as a surname
 */
export function compareNames(
  asked: PersonName,
  known: PersonName,
  askedSpare?: PersonName,
  knownSpare?: PersonName,
): NameComparison {
  const a = asked.parts;
  const b = known.parts;
  const { usedA, usedB, agreedBits, agreedParts, weakest, firstPaired } = align(a, b);
  excuse(a, usedA, knownSpare);
  excuse(b, usedB, askedSpare);
  const askedAlone = countAlone(a, usedA);
  const knownAlone = countAlone(b, usedB);
  const leadAlone =
    !(firstPaired && askedAlone === 0) &&
    (isAlone(known.lead, usedB) ||
      (isAlone(asked.lead, usedA) && (knownAlone > 0 || known.told === 1)));
  const { name } = weights;
  const bits =
    agreedBits +
    askedAlone * name.askedAlone +
    knownAlone * name.knownAlone +
    Math.min(askedAlone, knownAlone) * name.conflict +
    (leadAlone ? name.leadAlone : 0);
  return {
    level: levelOfName(agreedBits, askedAlone + knownAlone, weakest),
    bits: Math.min(name.most, Math.max(name.least, bits)),
    agreedBits,
    agreedParts,
    askedAlone,
    knownAlone,
    leadAlone,
  };
}

function levelOfName(
  agreedBits: number,
  alone: number,
  weakest: PartLevel,
): NameComparison['level'] {
  if (agreedBits <= 0) return 'DIFFERENT';
  if (alone > 0) return 'PARTLY';
  return weakest >= 3 ? 'SAME' : 'CLOSE';
}

/** Parts left alone that are explained by another name of the other side: no longer alone. */
function excuse(parts: readonly NamePart[], used: Uint8Array, spare: PersonName | undefined): void {
  if (spare === undefined) return;
  for (let at = 0; at < parts.length; at += 1) {
    if (used[at] !== 0) continue;
    const part = parts[at] as NamePart;
    if (spare.parts.some((other) => comparePart(part, other) >= 2)) used[at] = 1;
  }
}

function isAlone(lead: number, used: Uint8Array): boolean {
  return lead >= 0 && used[lead] === 0;
}

function countAlone(parts: readonly NamePart[], used: Uint8Array): number {
  let alone = 0;
  for (let at = 0; at < parts.length; at += 1) {
    if (used[at] === 0 && (parts[at] as NamePart).role === 'NAME') alone += 1;
  }
  return alone;
}

/** The pairs of an alignment, for explanations. */
export function alignParts(a: readonly NamePart[], b: readonly NamePart[]): readonly PartPair[] {
  const pairs: PartPair[] = [];
  align(a, b, pairs);
  return pairs;
}

interface Alignment {
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
function align(a: readonly NamePart[], b: readonly NamePart[], pairs?: PartPair[]): Alignment {
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
