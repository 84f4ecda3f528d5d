import type { Provider } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { OwnCursors, PartnerRecord, ReferralStore, ToldFacts } from '../referrals/index.js';
import { deriveKey } from '../platform/keys/keys.js';
import { Authority, Budgets } from '../grants/index.js';
import { Register } from '../register/index.js';
import {
  ReadAccess,
  ReadReceipt,
  ReadReferrals,
  RecordRefusal,
  RequestReferral,
  VerifyIdentities,
  VerifyIdentity,
} from '../verification/index.js';
import { QuestionScreen } from '../screening/index.js';
import { registered } from './referrals.providers.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';

/** One verification, and what stands around it at the partner door. */
export function verificationProviders(settings: RoomsSettings): Provider[] {
  const { keys, now } = settings;
  return [
    {
      provide: VerifyIdentity,
      inject: [Authority, Budgets, Register, ACCESS_LOG, ToldFacts, QuestionScreen],
      useFactory: (
        authority: Authority,
        budget: Budgets,
        register: Register,
        accessLog: AccessLog,
        told: ToldFacts,
        screen: QuestionScreen,
      ) =>
        new VerifyIdentity(authority, budget, register, accessLog, told, screen, now, randomUUID),
    },
    {
      provide: RequestReferral,
      inject: [Authority, Budgets, ACCESS_LOG, ReferralStore],
      useFactory: (
        authority: Authority,
        budget: Budgets,
        accessLog: AccessLog,
        store: ReferralStore,
      ) =>
        new RequestReferral({
          authority,
          budget,
          log: accessLog.search,
          store,
          records: new PartnerRecord({ accessLog, now, newId: randomUUID }),
          now,
          newId: randomUUID,
        }),
    },
    {
      provide: ReadReferrals,
      inject: [Authority, Budgets, Register, ACCESS_LOG, ToldFacts, ReferralStore],
      useFactory: (
        authority: Authority,
        budget: Budgets,
        register: Register,
        accessLog: AccessLog,
        told: ToldFacts,
        store: ReferralStore,
      ) =>
        new ReadReferrals({
          authority,
          budget,
          register: registered(register),
          accessLog,
          told,
          store,
          records: new PartnerRecord({ accessLog, now, newId: randomUUID }),
          cursors: new OwnCursors(
            deriveKey(keys.log, 'safeconduct/referral-cursor/v1'),
            'safeconduct/referral-cursor/v1',
          ),
          now,
          newId: randomUUID,
        }),
    },
    {
      provide: VerifyIdentities,
      inject: [VerifyIdentity],
      useFactory: (verifyIdentity: VerifyIdentity) => new VerifyIdentities(verifyIdentity),
    },
    {
      provide: ReadAccess,
      inject: [Authority, Budgets],
      useFactory: (authority: Authority, budget: Budgets) => new ReadAccess(authority, budget, now),
    },
    {
      provide: RecordRefusal,
      inject: [ACCESS_LOG],
      useFactory: (accessLog: AccessLog) => new RecordRefusal(accessLog, now),
    },
    {
      provide: ReadReceipt,
      inject: [ACCESS_LOG],
      useFactory: (accessLog: AccessLog) => new ReadReceipt(accessLog),
    },
  ];
}
