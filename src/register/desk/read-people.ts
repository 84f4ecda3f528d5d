import { GatewayError } from '../../core/errors.js';
import type {
  BookedAct,
  ReadContent,
  StaffActs,
  StaffCaller,
  StaffRecords,
} from '../../staff/index.js';
import { decideAct } from '../../core/staff/acts.js';
import { openAct, type TwoPersonAct } from '../acts.js';
import { caseloadsOfBatch, type BatchCaseload } from '../batch-caseloads.js';
import { readBatch, readBatches, type BatchView } from '../batches.js';
import { compareForDuplicates, type ComparedPeople } from '../duplicates.js';
import { findErased } from '../erased-references.js';
import { legalHolds, type ListedHold } from '../legal-hold.js';
import { readHousehold, readPerson, type PersonView } from '../person-view.js';
import type { PersonReference } from '../register-change.js';
import type { Register } from '../register.js';
import { registerStatistics, type RegisterStatistics } from '../statistics.js';
import { upkeepStatus, type UpkeepStatus } from '../upkeep.js';
import { findRelease } from './desk.js';

/** What the second person reads before releasing a batch. */
export interface BatchForRelease extends BatchView {
  readonly caseloads: readonly BatchCaseload[];
  readonly duplicates: ComparedPeople;
  /** The request that waits; undefined when it has to be asked for anew. */
  readonly release: BookedAct | undefined;
}

/** What an act of two on the register is about, opened for whoever decides it. */
export interface OpenedRequest {
  readonly kind: TwoPersonAct;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly people: number;
  /** Whom and what, as JSON. */
  readonly content: unknown;
}

/** What is still known of a reference that was erased: of the act, and nothing of the person. */
export interface ErasedPerson {
  readonly erasedAt: Date;
  /** The erasure in the book of acts, which counsel's copy is fetched by; undefined where it is not. */
  readonly actId: string | undefined;
  /** RFC 7638 thumbprint of the key a history was sealed for; undefined where none was. */
  readonly counsel: string | undefined;
  /** What was sealed, while it is there. */
  readonly history: { readonly records: number; readonly fetchedAt: Date | null } | undefined;
}

/** People compared for one request: some seconds. */
export const comparedAtOnce = 2_000;

/** Registrars read. Each reading is a record, kept before anything is handed out. */
export class ReadPeople {
  constructor(
    private readonly register: Register,
    private readonly acts: StaffActs,
    private readonly records: StaffRecords,
  ) {}

