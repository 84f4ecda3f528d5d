/** Composed characters, white space made single: what looks the same is the same. */
export function foldSpace(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** Letters of the Arabic script that two keyboards write as two characters. */
const sameLetters: Readonly<Record<string, string>> = {
  '\u0643': '\u06a9',
  '\u0649': '\u06cc',
  '\u064a': '\u06cc',
};

/**
 * What two spellings of one name have in common: compatibility forms (Unicode NFKC), letters whatever
 * their case, Arabic and Persian kaf and yeh alike, tatweel and invisible characters left out, white
 * space made single.
 */
export function foldName(text: string): string {
  const letters = text
    .normalize('NFKC')
    .replace(/[\p{Cf}\u0640]/gu, '')
    .replace(/[\u0643\u0649\u064a]/gu, (letter) => sameLetters[letter] ?? letter);
  // Up and down again: a sharp s and a final sigma have no other way to their fellows.
  return foldSpace(letters.toUpperCase().toLowerCase().normalize('NFKC'));
}

/** What names in a foreign file stand for: as they are written, or else however they are spelt. */
export class ForeignNames {
  readonly #written: ReadonlyMap<string, string>;
  readonly #folded: ReadonlyMap<string, string>;

  private constructor(written: ReadonlyMap<string, string>, folded: ReadonlyMap<string, string>) {
    this.#written = written;
    this.#folded = folded;
  }

  static readonly none = new ForeignNames(new Map(), new Map());

  /** @returns `undefined` for a name of nothing, or two spellings of one name that differ */
  static of(entries: readonly (readonly [name: string, meaning: string])[]) {
    const [written, folded] = [new Map<string, string>(), new Map<string, string>()];
    for (const [name, meaning] of entries) {
      const fold = foldName(name);
      if (fold === '' || (folded.get(fold) ?? meaning) !== meaning) return undefined;
      written.set(foldSpace(name), meaning);
      folded.set(fold, meaning);
    }
    return new ForeignNames(written, folded);
  }

  /**
   * @param isOwn whether a text stands for itself: it does before another spelling of a name
   * @returns the text itself when it is neither
   */
  meaningOf(text: string, isOwn: (text: string) => boolean): string {
    const written = this.#written.get(foldSpace(text));
    if (written !== undefined || isOwn(text)) return written ?? text;
    return this.#folded.get(foldName(text)) ?? text;
  }
}
