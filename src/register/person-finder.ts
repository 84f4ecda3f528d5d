import type { EntityManager } from 'typeorm';
import { pagesPerRead, type RegisterHead, type RegisterStore } from './register-store.js';
import { SegmentedWords, WordTable } from './word-table.js';

/**
 * From references to the page a person is on. Reference keys stand in sealed pages only, so the
 * first change of a single person reads them all; later ones read what changed since. An entry may
 * be stale: the page has the last word.
 */
export class PersonFinder {
  readonly #people = new WordTable(2);
  /** By the number of a person. */
  readonly #pages = new SegmentedWords(1);
  #version = -1n;

  /** In the transaction that holds the head: what it has not committed is not learnt. */
  async catchUp(store: RegisterStore, manager: EntityManager, head: RegisterHead): Promise<void> {
    await this.#read(store, manager, head, this.#version);
    this.#version = head.version;
  }

  /** What a head holds beyond this, for one transaction that may still be undone. */
  async beyond(
    store: RegisterStore,
    manager: EntityManager,
    head: RegisterHead,
  ): Promise<PersonFinder> {
    const beyond = new PersonFinder();
    await beyond.#read(store, manager, head, this.#version);
    return beyond;
  }

  async #read(
    store: RegisterStore,
    manager: EntityManager,
    head: RegisterHead,
    since: bigint,
  ): Promise<void> {
    const changed = [...head.pages]
      .filter(([, version]) => version > since)
      .map(([pageNumber]) => pageNumber);
    for (let at = 0; at < changed.length; at += pagesPerRead) {
      const pages = await store.readPages(manager, changed.slice(at, at + pagesPerRead));
      for (const { pageNumber, people } of pages) {
        for (const { referenceKey } of people) {
          this.#pages.set(this.#people.add(wordsOf(referenceKey), 0), 0, pageNumber);
        }
      }
    }
  }

  pageOf(referenceKey: Buffer): number | undefined {
    const person = this.#people.find(wordsOf(referenceKey), 0);
    return person < 0 ? undefined : this.#pages.get(person);
  }
}

function wordsOf(key: Buffer): Uint32Array {
  return Uint32Array.of(key.readUInt32BE(0), key.readUInt32BE(4));
}
