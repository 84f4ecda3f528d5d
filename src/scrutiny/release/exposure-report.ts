import { mostFound, type LogPosition, type LogSearch } from '../../access-log/index.js';
import { inputInvalid } from '../../core/errors.js';
import { printBreachPage, type BreachWords } from '../../core/releases/breach-page.js';
import {
  countExposure,
  exposedPeople,
  type ExposedAnswer,
  type ExposureCounts,
} from '../../core/releases/exposure.js';
import { readRecipient, sealFor } from '../../platform/jwe/recipient.js';
import {
  enteredBefore,
  type LeftExport,
  type NamedSubject,
  type ReleasePeople,
  type ReleaseRequest,
  type RequestedAct,
} from '../../register/index.js';
import type { StaffCaller, StaffRecords } from '../../staff/index.js';
import type { ReleasedFile } from './history-of-person.js';
import {
  describeTarget,
  readTarget,
  targetMembers,
  type ExposureQuery,
  type ExposureTarget,
} from './exposure-target.js';

/** How much may have left, and the page for the authority. */
export interface Exposure {
  readonly counts: ExposureCounts;
  /** Whole rows of the register left: an export. */
  readonly wholeRows: boolean;
  /** Markdown, after GDPR Article 33(3). */
  readonly page: string;
}

export interface ExposureOptions {
  readonly releases: Pick<
    ReleasePeople,
    'requestExposure' | 'request' | 'approvedExposure' | 'named' | 'survivors' | 'leftExport'
  >;
  readonly accessLog: { readonly search: Pick<LogSearch, 'find'> };
  readonly records: Pick<StaffRecords, 'admit' | 'record'>;
  readonly now: () => Date;
}

/** Answers read for one report. */
export const mostAnswers = 100_000;

/**
 * Who may be known of after something got out: counts for a security officer alone, names only where
 * a registrar and a protection officer agree, and then for one key.
 */
export class ExposureReport {
  constructor(private readonly options: ExposureOptions) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID, ERR_NOT_FOUND, ERR_LOG_UNAVAILABLE */
  async counts(caller: StaffCaller, query: ExposureQuery, words: BreachWords): Promise<Exposure> {
    const target = readTarget(query);
    await this.options.records.record(caller, 'EXPOSURE_READ', { content: targetMembers(query) });
    const { counts, wholeRows } = await this.#read(caller, target);
    return { counts, wholeRows, page: this.#page(query, counts, wholeRows, words) };
  }

  /** @param recipient public JWK of whoever may read the names, as JSON */
  async request(
    caller: StaffCaller,
    query: ExposureQuery,
    asked: { readonly reason: string; readonly recipient: string },
  ): Promise<RequestedAct> {
    return this.options.releases.requestExposure(caller, {
      ...asked,
      target: targetMembers(query),
      count: async () => (await this.#read(caller, readTarget(query))).counts.people,
    });
  }

  /** What waits, of either release, for whoever decides it: never whom it is about. */
  async releaseRequest(caller: StaffCaller, actId: string): Promise<ReleaseRequest> {
    const content = { request: actId.slice(0, 64) };
    await this.options.records.record(caller, 'RELEASE_REQUEST_READ', { content });
    return this.options.releases.request(caller, actId);
  }

  /**
   * The names, sealed for the key two people have agreed on.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND, ERR_CONFLICT, ERR_LOG_UNAVAILABLE
   */
  async names(caller: StaffCaller, actId: string): Promise<readonly ReleasedFile[]> {
    const { releases, records } = this.options;
    const content = { exposure: actId.slice(0, 64) };
    await records.admit(caller, 'EXPOSURE_NAMES_READ', { content });
    const { target: query, recipient } = await releases.approvedExposure(caller, actId);
    await records.record(caller, 'EXPOSURE_NAMES_READ', { content });
    const read = await this.#read(caller, readTarget(query));
    const named = await this.#named(read);
    const { counts, wholeRows } = read;
    const document = {
      v: 1,
      kind: 'safeconduct/exposure',
      madeAt: this.options.now().toISOString(),
      of: query,
      /** As they were counted; those who are not named have been erased since, or are forgotten. */
      people: counts.people,
      named,
    };
    const files = [
      { name: 'people.json', text: `${JSON.stringify(document, null, 2)}\n` },
      { name: 'page.md', text: this.#page(query, counts, wholeRows, {}) },
    ];
    const text = await sealFor(readRecipient(recipient), JSON.stringify({ files }), {
      release: actId,
    });
    return [{ name: 'exposure.jwe', text: `${text}\n` }];
  }

  async #read(caller: StaffCaller, target: ExposureTarget): Promise<Read> {
    if ('export' in target) {
      const left = await this.options.releases.leftExport(caller, target.export);
      const { people, leftAt } = left;
      const counts = {
        records: people,
        people,
        forgotten: 0,
        fields: [],
        partners: [],
        firstAt: leftAt,
        lastAt: leftAt,
      };
      return { counts, wholeRows: true, answers: [], left };
    }
    const answers = await this.#answers(target);
    return { counts: countExposure(answers), wholeRows: false, answers, left: undefined };
  }

  async #answers({
    filter,
    officer,
    certificate,
  }: Exclude<ExposureTarget, { readonly export: string }>): Promise<readonly ExposedAnswer[]> {
    const { accessLog, now } = this.options;
    const answers: ExposedAnswer[] = [];
    let after: LogPosition | undefined;
    let read = 0;
    for (;;) {
      const found = await accessLog.search.find(filter, { first: mostFound, after }, now());
      for (const { record, host, partner } of found) {
        // What the log has forgotten may have been theirs: it is counted.
        const isOther =
          host !== null &&
          ((officer !== undefined && host.officer !== officer) ||
            (certificate !== undefined && host.certificate !== certificate));
        if (isOther || host?.test === true || partner === null) continue;
        const { at, fields, reference } = record;
        answers.push({
          at: new Date(at),
          partner,
          reference: `${partner} ${reference ?? record.id}`,
          subject: host?.subject ?? null,
          fields,
        });
      }
      read += found.length;
      after = found.at(-1)?.position;
      if (found.length < mostFound || after === undefined) return answers;
      if (read >= mostAnswers) throw inputInvalid('to', 'too many answers: name a shorter time');
    }
  }

