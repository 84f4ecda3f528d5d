import type { DataSource } from 'typeorm';
import { GatewayError, inputInvalid, isGatewayError } from '../../core/errors.js';
import type { PartnerCode } from '../../core/ids.js';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '../../core/log/checkpoint.js';
import {
  isSameKey,
  parseWitnessKey,
  readCosignatures,
  type Cosignature,
} from '../../core/log/cosignature.js';
import {
  formatSignatureLine,
  parseVerifierKey,
  splitNote,
  type SignatureLine,
} from '../../core/log/note.js';
import type { Sequencer } from '../sequencer.js';
import { rootAt } from '../tree.repository.js';
import { coverId, type CheckpointKeys, type Trees } from '../trees.js';
import { coverHashes, readCoverHead } from './cover.repository.js';
import {
  deactivateWitness,
  keepCosignature,
  readWitnesses,
  readWitnessStates,
  upsertWitness,
  type WitnessState,
} from './cosignature.repository.js';

export interface WitnessesOptions {
  readonly dataSource: DataSource;
  readonly trees: Trees;
  readonly sequencer: Sequencer;
  readonly checkpointKeys: CheckpointKeys;
  readonly witnessQuorum: number;
}

/** What becomes of a note with cosignatures that a witness brings. */
export type CosignatureAnswer =
  | { readonly taken: true }
  | { readonly taken: false; readonly cause: 'UNREADABLE' | 'UNKNOWN_ORIGIN' | 'UNKNOWN_KEY' }
  | { readonly taken: false; readonly cause: 'ANOTHER_TREE'; readonly size: number };

/** A clock of a witness may be ahead of ours by so much. */
const aheadMs = 5 * 60_000;
const day = 24 * 3_600_000;

/** The witnesses of the cover tree: who may cosign, what they have cosigned. */
export class Witnesses {
  readonly #options: WitnessesOptions;

  constructor(options: WitnessesOptions) {
    this.#options = options;
  }

  /**
   * Registers a partner's witness key.
   *
   * @param vkey C2SP vkey of type 0x04
   * @throws {GatewayError} ERR_INPUT_INVALID for what is no witness key, or is the log's own
   */
  async register(partner: PartnerCode, vkey: string, now: Date): Promise<void> {
    const { dataSource, checkpointKeys } = this.#options;
    let key;
    try {
      key = parseWitnessKey(vkey);
    } catch {
      throw inputInvalid('vkey', 'not a verifier key of a cosigning witness');
    }
    if (checkpointKeys.held().some((own) => isSameKey(key.publicKey, own))) {
      throw inputInvalid('vkey', 'the key that signs the log witnesses nothing');
    }
    for (const known of await readWitnesses(dataSource)) {
      const same = isSameKey(parseWitnessKey(known.vkey).publicKey, key.publicKey);
      if (same && known.vkey !== vkey) throw inputInvalid('vkey', 'one key, one witness');
    }
    await upsertWitness(dataSource, { vkey, partner, registeredAt: now });
  }

  /** A witness whose key is lost or known to others cosigns no more. */
  async retire(vkey: string): Promise<void> {
    await deactivateWitness(this.#options.dataSource, vkey);
  }

  /** How many different witnesses make a round count. */
  get quorum(): number {
    return this.#options.witnessQuorum;
  }

  /** Who cosigned last, and when. */
  async list(): Promise<readonly WitnessState[]> {
    return readWitnessStates(this.#options.dataSource);
  }

  /** False when witnesses are set and none has cosigned anything for a day. */
  async isCosigned(now: Date): Promise<boolean> {
    const witnesses = await this.list();
    if (witnesses.length === 0) return true;
    const since = now.getTime() - day;
    return witnesses.some(
      ({ registeredAt, cosignedAt }) => (cosignedAt ?? registeredAt).getTime() >= since,
    );
  }

  /**
   * Takes cosignatures. A note that our own key signed and that does not fit our tree is evidence
   * against us: nothing is signed or disclosed after it.
   */
  async take(partner: PartnerCode, note: string, now: Date): Promise<CosignatureAnswer> {
    const { dataSource, trees, sequencer, witnessQuorum } = this.#options;
    let checkpoint: Checkpoint;
    let cosignatures: readonly (Cosignature & { readonly vkey: string })[];
    let own: string;
    try {
      const { text, signatures } = splitNote(note);
      checkpoint = parseCheckpoint(text);
      if (checkpoint.origin !== trees.originOf(coverId)) {
        return { taken: false, cause: 'UNKNOWN_ORIGIN' };
      }
      // Across a rotation a checkpoint bears one signature, or two, of ours.
      const ours = trees.verifierKeys({ id: coverId }).map(parseVerifierKey);
      const signed = ours.flatMap((key) => {
        const isOf = ({ name, keyId }: SignatureLine) =>
          name === key.name && keyId.equals(key.keyId);
        const line = signatures.find(isOf);
        return line === undefined ? [] : [{ key, line }];
      });
      const [first, ...others] = signed.map(({ key }) => key);
      if (first === undefined) return { taken: false, cause: 'UNKNOWN_KEY' };
      openCheckpoint(note, [first, ...others]);
      own = `${text}\n${signed.map(({ line }) => formatSignatureLine(line)).join('')}`;
      const registered = (await readWitnesses(dataSource)).filter(
        (witness) => witness.partner === partner,
      );
      cosignatures = readCosignatures(
        note,
        registered.map(({ vkey }) => parseWitnessKey(vkey)),
      ).map((cosignature) => ({
        ...cosignature,
        vkey:
          registered.find(({ vkey }) =>
            isSameKey(parseWitnessKey(vkey).publicKey, cosignature.witness.publicKey),
          )?.vkey ?? '',
      }));
    } catch (error) {
      const isOfNote =
        isGatewayError(error, 'ERR_NOTE_MALFORMED') || isGatewayError(error, 'ERR_PROOF_INVALID');
      if (isOfNote) return { taken: false, cause: 'UNREADABLE' };
      throw error;
    }
    const { size } = await readCoverHead(dataSource);
    const fits =
      checkpoint.size <= size &&
      (await rootAt(coverHashes(dataSource), checkpoint.size)).equals(checkpoint.root);
    if (!fits) {
      sequencer.contradict(
        new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
          detail:
            `cover tree: a witness of ${partner} holds a checkpoint signed with this gateway's key at ` +
            `size ${checkpoint.size} (root ${checkpoint.root.toString('base64')}) that is not of this ` +
            `tree of ${size} rounds (docs/operations.md, "The log is another than what was signed")`,
        }),
      );
      return { taken: false, cause: 'ANOTHER_TREE', size };
    }
    if (cosignatures.length === 0) return { taken: false, cause: 'UNKNOWN_KEY' };
    for (const { vkey, timeSeconds, line } of cosignatures) {
      if (timeSeconds * 1000 > now.getTime() + aheadMs)
        return { taken: false, cause: 'UNREADABLE' };
      await keepCosignature(
        dataSource,
        {
          size: checkpoint.size,
          vkey,
          cosignedAt: new Date(timeSeconds * 1000),
          receivedAt: now,
          checkpoint: own,
          line,
        },
        witnessQuorum,
      );
    }
    return { taken: true };
  }
}
