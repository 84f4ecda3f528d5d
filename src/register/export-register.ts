import { calculateJwkThumbprint, type JWK } from 'jose';
import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { builtInCaseload, type Caseload } from '../core/ids.js';
import { readRecipient, sealFor } from '../platform/jwe/recipient.js';
import {
  approveAct,
  finishApproved,
  noSuchAct,
  openAct,
  openApproved,
  peopleDiffer,
  requestAct,
  type Approval,
  type PendingAct,
} from './acts.js';
import { freeReferences } from './free-references.js';
import { honeyPeopleOf, keepHoneyPeople, makeHoneyPeople } from './honey.js';
import type { PagePerson } from './page.js';
import { changeRegister, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId } from './subject-uuid.js';

/**
 * An export is a text of lines, each a JWE in compact form (RFC 7516 §3.1) of JSON Lines in the
 * format of the import. The protected header names the export and the part:
 *
 *     {"alg","enc":"A256GCM","kid","export":"<id>","part":1,"parts":3}
 *
 * A line that is missing is noticed by `parts`; lines of two exports are not mixed unseen.
 */
export interface ExportCommand {
  readonly caseload: Caseload;
  /** Public key of the data controller: EC P-256, P-384, or RSA of at least 3,072 bits. */
  readonly recipient: JWK;
  readonly requestedBy: string;
}

export interface ExportReport {
  readonly exportId: string;
  /** How many people left; fictional ones are not counted. */
  readonly people: number;
  /** RFC 7638 thumbprint of the key that can open it. */
  readonly recipientThumbprint: string;
}

interface ExportContent {
  readonly caseload: Caseload;
  readonly recipient: JWK;
}

const peoplePerPart = 256;
const pagesPerRead = 4;
/** One fictional person for so many, and never fewer than two. */
const peoplePerHoneyRecord = 500;

/**
 * Asks for an export of everybody live in a caseload. The number that is returned is the true one,
 * and the one the second person has to repeat.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `recipient`, or the built-in `caseload`
 */
export async function requestExport(
  store: RegisterStore,
  command: ExportCommand,
): Promise<PendingAct & { readonly recipientThumbprint: string }> {
  if (command.caseload === builtInCaseload) throw inputInvalid('caseload', 'made-up people');
  const { jwk: recipient } = readRecipient(command.recipient);
  const { result: people } = await changeRegister(store, async (change) =>
    countLive(change, command.caseload),
  );
  const content: ExportContent = { caseload: command.caseload, recipient };
  const act = await requestAct(store, {
    kind: 'EXPORT',
    by: command.requestedBy,
    people,
    content,
  });
  return { ...act, recipientThumbprint: await calculateJwkThumbprint(recipient) };
}

/**
 * Exports. It is recorded, and its honey records are kept, before the first line leaves.
 *
 * @param write takes each line, its line feed included
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER; ERR_ROW_CONFLICT when the number of people is
 *   another than the one shown
 */
export async function approveExport(
  store: RegisterStore,
  command: Approval,
  write: (line: string) => Promise<void>,
): Promise<ExportReport> {
  await changeRegister(store, async (change) => approveExportIn(change, command));
  return writeExport(store, command.actId, write);
}

/** The approval alone, as part of a change: what was approved can be written from then on, once. */
export async function approveExportIn(change: RegisterChange, command: Approval): Promise<void> {
  const { store, manager } = change;
  const act = await openApproved(store, manager, 'EXPORT', command);
  const { caseload } = act.content as ExportContent;
  const people = await countLive(change, caseload);
  if (people !== act.people) throw peopleDiffer(people);
  const wanted = people === 0 ? 0 : Math.max(2, Math.ceil(people / peoplePerHoneyRecord));
  const references = await freeReferences(change, caseload, wanted);
  const honey = makeHoneyPeople(store, caseload, references);
  await approveAct(store, manager, act.id, command.approvedBy);
  const { id, kind, requestedBy } = act;
  const { approvedBy } = command;
  const at = store.now().toISOString();
  await keepHoneyPeople(change, { id, kind, requestedBy, approvedBy, at, people }, honey);
}

