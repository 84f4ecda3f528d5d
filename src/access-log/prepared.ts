import { EntityManager, QueryFailedError, type DataSource } from 'typeorm';

/** A statement that a connection parses and plans once. */
export interface PreparedStatement {
  /** Names the text: another text has another name. */
  readonly name: string;
  readonly text: string;
}

interface Answer {
  readonly rows: unknown;
  readonly rowCount: number | null;
}

interface PostgresConnection {
  query(statement: { name?: string; text: string; values: unknown[] }): Promise<Answer>;
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
  statement: PreparedStatement,
  values: unknown[],
): Promise<readonly Row[]> {
  const { rows } = await runPrepared(database, statement, values);
  return rows as readonly Row[];
}

/** As {@link queryPrepared} for a statement that changes rows; how many its last part changed. */
export async function changePrepared(
  database: DataSource | EntityManager,
  statement: PreparedStatement,
  values: unknown[],
): Promise<number> {
  const { rowCount } = await runPrepared(database, statement, values);
  return rowCount ?? 0;
}

async function runPrepared(
  database: DataSource | EntityManager,
  { name, text }: PreparedStatement,
  values: unknown[],
): Promise<Answer> {
  const isManager = database instanceof EntityManager;
  const { options } = isManager ? database.connection : database;
  const isShared = options.type === 'postgres' && options.poolSize === 1;
  const runner = isManager ? database.queryRunner : database.createQueryRunner();
  if (runner === undefined) throw new TypeError('a manager without a transaction');
  try {
    const connection = (await runner.connect()) as PostgresConnection;
    return await connection.query({ ...(isShared ? {} : { name }), text, values });
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

/** One element; null stands for NULL. A `bigint` may be its 8 bytes, most significant first. */
export type Element = Uint8Array | string | number | Date | null;

interface Encoding {
  readonly oid: number;
  /** Bytes of an element; a number where all have the same. */
  readonly size: number | ((value: NonNullable<Element>) => number);
  readonly write: (array: Buffer, value: NonNullable<Element>, at: number) => void;
}

/** Object ids (pg_type.dat) and binary forms (the `…_send` functions) of PostgreSQL. */
const encodings: Readonly<Record<ElementType, Encoding>> = {
  bytea: {
    oid: 17,
    size: (value) => bytesOf(value).length,
    write: (array, value, at) => array.set(bytesOf(value), at),
  },
  text: {
    oid: 25,
    size: (value) => Buffer.byteLength(textOf(value), 'utf8'),
    write: (array, value, at) => void array.write(textOf(value), at, 'utf8'),
  },
  uuid: {
    oid: 2950,
    size: 16,
    write: (array, value, at) => void array.write(textOf(value).replaceAll('-', ''), at, 'hex'),
  },
  integer: {
    oid: 23,
    size: 4,
    write: (array, value, at) => void array.writeInt32BE(numberOf(value), at),
  },
  bigint: {
    oid: 20,
    size: 8,
    write: (array, value, at) => {
      if (typeof value === 'number') writeInt64(array, value, at);
      else if (typeof value === 'string') array.writeBigInt64BE(BigInt(value), at);
      else if (value instanceof Uint8Array && value.length === 8) array.set(value, at);
      else wrong('bigint');
    },
  },
  timestamptz: {
    oid: 1184,
    size: 8,
    write: (array, value, at) => {
      const time = value instanceof Date ? value.getTime() : wrong('time');
      writeInt64(array, (time - postgresEpochMs) * 1000, at);
    },
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
 *
 * @param valueOf the element an item gives
 */
export function arrayOf<Item>(
  type: ElementType,
  items: readonly Item[],
  valueOf: (item: Item) => Element,
): Buffer {
  const { oid, size, write } = encodings[type];
  const sizeOf = (value: Element): number =>
    value === null ? 0 : typeof size === 'number' ? size : size(value);
  const values = items.map(valueOf);
  let bytes = arrayHeaderBytes + values.length * lengthBytes;
  for (const value of values) bytes += sizeOf(value);
  const array = Buffer.allocUnsafe(bytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16);
  let at = arrayHeaderBytes;
  for (const value of values) {
    const length = value === null ? -1 : sizeOf(value);
    array.writeInt32BE(length, at);
    at += lengthBytes;
    if (value === null) continue;
    write(array, value, at);
    at += length;
  }
  return array;
}

function writeInt64(array: Buffer, value: number, at: number): void {
  array.writeInt32BE(Math.floor(value / 2 ** 32), at);
  array.writeUInt32BE(value >>> 0, at + 4);
}

function bytesOf(value: Element): Uint8Array {
  return value instanceof Uint8Array ? value : wrong('bytes');
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
