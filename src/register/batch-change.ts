import type { EntityManager } from 'typeorm';
import type { RestrictingAct } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { addAuthors } from './batch-authors.js';
import { keepSharing, narrowLive } from './import-sharing.js';
import { decideStep, type AcceptedRow, type BatchOutcome } from './import-step.js';
import { leaveBatches } from './leave-batches.js';
import { NarrowedPeople } from './narrowed-people.js';
import { peoplePerPage, type PagePerson, type PageVersion, type PendingVersion } from './page.js';
import { standingOf, type DirectoryEntry, type KnownPeople } from './reference-directory.js';
import type { EpochKey } from './register-keys.js';
import type {
  OpenedPage,
  RegisterHead,
  RegisterStore,
  SealedVersion,
  VersionReference,
} from './register-store.js';
import { namedPerson, restrictionsOf, type NamedPerson } from './restrictions.js';
import { sealSubject } from './subject-blob.js';
import { decodeSubjectId, encodeSubjectId, makeSubjectId } from './subject-uuid.js';

/** Pages open at one time: up to some 600 KiB each. */
const pagesAtOnce = 16;

/** One transaction's change of pages and blobs, for rows of an import. */
export class BatchChange {
  readonly version: bigint;
  /** What the directory has to learn; no view of a page, which would keep it in memory. */
  readonly people: DirectoryEntry[] = [];
  readonly peopleOnPage = new Map<number, number>();
  outcome: BatchOutcome = { added: 0, changed: 0, unchanged: 0 };
  pendingAdded = 0;
  readonly #store: RegisterStore;
  readonly #manager: EntityManager;
  readonly #head: RegisterHead;
  readonly #epoch: EpochKey;
  readonly #batchId: string;
  readonly #batch: Buffer;
  readonly #known: KnownPeople;
  /** People who were there and are kept from more partners now, by the codes that came to be. */
  readonly #suppressed = new Map<string, NamedPerson[]>();
  /** What people refused, or were not told after all, who partners were told of already. */
  readonly #narrowed = new NarrowedPeople();
  /** Pending versions that other batches lose to this one. */
  readonly #replacedInBatch = new Map<string, number>();
  /** Of these, the batches something of which stays in this one. */
  readonly #keptFromBatch = new Set<string>();
  #sealed: SealedVersion[] = [];
  #gone: VersionReference[] = [];

  constructor(
    store: RegisterStore,
    manager: EntityManager,
    head: RegisterHead,
    epoch: EpochKey,
    batchId: SubjectId,
    known: KnownPeople,
  ) {
    this.#store = store;
    this.#manager = manager;
    this.#head = head;
    this.version = head.version + 1n;
    this.#epoch = epoch;
    this.#batchId = batchId;
    this.#batch = encodeSubjectId(batchId);
    this.#known = known;
  }

