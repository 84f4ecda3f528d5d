import { findPart, rarityBits, type LexiconEntry, type PartRole } from './lexicon.js';
import { foldArabic, splitWords, type Word } from './script.js';
import { maxSounds } from './sound-distance.js';
import { consonantMask, encodeArabic, encodeLatin, skeletonOf } from './sounds.js';

/** How a part is built: alone, servant of (Abdul X), of God (X-ullah), of the faith (X-uddin). */
export type PartForm = 'PLAIN' | 'ABD' | 'LLAH' | 'DIN';

export interface NamePart {
  /** As typed, for explanations. */
  readonly original: string;
  readonly form: PartForm;
  readonly role: Exclude<PartRole, 'PARTICLE' | 'TAIL'>;
  /** Id in the lexicon of the part, or of what a compound is built on; 0 when unknown. */
  readonly canon: number;
  /** Sounds of the part without `abd-`, `-ullah`, `-uddin`; at most {@link maxSounds}. */
  readonly sounds: Uint8Array;
  readonly mask: number;
  readonly skeleton: string;
  readonly arabic: boolean;
  /** How surprising it is that someone else bears the part, bits. */
  readonly bits: number;
}

export interface PersonName {
  readonly original: string;
  /** In written order; particles left out, titles kept. At least one. */
  readonly parts: readonly NamePart[];
}

/** Parts of one name that are compared; bounds all work on names. */
export const maxParts = 16;

/**
 * @returns undefined when nothing is left to compare, `'TOO_MANY_PARTS'` beyond {@link maxParts}
 */
export function parseName(text: string): PersonName | 'TOO_MANY_PARTS' | undefined {
  const parts = partsOf(splitWords(text));
  if (parts.length === 0) return undefined;
  if (parts.length > maxParts) return 'TOO_MANY_PARTS';
  return Object.freeze({ original: text, parts: Object.freeze(parts) });
}

function partsOf(words: readonly Word[]): NamePart[] {
  const parts: NamePart[] = [];
  const joined = joinTails(words);
  let at = 0;
  while (at < joined.length) {
    const word = joined[at] as Word;
    const next = joined[at + 1];
    at += 1;
    if (servantOf.has(word.text) && next !== undefined) {
      // Abd al-Rahman: the article between is skipped, the attribute belongs to the compound.
      let base = next;
      at += 1;
      if (isParticle(base) && joined[at] !== undefined) {
        base = joined[at] as Word;
        at += 1;
      }
      parts.push(makePart({ ...base, original: `${word.original} ${base.original}` }, 'ABD'));
      continue;
    }
    const last = parts.at(-1);
    if (last !== undefined && last.form === 'PLAIN' && last.role === 'NAME') {
      const form = ofGod.has(word.text) ? 'LLAH' : ofTheFaith.has(word.text) ? 'DIN' : undefined;
      if (form !== undefined) {
        parts[parts.length - 1] = Object.freeze({
          ...last,
          original: `${last.original} ${word.original}`,
          form,
        });
        continue;
      }
    }
    if (isParticle(word)) {
      // "ud din" and "al-din" are the faith, "al" before anything else is nothing.
      if (next !== undefined && faithAfterArticle.has(next.text)) continue;
      if (joined.length > 1) continue;
    }
    parts.push(makeSplitPart(word));
  }
  const told = parts.filter((part) => part.role !== 'TITLE' && part.skeleton.length > 0);
  return told.length > 0 ? parts.filter((part) => part.sounds.length > 1) : parts;
}

const servantOf = new Set(
  'abd abdul abdal abdel abdol abdur abdor abdus abdush abdud abdun abdu abdoul abdool عبد عبدال'.split(
    ' ',
  ),
);
const ofGod = new Set('ullah allah ollah ulla olla alla lah llah الله'.split(' '));
const ofTheFaith = new Set(
  'uddin oddin eddin aldin addin udin eldin uddeen eddine الدین'.split(' '),
);
const faithAfterArticle = new Set('din deen dine'.split(' '));

function isParticle(word: Word): boolean {
  return word.text.length === 1 || findPart(word.text)?.role === 'PARTICLE';
}

