import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import type { DemoPerson } from '../../src/register/index.js';

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

/**
 * Whether a needle may stand in some megabytes of random text by chance: it says less than 48 bits
 * where a character of hexadecimal or decimal says four, one of base64 six, and any other byte eight.
 */
export function mayBeChance(needle: Buffer): boolean {
  const text = needle.toString('latin1');
  const bits = /^[0-9a-f]*$/i.test(text) ? 4 : /^[\w+/-]*$/.test(text) ? 6 : 8;
  return needle.length * bits < 48;
}

/**
 * The bytes a value has in the encodings software uses: UTF-8, UTF-16 either way, hexadecimal of
 * UTF-8, `\u` escapes of JSON, percent escapes, and base64 and base64url at each of the three places
 * it can begin at in a group (the characters it shares with its neighbours left out).
 */
export function encodingsOf(value: string): readonly Buffer[] {
  const utf8 = Buffer.from(value, 'utf8');
  const little = Buffer.from(value, 'utf16le');
  const hex = utf8.toString('hex');
  const escaped = [...value]
    .map((character) =>
      character < '\u0080'
        ? character
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .join('');
  const texts = [hex, hex.toUpperCase(), escaped, encodeURIComponent(value)];
  for (const lead of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(lead), utf8]);
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    for (const encoding of ['base64', 'base64url'] as const) {
      texts.push(whole.toString(encoding).slice(lead === 0 ? 0 : lead + 1));
    }
  }
  const needles = [utf8, little, Buffer.from(little).swap16(), ...texts.map((t) => Buffer.from(t))];
  const distinct = new Map(needles.map((needle) => [needle.toString('latin1'), needle]));
  return [...distinct.values()].filter(({ length }) => length >= 6);
}

/** What a person is known by, as supplied and in the spellings software likes to make of it. */
export function valuesOf(person: DemoPerson): readonly string[] {
  const names = [
    ...person.names.map(({ full }) => full),
    person.fatherName,
    person.grandfatherName,
  ].flatMap((name) => (name === undefined || [...name].length < 6 ? [] : [name]));
  const others = [
    person.reference,
    (person.dateOfBirth?.length ?? 0) > 7 ? person.dateOfBirth : undefined,
    ...(person.documents ?? []).map((document) => document['number']),
    person.visa?.['reference'],
  ].filter((value) => value !== undefined && value.length >= 8);
  return [
    ...names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]),
    ...others.flatMap((value) => (value === undefined ? [] : [value, value.replace(/[^\w]/g, '')])),
  ].filter((value) => value.length >= 6);
}

export function everyFile(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Buffer.concat(
    files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name))),
  );
}

/** Every column of every row of every table, as text and as bytes. */
export async function everyColumn(dataSource: DataSource): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name
     FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
  );
  if (tables.length <= 10) throw new TypeError('tables are missing');
  for (const { name } of tables) {
    const rows = await dataSource.query<Record<string, unknown>[]>(`SELECT * FROM ${name}`);
    for (const value of rows.flatMap((row) => Object.values(row))) {
      chunks.push(Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value) ?? ''));
      chunks.push(Buffer.from('\n'));
    }
  }
  return Buffer.concat(chunks);
}
