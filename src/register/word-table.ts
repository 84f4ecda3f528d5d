/** Entries in a segment, which is what is asked of the operating system at one time. */
const segmentBits = 13;
const segmentEntries = 1 << segmentBits;

/**
 * A list of entries of a fixed number of 32-bit words that grows by segments: nothing is copied, and
 * nothing is held for entries that may never come.
 */
export class SegmentedWords {
  readonly #width: number;
  readonly #segments: Uint32Array[] = [];

  constructor(wordsPerEntry: number) {
    this.#width = wordsPerEntry;
  }

  get sizeBytes(): number {
    return this.#segments.length * segmentEntries * this.#width * 4;
  }

  /** 0 for an entry that was never set. */
  get(entry: number, word = 0): number {
    return this.#segments[entry >>> segmentBits]?.[this.#wordOf(entry, word)] ?? 0;
  }

  set(entry: number, word: number, value: number): void {
    this.#segment(entry)[this.#wordOf(entry, word)] = value;
  }

  /** Sets an entry to the words that start at `words[at]`. */
  put(entry: number, words: Uint32Array, at: number): void {
    this.#segment(entry).set(words.subarray(at, at + this.#width), this.#wordOf(entry, 0));
  }

  /** Whether an entry has the words that start at `words[at]`. */
  equals(entry: number, words: Uint32Array, at: number): boolean {
    const segment = this.#segments[entry >>> segmentBits];
    const start = this.#wordOf(entry, 0);
    for (let word = 0; word < this.#width; word += 1) {
      if (segment?.[start + word] !== words[at + word]) return false;
    }
    return true;
  }

  /** The bytes of an entry, to be read and written; room is made for it. */
  bytes(entry: number): Buffer {
    const { buffer } = this.#segment(entry);
    return Buffer.from(buffer, this.#wordOf(entry, 0) * 4, this.#width * 4);
  }

  #segment(entry: number): Uint32Array<ArrayBuffer> {
    const number = entry >>> segmentBits;
    while (this.#segments.length <= number) {
      this.#segments.push(new Uint32Array(segmentEntries * this.#width));
    }
    return this.#segments[number] as Uint32Array<ArrayBuffer>;
  }

  #wordOf(entry: number, word: number): number {
    return (entry & (segmentEntries - 1)) * this.#width + word;
  }
}

/** Slots that may be taken before there are twice as many. */
const fullest = 0.75;

/**
 * Numbers keys of a fixed number of 32-bit words from 0 in the order they come, in typed arrays: no
 * object per key, so a million keys cost bytes and not garbage collection. A key takes its own bytes
 * and 5 to 11 more.
 *
 * Keys are outputs of HMAC-SHA-256, hence uniform: the first word is the slot. Keys are never
 * removed; what a number stands for is the owner's to empty.
 */
export class WordTable {
  readonly #keys: SegmentedWords;
  /** Number + 1; 0 marks an empty slot. Open addressing, linear. */
  #slots = new Uint32Array(1024);
  #size = 0;

  constructor(wordsPerKey: number) {
    this.#keys = new SegmentedWords(wordsPerKey);
  }

  get size(): number {
    return this.#size;
  }

  get sizeBytes(): number {
    return this.#keys.sizeBytes + this.#slots.byteLength;
  }

  /** Number of the key that starts at `words[at]`, or -1. */
  find(words: Uint32Array, at: number): number {
    return (this.#slots[this.#slotOf(words, at)] ?? 0) - 1;
  }

  /** Number of the key that starts at `words[at]`: the next one for a key that is new. */
  add(words: Uint32Array, at: number): number {
    const known = this.find(words, at);
    if (known >= 0) return known;
    if (this.#size >= this.#slots.length * fullest) this.#grow();
    const number = this.#size;
    this.#keys.put(number, words, at);
    this.#slots[this.#slotOf(words, at)] = number + 1;
    this.#size += 1;
    return number;
  }

  /** The slot that holds the key, or the empty slot where it would go. */
  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#slots.length - 1;
    let slot = (words[at] ?? 0) & mask;
    for (;;) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0 || this.#keys.equals(number, words, at)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (let number = 0; number < this.#size; number += 1) {
      let slot = this.#keys.get(number) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}
