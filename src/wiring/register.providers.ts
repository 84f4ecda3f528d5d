import type { Provider } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AccessLog } from '../access-log/index.js';
import { NoteChanges, ToldKeys, type EpochWrapping } from '../referrals/index.js';
import {
  ChangePeople,
  ExportPeople,
  HoneyDesk,
  ImportPeople,
  openRegister,
  ReadPeople,
  Register,
  RegisterActs,
  ReleasePeople,
  seedBuiltInCaseload,
  type DeskOptions,
} from '../register/index.js';
import { endWaitingActs, StaffActs, StaffRecords } from '../staff/index.js';
import { readPartnerCodes } from '../partners/index.js';
import { ACCESS_LOG, type GatewayKeys, type RoomsSettings } from './settings.js';
import { localMasterKey, masterKeyRing, type MasterKey } from '../platform/keys/keys.js';
import type { Database } from '../platform/database/database.js';

/** Token of what the use cases of the registrars' desk share. */
const DESK = Symbol('desk');

/** The register and the registrars' desk. */
export function registerProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { configuration, keys, now } = settings;
  const { dataSource } = database;
  return [
    {
      provide: Register,
      inject: [NoteChanges, ToldKeys],
      useFactory: async (notices: NoteChanges, toldKeys: ToldKeys) => {
        const register = await openRegister({
          onLiveChange: async (manager, changes) => notices.note(manager, changes),
          onEpochMove: async (to, last) => toldKeys.move(to, last),
          onBatchOver: async (manager, values) =>
            endWaitingActs(manager, { act: 'REGISTER_RELEASE', member: 'batch', values }, now()),
          dataSource,
          masterKey: masterKeyOf(keys),
          epochKeys: keys.epochs,
          now,
          random: (sizeBytes) => randomBytes(sizeBytes),
        });
        await toldKeys.open(epochWrapping(register));
        if (await seedBuiltInCaseload(register.store)) await register.load();
        return register;
      },
    },
    {
      provide: RegisterActs,
      inject: [Register, ACCESS_LOG],
      useFactory: (register: Register, accessLog: AccessLog) =>
        new RegisterActs(register.store, accessLog.search),
    },
    {
      provide: DESK,
      inject: [Register, StaffActs, StaffRecords, RegisterActs],
      useFactory: (
        register: Register,
        acts: StaffActs,
        records: StaffRecords,
        registerActs: RegisterActs,
      ): DeskOptions => ({
        register,
        acts,
        records,
        registerActs,
        knownPartners: async () => readPartnerCodes(dataSource),
        newId: randomUUID,
      }),
    },
    {
      provide: ChangePeople,
      inject: [DESK],
      useFactory: (desk: DeskOptions) => new ChangePeople(desk),
    },
    {
      provide: ImportPeople,
      inject: [DESK],
      useFactory: (desk: DeskOptions) =>
        new ImportPeople(desk, join(configuration.home, 'uploads')),
    },
    {
      provide: ExportPeople,
      inject: [DESK],
      useFactory: (desk: DeskOptions) => new ExportPeople(desk),
    },
    {
      provide: HoneyDesk,
      inject: [DESK],
      useFactory: (desk: DeskOptions) => new HoneyDesk(desk),
    },
    {
      provide: ReadPeople,
      inject: [Register, StaffActs, StaffRecords],
      useFactory: (register: Register, acts: StaffActs, records: StaffRecords) =>
        new ReadPeople(register, acts, records),
    },
    {
      provide: ReleasePeople,
      inject: [DESK],
      useFactory: (desk: DeskOptions) => new ReleasePeople(desk),
    },
  ];
}

/** What partners were told is under the register's erasure epochs as well. */
function epochWrapping({ store }: Register): EpochWrapping {
  const { epochs } = store;
  return {
    current: async () => epochs.current(store.now()),
    key: async (id, querier) => {
      await epochs.load(querier, [id]);
      return epochs.key(id);
    },
  };
}

function masterKeyOf({ master, previousMaster }: GatewayKeys): MasterKey {
  const key = localMasterKey(master);
  return previousMaster === undefined ? key : masterKeyRing(key, localMasterKey(previousMaster));
}
