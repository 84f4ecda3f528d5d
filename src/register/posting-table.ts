/**
 * From term keys to rows of the blind index: 8 bytes for each posting and no more, in chunks, so that
 * nothing is copied while it grows.
 *
 * A key is 64 bits of an HMAC. Its first 12 bits choose one of 4,096 partitions, its last 32 are kept
 * with the row; keys that agree in these 44 bits are one key here. A partition is sorted by the 32
 * bits but for its tail, what was added since: a look-up is a binary search and a glance at the tail,
 * and sorts first when the tail has grown long.
 */
const partitionBits = 12;
const partitions = 1 << partitionBits;
/** Postings in a chunk; two words each. */
const chunkBits = 6;
const chunkPostings = 1 << chunkBits;
/** Chunks in a segment, which is what is asked of the operating system: 1 MiB. */
const segmentBits = 11;
const segmentWords = 1 << (segmentBits + chunkBits + 1);
/** Longest tail a look-up reads through. */
const longestTail = 32;
/** Fewer are sorted by insertion. */
const radixFrom = 96;
const radixBits = 11;

export class PostingTable {
  readonly #segments: Uint32Array[] = [];
  #chunksMade = 0;
  readonly #freeChunks: number[] = [];
  readonly #chunks: number[][] = Array.from({ length: partitions }, () => []);
  readonly #lastChunk = new Uint32Array(partitions);
  readonly #count = new Uint32Array(partitions);
  readonly #sorted = new Uint32Array(partitions);
  // Room to sort a partition in: lows and rows, twice.
  #scratch = Array.from({ length: 4 }, () => new Uint32Array(1024));
  #found = new Uint32Array(256);

  get sizeBytes(): number {
    const scratch = this.#scratch.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return (
      this.#segments.length * segmentWords * 4 +
      this.#chunksMade * 8 +
      3 * partitions * 4 +
      scratch +
      this.#found.byteLength
    );
  }

  /** @param low last 32 bits of the key */
  add(partition: number, low: number, row: number): void {
    const count = this.#count[partition] ?? 0;
    const at = count & (chunkPostings - 1);
    if (at === 0) this.#beginChunk(partition);
    const chunk = this.#lastChunk[partition] ?? 0;
    const segment = this.#segments[chunk >>> segmentBits];
    if (segment === undefined) throw new TypeError('no such segment');
    const word = wordOf(chunk, at);
    segment[word] = low;
    segment[word + 1] = row;
    this.#count[partition] = count + 1;
  }

  /** {@link add} of each key in `bytes`, 8 bytes each. */
  addBytes(bytes: Buffer, start: number, keys: number, row: number): void {
    for (let at = start; at < start + keys * 8; at += 8) {
      const partition = ((bytes[at] ?? 0) << 4) | ((bytes[at + 1] ?? 0) >>> 4);
      const low =
        (((bytes[at + 4] ?? 0) << 24) |
          ((bytes[at + 5] ?? 0) << 16) |
          ((bytes[at + 6] ?? 0) << 8) |
          (bytes[at + 7] ?? 0)) >>>
        0;
      this.add(partition, low, row);
    }
  }

  /** Rows of a key, dead ones included; a view, valid until the next call. */
  find(partition: number, low: number): Uint32Array {
    const count = this.#count[partition] ?? 0;
    if (count - (this.#sorted[partition] ?? 0) > longestTail) this.#sort(partition);
    const sorted = this.#sorted[partition] ?? 0;
    const chunks = this.#chunks[partition] ?? [];
    let [from, to] = [0, sorted];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#word(chunks, middle, 0) < low) from = middle + 1;
      else to = middle;
    }
    let found = 0;
    for (let at = from; at < sorted && this.#word(chunks, at, 0) === low; at += 1) {
      found = this.#take(chunks, at, found);
    }
    for (let at = sorted; at < count; at += 1) {
      if (this.#word(chunks, at, 0) === low) found = this.#take(chunks, at, found);
    }
    return this.#found.subarray(0, found);
  }

  /** Sorts what has a tail: once after many additions, so that no question has to. */
  settle(): void {
    for (let partition = 0; partition < partitions; partition += 1) {
      if (this.#sorted[partition] !== this.#count[partition]) this.#sort(partition);
    }
  }

  /** Drops the postings of rows that are not live. */
  purge(isLive: Uint8Array): void {
    for (let partition = 0; partition < partitions; partition += 1) {
      const chunks = this.#chunks[partition] ?? [];
      const count = this.#count[partition] ?? 0;
      const sorted = this.#sorted[partition] ?? 0;
      let [kept, keptSorted] = [0, 0];
      for (let at = 0; at < count; at += 1) {
        const row = this.#word(chunks, at, 1);
        if (isLive[row] !== 1) continue;
        this.#put(chunks, kept, this.#word(chunks, at, 0), row);
        kept += 1;
        if (at < sorted) keptSorted = kept;
      }
      this.#count[partition] = kept;
      this.#sorted[partition] = keptSorted;
      const needed = Math.ceil(kept / chunkPostings);
      this.#freeChunks.push(...chunks.splice(needed));
      this.#lastChunk[partition] = chunks.at(-1) ?? 0;
    }
  }

  #beginChunk(partition: number): void {
    let chunk = this.#freeChunks.pop();
    if (chunk === undefined) {
      chunk = this.#chunksMade;
      this.#chunksMade += 1;
      if (chunk >>> segmentBits === this.#segments.length) {
        this.#segments.push(new Uint32Array(segmentWords));
      }
    }
    this.#chunks[partition]?.push(chunk);
    this.#lastChunk[partition] = chunk;
  }

  #word(chunks: readonly number[], at: number, which: 0 | 1): number {
    const chunk = chunks[at >>> chunkBits] ?? 0;
    const word = wordOf(chunk, at & (chunkPostings - 1)) + which;
    return this.#segments[chunk >>> segmentBits]?.[word] ?? 0;
  }

  #put(chunks: readonly number[], at: number, low: number, row: number): void {
    const chunk = chunks[at >>> chunkBits] ?? 0;
    const segment = this.#segments[chunk >>> segmentBits];
    if (segment === undefined) throw new TypeError('no such segment');
    const word = wordOf(chunk, at & (chunkPostings - 1));
    segment[word] = low;
    segment[word + 1] = row;
  }

  #take(chunks: readonly number[], at: number, found: number): number {
    if (found === this.#found.length) {
      const larger = new Uint32Array(found * 2);
      larger.set(this.#found);
      this.#found = larger;
    }
    this.#found[found] = this.#word(chunks, at, 1);
    return found + 1;
  }

  /** Stable, by the 32 bits: a radix sort of three passes. */
  #sort(partition: number): void {
    const chunks = this.#chunks[partition] ?? [];
    const count = this.#count[partition] ?? 0;
    if (count > (this.#scratch[0]?.length ?? 0)) {
      const length = 1 << Math.ceil(Math.log2(count));
      this.#scratch = Array.from({ length: 4 }, () => new Uint32Array(length));
    }
    let [lows, rows, otherLows, otherRows] = this.#scratch as [
      Uint32Array,
      Uint32Array,
      Uint32Array,
      Uint32Array,
    ];
    let at = 0;
    for (const chunk of chunks) {
      const segment = this.#segments[chunk >>> segmentBits];
      if (segment === undefined) throw new TypeError('no such segment');
      const end = Math.min(count, at + chunkPostings);
      for (let word = wordOf(chunk, 0); at < end; word += 2, at += 1) {
        lows[at] = segment[word] ?? 0;
        rows[at] = segment[word + 1] ?? 0;
      }
    }
    if (count < radixFrom) {
      insertionSort(lows, rows, count);
    } else {
      for (let shift = 0; shift < 32; shift += radixBits) {
        radixPass(lows, rows, otherLows, otherRows, count, shift);
        [lows, rows, otherLows, otherRows] = [otherLows, otherRows, lows, rows];
      }
    }
    at = 0;
    for (const chunk of chunks) {
      const segment = this.#segments[chunk >>> segmentBits];
      if (segment === undefined) throw new TypeError('no such segment');
      const end = Math.min(count, at + chunkPostings);
      for (let word = wordOf(chunk, 0); at < end; word += 2, at += 1) {
        segment[word] = lows[at] ?? 0;
        segment[word + 1] = rows[at] ?? 0;
      }
    }
    this.#sorted[partition] = count;
  }
}

