/** One line of a file of lines. `bytes` is undefined when the line is longer than allowed. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Lines of a stream of bytes, ended by LF or CRLF, the last one possibly by nothing; a UTF-8 byte
 * order mark at the start is left out. Holds one line at a time: what is beyond `longest` is read
 * past, not kept.
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<Line> {
  let number = 0;
  let kept: Uint8Array[] = [];
  let size = 0;
  const keep = (bytes: Uint8Array) => {
    size += bytes.length;
    if (size <= longest + 3) kept.push(bytes);
    else kept = [];
  };
  const take = (): Line => {
    number += 1;
    const whole = Buffer.concat(kept);
    const from = number === 1 && whole.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    const to = whole.at(-1) === carriageReturn ? whole.length - 1 : whole.length;
    const tooLong = size > longest + 3 || to - from > longest;
    kept = [];
    size = 0;
    return { number, bytes: tooLong ? undefined : whole.subarray(from, to) };
  };
  for await (const chunk of source) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, from);
      if (end < 0) break;
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    // A copy: the source may use its buffer again.
    if (from < chunk.length) keep(Uint8Array.from(chunk.subarray(from)));
  }
  if (size > 0) yield take();
}

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);
