import { FileFault } from './file-fault.js';

/**
 * Encodings of a file of rows: UTF-8 and UTF-16 are recognised by their byte order mark, UTF-8 is
 * assumed without one, and what an older spreadsheet wrote has to be declared. Bytes that do not
 * decode refuse the file: a replaced character would be another name.
 */
const byteOrderMarks = [
  { encoding: 'utf-8', mark: Buffer.of(0xef, 0xbb, 0xbf) },
  { encoding: 'utf-16le', mark: Buffer.of(0xff, 0xfe) },
  { encoding: 'utf-16be', mark: Buffer.of(0xfe, 0xff) },
] as const;

const singleByteEncodings = new Set([
  ...['windows-874', 'koi8-r', 'koi8-u', 'macintosh'],
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((number) => `windows-125${number}`),
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((number) => `iso-8859-${number}`),
]);

export interface TextEncoding {
  /** Name in the WHATWG Encoding Standard, lower case. */
  readonly name: string;
  /** What the file began with, to be written again. */
  readonly byteOrderMark: Buffer;
}

/**
 * The encoding of a file that begins with `head`.
 *
 * @param declared a label of the WHATWG Encoding Standard, any case, e.g. `Windows-1256`
 * @throws {FileFault} ENCODING_UNKNOWN for another label, one the byte order mark contradicts, or
 *   UTF-16 that neither is declared nor has the mark
 */
export function recogniseEncoding(head: Uint8Array, declared?: string): TextEncoding {
  const marked = byteOrderMarks.find(({ mark }) => mark.equals(head.subarray(0, mark.length)));
  const byteOrderMark = marked?.mark ?? Buffer.alloc(0);
  if (declared === undefined) {
    if (marked === undefined && looksWide(head)) throw new FileFault('ENCODING_UNKNOWN');
    return { name: marked?.encoding ?? 'utf-8', byteOrderMark };
  }
  let name: string;
  try {
    name = new TextDecoder(declared).encoding;
  } catch {
    throw new FileFault('ENCODING_UNKNOWN');
  }
  const unicode = byteOrderMarks.some(({ encoding }) => encoding === name);
  if (!unicode && !singleByteEncodings.has(name)) throw new FileFault('ENCODING_UNKNOWN');
  if (marked !== undefined && unicode && marked.encoding !== name) {
    throw new FileFault('ENCODING_UNKNOWN');
  }
  // In another encoding the same bytes are letters.
  return { name, byteOrderMark: unicode ? byteOrderMark : Buffer.alloc(0) };
}

/** Every other byte of Latin letters in UTF-16 is zero; a stray one in a cell is for its row. */
function looksWide(head: Uint8Array): boolean {
  let zeros = 0;
  for (const byte of head) if (byte === 0) zeros += 1;
  return zeros * 4 >= head.length;
}

/**
 * Text of a file, without its byte order mark.
 *
 * @throws {FileFault} BYTES_INVALID with the line
 */
export async function* decodeText(
  source: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding.name, { fatal: true });
  let line = 1;
  let last: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of source) {
      last = chunk;
      const text = decoder.decode(chunk, { stream: true });
      line += countLineFeeds(text);
      if (text !== '') yield text;
    }
    last = new Uint8Array(0);
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    // Where: a character cut by the chunk before looks wrong too, so not among the first.
    const lenient = new TextDecoder(encoding.name).decode(last);
    const found = lenient.indexOf('\ufffd', 3);
    const before = found < 0 ? '' : lenient.slice(0, found);
    throw new FileFault('BYTES_INVALID', line + countLineFeeds(before));
  }
}

/** The inverse of decoding, for the rows that go back. Characters come from the same file. */
export function textEncoder(encoding: TextEncoding): (text: string) => Buffer {
  if (encoding.name === 'utf-8') return (text) => Buffer.from(text, 'utf8');
  if (encoding.name === 'utf-16le') return (text) => Buffer.from(text, 'utf16le');
  if (encoding.name === 'utf-16be') return (text) => Buffer.from(text, 'utf16le').swap16();
  const byteOf = new Map<string, number>();
  const decoder = new TextDecoder(encoding.name);
  for (let byte = 0; byte < 256; byte += 1) {
    const character = decoder.decode(Uint8Array.of(byte));
    if (character !== '\ufffd') byteOf.set(character, byte);
  }
  return (text) =>
    Buffer.from(
      Array.from(text, (character) => {
        const byte = byteOf.get(character);
        if (byte === undefined) throw new TypeError('a character the encoding does not have');
        return byte;
      }),
    );
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
