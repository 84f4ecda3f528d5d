import type { RestrictingAct } from '../access-log/index.js';
import type { Narrowing } from './person-fields.js';
import type { EpochKey } from './register-keys.js';
import { namedPerson, restrictionsOf, type NamedPerson } from './restrictions.js';

/** People of whom partners are told less, by what it is: those of one kind are one act. */
export class NarrowedPeople {
  readonly #kinds = new Map<string, { readonly by: Narrowing; readonly people: NamedPerson[] }>();

  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  note(by: Narrowing, person: NamedPerson): void {
    const name = JSON.stringify(by);
    const kind = this.#kinds.get(name) ?? { by, people: [] };
    this.#kinds.set(name, kind);
    kind.people.push(namedPerson(person));
  }

  /** In the journal's form. */
  restricting(epoch: EpochKey): readonly RestrictingAct[] {
    return [...this.#kinds.values()].flatMap(({ people, by }) =>
      restrictionsOf(epoch, 'register.narrowed', people, by),
    );
  }
}
