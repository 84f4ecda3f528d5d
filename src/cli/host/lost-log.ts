import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { findLostLog, setAsidePath, type LostLog } from '../../access-log/index.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import type { Renewal } from '../../core/log/renewal.js';
import type { GatewaySettings } from '../../main.js';
import type { Database } from '../../platform/database/database.js';
import { lockHome } from '../../platform/database/home-lock.js';
import { readSigningKeysFile } from '../../platform/keys/signing-keys.js';
import { openMigratedDatabase } from '../../rooms.module.js';
import { runningReplicas } from '../../staff/index.js';

/** What an operator says of the log that ends. */
export interface EarlierOptions {
  readonly earlierKey: readonly string[];
  /** Files with notes of the cover tree, or what a witness remembers. */
  readonly note?: readonly string[];
  readonly witnessKey?: readonly string[];
}

/**
 * Does something with the database of a gateway that is stopped: this one, and every other on it.
 *
 * @throws {GatewayError} ERR_HOME_IN_USE; ERR_CONFLICT naming gateways that run
 */
export async function withStoppedGateway<Result>(
  { configuration }: GatewaySettings,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const lock = lockHome(configuration.home);
  try {
    const database = await openMigratedDatabase(configuration);
    try {
      const running = await runningReplicas(database.dataSource);
      if (running.length > 0) {
        throw new GatewayError('ERR_CONFLICT', {
          detail: `${running.join(', ')}: running, or ended less than 30 seconds ago without closing; stop every gateway of this database first`,
        });
      }
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    lock.release();
  }
}

/** What is known of the log that lost its journal; see {@link findLostLog}. */
export async function lookAtLostLog(
  { configuration, keys }: GatewaySettings,
  { dataSource, embedded }: Database,
  earlier: {
    readonly earlierKeys: readonly string[];
    readonly notes: readonly string[];
    readonly witnessKeys: readonly string[];
  },
): Promise<LostLog> {
  const file = keys.files?.CHECKPOINT;
  const held =
    file === undefined
      ? [keys.checkpoint]
      : readSigningKeysFile(file, 'SAFECONDUCT_CHECKPOINT_KEY_FILE', 'CHECKPOINT');
  return findLostLog({
    ...earlier,
    dataSource,
    embedded,
    home: configuration.home,
    checkpointFile: configuration.checkpointFile,
    witnessQuorum: configuration.witnessQuorum,
    origin: configuration.logOrigin,
    checkpointKeys: held.map(({ key }) => key),
  });
}

/** A note as it is, or the one in what a witness remembers (`--state`). */
export function readNote(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw inputInvalid('note', `--note: ${path} cannot be read`);
  }
  if (!text.startsWith('{')) return text;
  try {
    const { checkpoint } = JSON.parse(text) as { readonly checkpoint?: unknown };
    if (typeof checkpoint === 'string') return checkpoint;
  } catch {
    // Neither.
  }
  throw inputInvalid('note', `--note: ${path} is neither a note nor what a witness remembers`);
}

/** First administrators are staff by the CA the staff door trusts; nothing else says who they are. */
export function refuseUnissued(settings: GatewaySettings, { statement, operators }: Renewal): void {
  if (statement.administrators.length === 0) return;
  const caFile = settings.staffTls?.caFile;
  if (caFile === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: 'SAFECONDUCT_STAFF_CA_FILE is not set: without staff, its CA says who may sign',
    });
  }
  const authorities = (readFileSync(caFile, 'utf8').match(pemCertificate) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  for (const { certificate } of operators) {
    const own = new X509Certificate(certificate);
    if (!authorities.some((ca) => own.checkIssued(ca) && own.verify(ca.publicKey))) {
      throw new GatewayError('ERR_ACT_NOT_PERMITTED', {
        detail: 'a certificate that no CA of SAFECONDUCT_STAFF_CA_FILE issued has signed',
      });
    }
  }
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The checkpoint file of the log that ended stays, beside where the new log's will be. */
export function setCheckpointsAside(
  { configuration: { checkpointFile } }: GatewaySettings,
  origin: string,
): string | undefined {
  if (checkpointFile === undefined) return undefined;
  const aside = setAsidePath(checkpointFile, origin);
  if (existsSync(aside)) return aside;
  if (!existsSync(checkpointFile)) return undefined;
  renameSync(checkpointFile, aside);
  return aside;
}
