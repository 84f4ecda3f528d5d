import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, compactDecrypt, decodeProtectedHeader } from 'jose';
import { describeOnEachDatabase, temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { passport, personRow, testCaseload } from './support/register.js';
import {
  approveAct,
  changeRegister,
  safeconductAs,
  writeStaffProfile,
} from './support/registrar.js';
import { answerOf } from './support/replies.js';

const counselKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject): string => JSON.stringify(key.export({ format: 'jwk' }));
const people = (...wanted: readonly number[]) => ({
  caseload: testCaseload,
  references: wanted.map((number) => `T-${number}`),
});

describeOnEachDatabase('the access history sealed to counsel before an erasure', (kind) => {
  let gateway: TestGateway;
  const home = temporaryHome();
  const { publicKey, privateKey } = counselKeys();
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    const rows = [1, 2, 3, 4, 5].map((number) => personRow(number));
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const { result } = await gateway.staff('REG-1').upload(text, '?expect=5');
    await approveAct(gateway.staff('REG-2'), result.release);
  });
  afterAll(async () => {
    await gateway?.close();
    home.remove();
  });

  const ask = async (number: number) =>
    answerOf(
      await gateway.partner('ALPHA-BORDER').verify({
        names: [{ full: 'Zarghuna Wardakpur' }],
        documents: [{ type: 'PASSPORT', number: passport(number) }],
      }),
    );
  const erase = async (input: object, by = 'REG-1') =>
    changeRegister(gateway.staff(by), 'erasePeople', 'ErasePeopleInput', input);
  const fetched = async (act: string, by = 'REG-1') =>
    gateway.staff(by).raw({ path: `/register/history?act=${act}` });
  const stored = async () =>
    gateway.rooms.database.dataSource.query<{ records: number; sealed: string }[]>(
      'SELECT records, sealed FROM sealed_history',
    );
  const opened = async (text: string) => {
    const lines = await Promise.all(
      text
        .trim()
        .split('\n')
        .map(async (line) => {
          const { plaintext } = await compactDecrypt(line, privateKey);
          return Buffer.from(plaintext).toString('utf8');
        }),
    );
    return lines
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test('is whole, opens for counsel alone, and is there when the keys are gone', async () => {
    const answers = [await ask(1), await ask(1), await ask(2)];
    expect(answers.map(({ outcome }) => outcome)).toEqual(['MATCH', 'MATCH', 'MATCH']);
    const { change } = await erase({ people: people(1), counsel: jwkOf(publicKey) });
    const { act } = change;
    expect(JSON.parse(act?.content ?? '')).toMatchObject({ counsel: expect.any(String) });
    // Before the approval nothing is kept, and nothing is handed out.
    expect(await stored()).toEqual([]);
    expect((await fetched(act?.id ?? '')).status).not.toBe(200);
    // Told of again, after it was asked for and before it is done.
    expect((await ask(1)).outcome).toBe('MATCH');
    const { value } = await approveAct(gateway.staff('REG-2'), act);
    expect(value).toMatchObject({ state: 'DONE' });
    expect((await ask(1)).outcome).toBe('NOT_CONFIRMED');
    const [row] = await stored();
    expect(row?.records).toBe(3);
    expect(row?.sealed).not.toMatch(/AF-2021|MATCH/);
    for (const by of ['REG-1', 'PRO-1']) {
      const reply = await fetched(act?.id ?? '', by);
      expect([by, reply.status]).toEqual([by, 200]);
      const [who, ...told] = await opened(reply.text);
      expect(who).toMatchObject({ caseload: testCaseload, reference: 'T-1' });
      expect(told.map(({ partner, outcome }) => [partner, outcome])).toEqual([
        ['ALPHA-BORDER', 'MATCH'],
        ['ALPHA-BORDER', 'MATCH'],
        ['ALPHA-BORDER', 'MATCH'],
      ]);
      expect(told[0]).toMatchObject({ person: who?.['person'], index: expect.any(Number) });
      expect(decodeProtectedHeader(reply.text.split('\n')[0] ?? '')).toMatchObject({
        alg: 'ECDH-ES+A256KW',
        enc: 'A256GCM',
        part: 1,
        parts: 1,
      });
      await expect(
        compactDecrypt(reply.text.split('\n')[0] ?? '', counselKeys().privateKey),
      ).rejects.toThrow();
    }
  });

  test('is told of where the reference is asked for, and nothing of the person', async () => {
    const asks = async (number: number, by = 'REG-1') =>
      gateway.staff(by).graphql(
        `query E($reference: PersonReferenceInput!) { erasedPerson(reference: $reference) {
           erasedAt act counselThumbprint history { records fetchedAt } } }`,
        { reference: { caseload: testCaseload, reference: `T-${number}` } },
      );
    const told = await asks(1);
    expect(told.value).toEqual({
      erasedAt: expect.any(String),
      act: expect.any(String),
      counselThumbprint: await calculateJwkThumbprint(publicKey.export({ format: 'jwk' })),
      history: { records: 3, fetchedAt: expect.any(String) },
    });
    expect(told.text).not.toMatch(/Zarghuna|MATCH|T-1/);
    expect((await asks(2)).value).toBeNull();
    expect((await asks(999)).value).toBeNull();
    for (const by of ['SEC-1', 'LIA-1', 'OVR-1', 'ADM-1']) {
      expect([by, (await asks(1, by)).code]).toEqual([by, 'ERR_ACT_NOT_PERMITTED']);
    }
    const profile = writeStaffProfile(gateway, home.path, 'REG-1');
    const history = async (reference: string, ...more: readonly string[]) =>
      safeconductAs(
        profile,
        ...['log', 'history', reference, '--caseload', testCaseload],
        ...['--reason', 'a request of the person, by counsel', ...more],
      );
    const found = await history('T-1');
    expect(found.code).toBe(3);
    expect(found.out).toMatch(/^erased: 2\d{3}-/);
    expect(found.out).toMatch(/thumbprint [A-Za-z0-9_-]{43}\n3 records, fetched first at /);
    const { act } = told.value as { act: string };
    expect(found.out).toContain(`safeconduct register erase --act ${act} --out FILE`);
    expect(JSON.parse((await history('T-1', '--json')).out)).toEqual({ erased: told.value });
    const nobody = await history('T-999');
    expect([nobody.code, nobody.out]).toEqual([3, '']);
    expect(nobody.err).toContain('There is nothing of this name. (reference)');
  });

  test('is not kept for an erasure that named nobody, or was refused', async () => {
    const before = (await stored()).length;
    const plain = await erase({ people: people(3) });
    await approveAct(gateway.staff('REG-2'), plain.change.act);
    expect((await fetched(plain.change.act?.id ?? '')).status).toBe(403);
    const refused = await erase({ people: people(4), counsel: jwkOf(publicKey) });
    await gateway.staff('REG-2').act('refuseAct', { id: refused.change.act?.id });
    expect((await fetched(refused.change.act?.id ?? '')).status).toBe(403);
    expect((await ask(4)).outcome).toBe('MATCH');
    expect(await stored()).toHaveLength(before);
  });

  test('is refused for a key that is none, is private, or is too weak', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const counsel of ['{}', 'no JSON', jwkOf(privateKey), jwkOf(short)]) {
      const { code, change } = await erase({ people: people(4), counsel });
      expect([code, change]).toEqual(['ERR_INPUT_INVALID', null]);
    }
  });

  test('is not for whoever may not erase', async () => {
    const { change } = await erase({ people: people(5), counsel: jwkOf(publicKey) }, 'PRO-1');
    await approveAct(gateway.staff('REG-2'), change.act);
    for (const by of ['SEC-1', 'LIA-1', 'OVR-1', 'ADM-1']) {
      expect([by, (await fetched(change.act?.id ?? '', by)).status]).toEqual([by, 403]);
    }
    expect((await fetched(change.act?.id ?? '')).status).toBe(200);
  });

  test('by the command: asked for, approved, fetched into a new file of its owner alone', async () => {
    const profile = writeStaffProfile(gateway, home.path, 'REG-1');
    const key = join(home.path, 'counsel.jwk');
    const out = join(home.path, 'history.jose');
    writeFileSync(key, jwkOf(publicKey));
    const run = async (...args: readonly string[]) =>
      safeconductAs(profile, 'register', 'erase', ...args);
    const who = ['T-2', '--caseload', testCaseload, '--counsel', key];
    expect((await run(...who, '--out', out)).code).toBe(2);
    const asked = await run(...who, '--json');
    const { act } = JSON.parse(asked.out) as { act: { id: string; digest: string } };
    expect((await run('--act', act.id, '--out', out)).code).toBe(3);
    await approveAct(gateway.staff('REG-2'), act);
    expect((await run('--act', act.id)).code).toBe(2);
    expect((await run('--act', act.id, '--out', out)).code).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(await opened(readFileSync(out, 'utf8'))).toHaveLength(2);
    expect((await run('--act', act.id, '--out', out)).code).toBe(2);
  });
});
