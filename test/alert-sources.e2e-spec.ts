import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventRecorder, type AccessLog } from '../src/access-log/index.js';
import { alertKinds, type AlertKind } from '../src/core/alerts/alert.js';
import type { PartnerCode } from '../src/core/ids.js';
import { formatWitnessKey } from '../src/core/log/cosignature.js';
import { openDoors, openRooms } from '../src/main.js';
import { createClientCa, signCrl } from '../src/platform/pki/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { QuestionScreen } from '../src/screening/index.js';
import { accessEntry } from './support/access-log.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';

const code = 'ALPHA-BORDER' as PartnerCode;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const kept = {
  ...laila,
  reference: 'T-AF-000002',
  names: [{ full: 'Zarmina Gulab' }],
  dateOfBirth: '1980-01-10',
  documents: [{ type: 'PASSPORT', number: 'P0094511', issuingState: 'AFG' }],
  suppressedFor: [code],
};
const honey = {
  ...kept,
  reference: 'T-AF-900001',
  names: [{ full: 'Spozhmai Hotak' }],
  fatherName: 'Sher',
  dateOfBirth: '1971-07-20',
  documents: [{ type: 'PASSPORT', number: 'P7766554', issuingState: 'AFG' }],
};
const seen = ({ names, dateOfBirth, documents }: typeof kept) => ({
  names,
  dateOfBirth,
  documents: documents.map(({ type, number }) => ({ type, number })),
});

