import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { DataSource } from 'typeorm';
import type { AccessEntry, AccessLog } from '../../src/access-log/index.js';
import { isGatewayError, type GatewayError } from '../../src/core/errors.js';
import type { Grant } from '../../src/core/grants/grant.js';
import type { SubjectField } from '../../src/core/disclosure/catalogue.js';
import type { PartnerCode, StateCode, SubjectId } from '../../src/core/ids.js';
import { commitQuestion } from '../../src/core/log/record.js';
import type { ReferralReason } from '../../src/core/referrals/referral.js';
import { subjectBlockingTerms } from '../../src/core/matching/index.js';
import type { Subject } from '../../src/core/register/subject.js';
import { BlindIndex } from '../../src/register/blind-index.js';
import { registerVersionSql, type OpenedSubject } from '../../src/register/index.js';
import { Budgets, type Caller } from '../../src/grants/index.js';
import {
  Crossings,
  Mistakes,
  NoteChanges,
  PartnerRecord,
  ReadNotices,
  ToldFacts,
  ToldKeys,
  OwnCursors,
  ReferralActs,
  ReferralDesk,
  ReferralStore,
  WithdrawReferral,
  type ConfirmCrossingCommand,
  type EpochWrapping,
} from '../../src/referrals/index.js';
import {
  ReadAccess,
  ReadReferrals,
  RequestReferral,
  VerifyIdentity,
  type Question,
  type ReferralPage,
} from '../../src/verification/index.js';
import type { StaffCaller } from '../../src/staff/index.js';
import type { AnyCrossing, Step } from './arbitrary-steps.js';
import { deleteAll } from './databases.js';

/** One person of a register in memory. */
export interface StoredPerson {
  /** 1 to 65,535; stands for the UUID. */
  readonly number: number;
  readonly subject: Subject;
}

export interface World {
  readonly caller: Caller;
  readonly grants: readonly Grant[];
  readonly people: readonly StoredPerson[];
}

/**
 * The use cases over the real blind index, matching, disclosure and budgets, and a log that keeps
 * nothing: what a partner could see of a whole sequence of questions comes out as one text.
 */
export class InProcessGateway {
  private readonly verifyIdentity: VerifyIdentity;
  private readonly readAccess: ReadAccess;
  private readonly crossings: Crossings;
  private readonly noteChanges: NoteChanges;
  private readonly readNotices: ReadNotices;
  private readonly mistakes: Mistakes;
  private readonly requestReferral: RequestReferral;
  private readonly readReferrals: ReadReferrals;
  private readonly withdrawReferral: WithdrawReferral;
  private readonly desk: ReferralDesk;
  private readonly referralActs: ReferralActs;
  /** Of every question: of its answer, or of its refusal. */
  private readonly verifications: string[] = [];
  private readonly confirmations: string[] = [];
  /** Questions by their verification, and referrals. */
  private readonly questions = new Map<string, Question>();
  private readonly referrals: string[] = [];
  private readonly opened: Promise<void>;
  private ids = 0;
  private at = new Date('2026-03-04T10:00:00Z').getTime();

