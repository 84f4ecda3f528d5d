import {
  findListedPart,
  findPart,
  rarityBits,
  type LexiconEntry,
  type PartRole,
} from './lexicon.js';
import {
  faithAfterArticle,
  fatherOf,
  findCompound,
  findTail,
  ofGod,
  ofTheFaith,
  servantOf,
  splitGlued,
  type PartForm,
  type PartTail,
} from './compound.js';
import { splitWords, type Word } from './script.js';
import { maxSounds } from './sound-distance.js';
import { consonantMask, skeletonOf } from './skeleton.js';
import { encodeArabic, encodeLatin } from './sounds.js';

export interface NamePart {
  /** As typed, for explanations. */
  readonly original: string;
  readonly form: PartForm;
  readonly role: Exclude<PartRole, 'PARTICLE' | 'TAIL'>;
  /** Id in the lexicon of the part, or of what a compound is built on; 0 when unknown. */
  readonly canon: number;
  /** As `canon`, of the name a surname is made of (Karimi of Karim). */
  readonly root: number;
  /** Sounds of the part without `abd-`, `-ullah`, `-uddin`; at most {@link maxSounds}. */
  readonly sounds: Uint8Array;
  /** Sounds before the tail; all of them without one. */
  readonly stem: Uint8Array;
  readonly tail: PartTail | undefined;
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
  /** Index of the part that tells brothers and sisters apart; -1 when no part identifies. */
  readonly lead: number;
  /** How many parts identify. */
  readonly told: number;
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
  const told = parts.filter(({ role }) => role === 'NAME').length;
  const lead = findLead(parts);
  return Object.freeze({ original: text, parts: Object.freeze(parts), lead, told });
}

/** Rarity below which a part goes before many given names and tells nobody apart (Mohammad). */
const tellingBits = 3.2;

/** The first given name that is not one half the family bears; else the first that identifies. */
function findLead(parts: readonly NamePart[]): number {
  const telling = parts.findIndex(({ role, bits }) => role === 'NAME' && bits >= tellingBits);
  return telling >= 0 ? telling : parts.findIndex(({ role }) => role === 'NAME');
}

function partsOf(words: readonly Word[]): NamePart[] {
  const parts: NamePart[] = [];
  const joined = joinTails(rotate(words));
  let at = 0;
  while (at < joined.length) {
    const word = joined[at] as Word;
    const next = joined[at + 1];
    at += 1;
    const builds = servantOf.has(word.text) ? 'ABD' : fatherOf.has(word.text) ? 'ABU' : undefined;
    if (builds !== undefined && next !== undefined) {
      // Abd al-Rahman: the article between is skipped, the attribute belongs to the compound.
      let base = next;
      at += 1;
      if (isParticle(base) && joined[at] !== undefined) {
        base = joined[at] as Word;
        at += 1;
      }
      parts.push(makePart({ ...base, original: `${word.original} ${base.original}` }, builds));
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
    parts.push(...makeSplitParts(word));
  }
  const told = parts.filter((part) => part.role !== 'TITLE' && part.skeleton.length > 0);
  const heard = parts.filter((part) => part.sounds.length > 1);
  return told.length > 0 && heard.length > 0 ? heard : parts;
}

function isParticle(word: Word): boolean {
  return word.text.length === 1 || findListedPart(word.text)?.role === 'PARTICLE';
}

/** A word that can only follow another, written first, was moved there with its surname. */
function rotate(words: readonly Word[]): readonly Word[] {
  const [first, ...rest] = words;
  if (first === undefined || rest.length === 0) return words;
  const follows = isTail(first) || (ofGod.has(first.text) && first.text !== 'allah');
  const dangling = follows || ofTheFaith.has(first.text);
  return dangling ? [...rest, first] : words;
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
  return findListedPart(word.text)?.role === 'TAIL';
}

/** One written word, taken apart when it holds a compound or two known parts. */
function makeSplitParts(word: Word): NamePart[] {
  const { text } = word;
  const known = findPart(text);
  if (known !== undefined) return [makePart(word, 'PLAIN', known)];
  const arabic = word.script === 'ARABIC';
  const compound = findCompound(text, arabic);
  if (compound !== undefined) return [makePart({ ...word, text: compound.base }, compound.form)];
  const pieces = splitGlued(text, arabic);
  if (pieces === undefined) return [makePart(word, 'PLAIN')];
  return pieces.flatMap((piece) => makeSplitParts({ ...word, text: piece }));
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
  if (entry === undefined && word.script === 'ARABIC' && text.startsWith('ال')) {
    entry = findPart(text.slice(2));
    if (entry !== undefined || text.length > 4) text = text.slice(2);
  }
  const sounds = soundsOf(text, word.script);
  const tailed = form === 'PLAIN' ? findTail(text, word.script === 'ARABIC') : undefined;
  const skeleton = entry?.skeleton ?? skeletonOf(sounds);
  const role = entry?.role ?? 'NAME';
  return Object.freeze({
    original: word.original,
    form,
    role: role === 'PARTICLE' || role === 'TAIL' || form !== 'PLAIN' ? 'NAME' : role,
    canon: entry?.id ?? 0,
    root: entry?.root ?? 0,
    sounds,
    stem: tailed === undefined ? sounds : soundsOf(tailed.stem, word.script),
    tail: tailed?.tail,
    mask: consonantMask(sounds),
    skeleton,
    arabic: word.script === 'ARABIC',
    bits: partBits(entry, skeleton, form),
  });
}

function soundsOf(text: string, script: Word['script']): Uint8Array {
  const codes = script === 'ARABIC' ? encodeArabic(text) : encodeLatin(text);
  return Uint8Array.from(codes.slice(0, maxSounds));
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
