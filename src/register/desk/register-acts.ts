import type { EntityManager } from 'typeorm';
import { inputInvalid } from '../../core/errors.js';
import {
  fingerprintForm,
  textMember,
  uuidForm,
  type ActContext,
  type ActHandler,
  type ActPayload,
  type ChangingAct,
  type PreparedAct,
} from '../../staff/index.js';
import { withdrawAct, type Approval } from '../acts.js';
import { discardBatchIn } from '../discard-batch.js';
import { approveErasureIn } from '../erase.js';
import { approveExportIn } from '../export-register.js';
import { approveHoldIn, approveHoldLiftIn } from '../legal-hold.js';
import { approveMergeIn } from '../merge.js';
import { retireHoneyIn } from '../planted-honey.js';
import {
  changeRegisterIn,
  readyToChange,
  type ReadyToChange,
  type RegisterChange,
} from '../register-change.js';
import type { RegisterStore } from '../register-store.js';
import { releaseBatchIn } from '../release-batch.js';
import { approveReleaseIn } from '../releases.js';
import {
  keepHistory,
  sealHistory,
  type DisclosureHistory,
  type SealedHistory,
} from '../sealed-history.js';
import { approveLiftIn } from '../suppression.js';
import { askForKeys, keyJobs } from '../upkeep.js';

export type RegisterAct = Extract<
  ChangingAct,
  `REGISTER_${string}` | `HONEY_${string}` | 'HISTORY_RELEASE' | 'EXPOSURE_RELEASE'
>;

/** What one person does to the register, once its act is being recorded. */
export interface RegisterCommand {
  /** What the book may hold: numbers and names of fields, never of people. */
  readonly payload: ActPayload;
  /** Inside id of the person it is about, when it is about one. */
  readonly subject?: string;
  work(change: RegisterChange, context: ActContext): Promise<void>;
}

/**
 * Acts of staff on the register. The book of acts is readable by whoever reads the database, so it
 * holds no person: an act for two names the request that is sealed in the register's own table; an act
 * of one is handed over here, in the memory of the process, by the number its content names.
 */
export class RegisterActs {
  readonly #commands = new Map<string, RegisterCommand>();

  /** @param history what partners were told, which an erasure may seal before the keys go */
  constructor(
    private readonly store: RegisterStore,
    private readonly history: DisclosureHistory,
  ) {}

  /** Runs `perform` with the content that names a command. */
  async handOver<T>(
    id: string,
    command: RegisterCommand,
    perform: (content: ActPayload) => Promise<T>,
  ): Promise<T> {
    this.#commands.set(id, command);
    try {
      return await perform({ command: id });
    } finally {
      this.#commands.delete(id);
    }
  }

