import type { Caseload, PartnerCode, StateCode } from '../core/ids.js';
import type { LivePerson } from './page.js';
import { partitionOf, PostingTable } from './posting-table.js';

/** Who asks and among whom: everybody else is not there for the question. */
export interface CandidateScope {
  readonly caseloads: ReadonlySet<Caseload>;
  readonly partner: PartnerCode;
  readonly state: StateCode;
  /** Only people who were told that they may be named. */
  readonly requiresNotice?: boolean;
}

/** One live person as the index holds it. */
export interface IndexedPerson {
  /** 16 bytes of the subject's UUID. */
  readonly subject: Uint8Array;
  readonly version: number;
  readonly caseload: Caseload;
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
  /** Whether the person was told that they may be named. */
  readonly informed?: boolean;
  /** Term keys, two words each, without duplicates. */
  readonly keys: Uint32Array;
}

/**
 * The blind index: from keyed hashes of blocking terms to people, in the memory of this process
 * only, in typed arrays. A look-up makes no database query.
 *
 * Keys are 44 bits of an HMAC (posting-table.ts): two terms that share them only add a candidate,
 * which comparison then drops. Only live people are put here; pending people have no row at all.
 *
 * A removed person's postings stay in the lists, dead, until {@link purge} sweeps them; its row
 * number is given to nobody before that.
 */
export class BlindIndex {
  readonly #purgeAfter: number;
  readonly #postings = new PostingTable();
  // Per row
  #rowSubject = new Uint8Array(16 * 1024);
  #rowVersion = new Uint32Array(1024);
  #rowCaseload = new Uint16Array(1024);
  #rowSuppression = new Uint16Array(1024);
  #rowLive = new Uint8Array(1024);
  #rowInformed = new Uint8Array(1024);
  #rowScore = new Float64Array(1024);
  #rowEnd = 0;
  #freeRows: number[] = [];
  #deadRows: number[] = [];
  readonly #caseloads = new Map<Caseload, number>();
  readonly #suppressions = new Map<string, number>([['', 0]]);
  readonly #suppressionCodes: (readonly string[])[] = [[]];

  /** @param purgeAfter fewest dead rows worth a sweep */
  constructor(purgeAfter = 4096) {
    this.#purgeAfter = purgeAfter;
  }

  /** How many people can be found. */
  get size(): number {
    return this.#rowEnd - this.#freeRows.length - this.#deadRows.length;
  }