  /** @throws {GatewayError} ERR_NOT_FOUND, on record as well */
  async person(caller: StaffCaller, reference: PersonReference): Promise<PersonView> {
    const about = { person: { ...reference } };
    return this.#recorded(caller, { content: { of: 'person' }, about }, async () => {
      const person = await readPerson(this.register.store, reference);
      return { value: person, subject: person.subject };
    });
  }

  async household(caller: StaffCaller, reference: PersonReference): Promise<readonly PersonView[]> {
    const about = { household: { ...reference } };
    return this.#recorded(caller, { content: { of: 'household' }, about }, async () => {
      const { subject } = await readPerson(this.register.store, reference);
      return { value: await readHousehold(this.register.store, reference), subject };
    });
  }

  /**
   * Whether a reference nobody has was erased.
   *
   * @returns undefined when no erasure of it is known, or not any more
   */
  async erased(caller: StaffCaller, reference: PersonReference): Promise<ErasedPerson | undefined> {
    const about = { erased: { ...reference } };
    return this.#recorded(caller, { content: { of: 'erased' }, about }, async () => {
      const found = await findErased(this.register.store, reference);
      if (found === undefined) return { value: undefined };
      const { requestId, erasedAt, history } = found;
      const act = await this.acts.findDone(caller, 'REGISTER_ERASE', 'request', requestId);
      const counsel = act?.payload['counsel'];
      return {
        value: {
          erasedAt,
          actId: act?.id,
          counsel: typeof counsel === 'string' ? counsel : undefined,
          history,
        },
      };
    });
  }

  /** Counts only. */
  async batches(caller: StaffCaller, which: 'WAITING' | 'ALL'): Promise<readonly BatchView[]> {
    return this.#recorded(caller, { content: { batches: which } }, async () => ({
      value: await readBatches(this.register.store, which),
    }));
  }

  /** @throws {GatewayError} ERR_NOT_FOUND */
  async batch(caller: StaffCaller, batchId: string): Promise<BatchForRelease> {
    return this.#recorded(caller, { content: { batch: batchId } }, async () => {
      const batch = await readBatch(this.register.store, batchId);
      const waits = batch.state === 'WAITING';
      return {
        value: {
          ...batch,
          caseloads: waits ? await caseloadsOfBatch(this.register.store, batchId) : [],
          duplicates: waits
            ? await compareForDuplicates(this.register, { batchId, count: comparedAtOnce })
            : { pairs: [], compared: 0, total: 0 },
          release: waits ? await findRelease(this.acts, caller, batchId) : undefined,
        },
      };
    });
  }

  /**
   * Likely duplicates among who is released, or between who waits in a batch and everybody; from
   * one person on, {@link comparedAtOnce} at a time.
   */
  async duplicates(
    caller: StaffCaller,
    { batchId, from }: { readonly batchId?: string; readonly from: number },
  ): Promise<ComparedPeople> {
    return this.#recorded(
      caller,
      { content: { duplicates: batchId ?? 'live', from } },
      async () => {
        if (batchId !== undefined) await readBatch(this.register.store, batchId);
        const which = { from, count: comparedAtOnce };
        return {
          value: await compareForDuplicates(
            this.register,
            batchId === undefined ? which : { ...which, batchId },
          ),
        };
      },
    );
  }

  async holds(caller: StaffCaller): Promise<readonly ListedHold[]> {
    return this.#recorded(caller, { content: { holds: 'all' } }, async () => ({
      value: await legalHolds(this.register.store),
    }));
  }

  /**
   * What a waiting act of two is about.
   *
   * @param actId of the book of acts
   * @throws {GatewayError} ERR_NOT_FOUND
   */
  async request(caller: StaffCaller, actId: string): Promise<OpenedRequest> {
    return this.#recorded(caller, { content: { request: actId } }, async () => {
      const { payload } = await this.acts.find(caller, actId);
      const { store } = this.register;
      const { request } = payload;
      if (typeof request !== 'string') {
        throw new GatewayError('ERR_NOT_FOUND', { argument: 'act', detail: 'nothing is sealed' });
      }
      const opened = await openAct(store, store.dataSource, request);
      const { kind, requestedBy, requestedAt, people, content } = opened;
      return { value: { kind, requestedBy, requestedAt, people, content } };
    });
  }

  /** Counts without people, for more roles than the register. */
  async statistics(caller: StaffCaller): Promise<RegisterStatistics> {
    await this.records.record(caller, 'REGISTER_STATISTICS_READ', { content: {} });
    return registerStatistics(this.register.store);
  }

  /** How moving of keys stands. Nobody is in it, and whoever waits asks again and again: no record. */
  async upkeep(caller: StaffCaller): Promise<readonly UpkeepStatus[]> {
    const decision = decideAct('KEYS_READ', caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    return upkeepStatus(this.register.store.dataSource);
  }

  /** What was not found is asked for all the same, and so is on record. */
  async #recorded<Value>(
    caller: StaffCaller,
    reading: ReadContent,
    read: () => Promise<{ readonly value: Value; readonly subject?: string }>,
  ): Promise<Value> {
    await this.records.admit(caller, 'REGISTER_READ', reading);
    let found: { readonly value: Value; readonly subject?: string };
    try {
      found = await read();
    } catch (error) {
      await this.records.record(caller, 'REGISTER_READ', reading);
      throw error;
    }
    const { value, subject } = found;
    await this.records.record(caller, 'REGISTER_READ', {
      ...reading,
      ...(subject === undefined ? {} : { subject }),
    });
    return value;
  }
}
