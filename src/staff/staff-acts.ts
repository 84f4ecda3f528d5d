import type { DataSource, EntityManager } from 'typeorm';
import {
  doneWithRecord,
  type AccessLog,
  type ActOutcome,
  type Alongside,
  type RestrictingAct,
} from '../access-log/index.js';
import { isRestricting, restrictingActOf, restrictingName } from './restricting-acts.js';
import { GatewayError, type GatewayErrorCode } from '../core/errors.js';
import {
  decideAct,
  decideApproval,
  decideRefusal,
  isWidening,
  maySeeAct,
  pendingHours,
  type ActDecision,
  type StaffAct,
  type StaffFacts,
  type StaffRole,
} from '../core/staff/acts.js';
import type { ActHandler, ActPayload } from './act-handler.js';
import { uuidForm } from './act-handler.js';
import {
  actDigest,
  decideBookedAct,
  findAct,
  insertAct,
  findDoneAct,
  findWaitingAct,
  noteEnforcement,
  listActs,
  type BookedAct,
} from './act-book.js';
import type { StaffCaller } from './staff-member.js';

/** Acts that change something; the others only read, or note what was read (staff-records.ts). */
export type ChangingAct = Exclude<StaffAct, `${string}_READ` | `${string}_NOTE`>;

export interface StaffActsOptions {
  readonly dataSource: DataSource;
  readonly accessLog: Pick<AccessLog, 'append'>;
  /** How each act is done; the rooms give them. */
  readonly handlers: Readonly<Partial<Record<ChangingAct, ActHandler>>>;
  readonly now: () => Date;
  readonly newId: () => string;
  /** Told after every act that was done, before its answer: this process enforces it by then. */
  readonly onDone?: () => Promise<void>;
}

const mostListed = 200;

/**
 * Everything staff change goes through here. An act of one person is done and recorded in one
 * transaction. An act that widens is booked, waits for another person, and is done in the
 * transaction that records the approval: once, or not at all. Each step is a record of the host's
 * tree, refusals too; what cannot be recorded does not happen.
 */
export class StaffActs {
  constructor(private readonly options: StaffActsOptions) {}