  async apply(rows: readonly AcceptedRow[]): Promise<void> {
    const changes = new Map<number, AcceptedRow[]>();
    const additions: AcceptedRow[] = [];
    let changed = 0;
    for (const row of rows) {
      const step = decideStep(row, this.#known);
      if (step.kind === 'ADD') additions.push(row);
      if (step.kind !== 'CHANGE') continue;
      changed += 1;
      const onPage = changes.get(step.pageNumber);
      if (onPage === undefined) changes.set(step.pageNumber, [row]);
      else onPage.push(row);
    }
    this.outcome = {
      added: additions.length,
      changed,
      unchanged: rows.length - additions.length - changed,
    };
    const placed = this.#place(additions);
    const pageNumbers = [...new Set([...changes.keys(), ...placed.keys()])].sort((a, b) => a - b);
    if (pageNumbers.length === 0) return;
    for (let at = 0; at < pageNumbers.length; at += pagesAtOnce) {
      const wanted = pageNumbers.slice(at, at + pagesAtOnce);
      const pages = await this.#openPages(wanted);
      for (const page of pages) {
        await this.#change(page, changes.get(page.pageNumber) ?? []);
        for (const row of placed.get(page.pageNumber) ?? []) this.#add(page, row);
        await this.#store.writePage(this.#manager, this.#epoch, this.version, page);
        this.peopleOnPage.set(page.pageNumber, page.people.length);
      }
      await this.#store.deleteSubjects(this.#manager, this.#gone);
      await this.#store.insertSubjects(this.#manager, this.version, this.#sealed);
      this.#gone = [];
      this.#sealed = [];
    }
    const written = pageNumbers.map((pageNumber) => [pageNumber, this.version] as const);
    await this.#store.writeHead(this.#manager, {
      version: this.version,
      pages: new Map([...this.#head.pages, ...written]),
    });
  }

  /**
   * The import's own batch grows, others shrink by whom they lose.
   *
   * @throws {GatewayError} ERR_ROW_CONFLICT when the batch was released in the meantime
   */
  async recordBatch(requestedBy: string, first: boolean): Promise<void> {
    const pages = [...this.peopleOnPage.keys()];
    const { added, changed } = this.outcome;
    if (first) {
      await this.#manager.query(
        `INSERT INTO import_batch (id, requested_by, requested_at, added, changed, pending, pages)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [this.#batchId, requestedBy, this.#store.now(), added, changed, this.pendingAdded, pages],
      );
    } else {
      const rows = await this.#manager.query<{ id: string }[]>(
        `WITH grown AS (
           UPDATE import_batch SET added = added + $2, changed = changed + $3,
             pending = pending + $4,
             pages = ARRAY (SELECT DISTINCT unnest(pages || $5::integer[]))
           WHERE id = $1 AND released_at IS NULL AND discarded_at IS NULL RETURNING id)
         SELECT id FROM grown`,
        [this.#batchId, added, changed, this.pendingAdded, pages],
      );
      if (rows.length === 0) {
        throw new GatewayError('ERR_ROW_CONFLICT', {
          detail: 'the batch was released while it was still being loaded: import the file again',
        });
      }
    }
    await addAuthors(this.#manager, this.#batchId, [...this.#keptFromBatch]);
    await leaveBatches(this.#store, this.#manager, this.#replacedInBatch);
  }

  /** Whether anybody who was there is kept from more partners now. */
  get restricts(): boolean {
    return this.#suppressed.size > 0 || !this.#narrowed.isEmpty;
  }

  /** Suppressions and refusals in the journal's form. */
  restricting(): readonly RestrictingAct[] {
    const suppressed = [...this.#suppressed].flatMap(([codes, people]) =>
      restrictionsOf(this.#epoch, 'register.suppressed', people, { codes: codes.split(' ') }),
    );
    return [...suppressed, ...this.#narrowed.restricting(this.#epoch)];
  }

  /** New people by page: the last one is filled, then new ones are begun. */
  #place(additions: readonly AcceptedRow[]): Map<number, readonly AcceptedRow[]> {
    const placed = new Map<number, readonly AcceptedRow[]>();
    let { pageNumber, people } = this.#known.lastPage();
    for (let at = 0; at < additions.length;) {
      const room = peoplePerPage - people;
      placed.set(pageNumber, additions.slice(at, at + room));
      at += room;
      pageNumber += 1;
      people = 0;
    }
    return placed;
  }

  async #openPages(pageNumbers: readonly number[]): Promise<OpenedPage[]> {
    const known = pageNumbers.filter((pageNumber) => this.#head.pages.has(pageNumber));
    const opened = await this.#store.readPages(this.#manager, known);
    const fresh = pageNumbers.filter((pageNumber) => !this.#head.pages.has(pageNumber));
    return [...opened, ...fresh.map((pageNumber) => ({ pageNumber, people: [] }))];
  }

  async #change(page: OpenedPage, rows: readonly AcceptedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const byReference = new Map(rows.map((row) => [row.referenceKey.toString('latin1'), row]));
    const found = page.people.flatMap((person, at) => {
      const row = byReference.get(person.referenceKey.toString('latin1'));
      const newest = person.pending ?? person.live;
      return row === undefined || newest === undefined ? [] : [{ at, person, row, newest }];
    });
    // The secret behind a person's references stays through all versions.
    const before = await this.#store.readSubjects(
      this.#manager,
      found
        .filter(({ row, newest }) => !row.contentKey.equals(newest.contentKey))
        .map(({ person, newest }) => ({
          id: decodeSubjectId(person.subject),
          version: newest.version,
        })),
    );
    for (const { at, person, row, newest } of found) {
      const suppressedFor = [...new Set([...person.suppressedFor, ...row.suppressedFor])].sort();
      if (suppressedFor.length > person.suppressedFor.length) {
        const codes = row.suppressedFor.join(' ');
        const people = this.#suppressed.get(codes) ?? [];
        this.#suppressed.set(codes, people);
        people.push(namedPerson(person));
      }
      let next: PagePerson = { ...person, suppressedFor };
      if (!row.contentKey.equals(newest.contentKey)) {
        const id = decodeSubjectId(person.subject);
        const opened = before.get(id);
        if (opened === undefined) {
          throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id} is missing` });
        }
        if (person.pending !== undefined) {
          this.#replace(person.pending, person.subject);
          if (!row.sharingGiven && opened.content.sharing !== undefined) {
            this.#keptFromBatch.add(decodeSubjectId(person.pending.batch));
          }
        }
        const kept = row.sharingGiven ? row : keepSharing(row, opened.content, newest);
        const secret = opened.referenceSecret;
        const live = await this.#narrowLive(person, kept, newest.version + 1);
        const version = (live?.version ?? newest.version) + 1;
        const pending = this.#seal(kept, person.subject, version, secret);
        next = { ...next, ...(live && { live }), pending };
      }
      page.people[at] = next;
      this.#learn(page, row, next);
    }
  }

  /** @returns the live version that took the place of the one there was */
  async #narrowLive(
    person: PagePerson,
    row: AcceptedRow,
    version: number,
  ): Promise<PageVersion | undefined> {
    const narrowed = await narrowLive(this.#store, this.#manager, this.#epoch, {
      person,
      row,
      version,
    });
    if (narrowed === undefined) return undefined;
    const { by, gone, blob, live } = narrowed;
    this.#gone.push(gone);
    this.#sealed.push({ id: gone.id, version, blob });
    this.#narrowed.note(by, person);
    return live;
  }

  #add(page: OpenedPage, row: AcceptedRow): void {
    const drawn = this.#store.random(42);
    const id = makeSubjectId(this.#store.now(), drawn.subarray(0, 10));
    const subject = encodeSubjectId(id);
    const person: PagePerson = {
      subject,
      referenceKey: row.referenceKey,
      caseload: row.caseload,
      suppressedFor: row.suppressedFor,
      pending: this.#seal(row, subject, 1, drawn.subarray(10)),
    };
    page.people.push(person);
    this.#learn(page, row, person);
  }

  #learn({ pageNumber }: OpenedPage, row: AcceptedRow, person: PagePerson): void {
    const { referenceKey, contentKey } = row;
    this.people.push({ pageNumber, referenceKey, contentKey, ...standingOf(person) });
  }

  #seal(
    row: AcceptedRow,
    subject: Buffer,
    version: number,
    referenceSecret: Uint8Array,
  ): PendingVersion {
    const id = decodeSubjectId(subject);
    const dataKey = this.#store.random(32);
    const blob = sealSubject(this.#epoch, id, version, row.json, referenceSecret, dataKey);
    this.#sealed.push({ id, version, blob });
    this.pendingAdded += 1;
    const { contentKey, terms, refusedFor, informed } = row;
    return { version, batch: this.#batch, contentKey, terms, refusedFor, informed };
  }

  /** A newer pending version takes the place of one that was never released. */
  #replace(pending: PendingVersion, subject: Buffer): void {
    this.#gone.push({ id: decodeSubjectId(subject), version: pending.version });
    const batch = decodeSubjectId(pending.batch);
    this.#replacedInBatch.set(batch, (this.#replacedInBatch.get(batch) ?? 0) + 1);
  }
}
