import { GatewayError } from '../../core/errors.js';
import type { JWK } from 'jose';
import { textMember, uuidForm, type StaffCaller } from '../../staff/index.js';
import { requestExport, writeExport, type ExportReport } from '../export-register.js';
import { writeHistory } from '../sealed-history.js';
import { readCaseload } from './change-people.js';
import { readMembersText, requestByTwo, type DeskOptions, type RequestedAct } from './desk.js';

/** Exports for the data controller: two people see the true number, one key can open it. */
export class ExportPeople {
  constructor(private readonly options: DeskOptions) {}

  /** @param recipient public JWK of the data controller, as JSON */
  async request(
    caller: StaffCaller,
    caseload: string,
    recipient: string,
  ): Promise<RequestedAct & { readonly recipientThumbprint: string }> {
    const { store } = this.options.register;
    const command = {
      caseload: readCaseload(caseload),
      recipient: readMembersText(recipient, 'recipient') as JWK,
    };
    const { asked, ...requested } = await requestByTwo(
      this.options,
      caller,
      'REGISTER_EXPORT',
      async (requestedBy) => requestExport(store, { ...command, requestedBy }),
    );
    return { ...requested, recipientThumbprint: asked.recipientThumbprint };
  }

  /**
   * Writes an export that was approved, whole and once. Fetching it is a record of its own, kept
   * before the first line leaves.
   *
   * @param actId of the book of acts
   * @throws {GatewayError} ERR_NOT_FOUND; ERR_CONFLICT while it is not approved, or after it was written
   */
  async write(
    caller: StaffCaller,
    actId: string,
    write: (line: string) => Promise<void>,
  ): Promise<ExportReport> {
    const { acts, records, register } = this.options;
    await acts.admit(caller, 'REGISTER_EXPORT');
    const { act, payload, state } = await acts.find(caller, actId);
    if (act !== 'REGISTER_EXPORT' || state !== 'DONE') {
      throw new GatewayError('ERR_CONFLICT', { argument: 'act', detail: 'no approved export' });
    }
    await records.record(caller, 'REGISTER_READ', { content: { export: actId } });
    return writeExport(register.store, textMember(payload, 'request', uuidForm), write);
  }

  /**
   * Writes the access history that was sealed for counsel with an erasure. Fetching it is a record of
   * its own; a week after the first time it is gone.
   *
   * @param actId of the book of acts
   * @returns how many records are in it
   * @throws {GatewayError} ERR_NOT_FOUND; ERR_CONFLICT while it is not approved, when nothing was
   *   sealed, or when it is gone
   */
  async writeHistory(
    caller: StaffCaller,
    actId: string,
    write: (line: string) => Promise<void>,
  ): Promise<number> {
    const { acts, records, register } = this.options;
    await acts.admit(caller, 'REGISTER_ERASE');
    const { act, payload, state } = await acts.find(caller, actId);
    if (act !== 'REGISTER_ERASE' || state !== 'DONE') {
      throw new GatewayError('ERR_CONFLICT', { argument: 'act', detail: 'no approved erasure' });
    }
    await records.record(caller, 'REGISTER_READ', { content: { history: actId } });
    return writeHistory(register.store, textMember(payload, 'request', uuidForm), write);
  }
}
