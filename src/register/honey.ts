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
import type { DoneAct } from './acts.js';
import { makeDemoPeople } from './demo-people.js';
import { readRowMembers } from './import-row.js';
import type { RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import { RowReader } from './row-reader.js';
import type { SubjectContent } from './subject-blob.js';
import { makeSubjectId } from './subject-uuid.js';

/**
 * Honey records: fictional people whose only job is to be asked for. Some stand in one export and
 * nowhere else, others were planted by a security officer (planted-honey.ts). They are no subjects:
 * no page, index, count or reading of the register has them, so they match nobody and a partner's
 * answer cannot depend on them; whoever asks for one has seen where it stood.
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

/** Keeps honey records of an export. In the transaction that records the export. */
export async function keepHoneyPeople(
  change: RegisterChange,
  act: DoneAct,
  people: readonly SubjectContent[],
): Promise<void> {
  const { store } = change;
  const planted = people.map((content): PlantedHoneyJson => ({
    id: makeSubjectId(store.now(), store.random(10)),
    content,
  }));
  await restoreHoney(change, planted, act.id);
  for (let at = 0; at < planted.length; at += honeyInAct) {
    const some = planted.slice(at, at + honeyInAct);
    change.restricts('register.planted', [], { act, export: act.id, planted: some });
  }
}

/** One honey record as the journal keeps it: what is sealed in its row. */
export interface PlantedHoneyJson {
  readonly id: string;
  readonly content: SubjectContent | SealedPlant;
}

/** Some 1 KiB each: a line of the journal has 256 KiB at most. */
const honeyInAct = 100;

/** Puts honey records where they are not; those of an export hang on its act. */
export async function restoreHoney(
  { manager, epoch }: RegisterChange,
  planted: readonly PlantedHoneyJson[],
  exportId?: string,
): Promise<void> {
  for (const { id, content } of planted) {
    const json = Buffer.from(JSON.stringify(content), 'utf8');
    await manager.query(
      `INSERT INTO honey_record (id, export_id, epoch_id, sealed) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO NOTHING`,
      [id, exportId ?? null, epoch.id, seal(epoch.key, json, honeyContext(id, epoch.id))],
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

/** Where an honey record stood: in an export, or where it was planted. */
export type HoneyTrace = { readonly exportId: string } | { readonly honey: string };

interface HoneyPerson {
  readonly trace: HoneyTrace;
  readonly content: SubjectContent;
}

interface HoneyRow {
  readonly id: string;
  /** Null of one that was planted. */
  readonly export_id: string | null;
  readonly epoch_id: number;
  readonly sealed: Buffer;
}

/** @param exportId of all, planted ones too, where it is null */
async function openHoneyPeople(
  store: RegisterStore,
  exportId: string | null,
): Promise<readonly HoneyPerson[]> {
  const rows = await store.dataSource.query<HoneyRow[]>(
    `SELECT id, export_id, epoch_id, sealed FROM honey_record
     WHERE $1::uuid IS NULL OR export_id = $1 ORDER BY id`,
    [exportId],
  );
  const opened = await openHoneyRows(store, rows);
  return opened.map(({ row, json }): HoneyPerson =>
    row.export_id === null
      ? { trace: { honey: row.id }, content: (json as SealedPlant).person }
      : { trace: { exportId: row.export_id }, content: json as SubjectContent },
  );
}

/** What is sealed of one that was planted. */
export interface SealedPlant {
  readonly by: string;
  readonly at: string;
  readonly place: string;
  readonly person: SubjectContent;
}

/** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED */
export async function openHoneyRows<Row extends Omit<HoneyRow, 'export_id'>>(
  store: RegisterStore,
  rows: readonly Row[],
): Promise<readonly { readonly row: Row; readonly json: unknown }[]> {
  await store.epochs.load(
    store.dataSource,
    rows.map((row) => row.epoch_id),
  );
  const opened = [];
  for (const row of rows) {
    const key = await store.epochs.key(row.epoch_id);
    const json = unseal(key, row.sealed, honeyContext(row.id, row.epoch_id));
    if (json === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `honey record ${row.id}` });
    }
    opened.push({ row, json: JSON.parse(json.toString('utf8')) as unknown });
  }
  return opened;
}

/**
 * Screens questions for honey people, for security: never on a partner's path. Whoever matches one,
 * even possibly, knows where it stood.
 *
 * @returns for each question where those stood whom it named, each place once
 */
export async function screenForHoney(
  store: RegisterStore,
  questions: readonly Evidence[],
): Promise<readonly (readonly HoneyTrace[])[]> {
  const traces = questions.map(() => new Map<string, HoneyTrace>());
  for (const { trace, content } of await openHoneyPeople(store, null)) {
    const prepared = prepareSubject({ ...content, suppressedFor: [] });
    for (const [at, evidence] of questions.entries()) {
      const comparison = compareEvidence(evidence, prepared);
      const { outcome } = classify([{ comparison }], 'STANDARD');
      if (outcome !== 'NOT_CONFIRMED') traces[at]?.set(Object.values(trace).join(), trace);
    }
  }
  return traces.map((found) => [...found.values()]);
}

export function honeyContext(id: string, epochId: number): Buffer {
  return encodeParts('safeconduct/register/honey/v1', id, String(epochId));
}
