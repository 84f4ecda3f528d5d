import type { EntityManager } from 'typeorm';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { peoplePerPage, type PagePerson } from './page.js';
import type { OpenedPage, RegisterHead, RegisterStore } from './register-store.js';
import { SegmentedWords, WordTable } from './word-table.js';

/** What an import needs to know of a person before it opens anything. */
export interface KnownPerson {
  readonly pageNumber: number;
  /** Content key of the newest version, released or not. */
  readonly contentKey: Buffer;
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
}

export interface DirectoryEntry extends KnownPerson {
  readonly referenceKey: Buffer;
}

/** Pages read in one query. */
const pagesPerRead = 16;

/**
 * From references to people, for the length of one import: reference keys stand in sealed pages
 * only, so the pages are read once and the keys kept here, in typed arrays.
 */
export class ReferenceDirectory {
  readonly #ordinals = new WordTable(4);
  /** By ordinal: page number + 1, or 0 for nobody. */
  readonly #page = new SegmentedWords(1);
  readonly #content = new SegmentedWords(4);
  readonly #suppression = new SegmentedWords(1);
  readonly #suppressions = new Map<string, number>();
  readonly #suppressionCodes: PagePerson['suppressedFor'][] = [];
  readonly #peopleOnPage: number[] = [];
  #version = -1n;

  /** Register version this directory tells of. */
  get version(): bigint {
    return this.#version;
  }

  /** Reads the pages written since. */
  async catchUp(store: RegisterStore, manager: EntityManager, head: RegisterHead): Promise<void> {
    const changed = [...head.pages]
      .filter(([, version]) => version > this.#version)
      .map(([pageNumber]) => pageNumber);
    for (let at = 0; at < changed.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, changed.slice(at, at + pagesPerRead))) {
        this.load(page);
      }
    }
    this.#version = head.version;
  }

  /** Takes over what a page says. */
  load(page: OpenedPage): void {
    if ((this.#peopleOnPage[page.pageNumber] ?? 0) > 0) {
      for (let ordinal = 0; ordinal < this.#ordinals.size; ordinal += 1) {
        if (this.#page.get(ordinal) === page.pageNumber + 1) this.#page.set(ordinal, 0, 0);
      }
    }
    for (const { referenceKey, live, pending, suppressedFor } of page.people) {
      const newest = pending ?? live;
      if (newest === undefined) continue;
      const { contentKey } = newest;
      this.#put({ pageNumber: page.pageNumber, referenceKey, contentKey, suppressedFor });
    }
    this.#peopleOnPage[page.pageNumber] = page.people.length;
  }

  /** Takes over one's own change, once it is committed. */
  advance(
    version: bigint,
    changes: readonly DirectoryEntry[],
    peopleOnPage: ReadonlyMap<number, number>,
  ): void {
    for (const entry of changes) this.#put(entry);
    for (const [pageNumber, count] of peopleOnPage) this.#peopleOnPage[pageNumber] = count;
    this.#version = version;
  }

  find(referenceKey: Buffer): KnownPerson | undefined {
    const ordinal = this.#ordinals.find(wordsOf(referenceKey), 0);
    const page = ordinal < 0 ? 0 : this.#page.get(ordinal);
    if (page === 0) return undefined;
    return {
      pageNumber: page - 1,
      contentKey: this.#content.bytes(ordinal),
      suppressedFor: this.#suppressionCodes[this.#suppression.get(ordinal)] ?? [],
    };
  }

  /** First page with room, and how many people it holds. */
  lastPage(): { readonly pageNumber: number; readonly people: number } {
    const last = Math.max(0, this.#peopleOnPage.length - 1);
    const people = this.#peopleOnPage[last] ?? 0;
    return people < peoplePerPage
      ? { pageNumber: last, people }
      : { pageNumber: last + 1, people: 0 };
  }

  #put(entry: DirectoryEntry): void {
    const ordinal = this.#ordinals.add(wordsOf(entry.referenceKey), 0);
    this.#page.set(ordinal, 0, entry.pageNumber + 1);
    this.#content.bytes(ordinal).set(entry.contentKey);
    this.#suppression.set(ordinal, 0, this.#suppressionNumber(entry.suppressedFor));
  }

  #suppressionNumber(codes: PagePerson['suppressedFor']): number {
    const name = codes.join(' ');
    let number = this.#suppressions.get(name);
    if (number === undefined) {
      number = this.#suppressionCodes.push(codes) - 1;
      this.#suppressions.set(name, number);
    }
    return number;
  }
}

function wordsOf(key: Buffer): Uint32Array {
  return Uint32Array.from({ length: 4 }, (_, at) => key.readUInt32BE(at * 4));
}
