import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../../../core/errors.js';
import { namesNow, type Migration } from '../database.js';
import { decodeManifest, fileOf, manifestName, type BackupManifest } from './backup-manifest.js';

const refused = (detail: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_INPUT_INVALID', { argument: 'from', detail, cause });

/**
 * Reads what a backup says of itself. Migrations that were renamed since have the name of today.
 *
 * @param migrations those of this release
 * @throws {GatewayError} ERR_INPUT_INVALID for what is no backup, or one that was interrupted
 */
export async function readManifest(
  directory: string,
  migrations: readonly Migration[],
): Promise<BackupManifest> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(directory, manifestName));
  } catch (cause) {
    const names = await readdir(directory).catch(() => undefined);
    throw refused(
      names === undefined
        ? `${directory} is no directory that can be read`
        : names.includes('tables')
          ? `${directory} is a backup that was interrupted: it has no ${manifestName}, and nothing restores it`
          : `${directory} is no backup: it has no ${manifestName}`,
      cause,
    );
  }
  const manifest = decodeManifest(bytes);
  return { ...manifest, migrations: namesNow(manifest.migrations, migrations) };
}

/**
 * Reads every file of a backup and holds it against the manifest.
 *
 * @param onBytes bytes read of how many
 * @throws {GatewayError} ERR_INPUT_INVALID naming the file that is missing, further or another
 */
export async function checkFiles(
  directory: string,
  { tables }: BackupManifest,
  onBytes: (done: number, total: number) => void,
): Promise<void> {
  const known = new Set([manifestName, 'tables', ...tables.map(({ table }) => fileOf(table))]);
  const found = await readdir(directory, { recursive: true, encoding: 'utf8' });
  const further = found.find((name) => !known.has(name));
  if (further !== undefined) throw refused(`${further} is not of this backup: take it away`);
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const { table, bytes, sha256 } of tables) {
    const name = fileOf(table);
    if (!found.includes(name)) throw refused(`${name} is missing`);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(join(directory, name)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
    if (size !== bytes || hash.digest('hex') !== sha256) {
      throw refused(`${name} is damaged: it is not what was written`);
    }
    done += size;
    onBytes(done, total);
  }
}