  constructor(
    private readonly dataSource: DataSource,
    private readonly world: World,
  ) {
    const authority = {
      isStopped: () => false,
      grant: (id: string) => world.grants.find((grant) => grant.id === id),
      grantsOf: (partner: PartnerCode) => world.grants.filter((one) => one.partner === partner),
      grantsOfState: (_state: StateCode) => world.grants,
      awaitingAcceptance: () => [],
      ends: () => [],
      catchUp: async () => false,
      refresh: async () => undefined,
      establish: () => world.caller,
      stateOf: () => world.caller.state,
    };
    const budgets = new Budgets(dataSource, Buffer.alloc(32, 7), registerVersionSql);
    const now = () => new Date(this.at);
    const newId = () => `00000000-0000-4000-8000-${String((this.ids += 1)).padStart(12, '0')}`;
    const { log, ownRecord } = publicLog(dataSource);
    const toldKeys = new ToldKeys(dataSource, Buffer.alloc(32, 9), (size) => Buffer.alloc(size, 3));
    this.opened = toldKeys.open(oneEpoch(dataSource));
    const facts = new ToldFacts(toldKeys);
    const register = memoryRegister(world.people);
    this.verifyIdentity = new VerifyIdentity(
      authority,
      budgets,
      register,
      log,
      facts,
      { take: () => undefined },
      now,
      newId,
    );
    const records = new PartnerRecord({ accessLog: log, now, newId });
    this.crossings = new Crossings(toldKeys, facts, records, now, newId);
    this.mistakes = new Mistakes(toldKeys, facts, records, now, newId);
    this.noteChanges = new NoteChanges(toldKeys, now);
    this.readNotices = new ReadNotices(toldKeys, log, Buffer.alloc(32, 5), now, newId);
    const store = new ReferralStore(toldKeys);
    const common = { authority, store, records, now, newId };
    const referralRegister = { ...register, refresh: async () => undefined };
    this.requestReferral = new RequestReferral({ ...common, budget: budgets, log: { ownRecord } });
    this.readReferrals = new ReadReferrals({
      ...common,
      budget: budgets,
      register: referralRegister,
      accessLog: log,
      told: facts,
      cursors: new OwnCursors(Buffer.alloc(32, 6), 'test'),
    });
    this.withdrawReferral = new WithdrawReferral(store, records, now);
    this.desk = new ReferralDesk({
      store,
      authority,
      register: referralRegister,
      records: { record: async () => undefined },
      now,
    });
    this.referralActs = new ReferralActs(store, this.desk);
    this.readAccess = new ReadAccess(authority, budgets, now);
  }

  /** The answer or refusal as a partner gets it, as text. */
  private async ask(question: Question): Promise<string> {
    try {
      const answer = await this.verifyIdentity.execute(this.world.caller, question);
      this.verifications.push(answer.id);
      this.questions.set(answer.id, question);
      const { subject, ...rest } = answer;
      const fields = subject === undefined ? null : [...subject.fields];
      return JSON.stringify({ ...rest, reference: subject?.reference ?? null, fields });
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      this.verifications.push(error.reference ?? '');
      return refusal(error);
    }
  }

  /** Does one step; what the partner gets of it, as text. */
  async take(step: Step): Promise<string> {
    await this.opened;
    this.at += 61_000;
    switch (step.does) {
      case 'ASK':
        return this.ask(step.question);
      case 'CONFIRM':
        return this.confirm(oneOf(this.verifications, step.of), step.crossing);
      case 'CORRECT':
        return this.correct(oneOf(this.confirmations, step.of), step.crossing);
      case 'REPORT':
        return this.said(async () =>
          this.mistakes.report(this.world.caller, {
            requestId: `m-${step.request}`,
            verificationId: oneOf(this.verifications, step.of),
            kind: step.kind,
            fields: step.fields,
          }),
        );
      case 'READ NOTICES':
        return this.notices();
      case 'REFER':
        return this.refer(oneOf(this.verifications, step.of), step.reason);
      case 'READ REFERRAL':
        return this.said(async () =>
          this.readReferral(oneOf(this.referrals, step.of), step.fields),
        );
      case 'LIST REFERRALS':
        return this.said(async () =>
          withoutCursors(
            await this.readReferrals.list(this.world.caller, {
              first: 50,
              after: undefined,
              state: step.state,
            }),
          ),
        );
      case 'WITHDRAW':
        return this.said(async () =>
          this.withdrawReferral.execute(this.world.caller, {
            requestId: `w-${this.ids}`,
            referralId: oneOf(this.referrals, step.of),
          }),
        );
      case 'DECIDE':
        await this.decide(oneOf(this.referrals, step.of), step.confirms);
        return '';
      case 'WAIT':
        this.at += step.hours * 3_600_000;
        return '';
    }
  }

  private async refer(verificationId: string, reason: ReferralReason): Promise<string> {
    const person = this.questions.get(verificationId)?.person ?? {};
    return this.said(async () => {
      const requested = await this.requestReferral.execute(this.world.caller, {
        // Now and then one that was used for another.
        requestId: `f-${this.referrals.length % 3}`,
        verificationId,
        reason,
        person,
        personAsSent: person,
      });
      this.referrals.push(requested.referral.id);
      return requested;
    });
  }

  private async readReferral(id: string, fields: readonly SubjectField[]): Promise<unknown> {
    const read = await this.readReferrals.one(this.world.caller, id, fields);
    const subject = read?.answer?.subject;
    if (read?.answer !== undefined) this.verifications.push(read.answer.id);
    return { ...read, fields: subject === undefined ? null : [...subject.fields] };
  }

