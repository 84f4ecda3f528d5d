import { gregorianDate } from '../dates/index.js';
import type { Subject } from '../register/subject.js';
import { subjectFieldByName, type DisclosureLevel, type SubjectField } from './catalogue.js';
import { disclose } from './disclose.js';

type Content = Omit<Subject, 'suppressedFor'>;

/**
 * Of what a partner was told of a person, the fields that are no longer so (GDPR 16, 19): those whose
 * value at the level they were told at is another now. A function of the fields told and of nothing
 * else of the person; who may be told of them plays no part.
 *
 * @param told field names and levels as access records have them
 * @param contents undefined when the person is erased: then nothing told is so any more
 */
export function noLongerSo(
  told: readonly (readonly [field: string, level: string])[],
  contents: { readonly before: Content; readonly after: Content } | undefined,
): readonly SubjectField[] {
  return told.flatMap(([name, level]) => {
    const field = subjectFieldByName.get(name);
    if (field === undefined) return [];
    if (contents === undefined) return [field];
    const [old, fresh] = [contents.before, contents.after].map((content) =>
      saidOf(field, level as DisclosureLevel, content),
    );
    return old === fresh ? [] : [field];
  });
}

/** What a level says of a field, as text; for CONFIRM all that evidence could have agreed with. */
function saidOf(field: SubjectField, level: DisclosureLevel, content: Content): string {
  if (level === 'CONFIRM') return JSON.stringify(confirmable(field, content) ?? null);
  const inputs = {
    subject: { ...content, suppressedFor: [] },
    dateOfBirth: gregorianDate(content.dateOfBirth, content.calendar),
    agreeing: new Set<never>(),
  };
  return JSON.stringify(disclose({ [field]: level }, [field], inputs).get(field) ?? null);
}

function confirmable(field: SubjectField, content: Content): unknown {
  switch (field) {
    case 'FULL_NAME':
      return content.names.map(({ full }) => full);
    case 'FATHER_NAME':
      return content.fatherName;
    case 'DATE_OF_BIRTH':
      return [content.dateOfBirth, content.calendar];
    case 'SEX':
      return content.sex;
    case 'NATIONALITY':
      return content.nationality;
    case 'DOCUMENT_NUMBER':
      return content.documents.map(({ number }) => number);
    case 'VISA_REFERENCE':
    case 'VISA_CLASS':
    case 'VISA_STATUS':
    case 'VISA_EXPIRES':
      return content.visa;
  }
}
