import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Module, type DynamicModule } from '@nestjs/common';
import {
  EventRecorder,
  openAccessLog,
  type AccessLog,
  type AccessLogOptions,
} from './access-log/index.js';
import type { EpochKeyProvider } from './platform/keys/epoch-key-files.js';
import {
  deriveKey,
  localMasterKey,
  masterKeyRing,
  type MasterKey,
  type PrivateJwk,
} from './platform/keys/keys.js';
import { migrate, openDatabase, type Database } from './platform/database/database.js';
import type { Configuration } from './platform/configuration/configuration.js';
import { describeError, type GatewayLogger } from './platform/telemetry/logger.js';
import {
  ConfirmationAlarms,
  Crossings,
  Mistakes,
  NoteChanges,
  PartnerRecord,
  ReadConfirmations,
  ReadMistakes,
  ReadNotices,
  ToldFacts,
  ToldKeys,
} from './referrals/index.js';
import {
  AcceptGrant,
  Authority,
  Budgets,
  PreviewGrant,
  ReadBudgets,
  ReadEnds,
  ReadGrantKeys,
  ReadGrants,
  rechargeRestored,
} from './grants/index.js';
import {
  GatewayKeyRing,
  ReadGatewayKeys,
  type KeyUse,
  type SigningKeyFiles,
} from './identity/keys/index.js';
import {
  ChangePeople,
  ExportPeople,
  ImportPeople,
  openRegister,
  HoneyDesk,
  ReadPeople,
  readPersonInScope,
  Register,
  RegisterActs,
  registerActAppliers,
  registerVersionSql,
  seedBuiltInCaseload,
  type DeskOptions,
} from './register/index.js';
import {
  ReadAccess,
  ReadReceipt,
  RecordRefusal,
  VerifyIdentities,
  VerifyIdentity,
} from './verification/index.js';
import { AlertDesk, Outbox, syslogOutlet, webhookOutlet } from './alerts/index.js';
import { actHandlers, allActHandlers } from './act-handlers.js';
import { migrations } from './migrations.js';
import { QuestionScreen, ReadFindings, ScreenRounds } from './screening/index.js';
import { Cursors, ExportLog, ReadSummary, SearchLog } from './scrutiny/index.js';
import { StaffActs, StaffDirectory, StaffRecords, staffActAppliers } from './staff/index.js';
import { DocumentReport, ReadBundle, readPartnerCodes, ReadPartners } from './partners/index.js';

/** Everything a start has to be given: configuration, keys, clock. */
export interface RoomsSettings {
  readonly configuration: Configuration;
  readonly keys: GatewayKeys;
  readonly logger: GatewayLogger;
  readonly now: () => Date;
  /** Another file system under the journal, for tests that make it fail. */
  readonly journalFiles?: AccessLogOptions['files'];
  /** Another volume under the journal, for tests that fill it. */
  readonly journalVolume?: AccessLogOptions['volume'];
  /** Signing keys in force that are lost: the first one held takes their place. */
  readonly adoptKeys?: readonly KeyUse[];
}

export interface GatewayKeys {
  /** 32 bytes. */
  readonly master: Uint8Array;
  /** 32 bytes; what is still wrapped under it opens, until `rotateMasterKey` has moved it. */
  readonly previousMaster?: Uint8Array;
  readonly epochs: EpochKeyProvider;
  /** 32 bytes. */
  readonly log: Uint8Array;
  /** 32 bytes; signs webhooks. */
  readonly notify?: Uint8Array;
  /** The first of its file. */
  readonly token: PrivateJwk;
  /** The first of its file. */
  readonly checkpoint: PrivateJwk;
  /** Where the two are read again from, with those beside them; without a file a key stays as it is. */
  readonly files?: SigningKeyFiles;
}

/** Token of the access log. */
export const ACCESS_LOG = Symbol('access log');

/** Token of what the use cases of the registrars' desk share. */
const DESK = Symbol('desk');

