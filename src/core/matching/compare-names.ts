import { align } from './align-names.js';
import { comparePart, type PartLevel } from './compare-parts.js';
import type { NamePart, PersonName } from './name.js';
import { weights } from './weights.js';

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
