import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeParts } from '../../core/bytes.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import { seal, unseal } from '../../platform/keys/keys.js';

/** A file that arrives once, over the network, and has to be read more than once. */
export interface StagedUpload {
  readonly sizeBytes: number;
  readonly open: () => AsyncGenerator<Uint8Array>;
  close(): void;
}

const blockBytes = 64 * 1024;
const sealedBlockBytes = blockBytes + 28;

/**
 * Keeps an upload on disk, sealed under a key that only this process has, in a file without a name:
 * whatever ends the process, nothing readable is left.
 *
 * @param directory on the disk of the home; made when missing
 * @throws {GatewayError} ERR_INPUT_INVALID naming `file` beyond the limit: nothing more is read
 */
export async function stageUpload(
  directory: string,
  source: AsyncIterable<Uint8Array>,
  options: { readonly limitBytes: number; readonly random: (sizeBytes: number) => Uint8Array },
): Promise<StagedUpload> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `upload-${Buffer.from(options.random(16)).toString('hex')}`);
  const key = options.random(32);
  const descriptor = openSync(path, 'wx+', 0o600);
  let sizeBytes = 0;
  try {
    unlinkSync(path);
    for await (const block of blocksOf(source)) {
      sizeBytes += block.length;
      if (sizeBytes > options.limitBytes) throw inputInvalid('file', 'larger than allowed');
      const number = Math.ceil(sizeBytes / blockBytes) - 1;
      writeAll(descriptor, seal(key, block, blockContext(number)));
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return {
    sizeBytes,
    open: async function* () {
      for (let number = 0; number * blockBytes < sizeBytes; number += 1) {
        const length = Math.min(blockBytes, sizeBytes - number * blockBytes);
        const sealed = Buffer.alloc(length + 28);
        readSync(descriptor, sealed, 0, sealed.length, number * sealedBlockBytes);
        const block = unseal(key, sealed, blockContext(number));
        if (block === undefined) {
          throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: 'a staged upload' });
        }
        yield block;
      }
    },
    close: () => {
      key.fill(0);
      closeSync(descriptor);
    },
  };
}

/** Blocks of one size, but for the last. */
async function* blocksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let kept = Buffer.alloc(0);
  for await (const chunk of source) {
    kept = Buffer.concat([kept, chunk]);
    let at = 0;
    for (; kept.length - at >= blockBytes; at += blockBytes)
      yield kept.subarray(at, at + blockBytes);
    kept = kept.subarray(at);
  }
  if (kept.length > 0) yield kept;
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

function blockContext(number: number): Buffer {
  return encodeParts('safeconduct/register/upload/v1', String(number));
}