  /** What an officer does; a case that is not open is left. The partner gets nothing of it. */
  private async decide(referral: string, confirms: boolean): Promise<void> {
    try {
      const { candidates, needsSecond } = await this.desk.show(officer, referral);
      const { REFERRAL_CONFIRM, REFERRAL_CONFIRM_BY_TWO, REFERRAL_DECLINE } =
        this.referralActs.handlers;
      const confirm = needsSecond ? REFERRAL_CONFIRM_BY_TWO : REFERRAL_CONFIRM;
      const candidate = candidates[0]?.candidate;
      if (confirms && candidate === undefined) return;
      const prepared = confirms
        ? confirm({ referral, candidate: candidate ?? '', reason: 'likeliest' })
        : REFERRAL_DECLINE({ referral, reason: 'unlike' });
      await prepared.ready?.();
      const context = {
        actId: '00000000-0000-7000-8000-000000000001',
        at: new Date(this.at),
        newId: () => '',
        by: 'LIA-1',
        requestedBy: officer.account,
      };
      await this.dataSource.transaction(async (manager) => {
        await prepared.apply(manager, context);
      });
    } catch (error) {
      if (!isGatewayError(error, 'ERR_NOT_FOUND') && !isGatewayError(error, 'ERR_CONFLICT')) {
        throw error;
      }
    }
  }

  /** Says that somebody crossed: taken after a match, else refused. */
  private async confirm(verificationId: string, crossing: AnyCrossing): Promise<string> {
    return this.said(async () => {
      const confirmed = await this.crossings.confirm(this.world.caller, {
        requestId: `c-${this.ids}`,
        verificationId,
        ...this.claim(crossing),
      });
      this.confirmations.push(confirmed.confirmation.id);
      return confirmed;
    });
  }

  private async correct(confirmationId: string, to: AnyCrossing | undefined): Promise<string> {
    const crossing = to === undefined ? undefined : this.claim(to);
    return this.said(async () =>
      this.crossings.correct(this.world.caller, {
        requestId: `k-${this.ids}`,
        confirmationId,
        crossing,
      }),
    );
  }

  private claim({
    state,
    borderPoint,
    minutesAgo,
  }: AnyCrossing): Pick<ConfirmCrossingCommand, 'state' | 'borderPoint' | 'crossedAt'> {
    return { state, borderPoint, crossedAt: new Date(this.at - minutesAgo * 60_000) };
  }

  private async said(work: () => Promise<unknown>): Promise<string> {
    try {
      return JSON.stringify(await work());
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return refusal(error);
    }
  }

  /** The register changes: people of this world become what they are in another, or are erased. */
  async becomes(people: readonly StoredPerson[]): Promise<void> {
    await this.opened;
    const after = new Map(people.map(({ number, subject }) => [number, subject]));
    const changes = this.world.people.map(({ number, subject: before }) => {
      const now = after.get(number);
      return {
        subject: String(number) as SubjectId,
        contents: now === undefined ? undefined : { before, after: now },
      };
    });
    await this.dataSource.transaction(async (manager) => this.noteChanges.note(manager, changes));
  }

  /** The notices as a partner reads them; their ids are random. */
  async notices(): Promise<string> {
    await this.opened;
    const { notices, hasNextPage } = await this.readNotices.execute(
      this.world.caller,
      50,
      undefined,
    );
    const told = notices.map(({ notice: { reference, fields, since } }) =>
      JSON.stringify({ reference, fields, since }),
    );
    return JSON.stringify([told.sort(), hasNextPage]);
  }

  async access(): Promise<string> {
    return JSON.stringify(await this.readAccess.execute(this.world.caller));
  }
}

/** Told keys under one epoch's key, which is no secret. */
export function oneEpoch(dataSource: DataSource): EpochWrapping {
  const wrapping = { id: 1, key: Buffer.alloc(32, 4) };
  return {
    current: async () => {
      await dataSource.query(
        'INSERT INTO erasure_epoch (id, key_check) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [wrapping.id, Buffer.alloc(16)],
      );
      return wrapping;
    },
    key: async () => wrapping.key,
  };
}

