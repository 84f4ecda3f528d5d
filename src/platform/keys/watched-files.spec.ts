import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FileWatch } from './watched-files.js';

describe('watched files', () => {
  let directory: string;
  let path: string;
  let watch: FileWatch;
  let taken: string[];
  let faults: string[];
  let refusal: Error | undefined;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'safeconduct-watch-'));
    path = join(directory, 'a');
    writeFileSync(path, 'one');
    [taken, faults, refusal] = [[], [], undefined];
    const reread = () => {
      if (refusal !== undefined) throw refusal;
    };
    watch = new FileWatch([{ what: 'a', paths: [path], reread }], {
      onTaken: (what) => taken.push(what),
      onFault: (_what, error) => faults.push((error as Error).message),
      everyMs: 3_600_000,
    });
    await watch.start();
  });
  afterEach(async () => {
    await watch.close();
    rmSync(directory, { recursive: true });
  });

  test('that are as they were are not read again', async () => {
    await watch.look();
    expect([taken, faults]).toEqual([[], []]);
  });

  test('that changed are taken once', async () => {
    writeFileSync(path, 'another');
    await watch.look();
    await watch.look();
    expect(taken).toEqual(['a']);
  });

  test('that are bad are said once, tried at every look, and taken when they are good', async () => {
    writeFileSync(path, 'half');
    refusal = new Error('half written');
    await watch.look();
    await watch.look();
    expect([taken, faults]).toEqual([[], ['half written']]);
    refusal = undefined;
    await watch.look();
    expect(taken).toEqual(['a']);
  });

  test('that are gone are a fault of the one who reads them', async () => {
    rmSync(path);
    refusal = new Error('no file');
    await watch.look();
    expect(faults).toEqual(['no file']);
    writeFileSync(path, 'back');
    refusal = undefined;
    await watch.look();
    expect(taken).toEqual(['a']);
  });
});