/**
 * Writes an export that was approved, whole, and marks it done: interrupted, it may be written again.
 *
 * @param write takes each line, its line feed included
 * @throws {GatewayError} ERR_ROW_CONFLICT when no such export was approved, it was written, or the
 *   caseload holds another number of people by now
 */
export async function writeExport(
  store: RegisterStore,
  exportId: string,
  write: (line: string) => Promise<void>,
): Promise<ExportReport> {
  const act = await openAct(store, store.dataSource, exportId);
  if (act.kind !== 'EXPORT' || act.approvedBy === null) throw noSuchAct();
  const { caseload, recipient: jwk } = act.content as ExportContent;
  const recipient = readRecipient(jwk);
  const honey = await honeyPeopleOf(store, exportId);
  const total = act.people + honey.length;
  const parts = Math.max(1, Math.ceil(total / peoplePerPart));
  const places = honeyPlaces(store, total, honey.length);

  let lines: string[] = [];
  let part = 0;
  let written = 0;
  const flush = async () => {
    part += 1;
    const jwe = await sealFor(recipient, lines.join(''), { export: exportId, part, parts });
    await write(`${jwe}\n`);
    lines = [];
  };
  const add = async (person: object) => {
    lines.push(`${JSON.stringify(person)}\n`);
    written += 1;
    if (lines.length === peoplePerPart) await flush();
  };
  const spare = [...honey];
  const addHoney = async () => {
    while (spare.length > 0 && places.has(written)) await add(spare.pop() ?? {});
  };
  await store.dataSource.transaction('REPEATABLE READ', async (manager) => {
    const pageNumbers = [...(await store.readHead(manager, 'read')).pages.keys()];
    // The true number once more: what leaves is what two people have seen.
    const people = await countPeople(store, manager, pageNumbers, caseload);
    if (people !== act.people) throw peopleDiffer(people);
    for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
        const some = page.people.filter((person) => isExported(person, caseload));
        const opened = await store.readSubjects(
          manager,
          some.map((person) => ({
            id: decodeSubjectId(person.subject),
            version: person.live?.version ?? 0,
          })),
        );
        for (const person of some) {
          const content = opened.get(decodeSubjectId(person.subject))?.content;
          if (content === undefined) throw new GatewayError('ERR_SEALED_DATA_DAMAGED');
          await addHoney();
          await add(exported(content, person));
        }
      }
    }
    await addHoney();
    if (lines.length > 0 || part === 0) await flush();
  });
  await finishApproved(store, exportId);
  return {
    exportId,
    people: act.people,
    recipientThumbprint: await calculateJwkThumbprint(recipient.jwk),
  };
}

async function countPeople(
  store: RegisterStore,
  manager: EntityManager,
  pageNumbers: readonly number[],
  caseload: Caseload,
): Promise<number> {
  let people = 0;
  for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
    for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
      people += page.people.filter((person) => isExported(person, caseload)).length;
    }
  }
  return people;
}

const isExported = (person: PagePerson, caseload: Caseload): boolean =>
  person.live !== undefined && person.caseload === caseload;

function exported(content: SubjectContent, { suppressedFor }: PagePerson): object {
  return suppressedFor.length === 0 ? content : { ...content, suppressedFor };
}

const countLive = async (change: RegisterChange, caseload: Caseload): Promise<number> =>
  countPeople(change.store, change.manager, change.pageNumbers, caseload);

/** Places of the fictional people among all, drawn at random, in the order of writing. */
function honeyPlaces(store: RegisterStore, total: number, count: number): ReadonlySet<number> {
  const places = new Set<number>();
  while (places.size < count) {
    places.add(Buffer.from(store.random(6)).readUIntBE(0, 6) % total);
  }
  return places;
}
