import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { AcceptedRow } from './import-step.js';
import type { PagePerson, PageVersion } from './page.js';
import { narrowContent, narrowingOf, type Narrowing } from './person-fields.js';
import type { EpochKey } from './register-keys.js';
import type { RegisterStore, VersionReference } from './register-store.js';
import {
  encodeContent,
  sealSubject,
  sharingOf,
  type SealedSubject,
  type SubjectContent,
} from './subject-blob.js';
import { decodeSubjectId } from './subject-uuid.js';

/** The version partners are told of, narrowed, and what it takes the place of. */
interface NarrowedLive {
  readonly by: Narrowing;
  readonly gone: VersionReference;
  readonly blob: SealedSubject;
  readonly live: PageVersion;
}

/**
 * A refusal holds from now on, whatever becomes of the row it came with: it stands in the version
 * partners are told of, so that another file, or giving the batch up, does not take it back.
 *
 * @param from `version` is the number of the one that takes its place
 * @returns undefined where nothing narrows
 * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED
 */
export async function narrowLive(
  store: RegisterStore,
  manager: EntityManager,
  epoch: EpochKey,
  from: {
    readonly person: PagePerson;
    readonly row: AcceptedRow;
    readonly version: number;
  },
): Promise<NarrowedLive | undefined> {
  const { person, row, version } = from;
  const { live } = person;
  if (live === undefined) return undefined;
  const isRefused = row.refusedFor.some((code) => !live.refusedFor.includes(code));
  if (!isRefused && !(live.informed && !row.informed)) return undefined;
  const id = decodeSubjectId(person.subject);
  const gone = { id, version: live.version };
  const opened = (await store.readSubjects(manager, [gone])).get(id);
  if (opened === undefined) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id} is missing` });
  }
  const { content: before, referenceSecret } = opened;
  const meant = JSON.parse(row.json.toString('utf8')) as SubjectContent;
  const by = narrowingOf([{ before, after: meant }], false);
  if (by === undefined) return undefined;
  const after = narrowContent(before, by);
  await store.onLiveChange?.(manager, [{ subject: id, contents: { before, after } }]);
  const json = encodeContent(after);
  const blob = sealSubject(epoch, id, version, json, referenceSecret, store.random(32));
  const contentKey = store.keys.contentKey(json);
  return { by, gone, blob, live: { ...live, version, contentKey, ...sharingOf(after) } };
}

/** A file that says nothing of sharing takes no refusal back, and forgets no notice. */
export function keepSharing(
  row: AcceptedRow,
  before: SubjectContent,
  newest: PageVersion,
): AcceptedRow {
  const { refusedFor, informed } = newest;
  if (before.sharing === undefined) return { ...row, refusedFor, informed };
  const content = JSON.parse(row.json.toString('utf8')) as SubjectContent;
  const json = encodeContent({ ...content, sharing: before.sharing });
  return { ...row, json, refusedFor, informed };
}
