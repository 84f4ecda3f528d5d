import type { NamePart, PersonName } from './name.js';
import { soundDistance } from './sound-distance.js';

/** How two parts agree: 4 the same part, 3 the same sounds, 2 close, 1 a resemblance, 0 not. */
export type PartLevel = 0 | 1 | 2 | 3 | 4;

export interface PartPair {
  readonly asked: number;
  readonly known: number;
  readonly level: PartLevel;
}

export interface NameComparison {
  /** log2 odds. */
  readonly bits: number;
  readonly level: 'SAME' | 'CLOSE' | 'PARTLY' | 'DIFFERENT';
  /** Bits of the parts that agree, without what disagreement took away. */
  readonly agreedBits: number;
  /** Parts that identify and are on one side only. */
  readonly askedAlone: number;
  readonly knownAlone: number;
}

const levelShare = [0, 0.35, 0.65, 0.9, 1] as const;

/** Distance of two parts as a share of their length, by level. */
const levelLimits = [0.08, 0.2, 0.33] as const;

export function comparePart(a: NamePart, b: NamePart): PartLevel {
  if (a.canon !== 0 && a.canon === b.canon) return a.form === b.form ? 4 : 2;
  const differing = a.mask ^ b.mask;
  if (differing !== 0 && bitCount(differing) > 3) return 0;
  const length = (a.sounds.length + b.sounds.length) / 2;
  if (length === 0) return 0;
  const scale = 100 * Math.max(length, 3);
  const budget = Math.floor(scale * levelLimits[2]);
  const distance = soundDistance(a.sounds, b.sounds, a.arabic || b.arabic, budget);
  if (distance > budget) return 0;
  const share = distance / scale;
  let level: PartLevel = share <= levelLimits[0] ? 3 : share <= levelLimits[1] ? 2 : 1;
  // Two names the lexicon tells apart are two names, however alike (Hasan, Husain).
  if (a.canon !== 0 && b.canon !== 0 && level > 1) level = 1;
  if (a.form !== b.form && level > 1) level = (level - 1) as PartLevel;
  return level;
}

function bitCount(value: number): number {
  let bits = value;
  let count = 0;
  while (bits !== 0) {
    bits &= bits - 1;
    count += 1;
  }
  return count;
}

const askedAloneBits = -2.5;
const knownAloneBits = -1;
const conflictBits = -3;

export function compareNames(asked: PersonName, known: PersonName): NameComparison {
  const a = asked.parts;
  const b = known.parts;
  const pairs = alignParts(a, b);
  const usedA = new Uint8Array(a.length);
  const usedB = new Uint8Array(b.length);
  let agreed = 0;
  let weakest: PartLevel = 4;
  for (const pair of pairs) {
    usedA[pair.asked] = 1;
    usedB[pair.known] = 1;
    const one = a[pair.asked] as NamePart;
    const other = b[pair.known] as NamePart;
    const share = levelShare[pair.level];
    const role = one.role === 'TITLE' || other.role === 'TITLE' ? 0.2 : 1;
    agreed += Math.min(one.bits, other.bits) * share * role;
    if (pair.level < weakest && one.role === 'NAME') weakest = pair.level;
  }
  const askedAlone = countAlone(a, usedA);
  const knownAlone = countAlone(b, usedB);
  const bits =
    agreed +
    askedAlone * askedAloneBits +
    knownAlone * knownAloneBits +
    Math.min(askedAlone, knownAlone) * conflictBits;
  const level =
    agreed <= 0
      ? 'DIFFERENT'
      : askedAlone + knownAlone > 0
        ? 'PARTLY'
        : weakest >= 3
          ? 'SAME'
          : 'CLOSE';
  return { bits, level, agreedBits: agreed, askedAlone, knownAlone };
}

function countAlone(parts: readonly NamePart[], used: Uint8Array): number {
  let alone = 0;
  for (let at = 0; at < parts.length; at += 1) {
    if (used[at] === 0 && (parts[at] as NamePart).role === 'NAME') alone += 1;
  }
  return alone;
}

/** Best pairs first, each part once; order within the names plays no part. */
export function alignParts(a: readonly NamePart[], b: readonly NamePart[]): PartPair[] {
  const open: (PartPair & { readonly worth: number })[] = [];
  for (let i = 0; i < a.length; i += 1) {
    for (let j = 0; j < b.length; j += 1) {
      const one = a[i] as NamePart;
      const other = b[j] as NamePart;
      const level = comparePart(one, other);
      if (level === 0) continue;
      const worth = levelShare[level] * Math.min(one.bits, other.bits) - Math.abs(i - j) * 0.01;
      open.push({ asked: i, known: j, level, worth });
    }
  }
  open.sort((x, y) => y.worth - x.worth);
  const usedA = new Set<number>();
  const usedB = new Set<number>();
  const pairs: PartPair[] = [];
  for (const pair of open) {
    if (usedA.has(pair.asked) || usedB.has(pair.known)) continue;
    usedA.add(pair.asked);
    usedB.add(pair.known);
    pairs.push(pair);
  }
  return pairs;
}
