import { GatewayError, inputInvalid } from '../core/errors.js';
import { builtInCaseload, type Caseload } from '../core/ids.js';
import { freeReferences } from './free-references.js';
import { makeHoneyPeople, openHoneyRows, restoreHoney, type SealedPlant } from './honey.js';
import type { RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { makeSubjectId } from './subject-uuid.js';

/** A fictional person a security officer put somewhere: a copy, a decoy file, a briefing. */
export interface PlantedHoney {
  readonly id: string;
  /** One line of the import, as it was put there. */
  readonly person: SubjectContent;
  /** Where, in the officer's words. */
  readonly place: string;
  /** Reference of the officer. */
  readonly by: string;
  readonly at: Date;
}

/** More would slow the screen down and say less. */
export const mostPlanted = 1_000;
const drawsOfAPerson = 20;

/**
 * Keeps a fictional person the screen of questions knows and nothing else does. What it holds is
 * sealed, the place too: who reads the database sees that there are so many, and no more. Journaled,
 * so that one planted since the backup is asked for after a restore too.
 *
 * @throws {GatewayError} ERR_CONFLICT when there are {@link mostPlanted}
 */
export async function plantHoneyIn(
  change: RegisterChange,
  { id, person, place, by }: Omit<PlantedHoney, 'at'>,
): Promise<PlantedHoney> {
  const { manager, store } = change;
  const [row] = await manager.query<{ planted: number }[]>(
    'SELECT count(*)::int AS planted FROM honey_record WHERE export_id IS NULL',
  );
  if ((row?.planted ?? 0) >= mostPlanted) {
    throw new GatewayError('ERR_CONFLICT', { argument: 'place', detail: 'honey records' });
  }
  const at = store.now();
  const sealed: SealedPlant = { by, at: at.toISOString(), place, person };
  const planted = [{ id, content: sealed }];
  await restoreHoney(change, planted);
  change.restricts('register.planted', [], { planted });
  return { id, person, place, by, at };
}

/**
 * Somebody who looks like the others of a caseload, under a reference nobody has.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `caseload`: the built-in one, or an empty one
 */
export async function inventHoney(
  change: RegisterChange,
  caseload: Caseload,
): Promise<SubjectContent> {
  if (caseload === builtInCaseload) throw inputInvalid('caseload', 'made-up people');
  const references = await freeReferences(change, caseload, 1);
  for (let draw = 0; draw < drawsOfAPerson; draw += 1) {
    const [person] = makeHoneyPeople(change.store, caseload, references);
    // Evidence below the floor is never looked up: who cannot be asked for is no honey.
    if (person?.dateOfBirth !== undefined && person.documents.length > 0) return person;
  }
  throw new TypeError('nobody could be made up');
}

/** All that were planted, the latest first. */
export async function plantedHoney(store: RegisterStore): Promise<readonly PlantedHoney[]> {
  const rows = await store.dataSource.query<{ id: string; epoch_id: number; sealed: Buffer }[]>(
    'SELECT id, epoch_id, sealed FROM honey_record WHERE export_id IS NULL ORDER BY id DESC',
  );
  return (await openHoneyRows(store, rows)).map(({ row: { id }, json }) => {
    const { person, place, by, at } = json as SealedPlant;
    return { id, person, place, by, at: new Date(at) };
  });
}

/**
 * Forgets one that was planted; those of exports stay as long as the export may have leaked.
 *
 * @throws {GatewayError} ERR_NOT_FOUND
 */
export async function retireHoneyIn(change: RegisterChange, id: string): Promise<void> {
  const [gone] = await change.manager.query<[unknown[], number]>(
    'DELETE FROM honey_record WHERE id = $1 AND export_id IS NULL RETURNING id',
    [id],
  );
  if (gone.length === 0) throw new GatewayError('ERR_NOT_FOUND', { argument: 'honey' });
  change.restricts('register.retired', [], { honey: id });
}

export const newHoneyId = (store: RegisterStore): string =>
  makeSubjectId(store.now(), store.random(10));
