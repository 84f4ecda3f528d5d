import type { DataSource, EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import type { Caseload } from '../core/ids.js';
import { deriveKey } from '../platform/keys/keys.js';
import { KeyedHash } from './keyed-hash.js';

/**
 * Keys of the register:
 *
 *     master key -> erasure-epoch key (one a week) -> data key of a subject's blob
 *                                                  -> page key, fresh at each rewrite
 *     master key -> index secret -> term, reference, content, state keys (HKDF, one use each)
 *
 * Epoch keys are kept outside the database (epoch-keys.ts). Destroying one makes unreadable whatever was only ever wrapped by it, pages with the
 * keyed hashes of the erased included.
 */

/** What a query can be asked of: the pool, or the transaction one is in. */
export type Querier = Pick<DataSource | EntityManager, 'query'>;

export interface EpochKey {
  readonly id: number;
  readonly key: Buffer;
}

const weekMilliseconds = 7 * 24 * 60 * 60 * 1000;
/** 1970-01-01 was a Thursday; epochs begin on Mondays, 00:00 UTC. */
const mondayOffsetMilliseconds = 3 * 24 * 60 * 60 * 1000;

/** Number of the week, counted from 1969-12-29. */
export function epochOf(now: Date): number {
  return Math.floor((now.getTime() + mondayOffsetMilliseconds) / weekMilliseconds);
}

/** Monday, 00:00 UTC, on which an epoch begins. */
export function epochBegin(id: number): Date {
  return new Date(id * weekMilliseconds - mondayOffsetMilliseconds);
}

/** Weeks from the beginning of an epoch to the destruction of its key: 35 days. */
const weeksKept = 5;

/** When the key of an epoch is destroyed, and with it what backups hold that was erased before. */
export function epochEnd(id: number): Date {
  return epochBegin(id + weeksKept);
}

/** The last epoch whose key is due to be destroyed. */
export const lastEndedEpoch = (now: Date): number => epochOf(now) - weeksKept;

export const indexSecretContext = encodeParts('safeconduct/register/index-secret/v1');

/** The keys derived from the index secret, as the functions they are for. */
export class IndexKeys {
  readonly #term: KeyedHash;
  readonly #reference: KeyedHash;
  readonly #content: KeyedHash;
  readonly #state: KeyedHash;

  constructor(secret: Uint8Array) {
    const hashFor = (use: string) => {
      const label = `safeconduct/register/${use}/v1`;
      return new KeyedHash(deriveKey(secret, label), label);
    };
    this.#term = hashFor('term');
    this.#reference = hashFor('reference');
    this.#content = hashFor('content');
    this.#state = hashFor('state');
  }

  /** First 8 bytes of HMAC-SHA-256 over the length-prefixed blocking term. */
  termKey(term: string): Buffer {
    return this.termKeys([term]);
  }

  /** {@link termKey} of each, one after another. */
  termKeys(terms: readonly string[]): Buffer {
    const keys = Buffer.allocUnsafe(terms.length * 8);
    for (const [at, term] of terms.entries()) keys.write(this.#term.of(term), at * 8, 8, 'latin1');
    return keys;
  }

  /** First 16 bytes of HMAC-SHA-256 over caseload and reference: who a row of a file is about. */
  referenceKey(caseload: Caseload, reference: string): Buffer {
    return Buffer.from(this.#reference.of(caseload, reference), 'latin1').subarray(0, 16);
  }

  /** First 16 bytes of HMAC-SHA-256 over a row's content: whether it is what we have. */
  contentKey(content: Uint8Array): Buffer {
    return Buffer.from(this.#content.of(content), 'latin1').subarray(0, 16);
  }

  /** HMAC-SHA-256 over the register's version and those of all its pages, 32 bytes. */
  stateMac(state: Uint8Array): Buffer {
    return Buffer.from(this.#state.of(state), 'latin1');
  }
}
