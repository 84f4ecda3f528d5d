import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.js';
import { openCheckpoint, parseCheckpoint } from '../../core/log/checkpoint.js';
import { formatWitnessKey, isSameKey } from '../../core/log/cosignature.js';
import { keysOfName, listKeys, splitNote } from '../../core/log/note.js';
import { readPrivateJwkFile } from '../../platform/keys/keys.js';
import { exitCodes } from '../exit-codes.js';
import { PartnerClient } from './partner-client.js';
import { readProfile, type Profile } from './profile.js';
import {
  bringCosignature,
  bringRemembered,
  GatewayCaught,
  look,
  type LogClient,
  type WitnessKeys,
} from './witness.js';
import {
  keepEvidence,
  readWitnessState,
  writeWitnessState,
  type WitnessState,
} from './witness-state.js';

export interface WitnessOptions {
  readonly profile: string;
  readonly key: string;
  readonly state: string;
  /** Seconds from one look to the next. */
  readonly every: string;
  readonly once?: true;
  readonly json?: true;
}

/** Watches and cosigns the cover tree; see `safeconduct witness --help`. */
export async function witness(options: WitnessOptions): Promise<void> {
  const everySeconds = Number(options.every);
  if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > 3_600) {
    throw new GatewayError('ERR_CONFIGURATION', { detail: '--every is from 1 to 3600 seconds' });
  }
  const profile = readProfile(options.profile);
  const keys = watchingKeys(profile, readWitnessKey(options.key));
  const watch = new Watch(new PartnerClient(profile), keys, options.state);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const say = (found: object, text: string) =>
    process.stdout.write(options.json === true ? `${JSON.stringify(found)}\n` : `${text}\n`);
  let reached = true;
  try {
    while (!stop.signal.aborted) {
      const found = await watch.once(new Date());
      reached = found.what === 'COSIGNED';
      if (found.what === 'COSIGNED') {
        say(found, `cosigned ${found.size} rounds, ${found.rounds} new; own tree ${found.ownSize}`);
      } else if (found.what === 'UNREACHED') {
        process.stderr.write(`safeconduct: ${found.detail}\n`);
      } else {
        say(found, `ALARM: ${found.detail}; nothing more is signed; evidence ${found.evidence}`);
        process.exitCode = exitCodes.notValid;
        return;
      }
      if (options.once === true) break;
      await delay(everySeconds * 1000, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  } finally {
    watch.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  process.exitCode = stop.signal.aborted
    ? exitCodes.interrupted
    : reached
      ? exitCodes.done
      : exitCodes.couldNot;
}

/** Prints the vkey of a witness key, for the host to register; makes the key when there is none. */
export function showWitnessKey(path: string, name: string): void {
  if (!/^[a-z0-9][a-z0-9./_-]{0,127}$/.test(name)) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: 'a witness has a name such as witness.agency.example, lower-case, without spaces',
    });
  }
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const jwk = { ...privateKey.export({ format: 'jwk' }), kid: name, use: 'sig' };
    writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' });
    process.stderr.write(`made ${path}\n`);
  }
  process.stdout.write(`${formatWitnessKey(name, readWitnessKey(path))}\n`);
}

export type Found =
  | {
      readonly what: 'COSIGNED';
      readonly size: number;
      readonly rounds: number;
      readonly ownSize: number;
    }
  | { readonly what: 'UNREACHED'; readonly detail: string }
  | { readonly what: 'ALARM'; readonly detail: string; readonly evidence: string };

/** A witness at work: what it remembers, and one look after another. */
export class Watch {
  #state: WitnessState | undefined;

  constructor(
    private readonly client: LogClient,
    private readonly keys: WitnessKeys,
    private readonly path: string,
  ) {
    this.#state = readWitnessState(path);
    refuseOtherLog(this.#state, keys, path);
  }

  /** Looks, remembers, cosigns, in this order; an alarm stays until people have seen to it. */
  async once(now: Date): Promise<Found> {
    const { alarm } = this.#state ?? {};
    if (this.#state !== undefined && alarm !== undefined) {
      // Whoever started the gateway again may not know yet.
      await bringRemembered(this.client, this.#state);
      return { what: 'ALARM', detail: `raised before: ${alarm.what}`, evidence: alarm.evidence };
    }
    try {
      const { state, rounds } = await look(this.client, this.keys, this.#state);
      writeWitnessState(this.path, state);
      this.#state = state;
      await bringCosignature(this.client, this.keys, state, now);
      const ownSize = openCheckpoint(state.ownTree, this.keys.tree).size;
      return { what: 'COSIGNED', size: state.size, rounds, ownSize };
    } catch (error) {
      if (error instanceof GatewayCaught) {
        const found = this.#raise(error, now);
        if (this.#state !== undefined) await bringRemembered(this.client, this.#state);
        return found;
      }
      if (error instanceof GatewayError && error.code === 'ERR_BUSY') {
        return { what: 'UNREACHED', detail: error.detail ?? error.code };
      }
      throw error;
    }
  }

  close(): void {
    this.client.close();
  }

  #raise({ what, evidence }: GatewayCaught, now: Date): Found {
    const path = keepEvidence(this.path, now, {
      what,
      ...(this.#state === undefined ? {} : { remembered: this.#state.checkpoint }),
      ...evidence,
    });
    const state = this.#state ?? { checkpoint: '', size: 0, frontier: [], ownTree: '' };
    this.#state = { ...state, alarm: { what, evidence: path } };
    writeWitnessState(this.path, this.#state);
    return { what: 'ALARM', detail: what, evidence: path };
  }
}

/** What was remembered of a log that ended is evidence; a new log is another, and begins anew. */
function refuseOtherLog(
  state: WitnessState | undefined,
  { cover }: WitnessKeys,
  path: string,
): void {
  if (state === undefined || state.checkpoint === '') return;
  const { origin } = parseCheckpoint(splitNote(state.checkpoint).text);
  const watched = listKeys(cover)[0].name;
  if (origin === watched) return;
  throw new GatewayError('ERR_CONFIGURATION', {
    detail: `--state: ${path} is of ${origin}, and the profile is of ${watched}: keep it as evidence, bring it to the host where that has begun a new log, and begin with another --state`,
  });
}

/** @throws {GatewayError} ERR_CONFIGURATION naming what the profile lacks */
export function watchingKeys(profile: Profile, key: KeyObject): WitnessKeys {
  const tree = keysOfName(profile.logVerifierKeys, profile.logVerifierKeys[0]?.name ?? '');
  const cover = keysOfName(profile.coverVerifierKeys, profile.coverVerifierKeys[0]?.name ?? '');
  const { coverSlot: slot } = profile;
  if (tree === undefined || cover === undefined || slot === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: 'the profile needs "logVerifierKeys", "coverVerifierKeys" and "coverSlot" to witness',
    });
  }
  const own = profile.witnessVerifierKeys.find(({ publicKey }) => isSameKey(publicKey, key));
  if (own === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: '--key is none of the profile’s "witnessVerifierKeys"',
    });
  }
  return { tree, cover, slot, signer: { name: own.name, privateKey: key } };
}

export function readWitnessKey(path: string): KeyObject {
  const { key } = readPrivateJwkFile(path, '--key');
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new GatewayError('ERR_KEY_UNUSABLE', { detail: `--key: ${path} is no Ed25519 key` });
  }
  return key;
}
