import { GatewayError } from '../core/errors.js';
import { subjectBlockingTerms } from '../core/matching/index.js';
import type { PagePerson, PageVersion } from './page.js';
import { pagesPerRead, type RegisterStore } from './register-store.js';
import { decodeSubjectId } from './subject-uuid.js';

/**
 * Files everybody anew when the release blocks differently from the one that wrote the pages:
 * otherwise people would silently no longer be found. One transaction; replicas catch up.
 *
 * @param scheme digest of this release, see blocking-scheme.ts
 * @returns whether it was needed
 */
export async function reindexRegister(store: RegisterStore, scheme: Buffer): Promise<boolean> {
  const select = 'SELECT blocking_scheme FROM register_head';
  type Row = { blocking_scheme: Buffer };
  const [before] = await store.dataSource.query<Row[]>(select);
  if (before?.blocking_scheme.equals(scheme) === true) return false;
  const epoch = await store.epochs.current(store.now());
  return store.dataSource.transaction(async (manager) => {
    const head = await store.readHead(manager, 'lock');
    const [row] = await manager.query<Row[]>(select);
    if (row?.blocking_scheme.equals(scheme) === true) return false;

    const refiled = async <T extends PageVersion>(
      people: readonly PagePerson[],
      versionOf: (person: PagePerson) => T | undefined,
    ): Promise<readonly (T | undefined)[]> => {
      const references = people.flatMap((person) => {
        const version = versionOf(person)?.version;
        return version === undefined ? [] : [{ id: decodeSubjectId(person.subject), version }];
      });
      const opened = await store.readSubjects(manager, references);
      return people.map((person) => {
        const version = versionOf(person);
        if (version === undefined) return undefined;
        const id = decodeSubjectId(person.subject);
        const content = opened.get(id)?.content;
        if (content === undefined) {
          throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id} is missing` });
        }
        const terms = subjectBlockingTerms({ ...content, suppressedFor: [] });
        return { ...version, terms: store.keys.termKeys(terms) };
      });
    };

    const version = head.version + 1n;
    const pageNumbers = [...head.pages.keys()];
    for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
        const live = await refiled(page.people, (person) => person.live);
        const pending = await refiled(page.people, (person) => person.pending);
        const people = page.people.map((person, index): PagePerson => {
          const [liveNow, pendingNow] = [live[index], pending[index]];
          return {
            ...person,
            ...(liveNow === undefined ? {} : { live: liveNow }),
            ...(pendingNow === undefined ? {} : { pending: pendingNow }),
          };
        });
        await store.writePage(manager, epoch, version, { pageNumber: page.pageNumber, people });
      }
    }
    await store.writeHead(manager, {
      version,
      pages: new Map(pageNumbers.map((pageNumber) => [pageNumber, version])),
    });
    await manager.query('UPDATE register_head SET blocking_scheme = $1', [scheme]);
    return true;
  });
}
