import {
  constants,
  cpSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { temporaryHome } from '../../../test/support/databases.js';
import { FaultyFiles } from '../../../test/support/faulty-files.js';
import { durableFlags, localFiles, type JournalFiles } from './journal-files.js';
import { openJournal, type Journal } from './journal.js';
import { decodeLine, encodeLine, type JournalEntry } from './line.js';

let home: ReturnType<typeof temporaryHome>;
beforeEach(() => {
  home = temporaryHome();
});
afterEach(() => home.remove());

const entry = (number: number): JournalEntry => ({
  kind: 'record',
  number,
  tree: 'host',
  owner: null,
  index: number - 1,
  record: Buffer.from(`record ${number}`),
  sealed: Buffer.from(`sealed ${number}`),
});
const entries = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => entry(from + at));

const open = (directory: string, files: JournalFiles = localFiles, segmentBytes = 64 * 1024) =>
  openJournal({ directory, files, random: randomBytes, segmentBytes, stepBytes: 4096 });

async function contentOf(journal: Journal, from = 1): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  for await (const part of journal.read(from)) found.push(...part);
  return found;
}

describe('a line', () => {
  const act: JournalEntry = { kind: 'act', number: 9, act: 'grant.revoked', body: { grant: 'g' } };

  test.each([
    ['a record', { entry: { ...entry(7), owner: 'AUS-BORDER' } as JournalEntry, group: 6 }],
    ['an act', { entry: act, group: 9 }],
    ['a header', { kind: 'journal' as const, journal: 'ab', segment: 1, first: 1 }],
  ])('of %s reads back as it was written, and no flip of a bit does', (_, line) => {
    const bytes = encodeLine(line).subarray(0, -1);
    expect(decodeLine(bytes)).toEqual(line);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeLine(flipped)).toBeUndefined();
    }
  });

  test('of a later version is told from one that is torn', () => {
    const line = encodeLine({ kind: 'journal', journal: 'ab', segment: 0, first: 1 });
    expect(decodeLine(line.subarray(0, -1))).toEqual({ kind: 'unknown' });
  });
});

