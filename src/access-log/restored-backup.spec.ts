import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EntityManager } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
  checkAsPartner,
  emptyAccessLog,
  openTestLog,
  otherPartner,
  partner,
} from '../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
  type DatabaseKind,
} from '../../test/support/databases.js';
import { backUpTables, restoreTables } from '../../test/support/restored-database.js';
import { parseVerifierKey } from '../core/log/note.js';
import { openCheckpoint } from '../core/log/checkpoint.js';
import { readPartners, registerPartner } from '../partners/index.js';
import {
  partnerActs,
  revokeCredential,
  suspendPartner,
} from '../../test/support/restricting-acts.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import type { Database } from '../platform/database/database.js';
import { migrations } from '../migrations.js';
import type { AccessLog } from './index.js';

const at = new Date('2026-03-01T09:30:00Z');
const before = new Date('2026-01-01T00:00:00Z');
const tables = [
  'partner',
  'trust_anchor',
  'credential',
  'oauth_client',
  ...['tree', 'leaf', 'key', 'act', 'cover_round', 'cover_slot', 'cover_slot_head'].map(
    (name) => `access_log_${name}`,
  ),
];

/** A backup, and its restore. */
async function backUp(database: Database): Promise<() => Promise<void>> {
  await backUpTables(database, tables);
  return async () => restoreTables(database, tables);
}

/** As a restore writes: rows come back that no statement of the gateway could bring back. */
async function withoutTriggers(
  { dataSource }: Database,
  work: (manager: EntityManager) => Promise<void>,
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL session_replication_role = replica');
    await work(manager);
  });
}

async function register({ dataSource }: Database, code: string): Promise<void> {
  const partner = code as PartnerCode;
  await registerPartner(dataSource, {
    partner: {
      code: partner,
      name: code,
      state: 'AUS' as StateCode,
      active: true,
      validAfter: before,
    },
    anchor: { id: crypto.randomUUID(), certificate: Buffer.from(code) },
    credential: {
      id: crypto.randomUUID(),
      partner,
      kind: 'CLIENT_CERTIFICATE',
      fingerprint: `fingerprint-${code}`,
      active: true,
      validAfter: before,
    },
    client: { clientId: code, partner, jwks: { keys: [] }, active: true, validAfter: before },
  });
}

