import { builtInCaseload, type PartnerCode, type StateCode, type SubjectId } from '../core/ids.js';
import { GatewayError } from '../core/errors.js';
import type { Subject } from '../core/register/subject.js';
import { blockingScheme } from './blocking-scheme.js';
import { BlindIndex, type CandidateScope } from './blind-index.js';
import { livePeople, peoplePerPage, type PagePerson } from './page.js';
import { reindexRegister } from './reindex.js';
import { pagesPerRead, RegisterStore, type RegisterOptions } from './register-store.js';
import { decodeSubjectId } from './subject-uuid.js';

/** A blocking term of a question, with what it is worth; see core/matching. */
export interface WeightedTerm {
  readonly term: string;
  /** Above 0. */
  readonly weight: number;
}

/** A person found by the index, not opened yet. */
export interface Candidate {
  readonly id: SubjectId;
  readonly version: number;
  /** Row of the index it was found at. */
  readonly row: number;
}

export interface OpenedSubject {
  readonly id: SubjectId;
  readonly version: number;
  readonly subject: Subject;
  /** 32 random bytes of this person, for references pairwise with a partner. */
  readonly referenceSecret: Buffer;
}

/** What a verification needs of the register. */
export interface RegisterReader {
  /** The version of the register this process has loaded. */
  version(): bigint;
  /** Loads what changed up to `version` or later; {@link registerVersionSql} tells the version. */
  catchUp(version: bigint): Promise<void>;
  /** The best candidates in scope, best first. No database query. */
  candidates(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): readonly Candidate[];
  /**
   * Opens candidates, in their order: one query.
   *
   * @throws {GatewayError} ERR_ROW_CONFLICT when one has changed since: this process has caught up,
   *   ask for candidates again. ERR_SEALED_DATA_DAMAGED when what is stored is not what was sealed
   */
  open(candidates: readonly Candidate[]): Promise<readonly OpenedSubject[]>;
  /** {@link candidates} and {@link open}, again while the register changes in between. */
  find(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): Promise<readonly OpenedSubject[]>;
}

/** The one statement that tells the register's version, for a round trip that is made anyway. */
export const registerVersionSql = 'SELECT version FROM register_head';

/** Nobody who asks: no suppression is for it. */
export const nobody = { partner: '' as PartnerCode, state: '' as StateCode };

const attemptsPerQuestion = 5;

/** Opens the register and loads its index. */
export async function openRegister(options: RegisterOptions): Promise<Register> {
  const store = await RegisterStore.open(options);
  await reindexRegister(store, blockingScheme());
  const register = new Register(store);
  await register.load();
  return register;
}

export class Register implements RegisterReader {
  /** For the use cases that change the register. */
  readonly store: RegisterStore;
  readonly #index = new BlindIndex();
  /** Rows of the index, by page. */
  readonly #rows = new Map<number, Uint32Array>();
  /** Of the people who are kept from somebody. */
  readonly #suppressions = new Map<SubjectId, PagePerson['suppressedFor']>();
  #version = -1n;
  #loading: Promise<void> = Promise.resolve();

  constructor(store: RegisterStore) {
    this.store = store;
  }

  /** How many people can be found. */
  get size(): number {
    return this.#index.size;
  }

