import {
  findListedPart,
  findPart,
  rarityBits,
  type LexiconEntry,
  type PartRole,
} from './lexicon.js';
import { splitWords, type Word } from './script.js';
import { maxSounds } from './sound-distance.js';
import { consonantMask, encodeArabic, encodeLatin, skeletonOf } from './sounds.js';

/** How a part is built: alone, servant of (Abdul X), of God (X-ullah), of the faith (X-uddin), father
 * of (Abu X). */
export type PartForm = 'PLAIN' | 'ABD' | 'LLAH' | 'DIN' | 'ABU';
/** The tail of a tribe, a clan or a descent: X-zai, X-khel, X-zada, X-pur. */
export type PartTail = 'ZAI' | 'KHEL' | 'ZADA' | 'PUR';

export interface NamePart {
  /** As typed, for explanations. */
  readonly original: string;
  readonly form: PartForm;
  readonly role: Exclude<PartRole, 'PARTICLE' | 'TAIL'>;
  /** Id in the lexicon of the part, or of what a compound is built on; 0 when unknown. */
  readonly canon: number;
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
  return Object.freeze({
    original: text,
    parts: Object.freeze(parts),
    lead: findLead(parts),
    told,
  });
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
    if (fatherOf.has(word.text) && next !== undefined) {
      let base = next;
      at += 1;
      if (isParticle(base) && joined[at] !== undefined) {
        base = joined[at] as Word;
        at += 1;
      }
      parts.push(makePart({ ...base, original: `${word.original} ${base.original}` }, 'ABU'));
      continue;
    }
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
    parts.push(...makeSplitParts(word));
  }
  const told = parts.filter((part) => part.role !== 'TITLE' && part.skeleton.length > 0);
  return told.length > 0 ? parts.filter((part) => part.sounds.length > 1) : parts;
}

const servantOf = new Set(
  'abd abdul abdal abdel abdol abdur abdor abdus abdush abdud abdun abdu abdoul abdool عبد عبدال'.split(
    ' ',
  ),
);
const fatherOf = new Set('abu abou abo abul aboul ابو ابا ابی'.split(' '));
const ofGod = new Set('ullah allah ollah ulla olla alla lah llah الله'.split(' '));
const ofTheFaith = new Set(
  'uddin oddin eddin aldin addin udin eldin uddeen eddine الدین'.split(' '),
);
const faithAfterArticle = new Set('din deen dine'.split(' '));

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

const arabicServant = /^عبدا?ال(.{2,})$/;
const latinServant = /^abd(?:[aeiou]{0,2}l|[aeou]{1,2}(?=([rsdntz])\1)|[aeiou](?=sh))(.{2,})$/;
const latinGod = /^(.{2,}?)(?:[uaoe]l{2}ah?|(?<=..)[uaoe]lah)$/;
const latinFaith = /^(.{2,}?)(?:ou|[uoea])l?d{1,2}(?:in|een|ine|ein|yn)$/;

/** One written word, taken apart when it holds a compound or two known parts. */
function makeSplitParts(word: Word): NamePart[] {
  const { text } = word;
  const known = findPart(text);
  if (known !== undefined) return [makePart(word, 'PLAIN', known)];
  const compound = word.script === 'ARABIC' ? findArabicCompound(text) : findLatinCompound(text);
  if (compound !== undefined) return [makePart({ ...word, text: compound.base }, compound.form)];
  const pieces = splitGlued(text, word.script === 'ARABIC', mostGlued);
  if (pieces === undefined) return [makePart(word, 'PLAIN')];
  return pieces.flatMap((piece) => makeSplitParts({ ...word, text: piece }));
}

interface Compound {
  readonly base: string;
  readonly form: PartForm;
}

function findArabicCompound(text: string): Compound | undefined {
  const servant = arabicServant.exec(text)?.[1];
  if (servant !== undefined) return { base: servant, form: 'ABD' };
  if (text.endsWith('الله') && text.length > 5) return { base: text.slice(0, -4), form: 'LLAH' };
  if (text.endsWith('الدین') && text.length > 6) return { base: text.slice(0, -5), form: 'DIN' };
  if (text.startsWith('ابو') && text.length > 5) return { base: text.slice(3), form: 'ABU' };
  return undefined;
}

