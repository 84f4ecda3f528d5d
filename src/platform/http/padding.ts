/**
 * One size of answers per kind of operation: white space after the JSON text (insignificant by
 * RFC 8259 §2) up to the size of the kind. An answer that would not fit takes the next multiple; the
 * schema bounds every answer below one, and a test holds it to that.
 *
 * @param text JSON
 * @param sizeBytes size of the kind, bytes
 */
export function padAnswer(text: string, sizeBytes: number): Buffer {
  const bytes = Buffer.byteLength(text);
  const size = Math.max(1, Math.ceil(bytes / sizeBytes)) * sizeBytes;
  const padded = Buffer.alloc(size, 0x20);
  padded.write(text, 'utf8');
  return padded;
}
