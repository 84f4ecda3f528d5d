import type { KeyObject } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../../core/errors.js';
import type { PrivateJwk } from '../../platform/keys/keys.js';
import { keyThumbprint, readSigningKeysFile } from '../../platform/keys/signing-keys.js';
import { isKeyAccepted, keyUses, stateOfKey, type GatewayKey, type KeyUse } from './gateway-key.js';
import { endKey, insertKeyInForce, readGatewayKeys } from './gateway-key.repository.js';

/** Where the keys are read again from; of a use without a file the key given at the start stays. */
export type SigningKeyFiles = Readonly<Partial<Record<KeyUse, string>>>;

export interface KeyRingOptions {
  readonly dataSource: DataSource;
  /** The first key of each file. */
  readonly keys: Readonly<Record<KeyUse, PrivateJwk>>;
  readonly files: SigningKeyFiles;
  readonly now: () => Date;
  /** Uses whose key in force is lost: it counts no more, and the first one held takes its place. */
  readonly adopt?: readonly KeyUse[];
}

interface Held {
  readonly thumbprint: string;
  readonly key: PrivateJwk;
}

type HeldKeys = Readonly<Record<KeyUse, readonly Held[]>>;
type Jwk = PrivateJwk['jwk'];

const variables = {
  TOKEN: 'SAFECONDUCT_TOKEN_KEY_FILE',
  CHECKPOINT: 'SAFECONDUCT_CHECKPOINT_KEY_FILE',
} as const satisfies Readonly<Record<KeyUse, string>>;

/**
 * The signing keys of this process: which it holds, from its files; which of them counts, from the
 * database. A key that only one of the two knows signs nothing and is not accepted.
 */
export class GatewayKeyRing {
  /** Keys that took the place of lost ones when this was opened. */
  adopted: readonly { readonly use: KeyUse; readonly thumbprint: string; readonly kid: string }[] =
    [];
  readonly #listeners: (() => void)[] = [];
  #tokenKeys: { readonly name: string; readonly jwks: readonly Jwk[] } = { name: '', jwks: [] };

  private constructor(
    private readonly options: KeyRingOptions,
    private held: HeldKeys,
    private known: readonly GatewayKey[],
  ) {}

  /**
   * Reads files and database. Where no key of a use was ever in force, the first in its file is.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE for files that hold something else, or lack what is in
   *   force
   */
  static async open(options: KeyRingOptions): Promise<GatewayKeyRing> {
    const { dataSource, now, adopt = [] } = options;
    const held = readHeld(options);
    const ring = new GatewayKeyRing(options, held, await readGatewayKeys(dataSource));
    for (const use of keyUses) {
      const inForce = ring.#inForce(use);
      const isLost = inForce !== undefined && !isHeld(held, inForce) && adopt.includes(use);
      if (inForce !== undefined && !isLost) continue;
      const usable = ring.#usable(use);
      if (usable === undefined) continue;
      const { thumbprint, key } = usable;
      const at = now();
      await dataSource.transaction(async (manager) => {
        if (isLost) await endKey(manager, { ...inForce, at, revoked: false });
        await insertKeyInForce(manager, { use, thumbprint, kid: key.kid, at, act: null });
      });
      if (isLost) ring.adopted = [...ring.adopted, { use, thumbprint, kid: key.kid }];
    }
    ring.known = await readGatewayKeys(dataSource);
    ring.requireWhole();
    return ring;
  }

  /** Told after every change of what is held or in force. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Takes up which keys count, as authority has it. */
  take(known: readonly GatewayKey[]): void {
    if (JSON.stringify(known) === JSON.stringify(this.known)) return;
    this.known = known;
    this.#changed();
  }

