import { findListedPart, type LexiconEntry } from './lexicon.js';

/**
 * Words that are made of others: servants of God (Abdul Rahman), gifts of God (Rahmatullah), pillars
 * of the faith (Salahuddin), fathers of somebody (Abu Bakr), tribes and descents (Barakzai), and
 * names written together as typists will (Gulmohammad).
 */
/**
 * How a part is built: alone, servant of (Abdul X), of God (X-ullah), of the faith (X-uddin), father
 * of (Abu X).
 */
export type PartForm = 'PLAIN' | 'ABD' | 'LLAH' | 'DIN' | 'ABU';
/** The tail of a tribe, a clan or a descent: X-zai, X-khel, X-zada, X-pur. */
export type PartTail = 'ZAI' | 'KHEL' | 'ZADA' | 'PUR';

export const servantOf = new Set(
  'abd abdul abdal abdel abdol abdur abdor abdus abdush abdud abdun abdu abdoul abdool عبد عبدال'.split(
    ' ',
  ),
);
export const fatherOf = new Set('abu abou abo abul aboul ابو ابا ابی'.split(' '));
export const ofGod = new Set('ullah allah ollah ulla olla alla lah llah الله'.split(' '));
export const ofTheFaith = new Set(
  'uddin oddin eddin aldin addin udin eldin uddeen eddine الدین'.split(' '),
);
export const faithAfterArticle = new Set('din deen dine'.split(' '));

const arabicServant = /^عبدا?ال(.{2,})$/;
const latinServant = /^abd(?:[aeiou]{0,2}l|[aeou]{1,2}(?=([rsdntz])\1)|[aeiou](?=sh))(.{2,})$/;
const latinGod = /^(.{2,}?)(?:[uaoe]l{2}ah?|(?<=..)[uaoe]lah)$/;
const latinFaith = /^(.{2,}?)(?:ou|[uoea])l?d{1,2}(?:in|een|ine|ein|yn)$/;

export interface Compound {
  readonly base: string;
  readonly form: PartForm;
}

/** The compound one word is, if it is one. */
export function findCompound(text: string, arabic: boolean): Compound | undefined {
  return arabic ? findArabicCompound(text) : findLatinCompound(text);
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
export function findTail(
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
const longestGlued = 40;
const mostGlued = 3;

/**
 * The parts of a word that writes several as one (`Gulmohammad`, `نثاراحمد`, a title glued to a
 * name): all known, or a known title before whatever follows; at most three.
 */
export function splitGlued(text: string, arabic: boolean): readonly string[] | undefined {
  return text.length > longestGlued ? undefined : splitPieces(text, arabic, mostGlued);
}

function splitPieces(text: string, arabic: boolean, most: number): readonly string[] | undefined {
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
      most > 2 && rest.length >= shortestGlued ? splitPieces(rest, arabic, most - 1) : undefined;
    if (more !== undefined) return [head, ...more];
  }
  return undefined;
}

function isStandingPart({ role }: LexiconEntry): boolean {
  return role === 'NAME' || role === 'OPTIONAL';
}
