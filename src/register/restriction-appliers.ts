import type { EntityManager } from 'typeorm';
import type { ActAppliers } from '../access-log/index.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { restoreDoneAct } from './acts.js';
import { discardBatchAgain } from './discard-batch.js';
import { noteErased } from './erased-references.js';
import { restoreHoney } from './honey.js';
import { restoreHold } from './legal-hold.js';
import { keepMergedEntry, readMergedEntry, type MergedEntry } from './merged-entries.js';
import type { PagePerson } from './page.js';
import { narrowContent } from './person-fields.js';
import { PersonFinder } from './person-finder.js';
import { changeRegisterIn, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import {
  damaged,
  openRestriction,
  type NamedPerson,
  type RegisterRestriction,
  type RestrictionContent,
} from './restrictions.js';
import { decodeSubjectId } from './subject-uuid.js';

/**
 * How the journal's acts of the register are done again. One that is done already, and people the
 * database does not hold, change nothing.
 */
export function registerActAppliers(store: RegisterStore): ActAppliers {
  // What a transaction has read of where people are: none of it may outlive it.
  const finders = new WeakMap<EntityManager, PersonFinder>();
  const applier =
    (act: RegisterRestriction, apply: Apply): ActAppliers[string] =>
    async (manager, body) => {
      const { people, ...content } = await openRestriction(store, act, body);
      const finder = finders.get(manager) ?? new PersonFinder();
      finders.set(manager, finder);
      const epoch = await store.epochs.current(store.now(), manager);
      await changeRegisterIn(store, manager, { epoch, finder }, async (change) => {
        await apply(change, people, content);
        if (content.act !== undefined && act !== 'register.planted') {
          await restoreDoneAct(change.manager, content.act, change.version);
        }
      });
    };
  return {
    'register.suppressed': applier('register.suppressed', suppressAgain),
    'register.erased': applier('register.erased', eraseAgain),
    'register.narrowed': applier('register.narrowed', narrowAgain),
    'register.held': applier('register.held', async (change, _, { act, hold }) => {
      if (act === undefined || hold === undefined) throw damaged('register.held');
      // Its act first: a hold hangs on it.
      await restoreDoneAct(change.manager, act, change.version);
      await restoreHold(change, act.id, hold);
    }),
    'register.discarded': applier('register.discarded', async (change, _, { discarded }) => {
      if (discarded === undefined) throw damaged('register.discarded');
      await discardBatchAgain(change, discarded);
    }),
    'register.planted': applier('register.planted', async (change, _, content) => {
      // Its act first: honey of an export hangs on it.
      if (content.act !== undefined && !(await isApproved(change.manager, content.act.id))) {
        await restoreDoneAct(change.manager, content.act, change.version);
      }
      await restoreHoney(change, content.planted ?? [], content.export);
    }),
    'register.retired': applier('register.retired', async (change, _, { honey }) => {
      await change.manager.query(
        'DELETE FROM honey_record WHERE id::text = $1 AND export_id IS NULL',
        [honey ?? ''],
      );
    }),
  } satisfies Record<RegisterRestriction, unknown>;
}

/** An export that is here, approved, may still have to be written: it stays as it is. */
async function isApproved(manager: EntityManager, actId: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT 1 FROM register_act WHERE id = $1 AND approved_at IS NOT NULL',
    [actId],
  );
  return rows.length > 0;
}

type Apply = (
  change: RegisterChange,
  people: readonly NamedPerson[],
  content: RestrictionContent,
) => Promise<void>;

const suppressAgain: Apply = async (change, people, { codes = [] }) => {
  await editPeople(change, people, async (person) => {
    const suppressedFor = [
      ...new Set([...person.suppressedFor, ...(codes as (PartnerCode | StateCode)[])]),
    ].sort();
    const isSame = suppressedFor.length === person.suppressedFor.length;
    return isSame ? person : { ...person, suppressedFor };
  });
};

const eraseAgain: Apply = async (change, people, { act, merged }) => {
  const { epoch, manager, store } = change;
  const erased = people.map(({ subject }) => decodeSubjectId(subject));
  await editPeople(change, people, async (person) => {
    change.destroy(person, 'live');
    change.destroy(person, 'pending');
    return undefined;
  });
  if (merged !== undefined) {
    const entry = readMergedEntry(merged);
    // With nobody it was merged into there is nobody whose history it could be, nor whose end its own.
    if (await isThere(change, entry)) await keepMergedEntry(store, manager, epoch, entry);
  } else if (act !== undefined) {
    await restoreDoneAct(manager, act, change.version);
    const gone = people.map(({ subject, referenceKey }) => ({
      id: decodeSubjectId(subject),
      referenceKey,
    }));
    await noteErased(store, manager, epoch, act.id, gone);
  }
  await manager.query(
    'DELETE FROM kept_apart WHERE one = ANY ($1::uuid[]) OR other = ANY ($1::uuid[])',
    [erased],
  );
};

async function isThere(change: RegisterChange, { into, intoId }: MergedEntry): Promise<boolean> {
  const key = change.store.keys.referenceKey(into.caseload, into.reference);
  for await (const { people } of change.read(await change.pagesOf([key]))) {
    if (people.some(({ subject }) => decodeSubjectId(subject) === intoId)) return true;
  }
  return false;
}

const narrowAgain: Apply = async (change, people, content) => {
  await editPeople(change, people, async (person) => {
    let next = person;
    for (const which of ['live', 'pending'] as const) {
      const version = next[which];
      if (version === undefined) continue;
      const id = decodeSubjectId(person.subject);
      const opened = await change.openVersion(id, version.version);
      const narrowed = narrowContent(opened.content, content);
      if (JSON.stringify(narrowed) === JSON.stringify(opened.content)) continue;
      const newest = Math.max(next.live?.version ?? 0, next.pending?.version ?? 0);
      const sealed = change.seal(id, newest + 1, narrowed, opened.referenceSecret);
      change.supersede(person, version.version);
      next =
        which === 'live'
          ? { ...next, live: sealed }
          : { ...next, ...(next.pending && { pending: { ...next.pending, ...sealed } }) };
    }
    return next;
  });
};

/** Rewrites the pages of people who are there; `undefined` takes one off. */
async function editPeople(
  change: RegisterChange,
  people: readonly NamedPerson[],
  edit: (person: PagePerson) => Promise<PagePerson | undefined>,
): Promise<void> {
  const meant = new Set(people.map(({ subject }) => subject.toString('latin1')));
  const pageNumbers = await change.pagesOf(people.map(({ referenceKey }) => referenceKey));
  await change.edit(pageNumbers, async (page) => {
    let changed = false;
    const next: PagePerson[] = [];
    for (const person of page.people) {
      const edited = meant.has(person.subject.toString('latin1')) ? await edit(person) : person;
      if (edited !== undefined) next.push(edited);
      changed ||= edited !== person;
    }
    if (changed) page.people.splice(0, page.people.length, ...next);
    return changed;
  });
}
