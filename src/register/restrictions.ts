import type { RestrictingAct } from '../access-log/index.js';
import { decodeBase64Url, encodeBase64Url, encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { VisaStatus } from '../core/register/subject.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { DoneAct } from './acts.js';
import type { DiscardedBatch } from './discard-batch.js';
import type { PlantedHoneyJson } from './honey.js';
import type { HoldContent } from './legal-hold.js';
import type { MergedEntryJson } from './merged-entries.js';
import type { PagePerson } from './page.js';
import type { EpochKey } from './register-keys.js';
import type { RegisterStore } from './register-store.js';

/**
 * What the register took away from partners, in the form the journal keeps, so that it is done again
 * on a database that has forgotten it: suppressed stays suppressed, erased stays erased, and nobody
 * releases a batch that was given up. So do traps:
 * fictional people that were planted, or went out with an export, are asked for after a restore too.
 *
 * ```
 * {"act":"register.erased","body":{"epoch":2969,"sealed":"q83v..."}}
 * ```
 *
 * `sealed` is AES-256-GCM under the key of the erasure epoch, bound to act and epoch; inside is JSON
 * with the people, each as 16 bytes of the subject's UUID and the 16 bytes of the reference key, and
 * what happened to them. The key is destroyed 35 days after its week began: the journal, which is
 * never cut, then says no more who was kept from whom. By then no backup that would need the act can
 * be read either.
 */
export type RegisterRestriction =
  | 'register.suppressed'
  | 'register.erased'
  | 'register.narrowed'
  | 'register.held'
  | 'register.discarded'
  | 'register.planted'
  | 'register.retired';

/** What is journaled of each kind, beside the people. */
export interface RestrictionContent {
  readonly act?: DoneAct;
  /** SUPPRESSED: partners and states they are kept from. */
  readonly codes?: readonly string[];
  /** NARROWED */
  readonly visaStatus?: VisaStatus;
  readonly refusedFor?: readonly string[];
  readonly notInformed?: true;
  /** HELD */
  readonly hold?: HoldContent;
  /** DISCARDED */
  readonly discarded?: DiscardedBatch;
  /** ERASED by a merge: what the survivor's history needs of who went. */
  readonly merged?: MergedEntryJson;
  /** PLANTED: fictional people, of an export where one is named. */
  readonly planted?: readonly PlantedHoneyJson[];
  readonly export?: string;
  /** RETIRED: one of them. */
  readonly honey?: string;
}

export type NamedPerson = Pick<PagePerson, 'subject' | 'referenceKey'>;

/** Only what names a person: a view of a page would keep the whole page in memory. */
export const namedPerson = ({ subject, referenceKey }: NamedPerson): NamedPerson => ({
  subject: Buffer.from(subject),
  referenceKey: Buffer.from(referenceKey),
});

/** 32 bytes each: a line of the journal has 256 KiB at most. */
const peopleInAct = 3_000;
const personBytes = 32;

/** The acts for what was done to `people`, several when they are many. */
export function restrictionsOf(
  epoch: EpochKey,
  act: RegisterRestriction,
  people: readonly NamedPerson[],
  content: RestrictionContent,
): readonly RestrictingAct[] {
  const acts: RestrictingAct[] = [];
  for (let at = 0; at === 0 || at < people.length; at += peopleInAct) {
    const some = people.slice(at, at + peopleInAct);
    const bytes = Buffer.concat(some.flatMap((one) => [one.subject, one.referenceKey]));
    const json = JSON.stringify({ people: encodeBase64Url(bytes), ...content });
    const sealed = seal(epoch.key, Buffer.from(json, 'utf8'), contextOf(act, epoch.id));
    acts.push({ act, body: { epoch: epoch.id, sealed: encodeBase64Url(sealed) } });
  }
  return acts;
}

/** What is in an act of the journal. */
export async function openRestriction(
  store: RegisterStore,
  act: RegisterRestriction,
  body: Readonly<Record<string, unknown>>,
): Promise<RestrictionContent & { readonly people: readonly NamedPerson[] }> {
  const { epoch, sealed: text } = body;
  const sealed = typeof text === 'string' ? decodeBase64Url(text) : undefined;
  if (typeof epoch !== 'number' || sealed === undefined) throw damaged(act);
  const json = unseal(await store.epochs.provided(epoch), sealed, contextOf(act, epoch));
  if (json === undefined) throw damaged(act);
  const { people: packed, ...content } = JSON.parse(json.toString('utf8')) as RestrictionContent & {
    readonly people: string;
  };
  const bytes = decodeBase64Url(packed);
  if (bytes === undefined || bytes.length % personBytes !== 0) throw damaged(act);
  const people = Array.from({ length: bytes.length / personBytes }, (_, at): NamedPerson => {
    const one = bytes.subarray(at * personBytes, (at + 1) * personBytes);
    return { subject: one.subarray(0, 16), referenceKey: one.subarray(16) };
  });
  return { ...content, people };
}

const contextOf = (act: RegisterRestriction, epoch: number): Buffer =>
  encodeParts('safeconduct/register/restriction/v1', act, String(epoch));

export const damaged = (act: RegisterRestriction): GatewayError =>
  new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `an act of the journal: ${act}` });