/** Forgets every use of every budget, and what partners were told and said. */
export async function forgetBudgets(dataSource: DataSource): Promise<void> {
  const budgets = ['budget_use', 'budget_seen', 'budget_alarm', 'miss_returned', 'question_asked'];
  const told = ['match_told', 'miss_score', 'matched_anchor', 'crossing', 'mistake_report'];
  await deleteAll(dataSource, [...budgets, ...told, 'notice', 'confirmation_alarm', 'referral']);
}

const oneOf = (ids: readonly string[], at: number): string =>
  ids.length === 0 ? 'nothing yet' : (ids[ids.length - 1 - (at % ids.length)] ?? '');

function refusal({ code, argument, field, budget, retryAt, reference }: GatewayError): string {
  return JSON.stringify({ code, argument, field, budget, retryAt, reference });
}

/** The blind index over people in memory. */
export function memoryRegister(people: readonly StoredPerson[]) {
  const index = new BlindIndex();
  const byNumber = new Map<number, OpenedSubject>();
  for (const { number, subject } of people) {
    const id = Buffer.alloc(16);
    id.writeUInt16BE(number, 14);
    index.put({
      subject: id,
      version: 1,
      caseload: subject.caseload,
      suppressedFor: subject.suppressedFor,
      informed: subject.sharing?.informedOn !== undefined,
      keys: keysOf(subjectBlockingTerms(subject)),
    });
    byNumber.set(number, {
      id: String(number) as SubjectId,
      version: 1,
      subject,
      referenceSecret: createHash('sha256').update(id).digest(),
    });
  }
  type Asked = [
    terms: readonly { readonly term: string; readonly weight: number }[],
    scope: Parameters<BlindIndex['candidates']>[2],
    cap: number,
  ];
  const found = (...[terms, scope, cap]: Asked) => {
    const keys = keysOf(terms.map(({ term }) => term));
    const weights = Float64Array.from(terms, ({ weight }) => weight);
    return index.candidates(keys, weights, scope, cap).flatMap((row) => {
      const subject = Buffer.from(index.subjectOf(row)).readUInt16BE(14);
      const opened = byNumber.get(subject);
      return opened === undefined ? [] : [{ ...opened, row }];
    });
  };
  return {
    catchUp: async () => undefined,
    candidates: found,
    find: async (...asked: Asked) => found(...asked),
  };
}

function keysOf(terms: readonly string[]): Uint32Array {
  const words = terms.flatMap((term) => {
    const hash = createHash('sha256').update(term).digest();
    return [hash.readUInt32BE(0), hash.readUInt32BE(4)];
  });
  return Uint32Array.from(words);
}

/** Receipts that show all of an entry a partner can see, and hide what only the host may open. */
export function publicLog(dataSource: DataSource): {
  readonly log: Pick<AccessLog, 'append'>;
  readonly ownRecord: AccessLog['search']['ownRecord'];
} {
  let index = 0;
  const salt = Buffer.alloc(32, 8);
  const entries = new Map<string, AccessEntry>();
  const log: Pick<AccessLog, 'append'> = {
    append: async (entry: AccessEntry, options = {}) => {
      const { alongside } = options;
      if (alongside !== undefined) {
        await dataSource.transaction(async (manager) => {
          await alongside(manager);
        });
      }
      const record = canonicalize(JSON.parse(JSON.stringify({ ...entry, host: null }))) ?? '';
      index += 1;
      entries.set(entry.id, entry);
      return { record, salt: '', proof: String(index), index, treeSize: index };
    },
  };
  return {
    log,
    ownRecord: async (_partner, id) => {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      const question = entry.person === null ? null : commitQuestion(salt, entry.person);
      const at = entry.at.toISOString();
      const record = { ...entry, at, question, nonce: salt, sealed: salt };
      return { record, host: entry.host, salt };
    },
  };
}

/** A liaison officer. */
export const officer: StaffCaller = {
  account: '00000000-0000-7000-8000-00000000000a',
  reference: 'LIA-1',
  name: 'Officer',
  roles: ['LIAISON'],
  active: true,
  approvesFrom: new Date(0),
  certificateFingerprint: 'x',
};

/** Cursors are sealed under random numbers. */
const withoutCursors = ({ referrals, hasNextPage }: ReferralPage) => ({
  referrals: referrals.map(({ referral }) => referral),
  hasNextPage,
});
