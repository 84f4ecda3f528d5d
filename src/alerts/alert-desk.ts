import type { DataSource } from 'typeorm';
import { mayBecome } from '../core/alerts/alert.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';
import { findAlert, listAlerts, noteAlert, type StoredAlert } from './alert-store.js';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const mostListed = 100;
const mostNoteLength = 500;

/** Alerts for those who act on them. Reading and every note is a record of the host's tree. */
export class AlertDesk {
  constructor(
    private readonly dataSource: DataSource,
    private readonly records: StaffRecords,
    private readonly now: () => Date,
  ) {}

  /**
   * The latest first; those that are not closed unless `all`.
   *
   * @param before id of the last alert of the page before
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID, ERR_LOG_UNAVAILABLE
   */
  async list(
    caller: StaffCaller,
    wanted: {
      readonly all: boolean;
      readonly first: number;
      readonly before?: string | null | undefined;
    },
  ): Promise<readonly StoredAlert[]> {
    const { all, first, before } = wanted;
    if (!Number.isSafeInteger(first) || first < 1 || first > mostListed)
      throw inputInvalid('first');
    await this.records.record(caller, 'ALERTS_READ', { content: { all, first } });
    const after =
      before === null || before === undefined
        ? undefined
        : await findAlert(this.dataSource, before);
    if (after === undefined && before !== null && before !== undefined) {
      throw inputInvalid('before');
    }
    return listAlerts(this.dataSource, { open: !all, most: first, after });
  }

  /** @throws {GatewayError} ERR_NOT_FOUND */
  async find(caller: StaffCaller, id: string): Promise<StoredAlert> {
    await this.records.record(caller, 'ALERTS_READ', { content: { alert: id.slice(0, 36) } });
    return this.#present(uuid.test(id) ? await findAlert(this.dataSource, id) : undefined);
  }

  /**
   * Says that an alert has been seen, or is dealt with, and what was made of it.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND, ERR_CONFLICT where it is there already
   */
  async note(
    caller: StaffCaller,
    id: string,
    state: 'ACKNOWLEDGED' | 'CLOSED',
    text: string,
  ): Promise<StoredAlert> {
    const note = text.trim();
    if (note.length < 1 || note.length > mostNoteLength) throw inputInvalid('note');
    const at = this.now();
    const content = { alert: id.slice(0, 36), state, note };
    await this.records.record(caller, 'ALERT_NOTE', { content }, async (manager) => {
      const alert = this.#present(
        uuid.test(id) ? await findAlert(manager, id, { lock: true }) : undefined,
      );
      if (!mayBecome(alert.state, state)) {
        throw new GatewayError('ERR_CONFLICT', { argument: 'id', detail: 'alert' });
      }
      await noteAlert(manager, id, { account: caller.account, state, note, at });
    });
    return this.#present(await findAlert(this.dataSource, id));
  }

  #present(alert: StoredAlert | undefined): StoredAlert {
    if (alert === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'id' });
    return alert;
  }
}
