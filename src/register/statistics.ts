import { builtInCaseload, type Caseload } from '../core/ids.js';
import { pagesPerRead, type RegisterStore } from './register-store.js';

/** Counts without people. Undefined: too few to be told. */
export interface RegisterStatistics {
  readonly people: number | undefined;
  readonly caseloads: readonly {
    readonly caseload: Caseload;
    readonly people: number | undefined;
  }[];
}

/** Fewer are not told, and counts are told in steps of so many. */
export const smallestCount = 10;
/**
 * How many people are live, by caseload, made-up ones not counted, in steps of ten: two answers a day apart, or a total and
 * its parts, do not tell one person. A single small caseload would follow from the total, so then
 * the total is withheld as well.
 */
export async function registerStatistics(store: RegisterStore): Promise<RegisterStatistics> {
  const counts = new Map<Caseload, number>();
  await store.dataSource.transaction('REPEATABLE READ', async (manager) => {
    const pageNumbers = [...(await store.readHead(manager, 'read')).pages.keys()];
    for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
        for (const { live, caseload } of page.people) {
          if (live === undefined || caseload === builtInCaseload) continue;
          counts.set(caseload, (counts.get(caseload) ?? 0) + 1);
        }
      }
    }
  });
  return publishCounts(counts);
}

/** See {@link registerStatistics}. */
export function publishCounts(counts: ReadonlyMap<Caseload, number>): RegisterStatistics {
  const caseloads = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([caseload, people]) => ({ caseload, people: publish(people) }));
  const withheld = caseloads.filter(({ people }) => people === undefined).length;
  const total = [...counts.values()].reduce((sum, people) => sum + people, 0);
  return { people: withheld === 1 ? undefined : publish(total), caseloads };
}

function publish(count: number): number | undefined {
  return count < smallestCount ? undefined : count - (count % smallestCount);
}
