import { inputInvalid } from '../core/errors.js';
import type { Caseload } from '../core/ids.js';
import type { RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';

/**
 * References that look like those of the caseload and that nobody has, for fictional people.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `caseload` when nobody is in it to look like
 */
export async function freeReferences(
  change: RegisterChange,
  caseload: Caseload,
  wanted: number,
): Promise<readonly string[]> {
  if (wanted === 0) return [];
  const { store } = change;
  const known = await someReferences(change, caseload);
  if (known.length === 0) throw inputInvalid('caseload', 'nobody is in it');
  const references = new Set<string>();
  for (let attempt = 0; references.size < wanted; attempt += 1) {
    const draw = Buffer.from(store.random(4)).readUInt32BE();
    // Where every number of that length is given, one more digit.
    const longer = attempt < wanted * 20 ? '' : String(draw % 10);
    const reference = similarReference(store, known[draw % known.length] ?? '') + longer;
    const key = store.keys.referenceKey(caseload, reference);
    if ((await change.pagesOf([key])).length === 0) references.add(reference);
    if (attempt > wanted * 1000) throw new TypeError('no reference is free');
  }
  return [...references];
}

/** A reference of the same look: its digits drawn anew. */
function similarReference(store: RegisterStore, reference: string): string {
  const drawn = store.random(reference.length);
  const similar = reference.replace(/\d/g, (_digit, at: number) => String((drawn[at] ?? 0) % 10));
  return similar === reference ? `${reference}-${(drawn[0] ?? 0) % 10}` : similar;
}

/** References of people live in the caseload, to take the look from. */
async function someReferences(
  change: RegisterChange,
  caseload: Caseload,
): Promise<readonly string[]> {
  for await (const page of change.read(change.pageNumbers)) {
    const some = page.people
      .filter((person) => person.live !== undefined && person.caseload === caseload)
      .slice(-20);
    const references: string[] = [];
    for (const person of some) references.push((await change.open(person)).content.reference);
    if (references.length > 0) return references;
  }
  return [];
}
