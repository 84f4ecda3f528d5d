import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  demoPartners,
  registerDemoPartners,
  writeDemoProfiles,
} from '../../src/cli/demo/demo-partners.js';
import { demoKeys, takeDemoHome } from '../../src/cli/demo/demo-home.js';
import { isGatewayError } from '../../src/core/errors.js';
import type { GrantTerms } from '../../src/core/grants/grant.js';
import type { Caseload, GrantId, PartnerCode, StateCode } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { Authority, putGrantInForce, type Caller } from '../../src/grants/index.js';
import { openDoors, openRooms, type Gateway, type OpenRooms } from '../../src/main.js';
import { readConfiguration } from '../../src/platform/configuration/configuration.js';
import { writeDemoPki } from '../../src/platform/pki/index.js';
import { createLogger } from '../../src/platform/telemetry/logger.js';
import {
  demoPeopleLines,
  importRegister,
  makeDemoPeople,
  Register,
  releaseBatch,
  type DemoPerson,
} from '../../src/register/index.js';
import { ConfirmationAlarms, Crossings } from '../../src/referrals/index.js';
import { VerifyIdentity, type Answer } from '../../src/verification/index.js';

export const seed = 'safeconduct demo 1';
const minute = 60_000;

export type Told =
  | { readonly answered: true; readonly answer: Answer }
  | { readonly answered: false; readonly code: string; readonly budget: string | undefined };

/** The demonstration's gateway, with a clock that can be moved and as many partners as are asked for. */
export class BenchWorld {
  private partners = 0;
  private offset = 0;

  private constructor(
    readonly people: readonly DemoPerson[],
    readonly profiles: ReadonlyMap<PartnerCode, string>,
    private readonly rooms: OpenRooms,
    private readonly gateway: Gateway,
    private readonly clock: { offset: number },
    private readonly home: string,
  ) {}

  static async open(port: number): Promise<BenchWorld> {
    const path = mkdtempSync(join(tmpdir(), 'safeconduct-bench-'));
    const configuration = readConfiguration({
      SAFECONDUCT_HOME: path,
      SAFECONDUCT_PARTNER_PORT: String(port),
      SAFECONDUCT_OPS_PORT: '0',
      LOG_LEVEL: 'silent',
    });
    const clock = { offset: 0 };
    const now = () => new Date(Date.now() + clock.offset);
    const home = takeDemoHome(path, false);
    const codes = demoPartners.map(({ code }) => code);
    const pki = await writeDemoPki(home.certificatesDirectory, codes, now());
    const settings = {
      configuration,
      keys: demoKeys(home),
      logger: createLogger('silent'),
      now,
      partnerTls: { certificateFile: pki.server.certificateFile, keyFile: pki.server.keyFile },
    };
    const rooms = await openRooms(settings);
    await registerDemoPartners(rooms.database.dataSource, home, pki, now());
    const people = makeDemoPeople({ seed, partners: demoPartners });
    const { store } = rooms.context.get(Register);
    const report = await importRegister(store, {
      source: (async function* () {
        yield* demoPeopleLines(people);
      })(),
      requestedBy: 'registrar 1',
      knownPartners: new Set(codes),
      dryRun: false,
    });
    await releaseBatch(store, {
      batchId: report.batchId ?? '',
      releasedBy: 'registrar 2',
      people: report.added,
    });
    const gateway = await openDoors(settings, rooms);
    const profiles = await writeDemoProfiles(
      rooms.context,
      home,
      pki,
      configuration.publicUrl,
      now(),
    );
    return new BenchWorld(people, profiles, rooms, gateway, clock, path);
  }

  /** A partner of its own state with one grant over the whole register. */
  async partner(terms: Partial<GrantTerms>, officers: readonly string[] = []): Promise<Asker> {
    this.partners += 1;
    const code = `BENCH-${this.partners}` as PartnerCode;
    const state = `B${this.partners}` as StateCode;
    await this.rooms.database.dataSource.query(
      'INSERT INTO partner (code, name, state, active, valid_after) VALUES ($1, $1, $2, true, now())',
      [code, state],
    );
    const grantId = await this.grant(code, terms);
    return new Asker(this, { code, state, grantId, officers });
  }

  /** A further grant of a partner. */
  async grant(partner: PartnerCode, terms: Partial<GrantTerms>): Promise<GrantId> {
    const id = randomUUID() as GrantId;
    await putGrantInForce(this.rooms.database.dataSource, {
      id,
      terms: { ...benchTerms, ...terms, partner },
      requestedBy: 'one',
      approvedBy: 'two',
      approvedAt: new Date(),
    });
    await this.rooms.context.get(Authority).refresh();
    return id;
  }

  /** Lets time pass, minutes. */
  pass(minutes: number): void {
    this.offset += minutes * minute;
    this.clock.offset = this.offset;
  }

  get now(): Date {
    return new Date(Date.now() + this.offset);
  }

  get verifyIdentity(): VerifyIdentity {
    return this.rooms.context.get(VerifyIdentity);
  }

  get crossings(): Crossings {
    return this.rooms.context.get(Crossings);
  }

