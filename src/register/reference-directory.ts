import type { EntityManager } from 'typeorm';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { peoplePerPage, type PagePerson } from './page.js';
import {
  pagesPerRead,
  type OpenedPage,
  type RegisterHead,
  type RegisterStore,
} from './register-store.js';
import { SegmentedWords, WordTable } from './word-table.js';

type Codes = readonly (PartnerCode | StateCode)[];

/** Whom somebody is kept from. */
export interface Standing {
  readonly suppressedFor: Codes;
  /** What holds of the version partners are told of; undefined for somebody who only waits. */
  readonly told: { readonly refusedFor: Codes; readonly informed: boolean } | undefined;
}

/** What an import needs to know of a person before it opens anything. */
export interface KnownPerson extends Standing {
  readonly pageNumber: number;
  /** Content key of the newest version, released or not. */
  readonly contentKey: Buffer;
}

export interface DirectoryEntry extends KnownPerson {
  readonly referenceKey: Buffer;
}

/** From references to people, and where the next ones go. */
export interface KnownPeople {
  find(referenceKey: Buffer): KnownPerson | undefined;
  /** First page with room, and how many people it holds. */
  lastPage(): LastPage;
}

interface LastPage {
  readonly pageNumber: number;
  readonly people: number;
}

export const standingOf = ({ suppressedFor, live }: PagePerson): Standing => ({
  suppressedFor,
  told: live && { refusedFor: live.refusedFor, informed: live.informed },
});

/**
 * From references to people, for the length of one import: reference keys stand in sealed pages
 * only, so the pages are read once and the keys kept here, in typed arrays.
 */
export class ReferenceDirectory implements KnownPeople {
  readonly #ordinals = new WordTable(4);
  /** By ordinal: page number + 1, or 0 for nobody. */
  readonly #page = new SegmentedWords(1);
  readonly #content = new SegmentedWords(4);
  readonly #standing = new SegmentedWords(1);
  readonly #standingNumbers = new Map<string, number>();
  readonly #standings: Standing[] = [];
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

  /** What a head holds beyond this, for one transaction that may still be undone. */
  async beyond(
    store: RegisterStore,
    manager: EntityManager,
    head: RegisterHead,
  ): Promise<KnownPeople> {
    const beyond = new ReferenceDirectory();
    beyond.#version = this.#version;
    await beyond.catchUp(store, manager, head);
    return {
      find: (referenceKey) => {
        const fresh = beyond.find(referenceKey);
        const known = fresh ?? this.find(referenceKey);
        // Off a page that was read again: gone from the register.
        const isGone = fresh === undefined && beyond.#holds(known?.pageNumber);
        return isGone ? undefined : known;
      },
      lastPage: () =>
        beyond.#peopleOnPage.length < this.#peopleOnPage.length
          ? this.lastPage()
          : beyond.lastPage(),
    };
  }

  /** Takes over what a page says. */
  load(page: OpenedPage): void {
    if ((this.#peopleOnPage[page.pageNumber] ?? 0) > 0) {
      for (let ordinal = 0; ordinal < this.#ordinals.size; ordinal += 1) {
        if (this.#page.get(ordinal) === page.pageNumber + 1) this.#page.set(ordinal, 0, 0);
      }
    }
    const { pageNumber } = page;
    for (const person of page.people) {
      const newest = person.pending ?? person.live;
      if (newest === undefined) continue;
      const { referenceKey } = person;
      const { contentKey } = newest;
      this.#put({ pageNumber, referenceKey, contentKey, ...standingOf(person) });
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
    const standing = this.#standings[this.#standing.get(ordinal)];
    return {
      pageNumber: page - 1,
      contentKey: this.#content.bytes(ordinal),
      suppressedFor: standing?.suppressedFor ?? [],
      told: standing?.told,
    };
  }

  #holds(pageNumber: number | undefined): boolean {
    return pageNumber !== undefined && this.#peopleOnPage[pageNumber] !== undefined;
  }

  lastPage(): LastPage {
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
    this.#standing.set(ordinal, 0, this.#standingNumber(entry));
  }

  #standingNumber({ suppressedFor, told }: Standing): number {
    const refused = told && `${told.informed ? 1 : 0} ${told.refusedFor.join(' ')}`;
    const name = `${suppressedFor.join(' ')}/${refused ?? ''}`;
    let number = this.#standingNumbers.get(name);
    if (number === undefined) {
      number = this.#standings.push({ suppressedFor, told }) - 1;
      this.#standingNumbers.set(name, number);
    }
    return number;
  }
}

function wordsOf(key: Buffer): Uint32Array {
  return Uint32Array.from({ length: 4 }, (_, at) => key.readUInt32BE(at * 4));
}
