import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochKeyFiles, type EpochKeyProvider } from '../../src/platform/keys/epoch-key-files.js';

/** Keys of erasure epochs in a fresh directory, which goes when this process ends. */
export function freshEpochKeys(): EpochKeyProvider & { readonly directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-epochs-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return { ...epochKeyFiles(directory, 'SAFECONDUCT_EPOCH_KEYS_DIR'), directory };
}
