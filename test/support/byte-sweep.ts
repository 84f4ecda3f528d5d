/**
 * Which needles occur in the bytes: one pass for all of them, by their first three bytes. Needles
 * of fewer bytes are refused: they would be found by chance.
 */
export function findNeedles(bytes: Buffer, needles: Iterable<Buffer>): readonly Buffer[] {
  const starts = new Uint8Array(1 << 24);
  const byStart = new Map<number, Buffer[]>();
  for (const needle of needles) {
    if (needle.length < 4) throw new TypeError('too short a needle');
    const start = needle.readUIntBE(0, 3);
    starts[start] = 1;
    const others = byStart.get(start);
    if (others === undefined) byStart.set(start, [needle]);
    else others.push(needle);
  }
  const found = new Set<Buffer>();
  let window = 0;
  for (let end = 0; end < bytes.length; end += 1) {
    window = ((window << 8) | (bytes[end] ?? 0)) & 0xffffff;
    if (starts[window] !== 1 || end < 2) continue;
    const at = end - 2;
    for (const needle of byStart.get(window) ?? []) {
      if (needle.equals(bytes.subarray(at, at + needle.length))) found.add(needle);
    }
  }
  return [...found];
}