  /** Looks for alarms that only time brings, as the gateway does by itself. */
  async review(): Promise<void> {
    await this.rooms.context.get(ConfirmationAlarms).review(this.now);
  }

  /** Alarms about a partner, its officers, grants and state: how many of each kind. */
  async alarms({ code, state, grantId }: AskerName): Promise<ReadonlyMap<string, number>> {
    const rows = await this.rooms.database.dataSource.query<{ kind: string; count: number }[]>(
      `SELECT kind, count(*)::int AS count FROM (
         SELECT kind || ' ' || stage AS kind FROM budget_alarm
         WHERE account IN ($1, $2, $3) OR account LIKE $4
         UNION ALL
         SELECT kind FROM confirmation_alarm WHERE partner = $5) AS raised
       GROUP BY kind ORDER BY kind`,
      [`PARTNER:${code}`, `STATE:${state}`, `GRANT:${grantId}`, `OFFICER:${code}:%`, code],
    );
    return new Map(rows.map(({ kind, count }) => [kind, count]));
  }

  /** When the first alarm about a partner or its officers, grants or state was raised. */
  async firstAlarm({ code, state, grantId }: AskerName): Promise<Date | undefined> {
    const rows = await this.rooms.database.dataSource.query<{ raised_at: Date }[]>(
      `SELECT raised_at FROM budget_alarm
       WHERE account IN ($1, $2, $3) OR account LIKE $4
       UNION ALL
       SELECT raised_at FROM confirmation_alarm WHERE partner = $5
       ORDER BY raised_at LIMIT 1`,
      [`PARTNER:${code}`, `STATE:${state}`, `GRANT:${grantId}`, `OFFICER:${code}:%`, code],
    );
    return rows[0]?.raised_at;
  }

  async close(): Promise<void> {
    await this.gateway.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

interface AskerName {
  readonly code: PartnerCode;
  readonly state: StateCode;
  readonly grantId: GrantId;
  readonly officers: readonly string[];
}

/** One partner that asks through the real use case, without sockets. */
export class Asker {
  private asked = 0;

  constructor(
    readonly world: BenchWorld,
    readonly name: AskerName,
  ) {}

  /** @param as officer who asks; the next of them in turn unless given */
  async ask(person: PersonEvidenceInput, as?: string): Promise<Told> {
    const { officers, grantId } = this.name;
    const officer = as ?? officers[this.asked % Math.max(1, officers.length)];
    this.asked += 1;
    try {
      const answer = await this.world.verifyIdentity.execute(this.caller(officer), {
        requestId: randomUUID(),
        grantId,
        purpose: 'BORDER_VERIFICATION',
        caseReference: 'BENCH',
        person,
        personAsSent: person,
        fields: ['VISA_STATUS'],
      });
      return { answered: true, answer };
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return { answered: false, code: error.code, budget: error.budget };
    }
  }

  /** Says that the person of a match arrived. */
  async confirm(verificationId: string): Promise<void> {
    await this.world.crossings.confirm(this.caller(undefined), {
      requestId: randomUUID(),
      verificationId,
      state: 'PAK',
      borderPoint: 'PKTRM',
      crossedAt: this.world.now,
    });
  }

  private caller(officer: string | undefined): Caller {
    const { code, state } = this.name;
    return {
      partner: code,
      partnerName: code,
      state,
      clientId: code,
      certificateFingerprint: 'bench',
      certificate: {
        anchorId: 'bench',
        serial: '01',
        subject: '',
        alternativeNames: [],
        notAfter: new Date('2100-01-01T00:00:00Z'),
        fingerprintSha256: { base64url: 'bench', hex: '' },
      },
      tokenIssuedAt: this.world.now,
      tokenExpiresAt: new Date(this.world.now.getTime() + 5 * minute),
      ...(officer === undefined ? {} : { officer }),
    };
  }
}

/** What an agency at a busy crossing might hold: 400 questions and 100 people a day. */
export const benchTerms: Omit<GrantTerms, 'partner'> = {
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'A benchmark',
  caseloads: ['AF-2021', 'AF-2022', 'AF-2023'] as Caseload[],
  fields: {
    FULL_NAME: 'CONFIRM',
    FATHER_NAME: 'CONFIRM',
    DATE_OF_BIRTH: 'CONFIRM',
    SEX: 'CONFIRM',
    NATIONALITY: 'CONFIRM',
    DOCUMENT_NUMBER: 'CONFIRM',
    VISA_STATUS: 'FULL',
  },
  matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'NATIONALITY', 'SEX', 'DOCUMENT'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 400,
  budgets: { peoplePerDay: 150 },
  validFrom: new Date('2020-01-01T00:00:00Z'),
  validUntil: new Date('2100-01-01T00:00:00Z'),
};

/** The same grant at a gateway without the measures: nothing is counted to any limit. */
export const withoutMeasures: Partial<GrantTerms> = {
  questionsPerDay: 10_000_000,
  budgets: { missesPerWeek: 10_000_000, valuesPerPerson: 10_000_000 },
};
