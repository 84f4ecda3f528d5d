import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { temporaryHome } from '../../../test/support/databases.js';
import { stageUpload } from './staged-upload.js';

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const options = { limitBytes: 200_000, random: (size: number) => randomBytes(size) };

test.each([0, 1, 65_536, 131_072, 150_001])(
  'an upload of %i bytes is read as often as needed and leaves no file',
  async (size) => {
    const home = temporaryHome();
    const bytes = randomBytes(size);
    const staged = await stageUpload(home.path, inPieces(bytes, 7000), options);
    expect(readdirSync(home.path)).toEqual([]);
    for (let time = 0; time < 2; time += 1) {
      const pieces: Uint8Array[] = [];
      for await (const piece of staged.open()) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    }
    staged.close();
    home.remove();
  },
);

test('an upload beyond the limit is refused and leaves no file', async () => {
  const home = temporaryHome();
  const upload = stageUpload(home.path, inPieces(randomBytes(200_001), 7000), options);
  await expect(upload).rejects.toMatchObject({ code: 'ERR_INPUT_INVALID', argument: 'file' });
  expect(readdirSync(home.path)).toEqual([]);
  home.remove();
});