describe('the journal', () => {
  test('keeps its lines and its id over closing and opening, in segments', async () => {
    const first = await open(home.path, localFiles, 1500);
    expect(first).toMatchObject({ isNew: true, repairedBytes: 0 });
    for (let group = 0; group < 10; group += 1) {
      await first.journal.append(entries(group * 3 + 1, group * 3 + 3));
    }
    await first.journal.close();
    expect(readdirSync(home.path).length).toBeGreaterThan(2);

    const second = await open(home.path, localFiles, 1500);
    expect(second).toMatchObject({ isNew: false, repairedBytes: 0 });
    expect(second.journal.id).toBe(first.journal.id);
    expect(second.journal.lastNumber).toBe(30);
    expect(await contentOf(second.journal)).toEqual(entries(1, 30));
    expect(await contentOf(second.journal, 17)).toEqual(entries(17, 30));
    await second.journal.append([entry(31)]);
    expect(await contentOf(second.journal, 30)).toEqual(entries(30, 31));
    await second.journal.close();
  });

  test('preallocates in steps and gives the rest back when closed', async () => {
    const { journal } = await open(home.path);
    await journal.append([entry(1)]);
    const path = join(home.path, readdirSync(home.path)[0] ?? '');
    expect(statSync(path).size).toBeGreaterThan(4096);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await journal.close();
    expect(statSync(path).size).toBeLessThan(1024);
  });

  test('refuses lines that are not numbered on', async () => {
    const { journal } = await open(home.path);
    await expect(journal.append([entry(2)])).rejects.toThrow(TypeError);
    await journal.append([entry(1)]);
    await expect(journal.append([entry(1)])).rejects.toThrow(TypeError);
    await journal.close();
    await expect(journal.append([entry(2)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
  });

  test('is cut back to its last whole line wherever the last line was torn', async () => {
    const { journal } = await open(home.path);
    await journal.append(entries(1, 2));
    await journal.append([entry(3)]);
    await journal.close();
    const name = readdirSync(home.path)[0] ?? '';
    const whole = readFileSync(join(home.path, name));
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const copies = temporaryHome();
    for (let cut = lastLine; cut < whole.length; cut += 1) {
      for (const filled of [false, true]) {
        const torn = filled
          ? Buffer.concat([whole.subarray(0, cut), Buffer.alloc(500)])
          : whole.subarray(0, cut);
        writeFileSync(join(copies.path, name), torn);
        const opened = await open(copies.path);
        expect(opened.repairedBytes).toBe(cut - lastLine);
        expect(opened.journal.lastNumber).toBe(2);
        await opened.journal.append([entry(3)]);
        expect(await contentOf(opened.journal)).toEqual(entries(1, 3));
        await opened.journal.close();
      }
    }
    copies.remove();
  });

  test('cuts off a whole torn group, whichever of its lines reached the disk', async () => {
    const { journal } = await open(home.path);
    await journal.append(entries(1, 2));
    await journal.append(entries(3, 6));
    await journal.close();
    const path = join(home.path, readdirSync(home.path)[0] ?? '');
    const bytes = readFileSync(path);
    const third = bytes.indexOf('"n":3');
    bytes.fill(0, third, third + 5);
    writeFileSync(path, bytes);
    const opened = await open(home.path);
    expect(opened.repairedBytes).toBeGreaterThan(0);
    expect(await contentOf(opened.journal)).toEqual(entries(1, 2));
    await opened.journal.close();
  });

  test('refuses to cut lines that later groups were written after', async () => {
    const { journal } = await open(home.path);
    await journal.append(entries(1, 2));
    await journal.append([entry(3)]);
    await journal.close();
    const path = join(home.path, readdirSync(home.path)[0] ?? '');
    const bytes = readFileSync(path);
    bytes.fill(0x41, bytes.indexOf('"n":2'), bytes.indexOf('"n":2') + 5);
    writeFileSync(path, bytes);
    await expect(open(home.path)).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test.each([
    [
      'lines in another order',
      (text: string) => text.replace(/(.*"n":2.*\n)(.*"n":3.*\n)/, '$2$1'),
    ],
    ['a line taken out', (text: string) => text.replace(/.*"n":2.*\n/, '')],
    ['a line twice', (text: string) => text.replace(/(.*"n":2.*\n)/, '$1$1')],
    ['no header', (text: string) => text.replace(/.*\n/, '')],
    ['nothing', () => ''],
  ])('refuses a segment with %s', async (_, change) => {
    const { journal } = await open(home.path);
    for (const number of [1, 2, 3]) await journal.append([entry(number)]);
    await journal.close();
    const path = join(home.path, readdirSync(home.path)[0] ?? '');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    await expect(open(home.path)).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test('refuses an earlier segment that lost its end', async () => {
    const { journal } = await open(home.path, localFiles, 1000);
    for (let number = 1; number <= 12; number += 1) await journal.append([entry(number)]);
    await journal.close();
    const path = join(home.path, '00000001.journal');
    truncateSync(path, statSync(path).size - 3);
    const opened = await open(home.path, localFiles, 1000);
    await expect(contentOf(opened.journal)).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
    await opened.journal.close();
  });
});

describe('a line that is acknowledged is on disk', () => {
  /** Flags of open(2) of every descriptor this process has of a file below a directory. */
  const flagsBelow = (directory: string): readonly number[] =>
    readdirSync('/proc/self/fd').flatMap((descriptor) => {
      let path: string;
      try {
        path = readlinkSync(`/proc/self/fd/${descriptor}`);
      } catch {
        return [];
      }
      if (!path.startsWith(directory)) return [];
      const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
      return [parseInt(/^flags:\s+([0-7]+)$/m.exec(info)?.[1] ?? '', 8)];
    });
  const isDurable = (flags: number) => (flags & 0o10000) !== 0;

  test('since every segment is open with O_DSYNC, at first, as the next, and healed', async () => {
    if (process.platform !== 'linux') return;
    const files = new FaultyFiles();
    const { journal } = await open(home.path, files, 1000);
    expect(flagsBelow(home.path).map(isDurable)).toEqual([true]);
    for (let number = 1; number <= 12; number += 1) await journal.append([entry(number)]);
    expect(readdirSync(home.path).length).toBeGreaterThan(1);
    expect(flagsBelow(home.path).map(isDurable)).toEqual([true]);
    files.fail('write');
    await expect(journal.append([entry(13)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
    files.mend();
    await journal.heal();
    expect(flagsBelow(home.path).map(isDurable)).toEqual([true]);
    await journal.close();
    expect(flagsBelow(home.path)).toEqual([]);
  });

  test('and where there is no such flag nothing is opened', () => {
    expect(durableFlags(constants) & constants.O_DSYNC).toBe(constants.O_DSYNC);
    expect(() => durableFlags({ O_RDWR: constants.O_RDWR })).toThrow(/^ERR_JOURNAL_UNAVAILABLE/);
  });

  test('and what an earlier process left behind is not trusted before it is', async () => {
    const first = await open(home.path);
    await first.journal.append([entry(1)]);
    await first.journal.close();
    const files = new FaultyFiles();
    files.fail('sync');
    await expect(open(home.path, files)).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
    if (process.platform === 'linux') expect(flagsBelow(home.path)).toEqual([]);
    files.mend();
    const second = await open(home.path, files);
    expect(second.journal.lastNumber).toBe(1);
    await second.journal.close();
  });
});

describe('after a fault', () => {
  test.each(['write', 'short write', 'sync'] as const)(
    'a failed %s is not acknowledged, and nothing is until the journal is healed',
    async (fault) => {
      const files = new FaultyFiles();
      const { journal } = await open(home.path, files);
      await journal.append(entries(1, 2));
      files.fail(fault);
      await expect(journal.append([entry(3)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
      expect(journal.isBroken).toBe(true);
      await expect(journal.append([entry(3)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
      if (fault === 'sync') await expect(journal.heal()).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
      files.mend();
      await journal.heal();
      expect(journal.isBroken).toBe(false);
      expect(await contentOf(journal)).toEqual(entries(1, 2));
      await journal.append([entry(3)]);
      await journal.close();

      const reopened = await open(home.path);
      expect(reopened.repairedBytes).toBe(0);
      expect(await contentOf(reopened.journal)).toEqual(entries(1, 3));
      await reopened.journal.close();
    },
  );

  test('a full disk heals once there is room, and leaves no heap of segments', async () => {
    const files = new FaultyFiles();
    const { journal } = await open(home.path, files);
    await journal.append([entry(1)]);
    files.fail('write');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await journal.heal();
      await expect(journal.append([entry(2)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
    }
    expect(readdirSync(home.path).length).toBeLessThanOrEqual(2);
    files.mend();
    await journal.heal();
    await journal.append([entry(2)]);
    expect(await contentOf(journal)).toEqual(entries(1, 2));
    await journal.close();
  });

  test('a journal whose file was changed behind its back is not healed', async () => {
    const files = new FaultyFiles();
    const { journal } = await open(home.path, files);
    await journal.append(entries(1, 2));
    files.fail('write');
    await expect(journal.append([entry(3)])).rejects.toThrow(/ERR_JOURNAL_UNAVAILABLE/);
    files.mend();
    const path = join(home.path, '00000001.journal');
    cpSync(path, `${path}.copy`);
    const bytes = readFileSync(path);
    bytes.write('X', bytes.indexOf('"n":1'));
    writeFileSync(path, bytes);
    await expect(journal.heal()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
    expect(journal.isBroken).toBe(true);
    await journal.close();
  });
});
