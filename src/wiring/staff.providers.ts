import type { Provider } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { Authority } from '../grants/index.js';
import { ReferralActs } from '../referrals/index.js';
import { RegisterActs } from '../register/index.js';
import { allActHandlers } from './act-handlers.js';
import { StaffActs, StaffDirectory, StaffRecords } from '../staff/index.js';
import {
  bundledLog,
  DocumentReport,
  ReadBundle,
  ReadPartners,
  ReadStops,
} from '../partners/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** Staff, their acts and records; partners as staff see them. */
export function staffProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { configuration, now } = settings;
  const { dataSource } = database;
  return [
    { provide: StaffDirectory, useFactory: () => new StaffDirectory(dataSource, now) },
    {
      provide: StaffRecords,
      inject: [ACCESS_LOG],
      useFactory: (accessLog: AccessLog) => new StaffRecords({ accessLog, now, newId: randomUUID }),
    },
    {
      provide: StaffActs,
      inject: [ACCESS_LOG, Authority, RegisterActs, ReferralActs],
      useFactory: (
        accessLog: AccessLog,
        authority: Authority,
        registerActs: RegisterActs,
        referralActs: ReferralActs,
      ) =>
        new StaffActs({
          dataSource,
          accessLog,
          handlers: allActHandlers(registerActs, referralActs),
          now,
          newId: randomUUID,
          onDone: async () => authority.refresh(),
        }),
    },
    { provide: ReadPartners, useFactory: () => new ReadPartners(dataSource) },
    { provide: ReadStops, useFactory: () => new ReadStops(dataSource) },
    {
      provide: ReadBundle,
      inject: [ReadPartners, ACCESS_LOG, Authority],
      useFactory: (partners: ReadPartners, accessLog: AccessLog, authority: Authority) =>
        new ReadBundle(partners, {
          issuer: configuration.publicUrl,
          logOf: async (code) => ({
            logVerifierKey: await accessLog.verifierKey({ kind: 'partner', partner: code }),
            coverVerifierKey: accessLog.coverVerifierKey(),
            coverSlot: (await accessLog.coverSlot(code)) ?? null,
            earlierLogs: (await accessLog.earlierLogs()).map(bundledLog),
          }),
          testGrantOf: async (code) => {
            await authority.refresh();
            return authority.testGrantOf(code);
          },
        }),
    },
    { provide: DocumentReport, useFactory: () => new DocumentReport(dataSource, now) },
  ];
}
