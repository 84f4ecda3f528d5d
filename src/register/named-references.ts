import { KeyedHash } from './keyed-hash.js';
import { WordTable } from './word-table.js';

/**
 * The references one file has named, whatever their caseload, as keyed hashes under a key of this
 * import: a file of a million rows costs bytes, and none of them is a reference.
 */
export class NamedReferences {
  readonly #hash: KeyedHash;
  readonly #table = new WordTable(3);
  readonly #words = new Uint32Array(3);

  constructor(key: Uint8Array) {
    this.#hash = new KeyedHash(key, 'safeconduct/register/named/v1');
  }

  /** @returns false when the file has named it before */
  add(reference: string): boolean {
    const hash = Buffer.from(this.#hash.of(reference), 'latin1');
    for (let word = 0; word < 3; word += 1) this.#words[word] = hash.readUInt32BE(word * 4);
    const named = this.#table.size;
    return this.#table.add(this.#words, 0) === named;
  }
}
