import { sha256 } from '../../../core/bytes.js';
import { GatewayError } from '../../../core/errors.js';

/**
 * What a backup says of itself. This file owns the format of a backup, a directory (0700) of files
 * (0600):
 *
 * ```
 * manifest.json          one line, written last: a directory without it is no backup
 * tables/<table>.jsonl   one row a line, an array of texts or null in the order of `columns`
 * ```
 *
 * The texts are PostgreSQL's own (time zone UTC, DateStyle ISO, `bytea` in hex). The line of the
 * manifest is `{"manifest":{...},"sha256":"<hex>"}`, the hash over the text of its first member, so
 * that one flipped bit anywhere is found. Hashes find damage, not malice: who can write to a backup
 * can write them too, and is found out by what was signed of the log. Members may be added; a reader
 * refuses another `version`.
 */
export interface BackupManifest {
  readonly format: 'safeconduct-backup';
  readonly version: 1;
  /** Of the gateway that made it, such as `0.1.0`. */
  readonly release: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly database: DatabaseInBackup;
  /** Names of the migrations its tables are of. */
  readonly migrations: readonly string[];
  readonly log: {
    readonly origin: string;
    /** Size and root (base64) of every tree, the cover tree among them. */
    readonly trees: readonly {
      readonly tree: string;
      readonly size: number;
      readonly root: string;
    }[];
    /** Journals the database has lines of, each with the number of the last. */
    readonly journals: readonly { readonly id: string; readonly lastNumber: number }[];
    /** Files of `log-keys` it needs, and does not hold. */
    readonly keys: readonly string[];
  };
  /** Erasure epochs whose keys it needs, and does not hold. */
  readonly epochs: readonly number[];
  readonly tables: readonly TableInBackup[];
  readonly partitions: readonly PartitionInBackup[];
  readonly sequences: readonly SequenceInBackup[];
}

export type DatabaseInBackup = 'EMBEDDED' | 'POSTGRESQL';

export interface TableInBackup {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  /** Of its file, hex. */
  readonly sha256: string;
}

export interface PartitionInBackup {
  readonly parent: string;
  readonly name: string;
  /** As PostgreSQL prints them, e.g. `FOR VALUES IN (202611)`. */
  readonly bounds: string;
}

/** Where the identity column of a table stood. */
export interface SequenceInBackup {
  readonly table: string;
  readonly column: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

export const manifestName = 'manifest.json';
export const fileOf = (table: string): string => `tables/${table}.jsonl`;

export function encodeManifest(manifest: BackupManifest): string {
  const text = JSON.stringify(manifest);
  return `{"manifest":${text},"sha256":"${sha256(Buffer.from(text)).toString('hex')}"}\n`;
}

/** @throws {GatewayError} ERR_INPUT_INVALID naming the manifest */
export function decodeManifest(bytes: Uint8Array): BackupManifest {
  const text = Buffer.from(bytes).toString('utf8');
  const damaged = (cause?: unknown) =>
    new GatewayError('ERR_INPUT_INVALID', {
      argument: 'from',
      detail: `${manifestName} is damaged: it is not what was written`,
      cause,
    });
  let read: { readonly manifest?: unknown };
  try {
    read = JSON.parse(text) as typeof read;
  } catch (cause) {
    throw damaged(cause);
  }
  const manifest = read.manifest as BackupManifest | null | undefined;
  if (typeof manifest !== 'object' || manifest === null) throw damaged();
  if (!Buffer.from(encodeManifest(manifest)).equals(bytes)) throw damaged();
  // Read as what it may be: another version need not have these members.
  const { format, version } = manifest as { readonly format: unknown; readonly version: unknown };
  if (format !== 'safeconduct-backup' || version !== 1) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'from',
      detail: `${manifestName} is of another format (version ${String(version)}); this release reads version 1`,
    });
  }
  return manifest;
}