describeOnEachDatabase('yesterday’s database restored', (kind: DatabaseKind) => {
  let database: Database;
  let homes: ReturnType<typeof temporaryHome>[];
  let logs: AccessLog[] = [];

  beforeAll(async () => {
    database = await openTestDatabase(kind, migrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    await emptyAccessLog(database.dataSource);
    await withoutTriggers(database, async (manager) => {
      await manager.query(
        'DELETE FROM oauth_client; DELETE FROM credential; DELETE FROM trust_anchor; DELETE FROM partner',
      );
    });
    homes = [temporaryHome(), temporaryHome(), temporaryHome()];
    logs = [];
    await register(database, partner);
    await register(database, otherPartner);
  });
  afterEach(async () => {
    await closeAll();
    for (const home of homes) home.remove();
  });

  const closeAll = async () => {
    for (const log of logs) await log.close();
    logs = [];
  };
  const path = (which: number) => homes[which]?.path ?? '';
  const copyFile = (which: number) => join(path(2), `checkpoints-${which}.json`);
  const open = async (which = 0): Promise<AccessLog> => {
    const log = await openTestLog(database.dataSource, path(which), {
      acts: partnerActs,
      checkpointFile: copyFile(which),
    });
    logs.push(log);
    return log;
  };
  const inForce = async () => {
    const rows = await database.dataSource.transaction((manager) => readPartners(manager));
    return {
      partners: rows.partners.filter(({ active }) => active).map(({ code }) => code),
      credentials: rows.credentials
        .filter(({ active }) => active)
        .map(({ fingerprint }) => fingerprint),
    };
  };
  const restricted = {
    partners: [partner],
    credentials: [`fingerprint-${otherPartner}`],
  };

  test('what was revoked stays revoked, and every record is there again', async () => {
    const entries = [accessEntry(), accessEntry(), accessEntry()];
    const log = await open();
    await log.append(entries[0] ?? accessEntry());
    const restore = await backUp(database);
    await revokeCredential(log, `fingerprint-${partner}`, at);
    await log.append(entries[1] ?? accessEntry());
    await log.makeRound(at);
    await suspendPartner(log, otherPartner, at);
    await log.append(entries[2] ?? accessEntry());
    const checkpoint = await log.checkpoint({ kind: 'partner', partner });
    const cover = await log.published.coverCheckpoint();
    await closeAll();
    expect(await inForce()).toEqual(restricted);

    await restore();
    expect((await inForce()).credentials).toContain(`fingerprint-${partner}`);
    const again = await open();
    expect(again.report).toMatchObject({
      restoredFromJournal: 2,
      reappliedActs: 2,
      restoredRounds: 1,
    });
    expect(await inForce()).toEqual(restricted);
    expect(await again.checkpoint({ kind: 'partner', partner })).toBe(checkpoint);
    expect(await again.published.coverCheckpoint()).toBe(cover);
    for (const entry of entries) {
      const receipt = await again.receipt(partner, entry.id);
      await checkAsPartner(again, entry, receipt ?? { record: '', salt: '', proof: '' });
    }
    await again.append(accessEntry());
    await closeAll();
    const third = await open();
    expect(third.report).toMatchObject({ restoredFromJournal: 0, reappliedActs: 0 });
    expect(await inForce()).toEqual(restricted);
  });

  test('what was taken away together with a record stays taken away', async () => {
    const log = await open();
    const restore = await backUp(database);
    const body = { partner: otherPartner, at: at.toISOString() };
    const entries = [accessEntry(), accessEntry({ tree: { kind: 'host' } }), accessEntry()];
    await Promise.all(
      entries.map((entry) =>
        log.append(entry, {
          alongside: async (manager) => {
            if (entry.tree.kind !== 'host') return [];
            await partnerActs['partner.suspended']?.(manager, body);
            return [{ act: 'partner.suspended', body }];
          },
        }),
      ),
    );
    await log.append(accessEntry());
    await closeAll();
    await restore();
    const again = await open();
    expect(again.report).toMatchObject({ restoredFromJournal: 4, reappliedActs: 1 });
    expect((await inForce()).partners).toEqual([partner]);
    await again.append(accessEntry());
    await closeAll();
    expect((await open()).report).toMatchObject({ completedFromDatabase: 0, reappliedActs: 0 });
  });

  test('an act done together with a record, whose journal line a crash took, is completed', async () => {
    const log = await open();
    await log.append(accessEntry());
    await log.close();
    logs = [];
    cpSync(join(path(0), 'journal'), join(path(2), 'early'), { recursive: true });
    const later = await open();
    const body = { partner: otherPartner, at: at.toISOString() };
    await later.append(accessEntry(), {
      alongside: async (manager) => {
        await partnerActs['partner.suspended']?.(manager, body);
        return [{ act: 'partner.suspended', body }];
      },
    });
    await later.makeRound(at);
    await closeAll();
    rmSync(join(path(0), 'journal'), { recursive: true });
    cpSync(join(path(2), 'early'), join(path(0), 'journal'), { recursive: true });
    const again = await open();
    expect(again.report).toMatchObject({ completedFromDatabase: 1, restoredRounds: 0 });
    await again.append(accessEntry());
    await closeAll();
    expect((await open()).report).toMatchObject({ completedFromDatabase: 0, reappliedActs: 0 });
  });

  test('an act this release does not know refuses the start, and is not passed over', async () => {
    const log = await open();
    const restore = await backUp(database);
    await revokeCredential(log, `fingerprint-${partner}`, at);
    await closeAll();
    await restore();
    await expect(openTestLog(database.dataSource, path(0))).rejects.toThrow(
      /ERR_JOURNAL_UNAVAILABLE.*credential.revoked/,
    );
  });

  test('home and database put back together are noticed by the copy elsewhere', async () => {
    const log = await open();
    await log.append(accessEntry());
    const restore = await backUp(database);
    await closeAll();
    cpSync(path(0), join(path(2), 'kept'), { recursive: true });
    const later = await open();
    await later.append(accessEntry());
    await closeAll();
    await restore();
    rmSync(join(path(0), 'journal'), { recursive: true });
    cpSync(join(path(2), 'kept', 'journal'), join(path(0), 'journal'), { recursive: true });
    await expect(open()).rejects.toThrow(/has 1 leaves, and was signed at 2.*operations/s);
    // The way back: the journal from where it was kept.
    await expect(open()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test('another history of the same length is noticed by the copy elsewhere', async () => {
    const log = await open();
    const restore = await backUp(database);
    await log.append(accessEntry());
    await closeAll();
    await restore();
    rmSync(join(path(0), 'journal'), { recursive: true });
    const forger = await openTestLog(database.dataSource, path(1));
    await forger.append(accessEntry());
    await forger.close();
    await expect(open()).rejects.toThrow(/lost its journal/);
    // Nothing is begun where the journal is to be put back.
    expect(readdirSync(join(path(0), 'journal'))).toEqual([]);
    cpSync(join(path(1), 'journal'), join(path(0), 'journal'), { recursive: true });
    await expect(open()).rejects.toThrow(/another journal/);
  });

  test('a record changed in the past is noticed by the copy elsewhere', async () => {
    const log = await open();
    for (let record = 0; record < 3; record += 1) await log.append(accessEntry());
    await closeAll();
    await database.dataSource.query(
      `UPDATE access_log_leaf SET hashes = decode(repeat('11', octet_length(hashes)), 'hex')
       WHERE leaf_index = 1`,
    );
    await expect(open()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test('the copy follows every tree, and an orderly end leaves it up to date', async () => {
    const log = await open();
    await log.append(accessEntry());
    await log.append(accessEntry({ tree: { kind: 'host' } }));
    await log.makeRound(at);
    await log.published.coverCheckpoint();
    await closeAll();
    const again = await open();
    const key = parseVerifierKey(await again.verifierKey({ kind: 'host' }));
    expect(openCheckpoint(await again.checkpoint({ kind: 'host' }), key).size).toBe(1);
    const { readFileSync } = await import('node:fs');
    const { checkpoints } = JSON.parse(readFileSync(copyFile(0), 'utf8')) as {
      checkpoints: string[];
    };
    expect(checkpoints.map((note) => note.split('\n').slice(0, 2).join(' ')).sort()).toEqual([
      'log.example.org/cover 1',
      'log.example.org/host 1',
      expect.stringMatching(/^log\.example\.org\/partner\/[0-9a-f]{32} 1$/) as unknown as string,
    ]);
  });

  test('a copy that is not signed with this key refuses the start', async () => {
    const { writeFileSync } = await import('node:fs');
    mkdirSync(path(2), { recursive: true });
    writeFileSync(copyFile(0), '{"v":1,"journal":"x","checkpoints":["nothing"]}');
    await expect(open()).rejects.toThrow(/ERR_CONFIGURATION.*CHECKPOINT_FILE/);
  });

  if (kind === 'PostgreSQL') {
    test('the journals of two gateways are merged in the one order that fits', async () => {
      const [one, two] = [await open(0), await open(1)];
      await one.append(accessEntry());
      const restore = await backUp(database);
      const entries = Array.from({ length: 24 }, (_, record) =>
        accessEntry(record % 3 === 0 ? { tree: { kind: 'host' } } : {}),
      );
      for (const [place, entry] of entries.entries()) {
        const log = Math.floor(place / 3) % 2 === 0 ? one : two;
        await log.append(entry);
        if (place % 5 === 0) await log.makeRound(at);
      }
      await suspendPartner(two, otherPartner, at);
      const cover = await one.published.coverCheckpoint();
      const checkpoint = await one.checkpoint({ kind: 'partner', partner });
      await closeAll();
      await restore();

      // Alone neither can be whole; it says what is missing and where it is looked for.
      await expect(open(0)).rejects.toThrow(/in no journal of this home.*journal-merge/s);
      await restore();
      for (const name of readdirSync(join(path(1), 'journal'))) {
        cpSync(join(path(1), 'journal', name), join(path(0), 'journal-merge', 'second', name));
      }
      const again = await open(0);
      expect(again.report).toMatchObject({
        restoredFromJournal: 24,
        reappliedActs: 1,
        restoredRounds: 5,
      });
      expect(await again.checkpoint({ kind: 'partner', partner })).toBe(checkpoint);
      expect(await again.published.coverCheckpoint()).toBe(cover);
      expect((await inForce()).partners).toEqual([partner]);
      const second = await open(1);
      expect(second.report).toMatchObject({ restoredFromJournal: 0, reappliedActs: 0 });
      await second.append(accessEntry());
    });
  }
});
