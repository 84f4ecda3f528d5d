import type { Provider } from '@nestjs/common';
import { randomBytes, randomUUID } from 'node:crypto';
import { EventRecorder, openAccessLog, type AccessLog } from '../access-log/index.js';
import { deriveKey } from '../platform/keys/keys.js';
import { describeError } from '../platform/telemetry/logger.js';
import { Budgets, listTestGrants, rechargeRestored } from '../grants/index.js';
import { GatewayKeyRing } from '../identity/keys/index.js';
import { journalEarlierLists, revocationListAppliers } from '../partners/index.js';
import { Register, registerActAppliers } from '../register/index.js';
import { AlertDesk, Outbox, syslogOutlet, webhookOutlet } from '../alerts/index.js';
import { actHandlers } from './act-handlers.js';
import { Cursors, ExportLog, ReadSummary, SearchLog } from '../scrutiny/index.js';
import { noteRestored, referralActAppliers, ToldFacts, ToldKeys } from '../referrals/index.js';
import { StaffRecords, staffActAppliers } from '../staff/index.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** The access log, and what reads it: search, exports, alerts. */
export function accessLogProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { configuration, keys, logger, now, journalFiles, journalSizes, journalVolume } = settings;
  const { dataSource } = database;
  return [
    {
      provide: ACCESS_LOG,
      inject: [GatewayKeyRing, Register, Budgets, ToldKeys, ToldFacts],
      useFactory: async (
        ring: GatewayKeyRing,
        register: Register,
        budgets: Budgets,
        toldKeys: ToldKeys,
        told: ToldFacts,
      ) => {
        const charged = rechargeRestored(budgets, now());
        const noted = noteRestored(toldKeys, told, now());
        const log = await openAccessLog({
          restored: {
            since: earlier(charged.since, noted.since),
            apply: async (manager, record) => {
              await charged.apply(manager, record);
              await noted.apply(manager, record);
            },
          },
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
          ...(settings.renewsLog === true ? { renewsLog: true as const } : {}),
          logger,
          ...(journalFiles === undefined ? {} : { files: journalFiles }),
          ...(journalSizes === undefined ? {} : { journal: journalSizes }),
          acts: {
            ...staffActAppliers(actHandlers, randomUUID),
            ...registerActAppliers(register.store),
            ...revocationListAppliers,
            ...referralActAppliers,
          },
          witnessQuorum: configuration.witnessQuorum,
          recordsPerDay: configuration.logRecordsPerDay,
          ...(journalVolume === undefined ? {} : { volume: journalVolume }),
          ...(configuration.checkpointFile === undefined
            ? {}
            : { checkpointFile: configuration.checkpointFile }),
        });
        ring.onChange(() => log.signAgain());
        // A new log begins with the record of its renewal.
        if (settings.renewsLog !== true) {
          await journalEarlierLists(
            dataSource,
            async (act) => log.restrict(act),
            (error, anchor) =>
              logger.warn(
                { ...describeError(error), anchor },
                'a revocation list is in no journal',
              ),
          ).catch((error: unknown) =>
            logger.warn(describeError(error), 'revocation lists are in no journal yet'),
          );
        }
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
        new ReadSummary(accessLog, records, async () => listTestGrants(dataSource.manager), now),
    },
    {
      provide: ExportLog,
      inject: [ACCESS_LOG, StaffRecords, Cursors],
      useFactory: (accessLog: AccessLog, records: StaffRecords, cursors: Cursors) =>
        new ExportLog(accessLog, records, cursors),
    },
  ];
}

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);
