import type { GraphQLResolveInfo } from 'graphql';
import { subjectFieldByName, type SubjectField } from '../core/disclosure/catalogue.js';
import { inputInvalid } from '../core/errors.js';
import { selectedFields } from '../platform/graphql/selection.js';

/**
 * Fields of the subject selected below a resolved field.
 *
 * @param path to what has the `subject`
 */
export function selectedSubjectFields(
  info: GraphQLResolveInfo,
  ...path: readonly string[]
): readonly SubjectField[] {
  return selectedFields(info, ...path, 'subject').flatMap((name) => {
    if (name === 'reference') return [];
    const field = subjectFieldByName.get(name);
    if (field === undefined) throw inputInvalid(`subject.${name}`);
    return [field];
  });
}

/** A member of an argument as it was sent. */
export function memberSent(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
