import { statfs } from 'node:fs/promises';
import { GatewayError } from '../core/errors.js';
import type { Queryable } from './tree.repository.js';

/** Space of the volume the journal is on. */
export interface VolumeSpace {
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

export interface AdmissionOptions {
  readonly database: Queryable;
  /** Reads the volume; rejects when it cannot. */
  readonly space: () => Promise<VolumeSpace>;
  /** Records of one partner in a day (UTC). */
  readonly recordsPerDay: number;
  /** Milliseconds that only ever grow. */
  readonly elapsedMs: () => number;
}

/** The share of the volume that partners' records may not touch, and the most that is worth keeping. */
const reserveShare = 0.1;
const mostReserveBytes = 1024 ** 3;
const readSpaceEveryMs = 1_000;
const millisecondsPerDay = 86_400_000;

/** What is kept of a volume for revocations and acts of staff: 10 % of it, at most 1 GiB. */
export function reserveOf({ sizeBytes }: VolumeSpace): number {
  return Math.min(Math.floor(sizeBytes * reserveShare), mostReserveBytes);
}

/** Space of the volume a directory is on, as this process may use it. */
export async function volumeSpace(directory: string): Promise<VolumeSpace> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}

interface Day {
  /** Days since 1970. */
  readonly day: number;
  /** Size of the tree when the day began. */
  readonly from: number;
  /** Its size when that was read. */
  readonly seen: number;
}

/**
 * Whether a partner may still cause records. A partner that asks without end must not be able to
 * fill the volume: before the reserve is touched its questions are refused, while the host's own
 * tree, restricting acts and rounds go on; and no partner has more than its quota in a day.
 *
 * The quota is counted by the size of the partner's tree, which all gateways share, against its size
 * when the day (UTC) began; what is on its way at the same moment is let through.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #days = new Map<string, Promise<Day>>();
  #space: { readonly readAtMs: number; readonly hasRoom: Promise<boolean> } | undefined;
  #hadRoom = true;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** False while partners are refused for want of space, as far as was seen last. */
  get hasRoom(): boolean {
    void this.#hasRoom().catch(() => undefined);
    return this.#hadRoom;
  }

  /**
   * @param size of the tree, as far as this gateway knows
   * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE
   */
  async admit(tree: string, size: number, at: Date): Promise<void> {
    if (!(await this.#hasRoom())) {
      throw full('the volume of the journal is full up to what is kept for revocations');
    }
    const { recordsPerDay } = this.#options;
    const { from, seen } = await this.#day(tree, Math.floor(at.getTime() / millisecondsPerDay));
    if (Math.max(size, seen) - from >= recordsPerDay)
      throw full('a partner has had its records of this day');
  }

  async #hasRoom(): Promise<boolean> {
    const { space, elapsedMs } = this.#options;
    const now = elapsedMs();
    if (this.#space === undefined || now - this.#space.readAtMs >= readSpaceEveryMs) {
      const hasRoom = space().then((found) => found.freeBytes > reserveOf(found));
      this.#space = { readAtMs: now, hasRoom };
    }
    const found = await this.#space.hasRoom;
    this.#hadRoom = found;
    return found;
  }

  /** A clock put back goes on with the day it had. */
  async #day(tree: string, day: number): Promise<Day> {
    const known = this.#days.get(tree);
    if (known !== undefined && (await known).day >= day) return known;
    const found = this.#readDay(tree, day);
    this.#days.set(tree, found);
    found.catch(() => this.#days.delete(tree));
    return found;
  }

  async #readDay(tree: string, day: number): Promise<Day> {
    const rows = await this.#options.database.query<{ size: string; first: string | null }[]>(
      `SELECT size, (
         SELECT min(first.leaf_index) FROM access_log_kind kind, LATERAL (
           SELECT entry.leaf_index FROM access_log_entry entry
           WHERE entry.kind = kind.kind AND entry.at >= $2
           ORDER BY entry.at, entry.leaf_index LIMIT 1) first
         WHERE kind.tree = $1) AS first
       FROM access_log_tree WHERE tree = $1`,
      [tree, new Date(day * millisecondsPerDay)],
    );
    const seen = Number(rows[0]?.size ?? 0);
    return { day, seen, from: Number(rows[0]?.first ?? seen) };
  }
}

function full(detail: string): GatewayError {
  return new GatewayError('ERR_JOURNAL_UNAVAILABLE', { detail });
}
