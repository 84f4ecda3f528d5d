import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { PartnerCode } from '../../src/core/ids.js';
import { parseVerifierKey } from '../../src/core/log/note.js';
import { checkReceipt, type CheckedReceipt, type Receipt } from '../../src/core/log/receipt.js';
import {
  openAccessLog,
  type AccessEntry,
  type AccessLog,
  type AccessLogOptions,
} from '../../src/access-log/index.js';
import { deleteAll } from './databases.js';

export const partner = 'AUS-BORDER' as PartnerCode;
export const otherPartner = 'CAN-CONSULAR' as PartnerCode;

export const logKeys = {
  logKey: randomBytes(32),
  checkpointKey: generateKeyPairSync('ed25519').privateKey,
};

export function openTestLog(
  dataSource: DataSource,
  home: string,
  more: Partial<AccessLogOptions> = {},
): Promise<AccessLog> {
  return openAccessLog({
    dataSource,
    home,
    ...logKeys,
    origin: 'log.example.org',
    random: randomBytes,
    journal: { segmentBytes: 256 * 1024, stepBytes: 16 * 1024 },
    ...more,
  });
}

/** Forgets everything the log has in the database. */
export async function emptyAccessLog(dataSource: DataSource): Promise<void> {
  const tables = ['tree', 'leaf', 'key', 'act', 'cover_round', 'cover_slot', 'cover_slot_head'];
  const names = [...tables, 'witness', 'cosignature', 'entry', 'mark', 'sealed'].map(
    (name) => `access_log_${name}`,
  );
  await deleteAll(dataSource, names.reverse());
}

/** A made-up question that was answered with a match. */
export function accessEntry(change: Partial<AccessEntry> = {}): AccessEntry {
  return {
    tree: { kind: 'partner', partner },
    id: randomUUID(),
    requestId: randomUUID(),
    at: new Date('2026-03-01T09:30:00Z'),
    grant: '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11',
    grantVersion: 1,
    purpose: 'BORDER_VERIFICATION',
    person: { names: [{ full: 'Test Person' }], dateOfBirth: '1984' },
    outcome: 'MATCH',
    fields: [
      ['visaStatus', 'FULL'],
      ['dateOfBirth', 'GENERALISED'],
    ],
    reference: 'p-7Q2M',
    host: {
      clientId: 'client',
      officer: 'officer',
      certificate: 'x5t',
      caseReference: 'CASE/1',
      subject: null,
      finding: null,
    },
    ...change,
  };
}

/** Checks a receipt as the partner would, with the verifier key of its tree. */
export async function checkAsPartner(
  log: AccessLog,
  entry: AccessEntry,
  receipt: Receipt,
): Promise<CheckedReceipt> {
  const { id, requestId, grant, purpose, person, outcome, fields, reference } = entry;
  if (requestId === null || grant === null || purpose === null) throw new TypeError('a refusal');
  const key = parseVerifierKey(await log.verifierKey(entry.tree));
  const answer = { id, requestId, grant, purpose, person, outcome, fields, reference };
  return checkReceipt(receipt, answer, key);
}
