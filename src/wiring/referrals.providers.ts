import type { Provider } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { Authority } from '../grants/index.js';
import { deriveKey } from '../platform/keys/keys.js';
import { describeError } from '../platform/telemetry/logger.js';
import {
  ConfirmationAlarms,
  Crossings,
  Mistakes,
  NoteChanges,
  PartnerRecord,
  ReadConfirmations,
  ReadMistakes,
  ReadNotices,
  ReferralActs,
  ReferralDesk,
  ReferralStore,
  ToldFacts,
  ToldKeys,
  WithdrawReferral,
  type ReferralRegister,
} from '../referrals/index.js';
import { Register, registerVersionSql } from '../register/index.js';
import { QuestionScreen, ReadFindings, ScreenRounds } from '../screening/index.js';
import { StaffRecords } from '../staff/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** What partners were told: crossings, notices, mistakes; the screen nobody of them is told of. */
export function referralsProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { keys, logger, now } = settings;
  const { dataSource } = database;
  return [
    {
      provide: ToldKeys,
      useFactory: () =>
        new ToldKeys(dataSource, deriveKey(keys.log, 'safeconduct/told/v1'), (sizeBytes) =>
          randomBytes(sizeBytes),
        ),
    },
    {
      provide: ToldFacts,
      inject: [ToldKeys],
      useFactory: (toldKeys: ToldKeys) => new ToldFacts(toldKeys),
    },
    {
      provide: Crossings,
      inject: [ToldKeys, ToldFacts, ACCESS_LOG],
      useFactory: (toldKeys: ToldKeys, told: ToldFacts, accessLog: AccessLog) =>
        new Crossings(
          toldKeys,
          told,
          new PartnerRecord({ accessLog, now, newId: randomUUID }),
          now,
          randomUUID,
        ),
    },
    {
      provide: Mistakes,
      inject: [ToldKeys, ToldFacts, ACCESS_LOG],
      useFactory: (toldKeys: ToldKeys, told: ToldFacts, accessLog: AccessLog) =>
        new Mistakes(
          toldKeys,
          told,
          new PartnerRecord({ accessLog, now, newId: randomUUID }),
          now,
          randomUUID,
        ),
    },
    {
      provide: ReadMistakes,
      inject: [ToldKeys, StaffRecords],
      useFactory: (toldKeys: ToldKeys, records: StaffRecords) =>
        new ReadMistakes(toldKeys, records, now),
    },
    {
      provide: NoteChanges,
      inject: [ToldKeys],
      useFactory: (toldKeys: ToldKeys) => new NoteChanges(toldKeys, now),
    },
    {
      provide: ReadNotices,
      inject: [ToldKeys, ACCESS_LOG],
      useFactory: (toldKeys: ToldKeys, accessLog: AccessLog) =>
        new ReadNotices(
          toldKeys,
          accessLog,
          deriveKey(keys.log, 'safeconduct/notice-cursor/v1'),
          now,
          randomUUID,
        ),
    },
    {
      provide: ScreenRounds,
      inject: [ToldKeys],
      useFactory: (toldKeys: ToldKeys) => new ScreenRounds(toldKeys),
    },
    {
      provide: QuestionScreen,
      inject: [Register, ScreenRounds],
      useFactory: (register: Register, rounds: ScreenRounds) =>
        new QuestionScreen({
          register,
          rounds,
          now,
          onFault: (error) => logger.warn(describeError(error), 'questions were not screened'),
        }),
    },
    {
      provide: ReadConfirmations,
      inject: [ConfirmationAlarms],
      useFactory: (alarms: ConfirmationAlarms) => new ReadConfirmations(alarms, now),
    },
    {
      provide: ReadFindings,
      inject: [ScreenRounds, StaffRecords],
      useFactory: (rounds: ScreenRounds, records: StaffRecords) =>
        new ReadFindings(rounds, records, now),
    },
    {
      provide: ReferralStore,
      inject: [ToldKeys],
      useFactory: (toldKeys: ToldKeys) => new ReferralStore(toldKeys),
    },
    {
      provide: WithdrawReferral,
      inject: [ReferralStore, ACCESS_LOG],
      useFactory: (store: ReferralStore, accessLog: AccessLog) =>
        new WithdrawReferral(store, new PartnerRecord({ accessLog, now, newId: randomUUID }), now),
    },
    {
      provide: ReferralDesk,
      inject: [ReferralStore, Authority, Register, StaffRecords],
      useFactory: (
        store: ReferralStore,
        authority: Authority,
        register: Register,
        records: StaffRecords,
      ) => new ReferralDesk({ store, authority, register: registered(register), records, now }),
    },
    {
      provide: ReferralActs,
      inject: [ReferralStore, ReferralDesk],
      useFactory: (store: ReferralStore, desk: ReferralDesk) => new ReferralActs(store, desk),
    },
    { provide: ConfirmationAlarms, useFactory: () => new ConfirmationAlarms(dataSource) },
  ];
}

/** The register as referrals read it: as it is now, whoever was told of changes first. */
export const registered = (register: Register): ReferralRegister => ({
  refresh: async () => {
    const [head] =
      await register.store.dataSource.query<{ readonly version: string }[]>(registerVersionSql);
    await register.catchUp(BigInt(head?.version ?? 0));
  },
  candidates: (terms, scope, cap) => register.candidates(terms, scope, cap),
  find: async (terms, scope, cap) => register.find(terms, scope, cap),
});
