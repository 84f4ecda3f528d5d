import type { Provider } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { deriveKey } from '../platform/keys/keys.js';
import {
  AcceptGrant,
  Authority,
  Budgets,
  PreviewGrant,
  ReadBudgets,
  ReadGrantKeys,
  ReadGrants,
} from '../grants/index.js';
import { readPersonInScope, Register, registerVersionSql } from '../register/index.js';
import { StaffRecords } from '../staff/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** Grants and budgets. */
export function grantsProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { keys, now } = settings;
  const { dataSource } = database;
  return [
    {
      provide: Budgets,
      useFactory: () =>
        new Budgets(
          dataSource,
          deriveKey(keys.log, 'safeconduct/question-fingerprint/v1'),
          registerVersionSql,
        ),
    },
    { provide: ReadGrantKeys, useFactory: () => new ReadGrantKeys(dataSource) },
    {
      provide: AcceptGrant,
      inject: [Authority, ACCESS_LOG],
      useFactory: (authority: Authority, accessLog: AccessLog) =>
        new AcceptGrant(authority, accessLog, now, randomUUID),
    },
    { provide: ReadGrants, useFactory: () => new ReadGrants(dataSource, now) },
    {
      provide: ReadBudgets,
      inject: [Authority, Budgets],
      useFactory: (authority: Authority, budgets: Budgets) =>
        new ReadBudgets(dataSource, authority, budgets, now),
    },
    {
      provide: PreviewGrant,
      inject: [ReadGrants, Authority, Register, StaffRecords],
      useFactory: (
        readGrants: ReadGrants,
        authority: Authority,
        register: Register,
        records: StaffRecords,
      ) =>
        new PreviewGrant({
          readGrants,
          authority,
          register: {
            countInScope: (scope) => register.countInScope(scope),
            personInScope: async (person, scope) =>
              readPersonInScope(register.store, person, scope),
          },
          records,
          now,
        }),
    },
  ];
}