  /** Whoever of them is on the register now. */
  async #named({ answers, left }: Read): Promise<readonly object[]> {
    const { releases } = this.options;
    if (left !== undefined) {
      const { caseload, leftAt } = left;
      const people = await releases.named(
        (person) => person.caseload === caseload && enteredBefore(person.subject, leftAt),
      );
      return people.map((person) => ({ ...personOf(person), told: 'the whole entry' }));
    }
    // Who was told of under an entry that was merged since is who it was merged into.
    const survivors = await releases.survivors(answers.flatMap(({ subject }) => subject ?? []));
    const known = answers.map((one) => ({
      ...one,
      subject: survivors.get(one.subject ?? '') ?? one.subject,
    }));
    const exposed = new Map(exposedPeople(known).map((one) => [one.subject, one]));
    const people = await releases.named(({ subject }) => exposed.has(subject));
    return people.map((person) => {
      const one = exposed.get(person.subject);
      return {
        ...personOf(person),
        told: one?.fields.map(([field, level]) => ({ field, level })) ?? [],
        times: one?.records ?? 0,
        firstAt: one?.firstAt.toISOString() ?? null,
        lastAt: one?.lastAt.toISOString() ?? null,
      };
    });
  }

  #page(
    query: ExposureQuery,
    counts: ExposureCounts,
    wholeRows: boolean,
    words: BreachWords,
  ): string {
    const instantOf = (text: string | null | undefined) =>
      typeof text === 'string' ? new Date(text) : null;
    return printBreachPage(
      {
        source: describeTarget(query),
        from: instantOf(query.from),
        to: instantOf(query.to),
        counts,
        wholeRows,
        madeAt: this.options.now(),
      },
      words,
    );
  }
}

interface Read {
  readonly counts: ExposureCounts;
  readonly wholeRows: boolean;
  readonly answers: readonly ExposedAnswer[];
  readonly left: LeftExport | undefined;
}

const personOf = ({ caseload, content }: NamedSubject) => ({
  caseload,
  reference: content.reference,
  names: content.names.map(({ full }) => full),
});
