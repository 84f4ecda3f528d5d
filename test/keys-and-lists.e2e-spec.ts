import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClientCa, crlPem, signCrl } from '../src/platform/pki/index.js';
import { safeconduct, writeStaffProfile } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';

const day = 86_400_000;

describe('the command, about keys and lists', () => {
  let gateway: TestGateway;
  const place = temporaryHome();
  const profiles = new Map<string, string>();
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
    const url = gateway.gateway.staff?.url ?? '';
    const { serverCaPem } = gateway;
    for (const name of ['SEC-1', 'LIA-1', 'LIA-2', 'ADM-1']) {
      const from = { url, serverCaPem, pair: gateway.staffPair(name) };
      profiles.set(name, writeStaffProfile(place.path, name, from));
    }
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });
  const as = async (name: string, ...args: readonly string[]) =>
    safeconduct([...args, '--profile', profiles.get(name) ?? '']);

  describe('keys', () => {
    const file = () => ['--file', gateway.files.tokenKey];

    test('a next one is put beside the one in force, once, mode 0600', async () => {
      const made = await safeconduct(['keys', 'next', 'token', '--json', ...file()]);
      expect(made.code).toBe(0);
      const { kid } = JSON.parse(made.out) as { kid: string };
      expect(statSync(gateway.files.tokenKey).mode & 0o777).toBe(0o600);
      const { keys } = JSON.parse(readFileSync(gateway.files.tokenKey, 'utf8')) as {
        keys: { kid: string }[];
      };
      expect(keys.map((key) => key.kid)).toEqual(['token-1', kid]);
      expect(made.out).not.toContain('"d"');
      const again = await safeconduct(['keys', 'next', 'token', ...file()]);
      expect([again.code, again.out]).toEqual([2, '']);
      expect(again.err).toContain(kid);
    });

    test('rotation is refused while the gateway has not taken it up, then pending, then done', async () => {
      const early = await as('SEC-1', 'keys', 'rotate', 'token');
      if (early.code !== 0) expect(early.err).toContain('keys next');
      await gateway.gateway.lookAtFiles();
      const denied = await as('LIA-1', 'keys', 'rotate', 'token');
      expect([denied.code, denied.out]).toEqual([3, '']);
      const asked = await as('SEC-1', 'keys', 'rotate', 'token', '--json');
      const { id, digest, state } = JSON.parse(asked.out) as Record<string, string>;
      expect([asked.code, state]).toEqual([0, 'PENDING']);
      const done = await as('LIA-1', 'pending', 'approve', id ?? '', '--digest', digest ?? '');
      expect([done.code, done.err]).toEqual([0, '']);
      const listed = await as('SEC-1', 'keys', 'list');
      expect(listed.out).toMatch(/^TOKEN {2}token-1 {2}ENDING/m);
      expect(listed.out).toMatch(/^TOKEN {2}token-20.* {2}IN_FORCE, in force from /m);
      expect(listed.out).toMatch(/^PARTNER_TLS /m);
    });

    test('what was done says how long it took on every replica', async () => {
      const all = await as('SEC-1', 'pending', 'list', '--all');
      expect(all.out).toMatch(/done: KEY_ROTATE .*in force on every replica after \d+ ms/);
      const revoked = await as('SEC-1', 'partner', 'suspend', 'BRAVO-CONSULAR');
      expect(revoked.out).toMatch(/done: PARTNER_SUSPEND .*after \d+ ms/);
    });

    test('one that has ended is taken out of the file; the last one never', async () => {
      const { keys } = JSON.parse(readFileSync(gateway.files.tokenKey, 'utf8')) as {
        keys: { kid: string }[];
      };
      const unknown = await safeconduct(['keys', 'discard', 'token', 'nobody', ...file()]);
      expect(unknown.code).toBe(2);
      expect((await safeconduct(['keys', 'discard', 'token', 'token-1', ...file()])).code).toBe(0);
      const last = keys[1]?.kid ?? '';
      expect((await safeconduct(['keys', 'discard', 'token', last, ...file()])).code).toBe(2);
      expect(JSON.parse(readFileSync(gateway.files.tokenKey, 'utf8'))).toMatchObject({ kid: last });
    });

    test('a server certificate is not rotated by an act, and the command says how it is', async () => {
      const { code, err } = await as('SEC-1', 'keys', 'rotate', 'tls');
      expect(code).toBe(2);
      expect(err).toContain('files');
    });
  });

  describe('revocation lists', () => {
    const ca = createClientCa({ organization: 'Agency', commonName: 'Large CA' }, new Date());
    const list = (number: number, entries: number): Buffer =>
      signCrl(
        ca,
        Array.from({ length: entries }, (_, at) => ({
          serial: (at + 1).toString(16).padStart(40, '01'),
          revokedAt: new Date('2026-01-01T00:00:00Z'),
        })),
        {
          number,
          thisUpdate: new Date(Date.now() - 10_000 + number * 1000),
          nextUpdate: new Date(Date.now() + 7 * day),
        },
      );
    const file = (name: string, content: Buffer | string): string => {
      const path = join(place.path, name);
      writeFileSync(path, content);
      return path;
    };
    beforeAll(async () => {
      const certificate = new X509Certificate(ca.certificate).toString();
      const asked = await gateway
        .staff('LIA-1')
        .act('addAnchor', { partner: 'ALPHA-BORDER', certificate });
      expect((await gateway.staff('LIA-2').approve(asked)).code).toBeUndefined();
    });

    test('are taken in DER and in PEM, and an older one is not', async () => {
      const der = await as('SEC-1', 'partner', 'crl', 'import', file('one.crl', list(2, 1)));
      expect([der.code, der.err]).toEqual([0, '']);
      const pem = await as(
        'LIA-1',
        'partner',
        'crl',
        'import',
        file('two.pem', crlPem(list(3, 2))),
      );
      expect([pem.code, pem.err]).toEqual([0, '']);
      const older = await as('SEC-1', 'partner', 'crl', 'import', file('old.crl', list(1, 0)));
      expect([older.code, older.out]).toEqual([3, '']);
    });

    test('are taken when they are larger than any operation, and the book names them in few bytes', async () => {
      const large = list(5, 30_000);
      expect(large.length).toBeGreaterThan(1_000_000);
      const taken = await as(
        'SEC-1',
        'partner',
        'crl',
        'import',
        file('large.crl', large),
        '--json',
      );
      expect([taken.code, taken.err]).toEqual([0, '']);
      const { content } = JSON.parse(taken.out) as { content: string };
      expect(content.length).toBeLessThan(200);
      expect(JSON.parse(content)).toMatchObject({ sizeBytes: large.length });
    });

    test('that are too large, empty, no list, or of somebody without the role are not', async () => {
      const import_ = async (name: string, content: Buffer | string, who = 'SEC-1') =>
        (await as(who, 'partner', 'crl', 'import', file(name, content))).code;
      expect(await import_('huge.crl', Buffer.alloc(13 * 1024 * 1024, 0x30))).not.toBe(0);
      expect(await import_('empty.crl', '')).not.toBe(0);
      expect(await import_('none.crl', 'nonsense')).not.toBe(0);
      expect(await import_('role.crl', list(9, 1), 'ADM-1')).toBe(3);
      const reply = await gateway.staff('SEC-1').raw({ path: '/partners/crl', body: '{}' });
      expect(reply.status).toBe(400);
    });
  });
});