/** Where a posting begins in its segment. */
const wordOf = (chunk: number, at: number): number =>
  ((chunk & ((1 << segmentBits) - 1)) << (chunkBits + 1)) | (at << 1);

/** Partition of the key whose first word this is. */
export const partitionOf = (firstWord: number): number => firstWord >>> (32 - partitionBits);

function insertionSort(lows: Uint32Array, rows: Uint32Array, count: number): void {
  for (let next = 1; next < count; next += 1) {
    const [low, row] = [lows[next] ?? 0, rows[next] ?? 0];
    let at = next - 1;
    for (; at >= 0 && (lows[at] ?? 0) > low; at -= 1) {
      lows[at + 1] = lows[at] ?? 0;
      rows[at + 1] = rows[at] ?? 0;
    }
    lows[at + 1] = low;
    rows[at + 1] = row;
  }
}

const buckets = new Uint32Array(1 << radixBits);

function radixPass(
  lows: Uint32Array,
  rows: Uint32Array,
  toLows: Uint32Array,
  toRows: Uint32Array,
  count: number,
  shift: number,
): void {
  const mask = (1 << radixBits) - 1;
  buckets.fill(0);
  for (let at = 0; at < count; at += 1) {
    const bucket = ((lows[at] ?? 0) >>> shift) & mask;
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  let start = 0;
  for (let bucket = 0; bucket <= mask; bucket += 1) {
    const size = buckets[bucket] ?? 0;
    buckets[bucket] = start;
    start += size;
  }
  for (let at = 0; at < count; at += 1) {
    const low = lows[at] ?? 0;
    const bucket = (low >>> shift) & mask;
    const to = buckets[bucket] ?? 0;
    buckets[bucket] = to + 1;
    toLows[to] = low;
    toRows[to] = rows[at] ?? 0;
  }
}
