import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readWholeFile } from './whole-file.js';

describe('a file that is sent', () => {
  const sizeBytes = 200_000;
  let directory: string;
  let path: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'safeconduct-whole-'));
    path = join(directory, 'people.csv');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Bytes that came out, while `meanwhile` is done after the first of them. */
  const read = async (meanwhile: () => void = () => undefined) => {
    writeFileSync(path, 'x'.repeat(sizeBytes));
    let bytes = 0;
    try {
      for await (const chunk of readWholeFile(path, sizeBytes)) {
        if (bytes === 0) meanwhile();
        bytes += chunk.length;
      }
      return { bytes };
    } catch (error) {
      return { bytes, error };
    }
  };

  test('is read whole', async () => {
    expect(await read()).toEqual({ bytes: sizeBytes });
  });

  test.each([
    ['longer', () => appendFileSync(path, 'y')],
    ['much longer', () => appendFileSync(path, 'y'.repeat(sizeBytes))],
    ['shorter', () => truncateSync(path, sizeBytes - 1)],
  ])('that became %s meanwhile never goes out to its end', async (_what, meanwhile) => {
    const { bytes, error } = await read(meanwhile);
    expect(bytes).toBeLessThan(sizeBytes);
    expect(error).toMatchObject({ code: 'ERR_INPUT_INVALID' });
  });
});