  /**
   * Reads the files again. Whatever is wrong with any of them leaves all as it was.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE
   */
  reread(): void {
    const held = readHeld(this.options);
    const lacking = this.known.find(
      (key) => isKeyAccepted(key, this.options.now()) && !isHeld(held, key),
    );
    if (lacking !== undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `${variables[lacking.use]}: the key ${lacking.kid} is in use and not in the file any more`,
      });
    }
    this.held = held;
    this.#changed();
  }

  /** Files to be watched. */
  get files(): readonly string[] {
    return Object.values(this.options.files);
  }

  /** What this process holds. */
  heldKeys(): readonly { use: KeyUse; thumbprint: string; kid: string; notAfter: null }[] {
    return keyUses.flatMap((use) =>
      this.held[use].map(({ thumbprint, key }) => ({
        use,
        thumbprint,
        kid: key.kid,
        notAfter: null,
      })),
    );
  }

  /** @throws {GatewayError} ERR_KEY_UNUSABLE naming the use whose key in force is not held */
  requireWhole(): void {
    const use = this.lacking()[0];
    if (use === undefined) return;
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `${variables[use]}: the key in force, ${this.#inForce(use)?.kid ?? ''}, is not in the file; put it there, or see docs/identity.md, "A lost signing key"`,
    });
  }

  /** Uses whose key in force this process does not hold. */
  lacking(): readonly KeyUse[] {
    return keyUses.filter((use) => {
      const inForce = this.#inForce(use);
      return inForce === undefined || !isHeld(this.held, inForce);
    });
  }

  /**
   * Private JWKs for the token endpoint: the one in force first, then those that are accepted, then
   * the next. The same array as long as they are the same.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE when the key in force is not held
   */
  tokenKeys(): readonly Jwk[] {
    const now = this.options.now();
    const rank = { IN_FORCE: 0, ENDING: 1, NEXT: 2, ENDED: 3, REVOKED: 3 } as const;
    const ranked = this.held.TOKEN.map((held) => ({
      ...held,
      rank: rank[stateOfKey(this.#rowOf('TOKEN', held.thumbprint), now)],
    }))
      .filter((held) => held.rank < 3)
      .sort((a, b) => a.rank - b.rank);
    if (ranked[0]?.rank !== 0) this.requireWhole();
    const name = ranked.map(({ thumbprint }) => thumbprint).join(' ');
    if (name !== this.#tokenKeys.name) {
      this.#tokenKeys = { name, jwks: ranked.map(({ key }) => key.jwk) };
    }
    return this.#tokenKeys.jwks;
  }

  /** Public halves of every token key held, for a verifier; whether one counts now is asked apart. */
  get verifierJwks(): readonly Jwk[] {
    return this.held.TOKEN.map(({ key }) => key.jwk);
  }

  /** Whether a token signed under this `kid` counts now. */
  acceptsToken(kid: string): boolean {
    const held = this.held.TOKEN.find(({ key }) => key.kid === kid);
    return (
      held !== undefined && isKeyAccepted(this.#rowOf('TOKEN', held.thumbprint), this.options.now())
    );
  }

  /** Keys that sign checkpoints now, the one in force first. */
  checkpointSigners(): readonly KeyObject[] {
    const now = this.options.now();
    const rank = (held: Held): number => {
      const state = stateOfKey(this.#rowOf('CHECKPOINT', held.thumbprint), now);
      return state === 'IN_FORCE' ? 0 : state === 'ENDING' ? 1 : 2;
    };
    return this.held.CHECKPOINT.filter((held) => rank(held) < 2)
      .sort((a, b) => rank(a) - rank(b))
      .map(({ key }) => key.key);
  }

  /** Every checkpoint key held. */
  checkpointHeld(): readonly KeyObject[] {
    return this.held.CHECKPOINT.map(({ key }) => key.key);
  }

  /** Checkpoint keys that count, are next or have counted, but none that was revoked. */
  checkpointAccepted(): readonly KeyObject[] {
    const isRevoked = ({ thumbprint }: Held) =>
      this.#rowOf('CHECKPOINT', thumbprint)?.revoked === true;
    const signers = this.checkpointSigners();
    const others = this.held.CHECKPOINT.filter((held) => !isRevoked(held)).map(
      ({ key }) => key.key,
    );
    return [...signers, ...others.filter((key) => !signers.includes(key))];
  }

  #inForce(use: KeyUse): GatewayKey | undefined {
    return this.known.find((key) => key.use === use && key.endedAt === null);
  }

  #rowOf(use: KeyUse, thumbprint: string): GatewayKey | undefined {
    return this.known.find((key) => key.use === use && key.thumbprint === thumbprint);
  }

  /** The first key held that was never ended. */
  #usable(use: KeyUse): Held | undefined {
    return this.held[use].find(({ thumbprint }) => this.#rowOf(use, thumbprint) === undefined);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isHeld(held: HeldKeys, { use, thumbprint }: GatewayKey): boolean {
  return held[use].some((one) => one.thumbprint === thumbprint);
}

function readHeld({ keys, files }: KeyRingOptions): HeldKeys {
  const of = (use: KeyUse): readonly Held[] => {
    const path = files[use];
    const read = path === undefined ? [keys[use]] : readSigningKeysFile(path, variables[use], use);
    return read.map((key) => ({ thumbprint: keyThumbprint(key), key }));
  };
  const held = { TOKEN: of('TOKEN'), CHECKPOINT: of('CHECKPOINT') };
  const checkpoints = new Set(held.CHECKPOINT.map(({ thumbprint }) => thumbprint));
  if (held.TOKEN.some(({ thumbprint }) => checkpoints.has(thumbprint))) {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `${variables.TOKEN} and ${variables.CHECKPOINT} hold one key; make another`,
    });
  }
  return held;
}