function findLatinCompound(text: string): Compound | undefined {
  const servant = latinServant.exec(text)?.[2];
  if (servant !== undefined) return { base: servant, form: 'ABD' };
  const servantOfGod = latinGod.exec(text)?.[1];
  if (servantOfGod !== undefined) return { base: servantOfGod, form: 'LLAH' };
  const faith = latinFaith.exec(text)?.[1];
  if (faith !== undefined) return { base: faith, form: 'DIN' };
  const father = /^ab(?:ou|u)(.{4,})$/.exec(text)?.[1];
  return father === undefined ? undefined : { base: father, form: 'ABU' };
}

const latinTail = /^(.{3,}?)(?:(z[ao][iy]e?)|(kh[aei]{1,2}l)|(zad(?:ah?|eh))|(po{1,2}r|pour|pur))$/;
const arabicTail = /^(.{3,}?)(?:(زی|زایی|زوی)|(خیل)|(زاده)|(پور))$/;
const tails: readonly PartTail[] = ['ZAI', 'KHEL', 'ZADA', 'PUR'];

/** The word before a tail that it shares with half a province. */
function findTail(
  text: string,
  arabic: boolean,
): { readonly stem: string; readonly tail: PartTail } | undefined {
  const found = (arabic ? arabicTail : latinTail).exec(text);
  const tail = tails.find((_, at) => found?.[at + 2] !== undefined);
  return tail === undefined ? undefined : { stem: found?.[1] ?? '', tail };
}

/** `Shamsulhaq`, `Habiburrahman`: the article inside is nothing. */
const latinInnerArticle =
  /^(.{3,}?)(?:[uoe]l|[uoe]r(?=r)|[uoe])(haq+|r[ae]hm[ae]n|rahim|islam|hadi|hasan|arab|ghani|bari)$/;
const arabicInnerArticle = /^(.{2,})ال(حق|رحمن|رحمان|رحیم|اسلام|هادی|حسن|عرب|غنی|باری)$/;
const shortestHalf = 3;
const shortestGlued = 5;
const mostGlued = 3;

/**
 * The parts of a word that writes several as one (`Gulmohammad`, `نثاراحمد`, a title glued to a
 * name): all known, or a known title before whatever follows.
 *
 * @param most how many parts at most
 */
function splitGlued(text: string, arabic: boolean, most: number): readonly string[] | undefined {
  const article = (arabic ? arabicInnerArticle : latinInnerArticle).exec(text);
  if (article !== null) return [article[1] ?? '', article[2] ?? ''];
  const shortest = arabic ? 2 : shortestHalf;
  for (let at = text.length - shortest; at >= shortest; at -= 1) {
    const head = text.slice(0, at);
    const first = findListedPart(head);
    if (first === undefined || first.role === 'PARTICLE' || first.role === 'TAIL') continue;
    const rest = text.slice(at);
    if (first.role === 'TITLE' && at > 3 && rest.length >= shortestHalf) return [head, rest];
    if (text.length < shortestGlued) continue;
    const second = findListedPart(rest);
    if (second !== undefined && isStandingPart(second)) return [head, rest];
    const more =
      most > 2 && rest.length >= shortestGlued ? splitGlued(rest, arabic, most - 1) : undefined;
    if (more !== undefined) return [head, ...more];
  }
  return undefined;
}

function isStandingPart({ role }: LexiconEntry): boolean {
  return role === 'NAME' || role === 'OPTIONAL';
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
  const sounds = soundsOf(text, word.script);
  const tailed = form === 'PLAIN' ? findTail(text, word.script === 'ARABIC') : undefined;
  const skeleton = entry?.skeleton ?? skeletonOf(sounds);
  const role = entry?.role ?? 'NAME';
  return Object.freeze({
    original: word.original,
    form,
    role: role === 'PARTICLE' || role === 'TAIL' || form !== 'PLAIN' ? 'NAME' : role,
    canon: entry?.id ?? 0,
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
