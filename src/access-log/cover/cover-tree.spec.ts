import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
  checkAsPartner,
  emptyAccessLog,
  logKeys,
  openTestLog,
  otherPartner,
  partner,
} from '../../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../../test/support/databases.js';
import { openCheckpoint, signCheckpoint } from '../../core/log/checkpoint.js';
import { checkCoverProof, climbSlotPath, openSlotLeaf } from '../../core/log/cover.js';
import { cosignCheckpoint, formatWitnessKey, parseWitnessKey } from '../../core/log/cosignature.js';
import { formatVerifierKey, parseVerifierKey } from '../../core/log/note.js';
import { checkConsistency, proveConsistency } from '../../core/log/proof.js';
import { tileReader } from '../../core/log/tile.js';
import type { Database } from '../../platform/database/database.js';
import { accessLogMigrations, type AccessLog } from '../index.js';

const at = new Date('2026-03-01T09:30:00Z');
const witness = { name: 'witness.example', privateKey: generateKeyPairSync('ed25519').privateKey };
const vkey = formatWitnessKey(witness.name, witness.privateKey);

describeOnEachDatabase('the cover tree', (kind) => {
  let database: Database;
  let home: ReturnType<typeof temporaryHome>;
  let log: AccessLog;

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    await emptyAccessLog(database.dataSource);
    home = temporaryHome();
    log = await openTestLog(database.dataSource, home.path);
  });
  afterEach(async () => {
    await log.close();
    home.remove();
  });

  const coverKey = () => parseVerifierKey(log.coverVerifierKey());
  const treeKey = async () => parseVerifierKey(await log.verifierKey({ kind: 'partner', partner }));
  const cosign = async (who = partner, note?: string) => {
    const checkpoint = note ?? (await log.published.coverCheckpoint());
    const line = cosignCheckpoint(checkpoint, witness, at.getTime() / 1000);
    return log.published.takeCosignatures(who, checkpoint + line, at);
  };

  test('grows by a round at a time, each consistent with the one before', async () => {
    let before = openCheckpoint(await log.published.coverCheckpoint(), coverKey());
    expect(before.size).toBe(0);
    for (let round = 0; round < 6; round += 1) {
      if (round % 2 === 0) await log.append(accessEntry());
      expect(await log.makeRound(at)).toBe(round + 1);
      const now = openCheckpoint(await log.published.coverCheckpoint(), coverKey());
      expect(now.size).toBe(round + 1);
      const reader = tileReader(now.size, async (tile) => {
        const bytes = await log.published.coverTile(tile);
        if (bytes === undefined) throw new TypeError('no tile');
        return bytes;
      });
      const proof = await proveConsistency(before.size, now.size, reader);
      checkConsistency(before.size, before.root, now.size, now.root, proof);
      before = now;
    }
  });

  test('holds in a slot of its own the checkpoint of each tree, the same slot for ever', async () => {
    await log.append(accessEntry());
    const slot = await log.coverSlot(partner);
    const other = await log.coverSlot(otherPartner);
    expect(slot).toBeDefined();
    expect(other).not.toBe(slot);
    await log.makeRound(at);
    await log.close();
    log = await openTestLog(database.dataSource, home.path);
    expect(await log.coverSlot(partner)).toBe(slot);
    const found = await log.published.slotLeaf(partner, 0);
    if (found === undefined || slot === undefined) throw new TypeError('no leaf');
    const opened = openSlotLeaf(found.leaf, { slot, tree: await treeKey() });
    expect(opened).toMatchObject({ round: 0, checkpoint: { size: 1 } });
    const path = found.path.map((hash) => Buffer.from(hash, 'base64url'));
    const [row] = await database.dataSource.query<{ root: Buffer }[]>(
      'SELECT root FROM access_log_cover_round WHERE round = 0',
    );
    expect(climbSlotPath(found.leaf, slot, path)).toEqual(row?.root);
    expect((await log.published.slotLeaf(otherPartner, 0))?.leaf).not.toEqual(found.leaf);
    expect(await log.published.slotLeaf(partner, 1)).toBeUndefined();
  });

  test('an idle round adds no row to any slot', async () => {
    await log.append(accessEntry());
    for (let round = 0; round < 3; round += 1) await log.makeRound(at);
    const rows = await database.dataSource.query<unknown[]>(
      'SELECT slot FROM access_log_cover_slot_head',
    );
    expect(rows).toHaveLength(1);
  });

  test('covers a receipt once a round that holds it has been cosigned, and not before', async () => {
    await log.witnesses.register(partner, vkey, at);
    const entry = accessEntry();
    await log.append(entry);
    await log.makeRound(at);
    expect((await log.receipt(partner, entry.id))?.cover).toBeNull();
    expect(await cosign()).toEqual({ taken: true });
    const later = accessEntry();
    await log.append(later);
    await log.makeRound(at);
    expect((await log.receipt(partner, later.id))?.cover).toBeNull();

    const receipt = await log.receipt(partner, entry.id);
    if (receipt?.cover === null || receipt === undefined) throw new TypeError('no cover');
    const { checkpoint } = await checkAsPartner(log, entry, receipt);
    const keys = {
      tree: await treeKey(),
      cover: coverKey(),
      slot: (await log.coverSlot(partner)) ?? -1,
      witnesses: [parseWitnessKey(vkey)],
      quorum: 1,
    };
    expect(checkCoverProof(receipt.cover, checkpoint, keys).round).toBe(0);

    await cosign();
    const again = await log.receipt(partner, later.id);
    const proven = await checkAsPartner(log, later, again ?? { record: '', salt: '', proof: '' });
    if (again?.cover === null || again === undefined) throw new TypeError('no cover');
    expect(checkCoverProof(again.cover, proven.checkpoint, keys).round).toBe(1);
  });

  test('without witnesses nothing is covered, and nothing is late', async () => {
    const entry = accessEntry();
    await log.append(entry);
    await log.makeRound(at);
    expect(await cosign()).toEqual({ taken: false, cause: 'UNKNOWN_KEY' });
    expect((await log.receipt(partner, entry.id))?.cover).toBeNull();
    expect(await log.witnesses.isCosigned(new Date('2027-01-01T00:00:00Z'))).toBe(true);
  });

  test('says who cosigned last, and when nobody has for a day', async () => {
    const dayLater = new Date(at.getTime() + 25 * 3_600_000);
    await log.witnesses.register(partner, vkey, at);
    expect(await log.witnesses.isCosigned(at)).toBe(true);
    expect(await log.witnesses.isCosigned(dayLater)).toBe(false);
    await log.makeRound(at);
    await cosign();
    expect(await log.witnesses.list()).toEqual([
      { vkey, partner, registeredAt: at, size: 1, cosignedAt: at },
    ]);
    expect(await log.witnesses.isCosigned(dayLater)).toBe(false);
  });

  test.each([
    ['another partner brings it', 'UNKNOWN_KEY', async () => cosign(otherPartner)],
    [
      'another log signed it',
      'UNKNOWN_KEY',
      async () =>
        cosign(
          partner,
          signCheckpoint(
            { origin: 'log.example.org/cover', size: 1, root: randomBytes(32) },
            generateKeyPairSync('ed25519').privateKey,
          ),
        ),
    ],
    [
      'it is of another tree',
      'UNKNOWN_ORIGIN',
      async () => cosign(partner, await log.published.checkpoint(partner)),
    ],
    [
      'it is no note',
      'UNREADABLE',
      async () => log.published.takeCosignatures(partner, 'no note', at),
    ],
    [
      'its time is to come',
      'UNREADABLE',
      async () => {
        const note = await log.published.coverCheckpoint();
        const line = cosignCheckpoint(note, witness, at.getTime() / 1000 + 3_600);
        return log.published.takeCosignatures(partner, note + line, at);
      },
    ],
  ])('takes no cosignature when %s', async (_, cause, bring) => {
    await log.witnesses.register(partner, vkey, at);
    await log.makeRound(at);
    expect(await bring()).toEqual({ taken: false, cause });
    expect(log.isWritable()).toBe(true);
  });

  test('stops when a checkpoint of its own key is not of its tree', async () => {
    await log.witnesses.register(partner, vkey, at);
    await log.makeRound(at);
    const origin = 'log.example.org/cover';
    const fork = { origin, size: 1, root: randomBytes(32) };
    const answer = await cosign(partner, signCheckpoint(fork, logKeys.checkpointKey));
    expect(answer).toEqual({ taken: false, cause: 'ANOTHER_TREE', size: 1 });
    expect(log.isWritable()).toBe(false);
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    await expect(log.published.coverCheckpoint()).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
  });

  test('takes no witness key that is not one, is the log’s own, or is another’s', async () => {
    const own = formatWitnessKey('w', logKeys.checkpointKey);
    const note = formatVerifierKey('w', witness.privateKey);
    const renamed = formatWitnessKey('renamed.example', witness.privateKey);
    await log.witnesses.register(partner, vkey, at);
    for (const refused of [own, note, renamed, 'w+00000000+AA==']) {
      await expect(log.witnesses.register(partner, refused, at)).rejects.toThrow(
        /ERR_INPUT_INVALID/,
      );
    }
  });

  test.each(['lost by the database', 'lost by the journal'])(
    'a round %s after it was signed is put back, and no second one is made',
    async (which) => {
      const { dataSource } = database;
      await log.append(accessEntry());
      await log.makeRound(at);
      await log.append(accessEntry());
      const kept = join(home.path, 'kept');
      if (which === 'lost by the journal') {
        await log.close();
        cpSync(join(home.path, 'journal'), kept, { recursive: true });
        log = await openTestLog(dataSource, home.path);
      }
      await log.makeRound(at);
      const signed = await log.published.coverCheckpoint();
      await log.close();
      if (existsSync(kept)) {
        for (const name of readdirSync(kept))
          cpSync(join(kept, name), join(home.path, 'journal', name));
        rmSync(kept, { recursive: true });
      } else {
        await dataSource.query('DELETE FROM access_log_cover_slot_head WHERE round = 1');
        await dataSource.query('DELETE FROM access_log_cover_round WHERE round = 1');
      }
      log = await openTestLog(dataSource, home.path);
      expect(log.report.restoredRounds).toBe(which === 'lost by the database' ? 1 : 0);
      expect(await log.published.coverCheckpoint()).toBe(signed);
      expect((await log.published.slotLeaf(partner, 1))?.leaf).toBeDefined();
    },
  );

  test('a round changed in the database is not served, stops the log, and refuses the start', async () => {
    await log.append(accessEntry());
    await log.makeRound(at);
    expect((await log.published.slotLeaf(partner, 0))?.leaf).toBeDefined();
    expect(log.contradiction).toBeUndefined();
    await database.dataSource.query('UPDATE access_log_cover_round SET seed = $1', [
      randomBytes(32),
    ]);
    await expect(log.published.slotLeaf(partner, 0)).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.contradiction?.detail).toMatch(/cover tree, round 0/);
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    await log.close();
    await expect(openTestLog(database.dataSource, home.path)).rejects.toThrow(
      /ERR_LOG_CONTRADICTS_ITSELF.*round 0/,
    );
    await emptyAccessLog(database.dataSource);
    rmSync(join(home.path, 'journal'), { recursive: true });
    log = await openTestLog(database.dataSource, home.path);
  });

  test('a clock moved two hours either way stops and loses nothing, over the end of a month too', async () => {
    const midnight = Date.parse('2026-04-01T00:00:00Z');
    const entries = [0, 2, -2, 0].map((hours) =>
      accessEntry({ at: new Date(midnight + hours * 3_600_000) }),
    );
    for (const [round, entry] of entries.entries()) {
      await checkAsPartner(log, entry, await log.append(entry));
      expect(await log.makeRound(entry.at, round)).toBe(round + 1);
    }
    for (const entry of entries) {
      const receipt = await log.receipt(partner, entry.id);
      await checkAsPartner(log, entry, receipt ?? { record: '', salt: '', proof: '' });
    }
  });

  test('serves tiles of signed trees only', async () => {
    for (let record = 0; record < 5; record += 1) await log.append(accessEntry());
    const tile = { level: 0, index: 0 };
    expect((await log.published.tile(partner, { ...tile, width: 5 }))?.length).toBe(160);
    expect((await log.published.tile(partner, { ...tile, width: 3 }))?.length).toBe(96);
    expect(await log.published.tile(partner, { ...tile, width: 6 })).toBeUndefined();
    expect(await log.published.tile(otherPartner, { ...tile, width: 1 })).toBeUndefined();
    expect(await log.published.coverTile({ ...tile, width: 1 })).toBeUndefined();
  });
});