/** `Tota Khel`, `Baraki zai`: the tail is written on or off, and is one word here. */
function joinTails(words: readonly Word[]): Word[] {
  const joined: Word[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (
      before !== undefined &&
      before.script === word.script &&
      isTail(word) &&
      !isParticle(before)
    ) {
      joined[joined.length - 1] = {
        original: `${before.original} ${word.original}`,
        text: before.text + word.text,
        script: word.script,
      };
    } else joined.push(word);
  }
  return joined;
}

function isTail(word: Word): boolean {
  return findPart(word.text)?.role === 'TAIL';
}

const latinServant = /^abd(?:[aeiou]{0,2}l|[aeou]{1,2}(?=([rsdntz])\1)|[aeiou](?=sh))(.{2,})$/;
const latinGod = /^(.{2,}?)(?:[uaoe]l{2}ah?|(?<=..)[uaoe]lah)$/;
const latinFaith = /^(.{2,}?)(?:ou|[uoea])l?d{1,2}(?:in|een|ine|ein|yn)$/;

/** One written word, taken apart when it holds a compound. */
function makeSplitPart(word: Word): NamePart {
  const { text } = word;
  const known = findPart(text);
  if (known !== undefined) return makePart(word, 'PLAIN', known);
  if (word.script === 'ARABIC') {
    if (text.startsWith('عبدال') && text.length > 6) {
      return makePart({ ...word, text: text.slice(5) }, 'ABD');
    }
    if (text.endsWith('الله') && text.length > 5) {
      return makePart({ ...word, text: text.slice(0, -4) }, 'LLAH');
    }
    if (text.endsWith('الدین') && text.length > 6) {
      return makePart({ ...word, text: text.slice(0, -5) }, 'DIN');
    }
    return makePart(word, 'PLAIN');
  }
  const servant = latinServant.exec(text)?.[2];
  if (servant !== undefined) return makePart({ ...word, text: servant }, 'ABD');
  const servantOfGod = latinGod.exec(text)?.[1];
  if (servantOfGod !== undefined) return makePart({ ...word, text: servantOfGod }, 'LLAH');
  const faith = latinFaith.exec(text)?.[1];
  if (faith !== undefined) return makePart({ ...word, text: faith }, 'DIN');
  return makePart(word, 'PLAIN');
}

const god = new Set('allah lah llah ullah ulla الله لله له'.split(' '));

function makePart(word: Word, form: PartForm, known?: LexiconEntry): NamePart {
  // Abd Allah is the one servant with a spelling of his own.
  if (form === 'ABD' && god.has(word.text)) {
    const text = word.script === 'ARABIC' ? 'عبدالله' : 'abdullah';
    return makePart({ ...word, text }, 'PLAIN');
  }
  let entry = known ?? findPart(word.text);
  let { text } = word;
  if (entry === undefined && word.script === 'ARABIC' && text.startsWith('ال') && text.length > 4) {
    text = text.slice(2);
    entry = findPart(text);
  }
  const codes = word.script === 'ARABIC' ? encodeArabic(foldArabic(text)) : encodeLatin(text);
  const sounds = Uint8Array.from(codes.slice(0, maxSounds));
  const skeleton = skeletonOf(sounds);
  const role = entry?.role ?? 'NAME';
  return Object.freeze({
    original: word.original,
    form,
    role: role === 'PARTICLE' || role === 'TAIL' || form !== 'PLAIN' ? 'NAME' : role,
    canon: entry?.id ?? 0,
    sounds,
    mask: consonantMask(sounds),
    skeleton,
    arabic: word.script === 'ARABIC',
    bits: partBits(entry, skeleton, form),
  });
}

/** Rarity of a part no table knows: the more consonants, the fewer other names sound like it. */
const unknownBits = [5, 6, 7.5, 9, 10] as const;

function partBits(entry: LexiconEntry | undefined, skeleton: string, form: PartForm): number {
  const bits =
    entry === undefined
      ? (unknownBits[Math.min(skeleton.length, unknownBits.length - 1)] ?? 10)
      : rarityBits(entry);
  return form === 'PLAIN' ? bits : Math.max(bits, 4) + 0.5;
}