  /**
   * Does an act of one person, or books one that waits for a second.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID, ERR_NOT_FOUND, ERR_CONFLICT and
   *   refusals of the act's own; ERR_LOG_UNAVAILABLE
   */
  async perform(caller: StaffCaller, act: ChangingAct, content: ActPayload): Promise<BookedAct> {
    const { now, newId, dataSource } = this.options;
    const id = newId();
    const at = now();
    const needsSecond = isWidening(act);
    const entry = { id, act, content, caller, at };
    await this.#refusedIsRecorded(entry, async () => {
      // 1. Role, from what the door knows; read again where it counts.
      permit(decideAct(act, caller));
      // 2. The content, in its one form.
      const prepared = this.#handler(act)(content);
      const { payload, concerns = null } = prepared;
      await prepared.ready?.();
      // 3. Booked and recorded together; done at once, or tried and undone.
      const outcome = needsSecond ? 'ACT_REQUESTED' : 'ACT_DONE';
      const subject = prepared.subject ?? concerns;
      await this.#record({ ...entry, content: payload, outcome, subject }, async (manager) => {
        permit(decideAct(act, await lockFacts(manager, caller.account)));
        await insertAct(manager, {
          id,
          act,
          payload,
          concerns,
          needsSecond,
          requestedBy: caller.account,
          requestedAt: at,
          expiresAt: new Date(at.getTime() + pendingHours * 3_600_000),
        });
        const account = caller.account;
        const context = { actId: id, at, newId, by: caller.reference, requestedBy: account };
        if (!needsSecond) {
          const taken = (await prepared.apply(manager, context)) ?? [];
          await noteEnforcement(manager, id);
          // What takes away outlives the database it was done in.
          if (!isRestricting(act) || taken.some((one) => one.act === restrictingName(act))) {
            return taken;
          }
          return [...taken, restrictingActOf({ act, payload, actId: id, at, by: account })];
        }
        await prepared.asked?.(manager, context);
        if (prepared.judged === true) return [];
        await manager.query('SAVEPOINT tried');
        await prepared.apply(manager, context);
        await manager.query('ROLLBACK TO SAVEPOINT tried');
        return [];
      });
    });
    if (!needsSecond) await this.options.onDone?.();
    return present(await findAct(dataSource, id));
  }

  /**
   * Does a waiting act as its second person.
   *
   * @param digest of what the approver has read
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_ACT_NOT_PENDING, ERR_APPROVER_IS_REQUESTER,
   *   ERR_APPROVER_IS_CONCERNED, ERR_ACCOUNT_TOO_NEW, ERR_CONFLICT where the digest is of something
   *   else, what the act itself throws; ERR_LOG_UNAVAILABLE
   */
  async approve(caller: StaffCaller, id: string, digest: string): Promise<BookedAct> {
    const { now, newId } = this.options;
    const at = now();
    const booked = await this.#visible(caller, id);
    const { act, payload, concerns } = booked;
    const entry = { id, act, content: payload, caller, at };
    await this.#refusedIsRecorded(entry, async () => {
      const prepared = this.#handler(act as ChangingAct)(payload);
      await prepared.ready?.();
      const subject = prepared.subject ?? concerns;
      await this.#record({ ...entry, outcome: 'ACT_DONE', subject }, async (manager) => {
        const held = present(await findAct(manager, id, { lock: true }));
        permit(decideApproval(held, await lockFacts(manager, caller.account), at));
        // What stands in the book is what its digest says, and what the approver has seen.
        if (held.digest !== digest || held.digest !== actDigest(id, held.act, held.payload)) {
          throw new GatewayError('ERR_CONFLICT', { argument: 'digest', detail: 'digest' });
        }
        await decideBookedAct(manager, id, { state: 'DONE', by: caller.account, at });
        const context = {
          actId: id,
          at,
          newId,
          by: caller.reference,
          requestedBy: held.requestedBy,
          approvedBy: caller.account,
        };
        const taken = await prepared.apply(manager, context);
        await noteEnforcement(manager, id);
        return taken;
      });
    });
    await this.options.onDone?.();
    return present(await findAct(this.options.dataSource, id));
  }

  /**
   * Ends a waiting act without doing it.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_ACT_NOT_PENDING; ERR_LOG_UNAVAILABLE
   */
  async refuse(caller: StaffCaller, id: string): Promise<BookedAct> {
    const { now, newId } = this.options;
    const at = now();
    const { act, payload, concerns } = await this.#visible(caller, id);
    const entry = { id, act, content: payload, caller, at };
    await this.#refusedIsRecorded(entry, async () =>
      this.#record({ ...entry, outcome: 'ACT_REFUSED', subject: concerns }, async (manager) => {
        const held = present(await findAct(manager, id, { lock: true }));
        permit(decideRefusal(held, await lockFacts(manager, caller.account), at));
        await decideBookedAct(manager, id, { state: 'REFUSED', by: caller.account, at });
        const { requestedBy } = held;
        const context = { actId: id, at, newId, by: caller.reference, requestedBy };
        await this.#handler(act as ChangingAct)(payload).refused?.(manager, context);
      }),
    );
    return present(await findAct(this.options.dataSource, id));
  }

  /** @throws {GatewayError} ERR_NOT_FOUND for one that is not there or not theirs to see */
  async find(caller: StaffCaller, id: string): Promise<BookedAct> {
    permit(decideAct('ACTS_READ', caller));
    return this.#visible(caller, id);
  }

  /** The latest act that waits and names a thing by a member of its content. */
  async findWaiting(
    caller: StaffCaller,
    act: StaffAct,
    member: string,
    value: string,
  ): Promise<BookedAct | undefined> {
    permit(decideAct('ACTS_READ', caller));
    if (!maySeeAct(act, caller)) return undefined;
    const at = this.options.now();
    return findWaitingAct(this.options.dataSource, { act, member, value, at });
  }

  /** The latest that was done of one kind with `member` at `value`, for whoever may see it. */
  async findDone(
    caller: StaffCaller,
    act: StaffAct,
    member: string,
    value: string,
  ): Promise<BookedAct | undefined> {
    permit(decideAct('ACTS_READ', caller));
    if (!maySeeAct(act, caller)) return undefined;
    return findDoneAct(this.options.dataSource, { act, member, value });
  }

  /** Acts this caller may see, the latest first, at most 200; only those that wait when `waiting`. */
  async list(caller: StaffCaller, waiting: boolean): Promise<readonly BookedAct[]> {
    permit(decideAct('ACTS_READ', caller));
    const filter = waiting ? { waitingAt: this.options.now() } : undefined;
    const acts = await listActs(this.options.dataSource, filter, mostListed);
    return acts.filter(({ act }) => maySeeAct(act, caller));
  }

  /**
   * Whether they may do an act, before much is done to prepare it. A refusal is recorded.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_LOG_UNAVAILABLE
   */
  async admit(caller: StaffCaller, act: StaffAct): Promise<void> {
    const { newId, now } = this.options;
    const entry = { id: newId(), act, content: {}, caller, at: now() };
    await this.#refusedIsRecorded(entry, async () => permit(decideAct(act, caller)));
  }

  /**
   * Does one step of an act that is done in many, such as an import, in the transaction that makes a
   * record of it: what the step takes away is in the journal with the record.
   *
   * @throws {GatewayError} what `work` throws; ERR_LOG_UNAVAILABLE
   */
  async recordStep(
    caller: StaffCaller,
    act: ChangingAct,
    work: (manager: EntityManager) => Promise<readonly RestrictingAct[]>,
  ): Promise<void> {
    const { newId, now } = this.options;
    const entry = { id: newId(), act, content: {}, caller, at: now() };
    await this.#record({ ...entry, outcome: 'ACT_DONE', subject: null }, work);
  }

  #handler(act: ChangingAct): ActHandler {
    const handler = this.options.handlers[act];
    if (handler === undefined) throw new TypeError(`${act} cannot be done here`);
    return handler;
  }

  async #visible(caller: StaffCaller, id: string): Promise<BookedAct> {
    const act = uuidForm.test(id) ? await findAct(this.options.dataSource, id) : undefined;
    if (act === undefined || !maySeeAct(act.act, caller)) {
      throw new GatewayError('ERR_NOT_FOUND', { argument: 'id', detail: 'no such act' });
    }
    return act;
  }

  /** Does `work` in the transaction that makes its record; both or neither. */
  async #record(
    entry: RecordedAct & { readonly outcome: ActOutcome; readonly subject: string | null },
    work: (manager: EntityManager) => Promise<readonly RestrictingAct[] | void>,
  ): Promise<void> {
    const { outcome, subject } = entry;
    await doneWithRecord(
      async (alongside) => this.#append(entry, outcome, subject, alongside),
      work,
    );
  }

  /** A refusal is a record as well; one that cannot be kept is the answer instead. */
  async #refusedIsRecorded(entry: RecordedAct, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof GatewayError && error.code !== 'ERR_LOG_UNAVAILABLE') {
        await this.#append(entry, error.code, null);
      }
      throw error;
    }
  }

  async #append(
    { id, act, content, caller, at }: RecordedAct,
    outcome: ActOutcome | GatewayErrorCode,
    subject: string | null,
    alongside?: Alongside,
  ): Promise<void> {
    const { accessLog, newId } = this.options;
    await accessLog.append(
      {
        tree: { kind: 'host' },
        id: newId(),
        requestId: id,
        at,
        grant: null,
        grantVersion: null,
        purpose: act,
        person: { act, content },
        outcome,
        fields: [],
        reference: null,
        host: {
          clientId: caller.account,
          officer: null,
          certificate: caller.certificateFingerprint,
          caseReference: null,
          subject,
          finding: null,
        },
      },
      alongside === undefined ? {} : { alongside },
    );
  }
}

interface RecordedAct {
  readonly id: string;
  readonly act: StaffAct;
  readonly content: ActPayload;
  readonly caller: StaffCaller;
  readonly at: Date;
}

function permit(decision: ActDecision): void {
  if (!decision.allow) throw new GatewayError(decision.code);
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a booked act is gone');
  return value;
}

/** The caller's account as it is in this transaction, and stays until its end. */
async function lockFacts(manager: EntityManager, account: string): Promise<StaffFacts> {
  const [row] = await manager.query<{ roles: StaffRole[]; active: boolean; approves_from: Date }[]>(
    'SELECT roles, active, approves_from FROM staff_account WHERE id = $1 FOR SHARE',
    [account],
  );
  return {
    account,
    roles: row?.roles ?? [],
    active: row?.active ?? false,
    approvesFrom: row?.approves_from ?? new Date(NaN),
  };
}
