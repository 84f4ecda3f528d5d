import type { PartnerCode, StateCode } from '../core/ids.js';
import type { Sharing, VisaStatus } from '../core/register/subject.js';
import type { RestrictionContent } from './restrictions.js';
import { sharingOf, type SubjectContent } from './subject-blob.js';

/** Members of a row of JSON Lines. */
export type RowMembers = Readonly<Record<string, unknown>>;

/** Members that are corrected one by one. */
const grouped = ['visa', 'sharing'];

/** A person with members as they shall be: null takes one away, an absent one stays. */
export function mergeMembers(before: SubjectContent, correction: RowMembers): RowMembers {
  const merged: Record<string, unknown> = { ...before };
  for (const [member, value] of Object.entries(correction)) {
    const known = merged[member];
    const partly = grouped.includes(member) && isObject(value) && isObject(known);
    merged[member] = partly ? { ...known, ...value } : value;
  }
  return merged;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of the members that differ, those of groups each by itself. */
export function changedFields(
  before: SubjectContent | undefined,
  after: SubjectContent,
): readonly string[] {
  const [old, fresh] = [flatten(before ?? {}), flatten(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((field) => old.get(field) !== fresh.get(field))
    .sort();
}

function flatten(content: object): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [member, value] of Object.entries(content)) {
    if (grouped.includes(member) && isObject(value)) {
      for (const [inner, text] of Object.entries(value)) {
        fields.set(`${member}.${inner}`, JSON.stringify(text));
      }
    } else if (!Array.isArray(value) || value.length > 0) {
      fields.set(member, JSON.stringify(value));
    }
  }
  return fields;
}

/** Whether more partners may be told: a refusal taken back, or notice said to be given. */
export function widensSharing(before: SubjectContent, after: SubjectContent): boolean {
  const [old, fresh] = [sharingOf(before), sharingOf(after)];
  const takenBack = old.refusedFor.some((code) => !fresh.refusedFor.includes(code));
  return takenBack || (fresh.informed && !old.informed);
}

/** What a correction takes away from partners. */
export type Narrowing = Pick<RestrictionContent, 'visaStatus' | 'refusedFor' | 'notInformed'>;

/** What partners are told no longer from now on; `undefined` when nothing narrowed. */
export function narrowingOf(
  changes: readonly { readonly before: SubjectContent; readonly after: SubjectContent }[],
  atOnce: boolean,
): Narrowing | undefined {
  const refusedFor = new Set<string>();
  let visaStatus: VisaStatus | undefined;
  let notInformed = false;
  for (const { before, after } of changes) {
    const [old, fresh] = [sharingOf(before), sharingOf(after)];
    for (const code of fresh.refusedFor) if (!old.refusedFor.includes(code)) refusedFor.add(code);
    const status = after.visa?.status;
    // A refusal holds once it is recorded, the end of a visa once it is released.
    if (atOnce && status !== 'GRANTED' && status !== before.visa?.status) visaStatus ??= status;
    notInformed ||= old.informed && !fresh.informed;
  }
  if (refusedFor.size === 0 && visaStatus === undefined && !notInformed) return undefined;
  return {
    ...(refusedFor.size === 0 ? {} : { refusedFor: [...refusedFor].sort() }),
    ...(visaStatus === undefined ? {} : { visaStatus }),
    ...(notInformed ? { notInformed } : {}),
  };
}

/** A version with what was taken away from partners taken away. */
export function narrowContent(content: SubjectContent, by: Narrowing): SubjectContent {
  const { visaStatus, refusedFor = [], notInformed } = by;
  const visa =
    visaStatus === undefined || content.visa === undefined
      ? content.visa
      : { ...content.visa, status: visaStatus };
  const refused = [...new Set([...(content.sharing?.refusedFor ?? []), ...refusedFor])].sort();
  const { sharing: before, ...others } = content;
  const { basis, informedOn } = before ?? {};
  // In the order rows are read in, so that the same file finds nothing changed.
  const sharing: Sharing = {
    ...(basis === undefined ? {} : { basis }),
    ...(informedOn === undefined || notInformed === true ? {} : { informedOn }),
    ...(refused.length === 0 ? {} : { refusedFor: refused as (PartnerCode | StateCode)[] }),
  };
  return {
    ...others,
    ...(visa === undefined ? {} : { visa }),
    ...(Object.keys(sharing).length === 0 ? {} : { sharing }),
  };
}

/** Whether a field, or a member, decides whom a partner is told of. */
export const isIdentity = (field: string): boolean =>
  field !== 'household' && !grouped.includes(field.split('.')[0] ?? field);
