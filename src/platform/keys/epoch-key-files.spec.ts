import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { temporaryHome } from '../../../test/support/databases.js';
import { epochKeyFiles } from './epoch-key-files.js';

const key = (byte: number, masterKeyId = 'aa11') => ({
  masterKeyId,
  wrapped: Buffer.alloc(60, byte),
});

describe('keys of erasure epochs in files', () => {
  const home = temporaryHome();
  afterAll(() => home.remove());
  let number = 0;
  const fresh = () => {
    const directory = join(home.path, String((number += 1)));
    return { directory, keys: epochKeyFiles(directory, 'X_DIR') };
  };

  test('are kept, listed and read, for their owner only', async () => {
    const { directory, keys } = fresh();
    expect(await keys.read(7)).toBeUndefined();
    await keys.create(9, key(9));
    await keys.create(7, key(7));
    expect(await keys.list()).toEqual([7, 9]);
    expect(await keys.read(7)).toEqual(key(7));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readdirSync(directory).sort()).toEqual(['epoch-7.key', 'epoch-9.key']);
    expect(statSync(join(directory, 'epoch-7.key')).mode & 0o777).toBe(0o600);
  });

  test('keep the first of two that are made at once, and take another wrapping', async () => {
    const { directory, keys } = fresh();
    await Promise.all([1, 2, 3].map(async (byte) => keys.create(7, key(byte))));
    const first = await keys.read(7);
    await keys.create(7, key(4));
    expect(await keys.read(7)).toEqual(first);
    await keys.replace(7, key(5, 'bb22'));
    expect(await keys.read(7)).toEqual(key(5, 'bb22'));
    expect(readdirSync(directory)).toEqual(['epoch-7.key']);
  });

  test('are destroyed with what an interrupted write left of them, and no other', async () => {
    const { directory, keys } = fresh();
    await keys.create(7, key(7));
    await keys.create(70, key(70));
    writeFileSync(join(directory, 'epoch-7.key.00ff.tmp'), 'x', { mode: 0o600 });
    // A second name shows what becomes of the bytes.
    linkSync(join(directory, 'epoch-7.key'), join(home.path, 'bytes'));
    const before = readFileSync(join(home.path, 'bytes'));
    await keys.destroy(7);
    expect(readdirSync(directory)).toEqual(['epoch-70.key']);
    const after = readFileSync(join(home.path, 'bytes'));
    expect(after).toHaveLength(before.length);
    expect(after.equals(before)).toBe(false);
    await keys.destroy(7);
    expect(await keys.read(7)).toBeUndefined();
  });

  test.each([0o604, 0o640, 0o620])(
    'of mode %o are refused, naming file and variable',
    async (mode) => {
      const { directory, keys } = fresh();
      await keys.create(7, key(7));
      chmodSync(join(directory, 'epoch-7.key'), mode);
      await expect(keys.read(7)).rejects.toThrow(
        /^ERR_KEY_UNUSABLE: X_DIR: .*epoch-7\.key.*chmod 600/,
      );
    },
  );

  test('in a directory others may enter are refused, as is a link or anything else in their place', async () => {
    const open = join(home.path, 'open');
    mkdirSync(open);
    chmodSync(open, 0o750);
    expect(() => epochKeyFiles(open, 'X_DIR')).toThrow(/^ERR_KEY_UNUSABLE: X_DIR: .*chmod 700/);
    writeFileSync(join(home.path, 'file'), '');
    expect(() => epochKeyFiles(join(home.path, 'file', 'keys'), 'X_DIR')).toThrow(/X_DIR/);
    const { directory, keys } = fresh();
    writeFileSync(join(directory, 'epoch-1.key'), 'aa11 ???\n', { mode: 0o600 });
    await expect(keys.read(1)).rejects.toThrow(/^ERR_KEY_UNUSABLE: X_DIR/);
    symlinkSync(join(directory, 'epoch-1.key'), join(directory, 'epoch-2.key'));
    await expect(keys.read(2)).rejects.toThrow(/^ERR_KEY_UNUSABLE: X_DIR/);
  });
});