describe('every kind of alert, from what causes it in a running gateway', () => {
  const home = temporaryHome();
  let gateway: TestGateway;
  let clock = 0;
  let before: ReadonlySet<string>;
  const now = () => new Date(Date.now() + clock);

  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      home: home.path,
      staff: true,
      people: [laila, kept],
      releaseDelayMs: 1,
      now,
      grants: [
        { code, terms: { questionsPerDay: 4 } },
        { code, terms: { budgets: { peoplePerDay: 2 } } },
      ],
    });
    await gateway.gateway.lookForAlerts();
    before = await told();
  });
  afterAll(async () => {
    await gateway?.close();
    home.remove();
  });

  const database = () => gateway.rooms.database.dataSource;
  const told = async (): Promise<ReadonlySet<string>> => {
    const rows = await database().query<{ kind: string }[]>('SELECT kind FROM alert');
    return new Set(rows.map(({ kind }) => kind));
  };
  const log = () => gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  const ask = async (person: object, bent: object = {}) =>
    gateway.partner(code).verify(person, { requestId: randomUUID(), ...bent });
  const number = (at: number) => [{ type: 'PASSPORT', number: `P111222${at}` }];
  const byTwo = async (mutation: string, input: object): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act(mutation, input);
    const done = await gateway.staff('LIA-2').approve(asked);
    expect([asked.code, done.code]).toEqual([undefined, undefined]);
  };
  const screened = async () => gateway.rooms.context.get(QuestionScreen).round();
  /** Mornings of another partner's system, and then an afternoon. */
  const conduct = async (clientId: string, today: number) => {
    const at = now();
    const other = new Date(at.getTime() + 12 * hourMs).getUTCHours();
    const entry = (when: Date) =>
      accessEntry({
        tree: { kind: 'partner', partner: 'BRAVO-CONSULAR' as PartnerCode },
        at: when,
        host: { ...accessEntry().host, officer: null, clientId },
      });
    for (let day = 1; day <= 6; day += 1) {
      const when = new Date(at.getTime() - day * 24 * hourMs);
      when.setUTCHours(other);
      for (let turn = 0; turn < 5; turn += 1) await log().append(entry(when));
    }
    // At once: a look of the gateway's own in between would be the one in five minutes.
    await Promise.all(Array.from({ length: today }, async () => log().append(entry(at))));
  };

  /** Nobody is looked at twice in five minutes, so each has its own asker; what moves the clock is last. */
  const causes: readonly (readonly [AlertKind, () => Promise<unknown>])[] = [
    [
      'REFUSALS_IN_A_ROW',
      async () => {
        for (let turn = 0; turn < 11; turn += 1) {
          await ask(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
        }
      },
    ],
    [
      'BUDGET_NEAR',
      async () => {
        for (let turn = 0; turn < 5; turn += 1)
          await ask(lailaAsSeen, { grantId: gateway.grants[0] });
      },
    ],
    [
      'PROBING',
      async () => {
        for (let turn = 0; turn < 4; turn += 1) {
          const person = {
            ...nobodyAsSeen,
            documents: number(turn),
            dateOfBirth: `198${turn}-02-11`,
          };
          await ask(person, { grantId: gateway.grants[1] });
        }
      },
    ],
    [
      'HONEY_ASKED',
      async () => {
        await gateway
          .staff('SEC-1')
          .graphql(
            'mutation P($input: PlantHoneyInput!) { plantHoney(input: $input) { honey { id } } }',
            {
              input: { person: JSON.stringify({ ...honey, suppressedFor: [] }), place: 'a decoy' },
            },
          );
        await ask(seen(honey));
        await screened();
      },
    ],
    [
      'SUPPRESSED_ASKED',
      async () => {
        await ask(seen(kept));
        await screened();
      },
    ],
    ['UNUSUAL_HOUR', async () => conduct('night-owl', 1)],
    ['UNUSUAL_VOLUME', async () => conduct('hoarder', 40)],
    [
      'MATCHES_UNCONFIRMED',
      // As the referrals room writes it; how it comes to that is in crossings.e2e-spec.ts.
      async () => {
        await database().query(
          `INSERT INTO confirmation_alarm (account, kind, severe, partner, people, raised_at)
           VALUES ($1, 'UNCONFIRMED_RUN', false, $2, 10, $3)`,
          [`PARTNER:${code}`, code, now()],
        );
      },
    ],
    [
      'COSIGNATURE_MISSING',
      async () => {
        const vkey = formatWitnessKey('w.example', generateKeyPairSync('ed25519').privateKey);
        await log().witnesses.register(code, vkey, new Date(now().getTime() - 2 * hourMs));
      },
    ],
    [
      'LATE_RELEASES',
      async () => {
        for (let turn = 0; turn < 30; turn += 1) await ask(nobodyAsSeen);
      },
    ],
    [
      'REVOKED_CREDENTIAL_USED',
      async () => {
        const bravo = gateway.partner('BRAVO-CONSULAR');
        await bravo.accessToken();
        await gateway.staff('SEC-1').act('suspendClient', { clientId: 'bravo-consular' });
        const reply = await bravo.verify(nobodyAsSeen);
        expect(reply.status).toBe(401);
        await gateway.rooms.context.get(EventRecorder).flush();
      },
    ],
    [
      'ENDS_SOON',
      async () => {
        const ca = createClientCa({ organization: 'Agency', commonName: 'Own CA' }, new Date());
        const certificate = new X509Certificate(ca.certificate).toString();
        const rule = { kind: 'SUBJECT', value: `CN=own,O=${code}` };
        await byTwo('addAnchor', { partner: code, certificate, rule });
        const thisUpdate = new Date(Date.now() - 1000);
        const nextUpdate = new Date(Date.now() + minuteMs);
        const crl = signCrl(ca, [], { number: 1, thisUpdate, nextUpdate }).toString('base64');
        expect((await gateway.staff('SEC-1').act('importCrl', { crl })).code).toBeUndefined();
      },
    ],
    ['REVOCATION_LIST_STALE', async () => void (clock = 2 * minuteMs)],
    ['CLOCK_JUMP', async () => void (clock = 2 * hourMs)],
  ];

  test.each(causes)('%s', async (kind, cause) => {
    expect(before.has(kind)).toBe(false);
    await cause();
    await gateway.gateway.lookForAlerts();
    expect([...(await told())]).toContain(kind);
  });

  test('the partner of a token that was taken away is named, and nothing of who asked', async () => {
    const [alert] = await database().query<{ partner: string; reason: string }[]>(
      `SELECT partner, reason FROM alert WHERE kind = 'REVOKED_CREDENTIAL_USED'`,
    );
    expect(alert?.partner).toBe('BRAVO-CONSULAR');
    expect(alert?.reason).not.toContain('bravo-consular');
  });

  test('RECONCILIATION, at a start that found the journal shorter than the database', async () => {
    clock = 0;
    const { settings } = gateway;
    await gateway.gateway.close();
    const directory = join(home.path, 'journal');
    const file = join(
      directory,
      readdirSync(directory)
        .filter((name) => !name.startsWith('.'))
        .sort()
        .at(-1) ?? '',
    );
    const lines = readFileSync(file, 'utf8').replace(/\0+$/, '').trimEnd().split('\n');
    writeFileSync(file, `${lines.slice(0, -1).join('\n')}\n`);
    const rooms = await openRooms(settings);
    const again = await openDoors(settings, rooms);
    try {
      await again.lookForAlerts();
      const rows = await rooms.database.dataSource.query<{ severity: string }[]>(
        `SELECT severity FROM alert WHERE kind = 'RECONCILIATION'`,
      );
      expect(rows).toHaveLength(1);
    } finally {
      await again.close();
    }
  });

  test('is none without its cause here', () => {
    const caused = new Set<string>([...causes.map(([kind]) => kind), 'RECONCILIATION']);
    expect(alertKinds.filter((kind) => !caused.has(kind))).toEqual([]);
    expect([...before]).toEqual([]);
  });
});
