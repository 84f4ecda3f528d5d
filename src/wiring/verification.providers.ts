import type { Provider } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { ToldFacts } from '../referrals/index.js';
import { Authority, Budgets } from '../grants/index.js';
import { Register } from '../register/index.js';
import {
  ReadAccess,
  ReadReceipt,
  RecordRefusal,
  VerifyIdentities,
  VerifyIdentity,
} from '../verification/index.js';
import { QuestionScreen } from '../screening/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';

/** One verification, and what stands around it at the partner door. */
export function verificationProviders(settings: RoomsSettings): Provider[] {
  const { now } = settings;
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
