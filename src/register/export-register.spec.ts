import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compactDecrypt, decodeProtectedHeader, type JWK } from 'jose';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import {
  openTestRegister,
  personRow,
  testCaseload,
  type TestRegister,
} from '../../test/support/register.js';
import { parseEvidence, type PersonEvidenceInput } from '../core/matching/index.js';
import {
  approveExport,
  registerStatistics,
  requestExport,
  rotateEpochs,
  screenForHoney,
} from './index.js';

const pair = (curve: string) => generateKeyPairSync('ec', { namedCurve: curve });
const { publicKey, privateKey } = pair('P-256');
const recipient = publicKey.export({ format: 'jwk' }) as JWK;

describeOnEachDatabase('an export', (kind) => {
  let people: TestRegister;
  beforeAll(async () => {
    people = await openTestRegister(kind);
    await people.addRows(
      ...Array.from({ length: 300 }, (_, number) => personRow(number)),
      personRow(900, { caseload: 'AF-2022' }),
    );
    await people.importRows(personRow(901), personRow(1, { suppressedFor: ['PAK'] }));
  });
  afterAll(async () => people.close());

  const request = async (key: JWK = recipient) =>
    requestExport(people.register.store, {
      caseload: testCaseload,
      recipient: key,
      requestedBy: 'registrar-1',
    });
  const open = async (lines: readonly string[]) => {
    const rows: Record<string, unknown>[] = [];
    for (const line of lines) {
      const { plaintext } = await compactDecrypt(line.trim(), privateKey);
      const texts = Buffer.from(plaintext).toString('utf8').trim().split('\n');
      rows.push(...texts.map((text) => JSON.parse(text) as Record<string, unknown>));
    }
    return rows;
  };
  let lines: string[] = [];
  let exportId = '';

  test('tells the true number, and takes a second person who repeats it', async () => {
    const { store } = people.register;
    const act = await request();
    expect(act).toMatchObject({ kind: 'EXPORT', people: 300 });
    const written: string[] = [];
    const write = async (line: string) => void written.push(line);
    const approval = { actId: act.id, approvedBy: 'registrar-2', people: 300 };
    await expect(
      approveExport(store, { ...approval, approvedBy: 'registrar-1' }, write),
    ).rejects.toThrow(/^ERR_APPROVER_IS_REQUESTER/);
    await expect(approveExport(store, { ...approval, people: 150 }, write)).rejects.toThrow(
      /^ERR_ROW_CONFLICT/,
    );
    expect(written).toEqual([]);
    const report = await approveExport(store, approval, write);
    expect(report).toMatchObject({ people: 300, recipientThumbprint: act.recipientThumbprint });
    await expect(approveExport(store, approval, write)).rejects.toThrow(/^ERR_ROW_CONFLICT/);
    [lines, exportId] = [written, report.exportId];
  });

  test('opens with the key of its recipient, part by part, and with no other', async () => {
    expect(lines.map((line) => decodeProtectedHeader(line))).toEqual(
      [1, 2].map((part) =>
        expect.objectContaining({ alg: 'ECDH-ES+A256KW', export: exportId, part, parts: 2 }),
      ),
    );
    const rows = await open(lines);
    expect(rows).toHaveLength(302);
    expect(rows.filter(({ reference }) => reference === 'T-1')).toEqual([
      personRow(1, { suppressedFor: ['PAK'] }),
    ]);
    await expect(
      compactDecrypt(lines[0]?.trim() ?? '', pair('P-256').privateKey),
    ).rejects.toThrow();
  });

  test('carries fictional people who name it when they are asked for, and match nobody', async () => {
    const { store } = people.register;
    const real = new Set(Array.from({ length: 300 }, (_, number) => `T-${number}`));
    const honey = (await open(lines)).filter(({ reference }) => !real.has(String(reference)));
    expect(honey).toHaveLength(2);
    const evidenceOf = (row: Record<string, unknown>) =>
      parseEvidence(
        {
          names: (row['names'] as { full: string }[]).map(({ full }) => ({ full })),
          documents: row['documents'],
          ...(row['fatherName'] === undefined ? {} : { fatherName: row['fatherName'] }),
          ...(row['dateOfBirth'] === undefined ? {} : { dateOfBirth: row['dateOfBirth'] }),
          ...(row['calendar'] === undefined ? {} : { calendar: row['calendar'] }),
        } as PersonEvidenceInput,
        people.now,
      );
    const nobody = parseEvidence({ names: [{ full: 'Palwasha Lodinpur' }] }, people.now);
    const questions = [...honey.map(evidenceOf), nobody];
    expect(await screenForHoney(store, questions)).toEqual([[{ exportId }], [{ exportId }], []]);
    expect(people.register.size).toBe(301);
    // Still so when the epoch it was sealed in has ended.
    for (const days of [25, 36]) {
      people.now = new Date(new Date('2026-11-22T10:00:00Z').getTime() + days * 86_400_000);
      await rotateEpochs(store);
    }
    expect(await screenForHoney(store, questions)).toEqual([[{ exportId }], [{ exportId }], []]);
  });

  test.each<[string, JWK]>([
    ['a private key', privateKey.export({ format: 'jwk' })],
    ['a key for signatures', { ...recipient, use: 'sig' }],
    ['a key on another curve', pair('secp256k1').publicKey.export({ format: 'jwk' })],
    ['no key', { kty: 'EC', crv: 'P-256' }],
    ['a secret', { kty: 'oct', k: 'AAAA' }],
  ])('goes to nobody when its recipient is %s', async (_, key) => {
    await expect(request(key)).rejects.toMatchObject({ argument: 'recipient' });
  });

  test('is not what statistics are: these tell no single person', async () => {
    expect(await registerStatistics(people.register.store)).toEqual({
      people: undefined,
      caseloads: [
        { caseload: testCaseload, people: 300 },
        { caseload: 'AF-2022', people: undefined },
      ],
    });
  });
});
