import { createHmac } from 'node:crypto';
import { WordTable } from './word-table.js';

/**
 * The references one file has named, whatever their caseload, as keyed hashes under a key of this
 * import: a file of a million rows costs bytes, and none of them is a reference.
 */
export class NamedReferences {
  readonly #key: Uint8Array;
  readonly #table = new WordTable(3);
  readonly #words = new Uint32Array(3);

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @returns false when the file has named it before */
  add(reference: string): boolean {
    const hash = createHmac('sha256', this.#key).update(reference, 'utf8').digest();
    for (let word = 0; word < 3; word += 1) this.#words[word] = hash.readUInt32BE(word * 4);
    if (this.#table.find(this.#words, 0) >= 0) return false;
    this.#table.set(this.#words, 0, 0);
    return true;
  }
}
