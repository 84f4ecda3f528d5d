import type { EntityManager } from 'typeorm';
import type { RestrictingAct } from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { builtInCaseload, type Caseload, type SubjectId } from '../core/ids.js';
import { subjectBlockingTerms } from '../core/matching/index.js';
import { addAuthors } from './batch-authors.js';
import { leaveBatches } from './leave-batches.js';
import type { PagePerson, PageVersion, PendingVersion } from './page.js';
import type { PersonFinder } from './person-finder.js';
import type { EpochKey } from './register-keys.js';
import {
  restrictionsOf,
  type NamedPerson,
  type RegisterRestriction,
  type RestrictionContent,
} from './restrictions.js';
import type {
  OpenedPage,
  RegisterHead,
  RegisterStore,
  SealedVersion,
  VersionReference,
} from './register-store.js';
import { encodeContent, sealSubject, sharingOf, type SubjectContent } from './subject-blob.js';
import { decodeSubjectId, encodeSubjectId } from './subject-uuid.js';

/** Somebody on the register, by the host's own name for them. */
export interface PersonReference {
  readonly caseload: Caseload;
  readonly reference: string;
}

/** People an act is about. */
export type PeopleTarget =
  { readonly references: readonly PersonReference[] } | { readonly caseload: Caseload };

/** References in one act. */
export const mostReferences = 10_000;
/** Pages open at one time. */
const pagesAtOnce = 16;

/**
 * One change of people who are on the register: a transaction that holds the head, so that changes
 * follow one another and each makes one version, which every replica reaches before it answers.
 *
 * @returns what `work` does, and the version from which it holds
 */
export async function changeRegister<T>(
  store: RegisterStore,
  work: (change: RegisterChange) => Promise<T>,
): Promise<Changed<T>> {
  const { epoch } = await readyToChange(store);
  return store.dataSource.transaction(async (manager) =>
    changeRegisterIn(store, manager, { epoch }, work),
  );
}

/** What has to be there before a transaction that changes the register. */
export interface ReadyToChange {
  readonly epoch: EpochKey;
  /**
   * Version that was committed when it was looked. Needed where the transaction is shared: a head
   * beyond it may be the work of a neighbour that is undone together with ours.
   */
  readonly committed?: bigint;
  /** Where people are, as this transaction alone has read it. */
  readonly finder?: PersonFinder;
}

/** An epoch key is committed before anything is sealed under it. Never inside a transaction. */
export async function readyToChange(
  store: RegisterStore,
): Promise<Required<Omit<ReadyToChange, 'finder'>>> {
  const epoch = await store.epochs.current(store.now());
  const [head] = await store.dataSource.query<{ version: string }[]>(
    'SELECT version FROM register_head',
  );
  return { epoch, committed: BigInt(head?.version ?? 0) };
}

/** Looks at the register as it is at one moment, and changes nothing. */
export async function readRegister<T>(
  store: RegisterStore,
  work: (register: RegisterChange) => Promise<T>,
): Promise<T> {
  const { epoch } = await readyToChange(store);
  return store.dataSource.transaction('REPEATABLE READ', async (manager) =>
    work(new RegisterChange(store, manager, await store.readHead(manager, 'read'), epoch)),
  );
}

/** {@link changeRegister} in a transaction of the caller's, such as that of an access record. */
export async function changeRegisterIn<T>(
  store: RegisterStore,
  manager: EntityManager,
  { epoch, committed, finder = store.finder }: ReadyToChange,
  work: (change: RegisterChange) => Promise<T>,
): Promise<Changed<T>> {
  const head = await store.readHead(manager, 'lock');
  const isCommitted = committed === undefined || committed === head.version;
  const change = new RegisterChange(store, manager, head, epoch, finder, isCommitted);
  const result = await work(change);
  return { version: await change.finish(), result, restricting: change.restricting };
}

export interface Changed<T> {
  readonly version: bigint;
  readonly result: T;
  /** What it took away, for the journal: returned from the `alongside` of its access record. */
  readonly restricting: readonly RestrictingAct[];
}

