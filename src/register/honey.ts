import type { EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { dayOf } from '../core/dates/index.js';
import { GatewayError } from '../core/errors.js';
import type { Caseload } from '../core/ids.js';
import {
  classify,
  compareEvidence,
  prepareSubject,
  type Evidence,
} from '../core/matching/index.js';
import { seal, unseal } from '../platform/keys/keys.js';
import { makeDemoPeople } from './demo-people.js';
import { readRowMembers } from './import-row.js';
import type { EpochKey } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { RowReader } from './row-reader.js';
import type { SubjectContent } from './subject-blob.js';
import { makeSubjectId } from './subject-uuid.js';

/**
 * Honey records: fictional people who stand in one export and nowhere else. They are in no index
 * and match nobody; whoever asks for one has seen that export.
 */
export function makeHoneyPeople(
  store: RegisterStore,
  caseload: Caseload,
  references: readonly string[],
): readonly SubjectContent[] {
  const seed = Buffer.from(store.random(32)).toString('hex');
  const people = makeDemoPeople({ seed, partners: [], count: references.length });
  const rules = { caseload, knownPartners: new Set<never>(), today: dayOf(store.now()) };
  return references.flatMap((reference, at): SubjectContent[] => {
    const person = people[at];
    if (person === undefined) return [];
    const row = readRowMembers({ ...person, reference, caseload }, rules, new RowReader());
    return row.ok ? [row.row.content] : [];
  });
}

/** A reference of the same look: its digits drawn anew. */
export function similarReference(store: RegisterStore, reference: string): string {
  const drawn = store.random(reference.length);
  const similar = reference.replace(/\d/g, (_digit, at: number) => String((drawn[at] ?? 0) % 10));
  return similar === reference ? `${reference}-${(drawn[0] ?? 0) % 10}` : similar;
}

/** Keeps honey records of an export. In the transaction that records the export. */
export async function keepHoneyPeople(
  store: RegisterStore,
  manager: EntityManager,
  epoch: EpochKey,
  exportId: string,
  people: readonly SubjectContent[],
): Promise<void> {
  for (const content of people) {
    const id = makeSubjectId(store.now(), store.random(10));
    const json = Buffer.from(JSON.stringify(content), 'utf8');
    await manager.query(
      'INSERT INTO honey_record (id, export_id, epoch_id, sealed) VALUES ($1, $2, $3, $4)',
      [id, exportId, epoch.id, seal(epoch.key, json, honeyContext(id, epoch.id))],
    );
  }
}

/** Honey records of one export. */
export async function honeyPeopleOf(
  store: RegisterStore,
  exportId: string,
): Promise<readonly SubjectContent[]> {
  return (await openHoneyPeople(store, exportId)).map(({ content }) => content);
}

interface HoneyPerson {
  readonly exportId: string;
  readonly content: SubjectContent;
}

/** @param exportId of all exports where it is null */
async function openHoneyPeople(
  store: RegisterStore,
  exportId: string | null,
): Promise<readonly HoneyPerson[]> {
  const rows = await store.dataSource.query<
    { id: string; export_id: string; epoch_id: number; sealed: Buffer }[]
  >(
    `SELECT id, export_id, epoch_id, sealed FROM honey_record
     WHERE $1::uuid IS NULL OR export_id = $1 ORDER BY id`,
    [exportId],
  );
  await store.epochs.load(
    store.dataSource,
    rows.map((row) => row.epoch_id),
  );
  const people: HoneyPerson[] = [];
  for (const row of rows) {
    const key = await store.epochs.key(row.epoch_id);
    const json = unseal(key, row.sealed, honeyContext(row.id, row.epoch_id));
    if (json === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `honey record ${row.id}` });
    }
    const content = JSON.parse(json.toString('utf8')) as SubjectContent;
    people.push({ exportId: row.export_id, content });
  }
  return people;
}

/**
 * Screens questions for honey people, for security: never on a partner's path. Whoever matches one,
 * even possibly, knows the export it stands in.
 *
 * @returns for each question the exports it gives away
 */
export async function screenForHoney(
  store: RegisterStore,
  questions: readonly Evidence[],
): Promise<readonly (readonly string[])[]> {
  const exports = questions.map(() => new Set<string>());
  for (const { exportId, content } of await openHoneyPeople(store, null)) {
    const prepared = prepareSubject({ ...content, suppressedFor: [] });
    for (const [at, evidence] of questions.entries()) {
      const comparison = compareEvidence(evidence, prepared);
      const { outcome } = classify([{ comparison }], 'STANDARD');
      if (outcome !== 'NOT_CONFIRMED') exports[at]?.add(exportId);
    }
  }
  return exports.map((found) => [...found]);
}

export function honeyContext(id: string, epochId: number): Buffer {
  return encodeParts('safeconduct/register/honey/v1', id, String(epochId));
}
