/**
 * Open-addressing table from keys of a fixed number of 32-bit words to a 32-bit value, in typed
 * arrays: no object per key, so a million keys cost bytes and not garbage collection.
 *
 * Keys are outputs of HMAC-SHA-256, hence uniform: the first word is the slot. Keys are never
 * removed; what a key leads to is the owner's to empty.
 */
export class WordTable {
  readonly #wordsPerKey: number;
  #keys: Uint32Array;
  /** Value + 1; 0 marks an empty slot. */
  #values: Uint32Array;
  #mask: number;
  #size = 0;

  constructor(wordsPerKey: number, expectedKeys = 0) {
    this.#wordsPerKey = wordsPerKey;
    let slots = 1024;
    while (slots * 0.7 < expectedKeys) slots *= 2;
    this.#keys = new Uint32Array(slots * wordsPerKey);
    this.#values = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#keys.byteLength + this.#values.byteLength;
  }

  /** Value of the key that starts at `words[at]`, or -1. */
  find(words: Uint32Array, at: number): number {
    return (this.#values[this.#slotOf(words, at)] ?? 0) - 1;
  }

  /** Sets the value (0 to 2^32 - 2) of the key that starts at `words[at]`. */
  set(words: Uint32Array, at: number, value: number): void {
    let slot = this.#slotOf(words, at);
    if (this.#values[slot] === 0) {
      if (this.#size >= (this.#mask + 1) * 0.7) {
        this.#grow();
        slot = this.#slotOf(words, at);
      }
      for (let word = 0; word < this.#wordsPerKey; word += 1) {
        this.#keys[slot * this.#wordsPerKey + word] = words[at + word] ?? 0;
      }
      this.#size += 1;
    }
    this.#values[slot] = value + 1;
  }

  /** The slot that holds the key, or the empty slot where it would go. */
  #slotOf(words: Uint32Array, at: number): number {
    const width = this.#wordsPerKey;
    let slot = (words[at] ?? 0) & this.#mask;
    probe: while (this.#values[slot] !== 0) {
      for (let word = 0; word < width; word += 1) {
        if (this.#keys[slot * width + word] !== words[at + word]) {
          slot = (slot + 1) & this.#mask;
          continue probe;
        }
      }
      return slot;
    }
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const slots = (this.#mask + 1) * 2;
    this.#keys = new Uint32Array(slots * this.#wordsPerKey);
    this.#values = new Uint32Array(slots);
    this.#mask = slots - 1;
    for (let from = 0; from < values.length; from += 1) {
      const value = values[from] ?? 0;
      if (value === 0) continue;
      const start = from * this.#wordsPerKey;
      const to = this.#slotOf(keys, start);
      this.#keys.set(keys.subarray(start, start + this.#wordsPerKey), to * this.#wordsPerKey);
      this.#values[to] = value;
    }
  }
}