  /** Every caseload anybody was ever filed under. */
  get caseloads(): ReadonlySet<Caseload> {
    return new Set(this.#caseloads.keys());
  }

  /** Memory of the index, bytes. */
  get sizeBytes(): number {
    const parts = [
      this.#rowSubject,
      this.#rowVersion,
      this.#rowCaseload,
      this.#rowSuppression,
      this.#rowLive,
      this.#rowInformed,
      this.#rowScore,
    ];
    return parts.reduce((sum, part) => sum + part.byteLength, this.#postings.sizeBytes);
  }

  /** Puts a person in and returns its row number, good until it is removed. */
  put(person: IndexedPerson): number {
    const { keys } = person;
    const row = this.#freeRows.pop() ?? this.#newRow();
    this.#rowSubject.set(person.subject, row * 16);
    this.#rowVersion[row] = person.version;
    this.#rowCaseload[row] = this.#caseloadNumber(person.caseload);
    this.#rowSuppression[row] = this.#suppressionNumber(person.suppressedFor);
    this.#rowLive[row] = 1;
    this.#rowInformed[row] = person.informed === true ? 1 : 0;
    for (let at = 0; at < keys.length; at += 2) {
      this.#postings.add(partitionOf(keys[at] ?? 0), keys[at + 1] ?? 0, row);
    }
    return row;
  }

  /** Room for so many people, made at once: growing by halves costs memory while it is done. */
  reserve(rows: number): void {
    if (rows > this.#rowLive.length) this.#growRows(rows);
  }

  /**
   * {@link put} of a person as the page has it, without making anything of it: what a start does a
   * million times. {@link settle} follows the last.
   */
  file(page: Buffer, person: LivePerson): number {
    const row = this.#freeRows.pop() ?? this.#newRow();
    page.copy(this.#rowSubject, row * 16, person.subjectAt, person.subjectAt + 16);
    this.#rowVersion[row] = person.version;
    this.#rowCaseload[row] = this.#caseloadNumber(person.caseload);
    this.#rowSuppression[row] = this.#suppressionNumber(person.keptFrom);
    this.#rowLive[row] = 1;
    this.#rowInformed[row] = person.informed ? 1 : 0;
    this.#postings.addBytes(page, person.termsAt, person.terms, row);
    return row;
  }

  /** After many were filed: look-ups find everything in order. */
  settle(): void {
    this.#postings.settle();
  }

  /** Keeps a person from other partners than before. */
  suppress(row: number, codes: readonly (PartnerCode | StateCode)[], informed: boolean): void {
    this.#rowInformed[row] = informed ? 1 : 0;
    this.#rowSuppression[row] = this.#suppressionNumber(codes);
  }

  remove(row: number): void {
    if (this.#rowLive[row] !== 1) throw new TypeError('no such row in the blind index');
    this.#rowLive[row] = 0;
    this.#deadRows.push(row);
    if (this.#deadRows.length >= Math.max(this.#purgeAfter, this.size / 2)) this.purge();
  }

  isLive(row: number): boolean {
    return this.#rowLive[row] === 1;
  }

  versionOf(row: number): number {
    return this.#rowVersion[row] ?? 0;
  }

  /** The 16 bytes of the person's UUID; a view, valid until the next change. */
  subjectOf(row: number): Uint8Array {
    return this.#rowSubject.subarray(row * 16, row * 16 + 16);
  }

  /**
   * The best rows for the keys, by the sum of the weights of the keys they share, at most `cap`.
   *
   * Rows outside the scope are passed over before weights and cap, and ties are broken by the
   * subject's UUID: nobody out of scope changes what comes back.
   *
   * @param keys term keys, two words each, without duplicates
   * @param weights one per key
   */
  candidates(
    keys: Uint32Array,
    weights: Float64Array,
    scope: CandidateScope,
    cap: number,
  ): readonly number[] {
    const inScope = this.#caseloadMask(scope.caseloads);
    const hidden = this.#suppressionMask(scope);
    const touched: number[] = [];
    for (let term = 0; term < weights.length; term += 1) {
      const rows = this.#postings.find(partitionOf(keys[term * 2] ?? 0), keys[term * 2 + 1] ?? 0);
      const weight = weights[term] ?? 0;
      for (let at = 0; at < rows.length; at += 1) {
        const row = rows[at] ?? 0;
        if (
          this.#rowLive[row] !== 1 ||
          inScope[this.#rowCaseload[row] ?? 0] !== 1 ||
          hidden[this.#rowSuppression[row] ?? 0] === 1 ||
          (scope.requiresNotice === true && this.#rowInformed[row] !== 1)
        ) {
          continue;
        }
        // Weights are positive, so a score of 0 means: not seen in this question.
        const score = this.#rowScore[row] ?? 0;
        if (score === 0) touched.push(row);
        this.#rowScore[row] = score + weight;
      }
    }
    const best = this.#best(touched, cap);
    for (const row of touched) this.#rowScore[row] = 0;
    return best;
  }

  /** How many people in scope there are. */
  count(scope: CandidateScope): number {
    const inScope = this.#caseloadMask(scope.caseloads);
    const hidden = this.#suppressionMask(scope);
    let people = 0;
    for (let row = 0; row < this.#rowEnd; row += 1) {
      if (
        this.#rowLive[row] === 1 &&
        inScope[this.#rowCaseload[row] ?? 0] === 1 &&
        hidden[this.#rowSuppression[row] ?? 0] !== 1
      ) {
        people += 1;
      }
    }
    return people;
  }

  /** Sweeps the postings of removed people and frees their row numbers. */
  purge(): void {
    if (this.#deadRows.length === 0) return;
    this.#postings.purge(this.#rowLive);
    this.#freeRows = this.#freeRows.concat(this.#deadRows);
    this.#deadRows = [];
  }

  #newRow(): number {
    const row = this.#rowEnd++;
    if (row >= this.#rowLive.length) this.#growRows(this.#rowLive.length * 2);
    return row;
  }

  #growRows(rows: number): void {
    this.#rowSubject = grown(this.#rowSubject, Uint8Array, rows * 16);
    this.#rowVersion = grown(this.#rowVersion, Uint32Array, rows);
    this.#rowCaseload = grown(this.#rowCaseload, Uint16Array, rows);
    this.#rowSuppression = grown(this.#rowSuppression, Uint16Array, rows);
    this.#rowLive = grown(this.#rowLive, Uint8Array, rows);
    this.#rowInformed = grown(this.#rowInformed, Uint8Array, rows);
    this.#rowScore = grown(this.#rowScore, Float64Array, rows);
  }

  #caseloadNumber(caseload: Caseload): number {
    let number = this.#caseloads.get(caseload);
    if (number === undefined) {
      number = narrow(this.#caseloads.size, 'caseloads');
      this.#caseloads.set(caseload, number);
    }
    return number;
  }

  #suppressionNumber(codes: readonly string[]): number {
    if (codes.length === 0) return 0;
    const sorted = [...codes].sort();
    const name = sorted.join(' ');
    let number = this.#suppressions.get(name);
    if (number === undefined) {
      number = narrow(this.#suppressionCodes.length, 'sets of suppressions');
      this.#suppressions.set(name, number);
      this.#suppressionCodes.push(sorted);
    }
    return number;
  }

  #caseloadMask(caseloads: ReadonlySet<Caseload>): Uint8Array {
    const mask = new Uint8Array(this.#caseloads.size);
    for (const caseload of caseloads) {
      const number = this.#caseloads.get(caseload);
      if (number !== undefined) mask[number] = 1;
    }
    return mask;
  }

  #suppressionMask(scope: CandidateScope): Uint8Array {
    return Uint8Array.from(this.#suppressionCodes, (codes) =>
      codes.includes(scope.partner) || codes.includes(scope.state) ? 1 : 0,
    );
  }

  /** The `cap` best rows, best first: a heap of that size with the worst on top. */
  #best(rows: readonly number[], cap: number): readonly number[] {
    if (rows.length <= cap) return [...rows].sort((a, b) => this.#order(a, b));
    const heap = rows.slice(0, cap);
    for (let at = (cap >> 1) - 1; at >= 0; at -= 1) this.#sink(heap, at);
    for (let at = cap; at < rows.length; at += 1) {
      const row = rows[at] ?? 0;
      if (cap > 0 && this.#order(row, heap[0] ?? 0) < 0) {
        heap[0] = row;
        this.#sink(heap, 0);
      }
    }
    return heap.sort((a, b) => this.#order(a, b));
  }

  #sink(heap: number[], from: number): void {
    let at = from;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#order(heap[child] ?? 0, heap[worst] ?? 0) > 0) {
          worst = child;
        }
      }
      if (worst === at) return;
      [heap[at], heap[worst]] = [heap[worst] ?? 0, heap[at] ?? 0];
      at = worst;
    }
  }

  /** Higher score first, then the lower UUID. */
  #order(a: number, b: number): number {
    const byScore = (this.#rowScore[b] ?? 0) - (this.#rowScore[a] ?? 0);
    if (byScore !== 0 || a === b) return byScore;
    for (let at = 0; at < 16; at += 1) {
      const byByte = (this.#rowSubject[a * 16 + at] ?? 0) - (this.#rowSubject[b * 16 + at] ?? 0);
      if (byByte !== 0) return byByte;
    }
    return 0;
  }
}

type TypedArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A copy with more room. */
function grown<T extends TypedArray>(array: T, type: new (length: number) => T, length: number): T {
  const larger = new type(length);
  larger.set(array);
  return larger;
}

function narrow(number: number, what: string): number {
  if (number > 0xffff) throw new TypeError(`the blind index holds at most 65,536 ${what}`);
  return number;
}