/** The rooms and their use cases, without any door. */
@Module({})
export class RoomsModule {
  /** @param database open and migrated; the caller closes it after the application context */
  static with(settings: RoomsSettings, database: Database): DynamicModule {
    const {
      configuration,
      keys,
      logger,
      now,
      journalFiles,
      journalVolume,
      adoptKeys = [],
    } = settings;
    const { dataSource } = database;
    return {
      module: RoomsModule,
      providers: [
        {
          provide: GatewayKeyRing,
          useFactory: () =>
            GatewayKeyRing.open({
              dataSource,
              keys: { TOKEN: keys.token, CHECKPOINT: keys.checkpoint },
              files: keys.files ?? {},
              now,
              adopt: adoptKeys,
            }),
        },
        {
          provide: Authority,
          inject: [GatewayKeyRing],
          useFactory: async (ring: GatewayKeyRing) => {
            const authority = await Authority.open(dataSource);
            const take = () => ring.take(authority.gatewayKeys);
            take();
            authority.onChange(take);
            return authority;
          },
        },
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
        { provide: ReadGrantKeys, useFactory: () => new ReadGrantKeys(dataSource) },
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
              }),
              testGrantOf: async (code) => {
                await authority.refresh();
                return authority.testGrantOf(code);
              },
            }),
        },
        {
          provide: ReadEnds,
          inject: [Authority, StaffDirectory],
          useFactory: (authority: Authority, directory: StaffDirectory) =>
            new ReadEnds(dataSource, authority, directory, now),
        },
        { provide: ReadGatewayKeys, useFactory: () => new ReadGatewayKeys(dataSource, now) },
        { provide: ReadPartners, useFactory: () => new ReadPartners(dataSource) },
        { provide: StaffDirectory, useFactory: () => new StaffDirectory(dataSource, now) },
        {
          provide: StaffRecords,
          inject: [ACCESS_LOG],
          useFactory: (accessLog: AccessLog) =>
            new StaffRecords({ accessLog, now, newId: randomUUID }),
        },
        {
          provide: EventRecorder,
          inject: [ACCESS_LOG],
          useFactory: (accessLog: AccessLog) =>
            new EventRecorder({
              accessLog,
              now,
              newId: randomUUID,
              onFault: (error) =>
                logger.warn(describeError(error), 'an event was not recorded yet'),
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
        {
          provide: StaffActs,
          inject: [ACCESS_LOG, Authority, RegisterActs],
          useFactory: (accessLog: AccessLog, authority: Authority, registerActs: RegisterActs) =>
            new StaffActs({
              dataSource,
              accessLog,
              handlers: allActHandlers(registerActs),
              now,
              newId: randomUUID,
              onDone: async () => authority.refresh(),
            }),
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
        {
          provide: Budgets,
          useFactory: () =>
            new Budgets(
              dataSource,
              deriveKey(keys.log, 'safeconduct/question-fingerprint/v1'),
              registerVersionSql,
            ),
        },
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
        { provide: ConfirmationAlarms, useFactory: () => new ConfirmationAlarms(dataSource) },
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
            new VerifyIdentity(
              authority,
              budget,
              register,
              accessLog,
              told,
              screen,
              now,
              randomUUID,
            ),
        },
        {
          provide: VerifyIdentities,
          inject: [VerifyIdentity],
          useFactory: (verifyIdentity: VerifyIdentity) => new VerifyIdentities(verifyIdentity),
        },
        {
          provide: ReadAccess,
          inject: [Authority, Budgets],
          useFactory: (authority: Authority, budget: Budgets) =>
            new ReadAccess(authority, budget, now),
        },
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
          inject: [ReadGrants, Authority, Register, StaffActs],
          useFactory: (
            readGrants: ReadGrants,
            authority: Authority,
            register: Register,
            acts: StaffActs,
          ) =>
            new PreviewGrant({
              readGrants,
              authority,
              register: {
                countInScope: (scope) => register.countInScope(scope),
                personInScope: async (person, scope) =>
                  readPersonInScope(register.store, person, scope),
              },
              acts,
              now,
            }),
        },
        { provide: DocumentReport, useFactory: () => new DocumentReport(dataSource, now) },
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
      ],
    };
  }
}

function masterKeyOf({ master, previousMaster }: GatewayKeys): MasterKey {
  const key = localMasterKey(master);
  return previousMaster === undefined ? key : masterKeyRing(key, localMasterKey(previousMaster));
}

/** Opens the database of a configuration, and runs the migrations that are due. */
export async function openMigratedDatabase(configuration: Configuration): Promise<Database> {
  const database = await openDatabase({
    home: configuration.home,
    migrations,
    ...(configuration.databaseUrl === undefined ? {} : { url: configuration.databaseUrl }),
  });
  try {
    await migrate(database.dataSource);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
