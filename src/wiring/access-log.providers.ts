import type { Provider } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import { EventRecorder, openAccessLog, type AccessLog } from '../access-log/index.js';
import { deriveKey } from '../platform/keys/keys.js';
import { describeError } from '../platform/telemetry/logger.js';
import { Budgets, rechargeRestored } from '../grants/index.js';
import { GatewayKeyRing } from '../identity/keys/index.js';
import { revocationListAppliers } from '../partners/index.js';
import { Register, registerActAppliers } from '../register/index.js';
import { AlertDesk, Outbox, syslogOutlet, webhookOutlet } from '../alerts/index.js';
import { actHandlers } from './act-handlers.js';
import { Cursors, ExportLog, ReadSummary, SearchLog } from '../scrutiny/index.js';
import { StaffRecords, staffActAppliers } from '../staff/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** The access log, and what reads it: search, exports, alerts. */
export function accessLogProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { configuration, keys, logger, now, journalFiles, journalVolume } = settings;
  const { dataSource } = database;
  return [
    {
      provide: ACCESS_LOG,
      inject: [GatewayKeyRing, Register, Budgets],
      useFactory: async (ring: GatewayKeyRing, register: Register, budgets: Budgets) => {
        const log = await openAccessLog({
          restored: rechargeRestored(budgets, now()),
          dataSource,
          home: configuration.home,
          embedded: database.embedded,
          logKey: keys.log,
          checkpointKey: {
            signing: () => ring.checkpointSigners(),
            accepted: () => ring.checkpointAccepted(),
            held: () => ring.checkpointHeld(),
          },
          origin: configuration.logOrigin,
          random: (sizeBytes) => randomBytes(sizeBytes),
          logger,
          ...(journalFiles === undefined ? {} : { files: journalFiles }),
          acts: {
            ...staffActAppliers(actHandlers, randomUUID),
            ...registerActAppliers(register.store),
            ...revocationListAppliers,
          },
          witnessQuorum: configuration.witnessQuorum,
          recordsPerDay: configuration.logRecordsPerDay,
          ...(journalVolume === undefined ? {} : { volume: journalVolume }),
          ...(configuration.checkpointFile === undefined
            ? {}
            : { checkpointFile: configuration.checkpointFile }),
        });
        ring.onChange(() => log.signAgain());
        return log;
      },
    },
    {
      provide: EventRecorder,
      inject: [ACCESS_LOG],
      useFactory: (accessLog: AccessLog) =>
        new EventRecorder({
          accessLog,
          now,
          newId: randomUUID,
          onFault: (error) => logger.warn(describeError(error), 'an event was not recorded yet'),
        }),
    },
    {
      provide: AlertDesk,
      inject: [StaffRecords],
      useFactory: (records: StaffRecords) => new AlertDesk(dataSource, records, now),
    },
    {
      provide: Outbox,
      useFactory: () => {
        const { webhook, syslogUrl } = configuration.notify;
        return new Outbox(dataSource, {
          ...(webhook === undefined || keys.notify === undefined
            ? {}
            : { WEBHOOK: webhookOutlet(webhook.url, keys.notify) }),
          ...(syslogUrl === undefined ? {} : { SYSLOG: syslogOutlet(syslogUrl) }),
        });
      },
    },
    {
      provide: Cursors,
      useFactory: () => new Cursors(deriveKey(keys.log, 'safeconduct/staff/cursor-key/v1')),
    },
    {
      provide: SearchLog,
      inject: [ACCESS_LOG, StaffRecords, Cursors],
      useFactory: (accessLog: AccessLog, records: StaffRecords, cursors: Cursors) =>
        new SearchLog(accessLog, records, cursors, now),
    },
    {
      provide: ReadSummary,
      inject: [ACCESS_LOG, StaffRecords],
      useFactory: (accessLog: AccessLog, records: StaffRecords) =>
        new ReadSummary(accessLog, records, now),
    },
    {
      provide: ExportLog,
      inject: [ACCESS_LOG, StaffRecords, Cursors],
      useFactory: (accessLog: AccessLog, records: StaffRecords, cursors: Cursors) =>
        new ExportLog(accessLog, records, cursors),
    },
  ];
}
