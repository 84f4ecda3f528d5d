import { inputInvalid } from '../../core/errors.js';
import { isCaseload } from '../../core/ids.js';
import type { BookedAct, StaffCaller } from '../../staff/index.js';
import { readPersonRow } from '../one-person.js';
import {
  inventHoney,
  newHoneyId,
  plantedHoney,
  plantHoneyIn,
  type PlantedHoney,
} from '../planted-honey.js';
import { readMembersText, type DeskOptions } from './desk.js';

/** What a security officer wants planted. */
export interface HoneyWanted {
  /** Whose people it shall look like. */
  readonly caseload?: string | undefined;
  /** One line of the import, as JSON; made up when absent. */
  readonly person?: string | undefined;
  /** Where it is put, 1 to 200 characters; sealed. */
  readonly place: string;
}

const placeForm = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

/**
 * Security officers plant fictional people and retire them. The book of acts and the log name the
 * record and no more; the person stands sealed, and is shown to security officers alone, each reading
 * on record. Whether somebody like it is on the register is not said: who plants does not read there.
 */
export class HoneyDesk {
  constructor(private readonly options: DeskOptions) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_LOG_UNAVAILABLE */
  async list(caller: StaffCaller): Promise<readonly PlantedHoney[]> {
    await this.options.records.record(caller, 'HONEY_READ', { content: {} });
    return plantedHoney(this.options.register.store);
  }

  /**
   * Plants one, at once.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_INPUT_INVALID naming `place`, `caseload` or the
   *   member of the person; ERR_CONFLICT; ERR_LOG_UNAVAILABLE
   */
  async plant(
    caller: StaffCaller,
    { caseload, person: text, place }: HoneyWanted,
  ): Promise<{ readonly act: BookedAct; readonly honey: PlantedHoney }> {
    const { acts, knownPartners, newId, register, registerActs } = this.options;
    await acts.admit(caller, 'HONEY_PLANT');
    if (!placeForm.test(place)) throw inputInvalid('place');
    const { store } = register;
    const given =
      text === undefined
        ? undefined
        : readPersonRow(store, readMembersText(text, 'person'), await knownPartners());
    if (given !== undefined && given.documents.length === 0 && given.dateOfBirth === undefined) {
      throw inputInvalid('person', 'nobody can ask for it');
    }
    const wanted = given?.caseload ?? caseload;
    if (wanted === undefined || !isCaseload(wanted)) throw inputInvalid('caseload');
    const id = newHoneyId(store);
    let honey: PlantedHoney | undefined;
    const act = await registerActs.handOver(
      newId(),
      {
        payload: { honey: id, caseload: wanted, madeUp: given === undefined },
        work: async (change, { by }) => {
          const person = given ?? (await inventHoney(change, wanted));
          honey = await plantHoneyIn(change, { id, person, place, by });
        },
      },
      async (content) => acts.perform(caller, 'HONEY_PLANT', content),
    );
    if (honey === undefined) throw new TypeError('nothing was planted');
    return { act, honey };
  }

  /** Asks for one to be retired; another person agrees. @throws {GatewayError} ERR_NOT_FOUND */
  async retire(caller: StaffCaller, honey: string): Promise<BookedAct> {
    return this.options.acts.perform(caller, 'HONEY_RETIRE', { honey });
  }
}
