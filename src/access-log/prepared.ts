import { EntityManager, QueryFailedError, type DataSource } from 'typeorm';

/** A statement that a connection parses and plans once. */
export interface PreparedStatement {
  /** Names the text: another text has another name. */
  readonly name: string;
  readonly text: string;
}

interface PostgresConnection {
  query(statement: { name?: string; text: string; values: unknown[] }): Promise<{ rows: unknown }>;
}

/**
 * Runs a statement on its own, or in the transaction of a manager. Arrays are given with
 * {@link arrayOf}.
 *
 * The embedded database has one backend behind all connections, where a name would outlive the
 * connection that gave it: there the statement goes without.
 *
 * @throws {QueryFailedError} what the driver throws, as TypeORM does, without the parameters
 */
export async function queryPrepared<Row>(
  database: DataSource | EntityManager,
  { name, text }: PreparedStatement,
  values: unknown[],
): Promise<readonly Row[]> {
  const isManager = database instanceof EntityManager;
  const { options } = isManager ? database.connection : database;
  const isShared = options.type === 'postgres' && options.poolSize === 1;
  const runner = isManager ? database.queryRunner : database.createQueryRunner();
  if (runner === undefined) throw new TypeError('a manager without a transaction');
  try {
    const connection = (await runner.connect()) as PostgresConnection;
    const { rows } = await connection.query({ ...(isShared ? {} : { name }), text, values });
    return rows as readonly Row[];
  } catch (cause) {
    throw new QueryFailedError(
      text,
      undefined,
      cause instanceof Error ? cause : new Error('unknown'),
    );
  } finally {
    if (!isManager) await runner.release();
  }
}

/** Types an array is given in: bytes, text, UUIDs, whole numbers (a `bigint` in digits too), times. */
export type ElementType = 'bytea' | 'text' | 'uuid' | 'integer' | 'bigint' | 'timestamptz';

/** One element; null stands for NULL. */
export type Element = Uint8Array | string | number | Date | null;

/** Object ids (pg_type.dat) and binary forms (the `…_send` functions) of PostgreSQL. */
const elements: Readonly<
  Record<ElementType, { readonly oid: number; readonly encode: (value: Element) => Uint8Array }>
> = {
  bytea: { oid: 17, encode: (value) => (value instanceof Uint8Array ? value : wrong('bytea')) },
  text: { oid: 25, encode: (value) => Buffer.from(textOf(value), 'utf8') },
  uuid: { oid: 2950, encode: (value) => Buffer.from(textOf(value).replaceAll('-', ''), 'hex') },
  integer: { oid: 23, encode: (value) => int32(numberOf(value)) },
  bigint: {
    oid: 20,
    encode: (value) => (typeof value === 'string' ? digits(value) : int64(numberOf(value))),
  },
  timestamptz: {
    oid: 1184,
    encode: (value) =>
      int64((value instanceof Date ? value.getTime() - postgresEpochMs : wrong('time')) * 1000),
  },
};

const postgresEpochMs = Date.UTC(2000, 0, 1);
const arrayHeaderBytes = 20;
const lengthBytes = 4;

/**
 * A one-dimensional array in PostgreSQL's binary form (`array_recv`): number of dimensions, whether
 * there are nulls, type of the elements, count, lower bound, then each element after its length, all
 * of 4 bytes; a length of -1 is a null. The driver sends bytes as they are; in text every byte of a
 * record would be written as two digits and read back.
 */
export function arrayOf(type: ElementType, values: readonly Element[]): Buffer {
  const { oid, encode } = elements[type];
  const encoded = values.map((value) => (value === null ? null : encode(value)));
  let size = arrayHeaderBytes;
  for (const bytes of encoded) size += lengthBytes + (bytes?.length ?? 0);
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(encoded.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(encoded.length, 12);
  array.writeInt32BE(1, 16);
  let at = arrayHeaderBytes;
  for (const bytes of encoded) {
    array.writeInt32BE(bytes?.length ?? -1, at);
    at += lengthBytes;
    if (bytes === null) continue;
    array.set(bytes, at);
    at += bytes.length;
  }
  return array;
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32BE(Math.floor(value / 2 ** 32), 0);
  bytes.writeUInt32BE(value >>> 0, 4);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value, 0);
  return bytes;
}

function digits(value: string): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value), 0);
  return bytes;
}

function numberOf(value: Element): number {
  return typeof value === 'number' ? value : wrong('number');
}

function textOf(value: Element): string {
  return typeof value === 'string' ? value : wrong('text');
}

function wrong(wanted: string): never {
  throw new TypeError(`an element of an array is not ${wanted}`);
}