  /** Memory of the index, bytes. */
  get indexBytes(): number {
    const rows = [...this.#rows.values()].reduce((sum, page) => sum + page.byteLength, 0);
    return this.#index.sizeBytes + rows;
  }

  version(): bigint {
    return this.#version;
  }

  /** How many people a scope holds, made-up ones not counted; for previews of grants. */
  countInScope(scope: CandidateScope): number {
    return this.#index.count({ ...scope, caseloads: realCaseloads(scope.caseloads) });
  }

  async catchUp(version: bigint): Promise<void> {
    if (version > this.#version) await this.load();
    if (version > this.#version) {
      throw new GatewayError('ERR_DATABASE_UNAVAILABLE', {
        detail: `register version ${version} was announced and is not there`,
      });
    }
  }

  candidates(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): readonly Candidate[] {
    return this.#candidates(terms, scope, cap);
  }

  /** The best candidates whoever may be told of them, no made-up ones: for registrars, never for a partner. */
  candidatesForHost(terms: readonly WeightedTerm[], cap: number): readonly Candidate[] {
    return this.#candidates(
      terms,
      { ...nobody, caseloads: realCaseloads(this.#index.caseloads) },
      cap,
    );
  }

  /**
   * The best candidates of the scope's caseloads that are kept from its partner, and from nobody else
   * asked: for the screen, never for a partner.
   */
  keptFrom(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): readonly Candidate[] {
    const shown = new Set(this.#candidates(terms, scope, cap).map(({ row }) => row));
    const all = this.#candidates(terms, { ...scope, ...nobody }, cap);
    return all.filter(({ row }) => !shown.has(row));
  }

  #candidates(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): readonly Candidate[] {
    const weights = new Map<string, WeightedTerm>();
    for (const term of terms) {
      if (!(term.weight > 0)) throw new TypeError('a term weighs more than nothing');
      if ((weights.get(term.term)?.weight ?? 0) < term.weight) weights.set(term.term, term);
    }
    const keys = this.store.keys.termKeys([...weights.keys()]);
    const rows = this.#index.candidates(
      wordsOf(keys),
      Float64Array.from(weights.values(), ({ weight }) => weight),
      scope,
      cap,
    );
    return rows.map((row) => ({
      id: decodeSubjectId(this.#index.subjectOf(row)),
      version: this.#index.versionOf(row),
      row,
    }));
  }

  async open(candidates: readonly Candidate[]): Promise<readonly OpenedSubject[]> {
    const { store } = this;
    const opened = await store.readSubjects(store.dataSource, candidates);
    if (opened.size < candidates.length) {
      await this.load();
      const missing = candidates.filter(({ id }) => !opened.has(id));
      throw new GatewayError(
        missing.some((candidate) => this.#stands(candidate))
          ? 'ERR_SEALED_DATA_DAMAGED'
          : 'ERR_ROW_CONFLICT',
        { detail: 'a subject is not there in the version the index names' },
      );
    }
    return candidates.flatMap(({ id, version }) => {
      const blob = opened.get(id);
      if (blob === undefined) return [];
      const suppressedFor = this.#suppressions.get(id) ?? [];
      const subject = { ...blob.content, suppressedFor };
      return [{ id, version, subject, referenceSecret: blob.referenceSecret }];
    });
  }

  async find(
    terms: readonly WeightedTerm[],
    scope: CandidateScope,
    cap: number,
  ): Promise<readonly OpenedSubject[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.open(this.candidates(terms, scope, cap));
      } catch (error) {
        const again = error instanceof GatewayError && error.code === 'ERR_ROW_CONFLICT';
        if (!again || attempt === attemptsPerQuestion) throw error;
      }
    }
  }

  /** Loads every page written since the version at hand. One at a time. */
  async load(): Promise<void> {
    const loading = this.#loading.then(async () => this.#load());
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #load(): Promise<void> {
    const { store } = this;
    await store.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const head = await store.readHead(manager, 'read');
      if (head.version < this.#version) {
        throw new GatewayError('ERR_SEALED_DATA_DAMAGED', {
          detail: `register version ${head.version} is older than ${this.#version}, seen before`,
        });
      }
      const changed = [...head.pages]
        .filter(([, version]) => version > this.#version)
        .map(([pageNumber]) => pageNumber);
      if (this.#version < 0n) this.#index.reserve(head.pages.size * peoplePerPage);
      // The next pages are on their way while these are filed.
      const read = async (at: number) =>
        store.readPageBytes(manager, changed.slice(at, at + pagesPerRead));
      let next = read(0);
      for (let at = pagesPerRead; at < changed.length + pagesPerRead; at += pagesPerRead) {
        const pages = await next;
        next = read(at);
        // A failure is met at the next await; until then it is not "unhandled".
        next.catch(() => undefined);
        for (const { pageNumber, bytes } of pages) this.#apply(pageNumber, bytes);
      }
      await next;
      if (changed.length > pagesPerRead) this.#index.settle();
      this.#version = head.version;
    });
  }

  /** Brings the index to what a page says, in one go: a reader sees a person whole or not at all. */
  #apply(pageNumber: number, page: Buffer): void {
    const before = new Map<SubjectId, number>();
    for (const row of this.#rows.get(pageNumber) ?? []) before.set(this.#subjectAt(row), row);
    const people = livePeople(page);
    const rows = new Uint32Array(people.length);
    people.forEach((person, at) => {
      const { subjectAt, version, suppressedFor } = person;
      // Text of an id costs more than filing a person; the first load needs it for few.
      const id =
        before.size > 0 || suppressedFor.length > 0
          ? decodeSubjectId(page.subarray(subjectAt, subjectAt + 16))
          : undefined;
      const known = id === undefined ? undefined : before.get(id);
      if (id !== undefined && known !== undefined && this.#index.versionOf(known) === version) {
        before.delete(id);
        this.#index.suppress(known, person.keptFrom, person.informed);
        rows[at] = known;
      } else {
        rows[at] = this.#index.file(page, person);
      }
      if (id === undefined) return;
      if (suppressedFor.length > 0) this.#suppressions.set(id, suppressedFor);
      else this.#suppressions.delete(id);
    });
    if (before.size > 0) {
      const stay = new Set([...rows].map((row) => this.#subjectAt(row)));
      for (const [id, row] of before) {
        this.#index.remove(row);
        if (!stay.has(id)) this.#suppressions.delete(id);
      }
    }
    this.#rows.set(pageNumber, rows);
  }

  #subjectAt(row: number): SubjectId {
    return decodeSubjectId(this.#index.subjectOf(row));
  }

  /** Whether the index still holds the candidate as it was found. */
  #stands({ id, version, row }: Candidate): boolean {
    return (
      this.#index.isLive(row) &&
      this.#index.versionOf(row) === version &&
      this.#subjectAt(row) === id
    );
  }
}

function realCaseloads(caseloads: CandidateScope['caseloads']): CandidateScope['caseloads'] {
  return new Set([...caseloads].filter((caseload) => caseload !== builtInCaseload));
}

/** Big-endian words, two to a term key. */
export function wordsOf(keys: Buffer): Uint32Array {
  const words = new Uint32Array(keys.length / 4);
  for (let word = 0; word < words.length; word += 1) words[word] = keys.readUInt32BE(word * 4);
  return words;
}