  readonly #ofOne: ActHandler = (content) => {
    const command = this.#commands.get(textMember(content, 'command', uuidForm));
    if (command === undefined) throw inputInvalid('command', 'not of this process');
    const { payload, subject } = command;
    return {
      payload,
      ...(subject === undefined ? {} : { subject }),
      ...this.#within(async (change, context) => command.work(change, context)),
    };
  };

  /** `request`: id of the sealed request; `people`: the true number, which the approver reads. */
  readonly #ofTwo =
    (approve: (change: RegisterChange, approval: Approval) => Promise<unknown>): ActHandler =>
    (content) => {
      const actId = textMember(content, 'request', uuidForm);
      const people = peopleMember(content);
      return {
        payload: { request: actId, people },
        judged: true,
        ...this.#within(async (change, { by }) =>
          approve(change, { actId, approvedBy: by, people }),
        ),
        refused: async (manager) => withdrawAct(this.store, actId, manager),
      };
    };

  /** A handler for each act; one missing does not compile. */
  readonly handlers: Readonly<Record<RegisterAct, ActHandler>> = {
    REGISTER_IMPORT: this.#ofOne,
    REGISTER_CORRECT: this.#ofOne,
    REGISTER_SUPPRESS: this.#ofOne,
    REGISTER_KEEP_APART: this.#ofOne,
    REGISTER_DISCARD: (content) => {
      const batchId = textMember(content, 'batch', uuidForm);
      return {
        payload: { batch: batchId },
        ...this.#within(async (change, { by }) => {
          await discardBatchIn(change, { batchId, by });
        }),
      };
    },
    REGISTER_RELEASE: (content) => {
      const batchId = textMember(content, 'batch', uuidForm);
      const people = peopleMember(content);
      const { store } = this;
      let ready: ReadyToChange | undefined;
      return {
        payload: { batch: batchId, people },
        judged: true,
        ready: async () => void (ready = await readyToChange(store)),
        apply: async (manager, { by }) => {
          const { restricting } = await releaseBatchIn(store, manager, prepared(ready), {
            batchId,
            people,
            releasedBy: by,
          });
          return restricting;
        },
      };
    },
    REGISTER_LIFT: this.#ofTwo(approveLiftIn),
    REGISTER_ERASE: (content) => this.#erasing(content),
    REGISTER_HOLD: this.#ofTwo(approveHoldIn),
    REGISTER_HOLD_LIFT: this.#ofTwo(approveHoldLiftIn),
    REGISTER_MERGE: this.#ofTwo(approveMergeIn),
    REGISTER_EXPORT: this.#ofTwo(approveExportIn),
    HISTORY_RELEASE: this.#ofTwo(approveReleaseIn('HISTORY')),
    EXPOSURE_RELEASE: this.#ofTwo(approveReleaseIn('EXPOSURE')),
    REGISTER_KEYS_ROTATE: (content) => {
      const job = keyJobs.find((known) => known === content['job']);
      if (job === undefined) throw inputInvalid('job');
      return { payload: { job }, apply: async (manager) => askForKeys(manager, job) };
    },
    HONEY_PLANT: this.#ofOne,
    HONEY_RETIRE: (content) => {
      const honey = textMember(content, 'honey', uuidForm);
      return {
        payload: { honey },
        ...this.#within(async (change) => retireHoneyIn(change, honey)),
      };
    },
  };

  /** `counsel`: thumbprint of the key the access history is sealed for, when one was named. */
  #erasing(content: ActPayload): PreparedAct {
    const { store, history } = this;
    const request = textMember(content, 'request', uuidForm);
    const counsel =
      content['counsel'] === undefined
        ? undefined
        : textMember(content, 'counsel', fingerprintForm);
    let sealed: SealedHistory | undefined;
    const act = this.#ofTwo(async (change, approval) => {
      // What was sealed is kept, and only then the keys go: one transaction.
      const { subjects } = await approveErasureIn(change, approval);
      if (sealed !== undefined) {
        await keepHistory(change.manager, history, request, sealed, subjects);
      }
    })(content);
    if (counsel === undefined) return act;
    return {
      ...act,
      payload: { ...act.payload, counsel },
      ready: async () => {
        await act.ready?.();
        sealed = await sealHistory(store, history, request);
        if (sealed === undefined) throw inputInvalid('counsel');
      },
    };
  }

  #within(work: (change: RegisterChange, context: ActContext) => Promise<unknown>) {
    const { store } = this;
    let ready: ReadyToChange | undefined;
    return {
      ready: async () => void (ready = await readyToChange(store)),
      apply: async (manager: EntityManager, context: ActContext) => {
        const { restricting } = await changeRegisterIn(
          store,
          manager,
          prepared(ready),
          async (change) => work(change, context),
        );
        return restricting;
      },
    };
  }
}

function peopleMember(content: ActPayload): number {
  const { people } = content;
  if (typeof people !== 'number' || !Number.isSafeInteger(people) || people < 0) {
    throw inputInvalid('people');
  }
  return people;
}

function prepared(ready: ReadyToChange | undefined): ReadyToChange {
  if (ready === undefined) throw new TypeError('an act on the register was not made ready');
  return ready;
}
