import type { DisclosedField } from '../log/record.js';

/** One answer that left, as far as it matters to who may be known of. */
export interface ExposedAnswer {
  readonly at: Date;
  readonly partner: string;
  /** The partner's own name for the person. */
  readonly reference: string;
  /** Inside id; null where the key of its month was destroyed. */
  readonly subject: string | null;
  readonly fields: readonly DisclosedField[];
}

export interface ExposedField {
  readonly field: string;
  readonly level: string;
  readonly records: number;
  readonly people: number;
}

/** How much may have left, without anybody in it. */
export interface ExposureCounts {
  readonly records: number;
  readonly people: number;
  /** Of these people, who cannot be named any more: the log has forgotten who they are. */
  readonly forgotten: number;
  readonly fields: readonly ExposedField[];
  readonly partners: readonly { readonly partner: string; readonly records: number }[];
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
}

/** What may have left of one person. */
export interface ExposedPerson {
  readonly subject: string;
  readonly records: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly fields: readonly DisclosedField[];
}

/** Counts people, records and fields of answers. */
export function countExposure(answers: readonly ExposedAnswer[]): ExposureCounts {
  const personOf = peopleOf(answers);
  const everybody = new Set(answers.map(personOf));
  const known = new Set(answers.flatMap(({ subject }) => subject ?? []));
  const fields = new Map<
    string,
    { readonly pair: DisclosedField; records: number; people: Set<string> }
  >();
  const partners = new Map<string, number>();
  for (const answer of answers) {
    partners.set(answer.partner, (partners.get(answer.partner) ?? 0) + 1);
    for (const pair of answer.fields) {
      const key = pair.join(' ');
      const sum = fields.get(key) ?? { pair, records: 0, people: new Set() };
      sum.records += 1;
      sum.people.add(personOf(answer));
      fields.set(key, sum);
    }
  }
  const times = answers.map(({ at }) => at.getTime());
  const instant = (pick: (one: number, other: number) => number) =>
    times.length === 0 ? null : new Date(times.reduce((one, other) => pick(one, other)));
  return {
    records: answers.length,
    people: everybody.size,
    forgotten: everybody.size - known.size,
    fields: [...fields.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { pair, records, people }]) => ({
        field: pair[0],
        level: pair[1],
        records,
        people: people.size,
      })),
    partners: [...partners]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([partner, records]) => ({ partner, records })),
    firstAt: instant(Math.min),
    lastAt: instant(Math.max),
  };
}

/** What may have left, person by person; of those who can still be named. */
export function exposedPeople(answers: readonly ExposedAnswer[]): readonly ExposedPerson[] {
  const people = new Map<string, ExposedPerson>();
  const personOf = peopleOf(answers);
  for (const answer of answers) {
    const subject = personOf(answer);
    if (subject.includes(' ')) continue;
    const before = people.get(subject);
    const pairs = new Map(
      [...(before?.fields ?? []), ...answer.fields].map((pair) => [pair.join(' '), pair]),
    );
    people.set(subject, {
      subject,
      records: (before?.records ?? 0) + 1,
      firstAt: before === undefined || answer.at < before.firstAt ? answer.at : before.firstAt,
      lastAt: before === undefined || answer.at > before.lastAt ? answer.at : before.lastAt,
      fields: [...pairs.entries()]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([, pair]) => pair),
    });
  }
  return [...people.values()].sort((one, other) => (one.subject < other.subject ? -1 : 1));
}

/** Inside id of who an answer told of; where it is forgotten, a partner's name for them, after a space. */
function peopleOf(answers: readonly ExposedAnswer[]): (answer: ExposedAnswer) => string {
  const byReference = new Map(
    answers.flatMap(({ reference, subject }) =>
      subject === null ? [] : [[reference, subject] as const],
    ),
  );
  return ({ subject, reference }) => subject ?? byReference.get(reference) ?? ` ${reference}`;
}
