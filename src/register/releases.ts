import type { JWK } from 'jose';
import { isGatewayError } from '../core/errors.js';
import type { Caseload, SubjectId } from '../core/ids.js';
import {
  approveAct,
  noSuchAct,
  openAct,
  openApproved,
  requestAct,
  type Approval,
  type PendingAct,
} from './acts.js';
import { honeyPeopleOf } from './honey.js';
import { findMergedEntry, mergedEntries } from './merged-entries.js';
import { readPerson } from './person-view.js';
import { readRegister, type PersonReference, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId, timeOfSubjectId } from './subject-uuid.js';

/** A release that a registrar asks for and another role agrees to; its content stays sealed. */
export type ReleaseKind = 'HISTORY' | 'EXPOSURE';

/** What was told of one person, asked for. */
export interface HistoryContent {
  /** Of an entry that was merged: whom it was merged into. */
  readonly person: PersonReference;
  readonly subject: SubjectId;
  readonly reason: string;
  /** Whether case references of partners are in it. */
  readonly caseReferences: boolean;
  /** Public JWK of counsel; null for a document in the clear. */
  readonly recipient: JWK | null;
}

/** People who may be known of, asked for by name. */
export interface ExposureContent {
  /** What may have got out, in the form of the room that reads it. */
  readonly target: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly recipient: JWK;
}

/**
 * Asks for the history of one person. A reference that was merged away means who it was merged into.
 *
 * @throws {GatewayError} ERR_NOT_FOUND for a reference nobody has or had
 */
export async function requestHistory(
  store: RegisterStore,
  by: string,
  asked: Omit<HistoryContent, 'subject'>,
): Promise<PendingAct> {
  const { person, subject } = await readSurvivor(store, asked.person);
  const content: HistoryContent = { ...asked, person, subject };
  return requestAct(store, { kind: 'HISTORY', by, people: 1, content });
}

/** Asks for names. @param people how many there were when it was asked for */
export async function requestExposure(
  store: RegisterStore,
  by: string,
  people: number,
  content: ExposureContent,
): Promise<PendingAct> {
  return requestAct(store, { kind: 'EXPOSURE', by, people, content });
}

/** The approval alone, as part of a change: what it is about stays sealed until it is fetched. */
export function approveReleaseIn(kind: ReleaseKind) {
  return async (change: RegisterChange, approval: Approval): Promise<void> => {
    const { store, manager } = change;
    const { id } = await openApproved(store, manager, kind, approval);
    await approveAct(store, manager, id, approval.approvedBy);
  };
}

/** A release as it was asked for. @throws {GatewayError} ERR_ROW_CONFLICT when it is gone */
export async function openRelease(
  store: RegisterStore,
  kind: ReleaseKind,
  requestId: string,
): Promise<PendingAct & { readonly content: unknown }> {
  const act = await openAct(store, store.dataSource, requestId);
  if (act.kind !== kind) throw noSuchAct();
  return act;
}

async function readSurvivor(store: RegisterStore, asked: PersonReference) {
  try {
    return { person: asked, subject: (await readPerson(store, asked)).subject };
  } catch (error) {
    const merged = isGatewayError(error, 'ERR_NOT_FOUND')
      ? await findMergedEntry(store, asked)
      : undefined;
    if (merged === undefined) throw error;
    return { person: merged.into, subject: (await readPerson(store, merged.into)).subject };
  }
}

/** One person as the log knows them again, under every entry they ever had. */
export interface KnownAgain {
  readonly subject: SubjectId;
  /** KnownPerson of the access log: the person, and each entry that was merged into them. */
  readonly entries: readonly { readonly id: SubjectId; readonly referenceSecret: Uint8Array }[];
  /** References of those that were merged. */
  readonly merged: readonly PersonReference[];
}

/**
 * How the log knows one person again: of whoever is on the register now.
 *
 * @throws {GatewayError} ERR_NOT_FOUND
 */
export async function readKnownAgain(
  store: RegisterStore,
  { caseload, reference }: PersonReference,
): Promise<KnownAgain> {
  const { subject, version } = await readPerson(store, { caseload, reference });
  return readRegister(store, async (change) => {
    const { referenceSecret } = await change.openVersion(subject, version);
    const merged = await mergedEntries(store, change.manager, [subject]);
    return {
      subject,
      entries: [{ id: subject, referenceSecret }, ...merged],
      merged: merged.map(({ from }) => from),
    };
  });
}

/** Into whom entries were merged, by inside id; of those that were. */
export async function readSurvivors(
  store: RegisterStore,
  entries: readonly string[],
): Promise<ReadonlyMap<string, SubjectId>> {
  const rows = await store.dataSource.query<{ id: string; into_id: SubjectId }[]>(
    'SELECT id, into_id FROM merged_entry WHERE id::text = ANY ($1)',
    [entries],
  );
  return new Map(rows.map((row) => [row.id, row.into_id]));
}

/** Somebody on the register, by the host's inside id. */
export interface NamedSubject {
  readonly subject: SubjectId;
  readonly caseload: Caseload;
  readonly content: SubjectContent;
}

const peopleAtOnce = 256;

/** Whoever of these is on the register now, opened; the whole register is read for it. */
export async function readSubjectsNamed(
  store: RegisterStore,
  wanted: (person: { readonly subject: SubjectId; readonly caseload: Caseload }) => boolean,
): Promise<readonly NamedSubject[]> {
  return readRegister(store, async (change) => {
    const found: NamedSubject[] = [];
    for await (const page of change.read(change.pageNumbers)) {
      const some = page.people.flatMap(({ live, caseload, subject: bytes }) => {
        const subject = decodeSubjectId(bytes);
        return live !== undefined && wanted({ subject, caseload })
          ? [{ subject, caseload, version: live.version }]
          : [];
      });
      for (let at = 0; at < some.length; at += peopleAtOnce) {
        const few = some.slice(at, at + peopleAtOnce);
        const opened = await store.readSubjects(
          change.manager,
          few.map(({ subject: id, version }) => ({ id, version })),
        );
        for (const { subject, caseload } of few) {
          const content = opened.get(subject)?.content;
          if (content !== undefined) found.push({ subject, caseload, content });
        }
      }
    }
    return found;
  });
}

/** A register export that left, as far as it is still known. */
export interface LeftExport {
  readonly people: number;
  readonly leftAt: Date;
  /** Null where nobody was in it. */
  readonly caseload: Caseload | null;
}

/**
 * An export that was approved. Its request is forgotten once it was written: the caseload is that of
 * the fictional people in it.
 *
 * @param exportId of the register's own request
 */
export async function readLeftExport(
  store: RegisterStore,
  exportId: string,
): Promise<LeftExport | undefined> {
  const [row] = await store.dataSource.query<{ people: number; at: Date }[]>(
    `SELECT people, coalesce(done_at, approved_at) AS at FROM register_act
     WHERE id::text = $1 AND kind = 'EXPORT' AND approved_at IS NOT NULL`,
    [exportId],
  );
  if (row === undefined) return undefined;
  const [fictional] = await honeyPeopleOf(store, exportId);
  return { people: row.people, leftAt: row.at, caseload: fictional?.caseload ?? null };
}

/** Whether somebody can have been in what left at an instant: entered before it. */
export const enteredBefore = (subject: SubjectId, at: Date): boolean =>
  timeOfSubjectId(Buffer.from(subject.replaceAll('-', ''), 'hex')) <= at;
