import { createReadStream, statSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';

/**
 * Reads a file of a size that was told before. While somebody still writes it, its end would be cut
 * off, mostly inside a row: then its last bytes are held back, and what was sent is not whole.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID when the file is of another size by now
 */
export async function* readWholeFile(path: string, sizeBytes: number): AsyncGenerator<Buffer> {
  let read = 0;
  for await (const chunk of createReadStream(path)) {
    read += (chunk as Buffer).length;
    if (read >= sizeBytes && statSync(path).size !== sizeBytes) throw beingWritten(path);
    yield chunk as Buffer;
  }
  if (read < sizeBytes) throw beingWritten(path);
}

function beingWritten(path: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', {
    detail: `${path} is being written: import it once it is whole`,
  });
}
