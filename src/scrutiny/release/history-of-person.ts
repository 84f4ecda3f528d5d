import type { AccessLog, PersonDisclosure } from '../../access-log/index.js';
import { GatewayError } from '../../core/errors.js';
import {
  keysFile,
  printHistory,
  proofFile,
  type HistoryDocument,
  type Telling,
} from '../../core/releases/history-document.js';
import { parseWitnessKey } from '../../core/log/cosignature.js';
import type { LogKeys } from '../../core/log/log-keys.js';
import type { Agreement } from '../../grants/index.js';
import { readRecipient, sealFor } from '../../platform/jwe/recipient.js';
import type { HistoryContent, ReleasePeople, RequestedAct } from '../../register/index.js';
import type { StaffCaller, StaffRecords } from '../../staff/index.js';
import { logKeysOf, type KeyedLog } from '../log-keys.js';
import { Officers } from './officers.js';

/** One file of what was released. */
export interface ReleasedFile {
  readonly name: string;
  readonly text: string;
}

export interface HistoryAsked {
  readonly caseload: string;
  readonly reference: string;
  readonly reason: string;
  readonly caseReferences: boolean;
  readonly recipient?: string | undefined;
}

export interface HistoryOptions {
  readonly releases: Pick<ReleasePeople, 'requestHistory' | 'approvedHistory' | 'knownPerson'>;
  readonly accessLog: KeyedLog & Pick<AccessLog, 'search' | 'export'>;
  readonly agreements: (grants: readonly string[]) => Promise<readonly Agreement[]>;
  readonly records: Pick<StaffRecords, 'admit' | 'record'>;
  readonly now: () => Date;
}

/**
 * What partners were told of one person, for the person's counsel: found by a registrar, released by
 * a security officer, who is not told of whom.
 */
export class HistoryOfPerson {
  constructor(private readonly options: HistoryOptions) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND, ERR_INPUT_INVALID */
  async request(caller: StaffCaller, asked: HistoryAsked): Promise<RequestedAct> {
    const { caseload, reference, ...how } = asked;
    const person = { caseload, reference } as HistoryContent['person'];
    return this.options.releases.requestHistory(caller, { person, ...how });
  }

  /**
   * The document with its proof, once it was released; may be fetched again for four days.
   *
   * @param actId of the book of acts
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_NOT_FOUND, also where the person has been erased
   *   since; ERR_CONFLICT while it is not released, or when its time is over; ERR_LOG_UNAVAILABLE
   */
  async document(caller: StaffCaller, actId: string): Promise<readonly ReleasedFile[]> {
    const { releases, records, accessLog } = this.options;
    const content = { history: actId.slice(0, 64) };
    await records.admit(caller, 'HISTORY_READ', { content });
    const release = await releases.approvedHistory(caller, actId);
    const known = await releases.knownPerson(release);
    await records.record(caller, 'HISTORY_READ', { content, subject: known.subject });
    const told = await accessLog.search.historyOf(...known.entries);
    const proof = await this.#proof(told);
    const document = await this.#document(release, known.merged, told, proof.keys);
    const files = [
      { name: 'history.md', text: printHistory(document) },
      { name: 'history.json', text: `${JSON.stringify(document, null, 2)}\n` },
      ...(told.length === 0
        ? []
        : [
            { name: proofFile, text: proof.lines },
            { name: keysFile, text: `${JSON.stringify(proof.keys, null, 2)}\n` },
          ]),
    ];
    const { recipient } = release;
    if (recipient === null) return files;
    const text = await sealFor(readRecipient(recipient), JSON.stringify({ files }), {
      release: actId,
    });
    return [{ name: 'history.jwe', text: `${text}\n` }];
  }

  async #document(
    { person, caseReferences }: HistoryContent,
    merged: HistoryDocument['merged'],
    told: readonly PersonDisclosure[],
    keys: LogKeys,
  ): Promise<HistoryDocument> {
    const grants = told.flatMap(({ record }) => record.grant ?? []);
    const agreements = new Map(
      (await this.options.agreements(grants)).map((one) => [`${one.grant} ${one.version}`, one]),
    );
    const officers = new Officers();
    return {
      v: 1,
      kind: 'safeconduct/history',
      madeAt: this.options.now().toISOString(),
      person,
      merged: merged.map(({ caseload, reference }) => ({ caseload, reference })),
      caseReferences,
      told: told.map((one) =>
        tellingOf(
          one,
          agreements.get(`${one.record.grant} ${one.record.grantVersion}`),
          officers,
          caseReferences,
        ),
      ),
      proof: {
        file: proofFile,
        keys: keysFile,
        verifierKeys: keys.trees.flatMap(({ verifierKeys }) => verifierKeys),
      },
    };
  }

  /** The records of this person and no others, tree after tree, and what verifies them. */
  async #proof(
    told: readonly PersonDisclosure[],
  ): Promise<{ readonly lines: string; readonly keys: LogKeys }> {
    const { accessLog } = this.options;
    const lines: string[] = [];
    const partners = [...new Set(told.map((one) => one.partner))];
    const names = partners.map((partner) => ({ kind: 'partner', partner }) as const);
    for (const name of names) {
      const indexes = told.flatMap((one) => (one.partner === name.partner ? [one.index] : []));
      indexes.sort((one, other) => one - other);
      for await (const line of accessLog.export(name, { indexes })) {
        lines.push(`${JSON.stringify(line)}\n`);
      }
    }
    const proof = lines.join('');
    const keys = await logKeysOf(accessLog, names);
    // Who else watches the log is nobody's business who does not find their cosignature here.
    const witnessVerifierKeys = keys.witnessVerifierKeys.filter((vkey) =>
      proof.includes(`\u2014 ${parseWitnessKey(vkey).name} `),
    );
    return { lines: proof, keys: { ...keys, witnessVerifierKeys } };
  }
}

function tellingOf(
  { record, host, partner, origin, index }: PersonDisclosure,
  agreement: Agreement | undefined,
  officers: Officers,
  caseReferences: boolean,
): Telling {
  const { at, grant, grantVersion, purpose, reference, fields, id } = record;
  if (grant === null || grantVersion === null || purpose === null || reference === null) {
    throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: `record ${id} is no answer` });
  }
  const officer = host?.officer ?? null;
  return {
    at,
    agency: agreement?.partner ?? { code: partner, name: partner, state: 'not known any more' },
    officer: officer === null ? null : officers.pseudonymOf(partner, officer),
    purpose,
    caseReference: caseReferences ? (host?.caseReference ?? null) : null,
    agreement: {
      grant,
      version: grantVersion,
      digest: agreement?.digest ?? null,
      legalBasis: agreement?.legalBasis ?? null,
    },
    fields: fields.map(([field, level]) => ({ field, level })),
    reference,
    record: { id, tree: origin, index },
    forgotten: host === null,
  };
}
