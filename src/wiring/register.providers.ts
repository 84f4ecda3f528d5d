import type { Provider } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { NoteChanges } from '../referrals/index.js';
import {
  ChangePeople,
  ExportPeople,
  HoneyDesk,
  ImportPeople,
  openRegister,
  ReadPeople,
  Register,
  RegisterActs,
  seedBuiltInCaseload,
  type DeskOptions,
} from '../register/index.js';
import { StaffActs } from '../staff/index.js';
import { readPartnerCodes } from '../partners/index.js';
import type { GatewayKeys, RoomsSettings } from './settings.js';
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
      inject: [NoteChanges],
      useFactory: async (notices: NoteChanges) => {
        const register = await openRegister({
          onLiveChange: async (manager, changes) => notices.note(manager, changes),
          dataSource,
          masterKey: masterKeyOf(keys),
          epochKeys: keys.epochs,
          now,
          random: (sizeBytes) => randomBytes(sizeBytes),
        });
        if (await seedBuiltInCaseload(register.store)) await register.load();
        return register;
      },
    },
    {
      provide: RegisterActs,
      inject: [Register],
      useFactory: (register: Register) => new RegisterActs(register.store),
    },
    {
      provide: DESK,
      inject: [Register, StaffActs, RegisterActs],
      useFactory: (
        register: Register,
        acts: StaffActs,
        registerActs: RegisterActs,
      ): DeskOptions => ({
        register,
        acts,
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
      inject: [Register, StaffActs],
      useFactory: (register: Register, acts: StaffActs) => new ReadPeople(register, acts),
    },
  ];
}

function masterKeyOf({ master, previousMaster }: GatewayKeys): MasterKey {
  const key = localMasterKey(master);
  return previousMaster === undefined ? key : masterKeyRing(key, localMasterKey(previousMaster));
}