export class RegisterChange {
  readonly store: RegisterStore;
  readonly manager: EntityManager;
  readonly epoch: EpochKey;
  /** The version this change makes, if it writes any page. */
  readonly version: bigint;
  readonly #head: RegisterHead;
  readonly #written = new Set<number>();
  readonly #leftBatch = new Map<string, number>();
  #sealed: SealedVersion[] = [];
  #gone: VersionReference[] = [];

  /** What was taken away from partners, in the journal's form. */
  readonly restricting: RestrictingAct[] = [];
  readonly #finder: PersonFinder;
  readonly #isCommitted: boolean;

  /** @param isCommitted whether the head is known to be committed, so that it may be remembered */
  constructor(
    store: RegisterStore,
    manager: EntityManager,
    head: RegisterHead,
    epoch: EpochKey,
    finder = store.finder,
    isCommitted = true,
  ) {
    this.store = store;
    this.#finder = finder;
    this.#isCommitted = isCommitted;
    this.manager = manager;
    this.#head = head;
    this.version = head.version + 1n;
    this.epoch = epoch;
  }

  /** Every page, in order. */
  get pageNumbers(): readonly number[] {
    return [...this.#head.pages.keys()];
  }

  /** Pages last written before a version. */
  pagesBefore(version: bigint): readonly number[] {
    return [...this.#head.pages].flatMap(([page, written]) => (written < version ? [page] : []));
  }

  /**
   * Who is meant, and the pages they can be on.
   *
   * @throws {GatewayError} ERR_INPUT_INVALID naming the reference nobody has: an act on a list is
   *   done whole or not at all
   */
  async locate(target: PeopleTarget): Promise<{
    readonly pageNumbers: readonly number[];
    readonly isMeant: (person: PagePerson) => boolean;
  }> {
    if ('caseload' in target) {
      const { caseload } = target;
      refuseBuiltIn(caseload, 'caseload');
      return {
        pageNumbers: this.pageNumbers,
        isMeant: (person) => person.caseload === caseload,
      };
    }
    if (target.references.length > mostReferences) throw inputInvalid('references', 'too many');
    target.references.forEach(({ caseload }, at) => refuseBuiltIn(caseload, `references[${at}]`));
    const keys = target.references.map(({ caseload, reference }) =>
      this.store.keys.referenceKey(caseload, reference),
    );
    const pageNumbers = await this.pagesOf(keys);
    const meant = new Set(keys.map((key) => key.toString('latin1')));
    const isMeant = (person: PagePerson) => meant.has(person.referenceKey.toString('latin1'));
    const there = new Set<string>();
    for await (const page of this.read(pageNumbers)) {
      for (const person of page.people) {
        if (isMeant(person)) there.add(person.referenceKey.toString('latin1'));
      }
    }
    const missing = keys.findIndex((key) => !there.has(key.toString('latin1')));
    if (missing >= 0) throw inputInvalid(`references[${missing}]`, 'nobody has it');
    return { pageNumbers, isMeant };
  }

  /** Pages the people of these reference keys can be on; one may be of somebody else. */
  async pagesOf(referenceKeys: readonly Buffer[]): Promise<readonly number[]> {
    const finder = this.#finder;
    if (this.#isCommitted) await finder.catchUp(this.store, this.manager, this.#head);
    const beyond = this.#isCommitted
      ? undefined
      : await finder.beyond(this.store, this.manager, this.#head);
    const pages = referenceKeys.flatMap((key) => [finder.pageOf(key), beyond?.pageOf(key)]);
    return [...new Set(pages.filter((page) => page !== undefined))].sort((a, b) => a - b);
  }

  async *read(pageNumbers: readonly number[]): AsyncGenerator<OpenedPage> {
    for (let at = 0; at < pageNumbers.length; at += pagesAtOnce) {
      yield* await this.store.readPages(
        this.manager,
        pageNumbers.slice(at, at + pagesAtOnce).filter((page) => this.#head.pages.has(page)),
      );
    }
  }

  /** Opens pages one after another and rewrites those for which `work` says so. */
  async edit(
    pageNumbers: readonly number[],
    work: (page: OpenedPage) => boolean | Promise<boolean>,
  ): Promise<void> {
    for await (const page of this.read(pageNumbers)) {
      if (!(await work(page))) continue;
      await this.write(page);
    }
  }

  /** Rewrites a page, or writes a new one. */
  async write(page: OpenedPage): Promise<void> {
    await this.store.writePage(this.manager, this.epoch, this.version, page);
    this.#written.add(page.pageNumber);
    await this.store.deleteSubjects(this.manager, this.#gone);
    await this.store.insertSubjects(this.manager, this.version, this.#sealed);
    this.#gone = [];
    this.#sealed = [];
  }

  /** Seals a version of a person, and files it under its terms. Written with its page. */
  seal(
    id: SubjectId,
    version: number,
    content: SubjectContent,
    referenceSecret: Uint8Array,
  ): PageVersion {
    const json = encodeContent(content);
    const { keys, random } = this.store;
    const blob = sealSubject(this.epoch, id, version, json, referenceSecret, random(32));
    this.#sealed.push({ id, version, blob });
    const terms = subjectBlockingTerms({ ...content, suppressedFor: [] });
    return {
      version,
      contentKey: keys.contentKey(json),
      ...sharingOf(content),
      terms: keys.termKeys(terms),
    };
  }

  /** Destroys a version and its data key; a batch it waited in loses it. Done with its page. */
  destroy(person: PagePerson, which: 'live' | 'pending'): void {
    const version = person[which];
    if (version === undefined) return;
    this.#gone.push({ id: decodeSubjectId(person.subject), version: version.version });
    if (which === 'pending' && person.pending !== undefined) {
      const batch = decodeSubjectId(person.pending.batch);
      this.#leftBatch.set(batch, (this.#leftBatch.get(batch) ?? 0) + 1);
    }
  }

  /** Destroys a version that another takes the place of, in its batch too. */
  supersede(person: PagePerson, version: number): void {
    this.#gone.push({ id: decodeSubjectId(person.subject), version });
  }

  /**
   * Puts one pending person into a batch of its own, which another person releases.
   *
   * @param from what waited of the person, and was taken over
   */
  async openBatch(
    batchId: SubjectId,
    requestedBy: string,
    pageNumber: number,
    kind: 'added' | 'changed',
    from?: PendingVersion,
  ): Promise<Buffer> {
    await this.manager.query(
      `INSERT INTO import_batch (id, requested_by, requested_at, added, changed, pending, pages)
       VALUES ($1, $2, $3, $4, $5, 1, ARRAY[$6::integer])`,
      [
        batchId,
        requestedBy,
        this.store.now(),
        kind === 'added' ? 1 : 0,
        kind === 'changed' ? 1 : 0,
        pageNumber,
      ],
    );
    if (from !== undefined) {
      await addAuthors(this.manager, batchId, [decodeSubjectId(from.batch)]);
    }
    return encodeSubjectId(batchId);
  }

  /** Notes what was taken away from whom, so that it can be done again (restrictions.ts). */
  restricts(
    act: RegisterRestriction,
    people: readonly NamedPerson[],
    content: RestrictionContent,
  ): void {
    this.restricting.push(...restrictionsOf(this.epoch, act, people, content));
  }

  /** One version that has to be there, opened. */
  async openVersion(id: SubjectId, version: number) {
    const opened = (await this.store.readSubjects(this.manager, [{ id, version }])).get(id);
    if (opened === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id} is missing` });
    }
    return opened;
  }

  /** The newest version of a person, opened. */
  async open(person: PagePerson) {
    const version = (person.pending ?? person.live)?.version ?? 0;
    return this.openVersion(decodeSubjectId(person.subject), version);
  }

  /** Head and pages agree again. Returns the register's version. */
  async finish(): Promise<bigint> {
    if (this.#written.size === 0) return this.#head.version;
    await leaveBatches(this.store, this.manager, this.#leftBatch);
    const written = [...this.#written].map((pageNumber) => [pageNumber, this.version] as const);
    await this.store.writeHead(this.manager, {
      version: this.version,
      pages: new Map([...this.#head.pages, ...written]),
    });
    return this.version;
  }
}

/** The made-up people stay as they came: what partners' bundles say of them has to hold. */
function refuseBuiltIn(caseload: Caseload, argument: string): void {
  if (caseload === builtInCaseload) throw inputInvalid(argument, 'made-up people');
}
