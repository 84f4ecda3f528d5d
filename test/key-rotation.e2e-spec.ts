import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import { checkReceipt } from '../src/core/log/receipt.js';
import { keysOfName, parseVerifierKey, splitNote } from '../src/core/log/note.js';
import type { PartnerCode } from '../src/core/ids.js';
import {
  makeSigningKey,
  readSigningKeysFile,
  writeSigningKeysFile,
  type SigningUse,
} from '../src/platform/keys/signing-keys.js';
import { keyPem } from './support/gateway.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { kidOf, underLoad, type LoadReport } from './support/load.js';
import { laila, lailaAsSeen } from './support/people.js';
import type { AnswerJson } from './support/replies.js';

interface KeyJson {
  readonly use: string;
  readonly kid: string;
  readonly state: string;
  readonly thumbprint: string;
  readonly missingAt: readonly string[];
}

const listQuery = '{ gatewayKeys { use kid state thumbprint missingAt } }';

/** What a host does: `keys next`. */
function putNext(path: string, use: SigningUse): string {
  const held = readSigningKeysFile(path, 'test', use);
  const made = makeSigningKey(held[0]!, use, new Date());
  writeSigningKeysFile(path, [...held, made]);
  return made.kid;
}

const keysOf = async (gateway: TestGateway, use: SigningUse): Promise<readonly KeyJson[]> => {
  const { value } = await gateway.staff('SEC-1').graphql(listQuery);
  return (value as KeyJson[]).filter((key) => key.use === use);
};
const keyOf = async (gateway: TestGateway, use: SigningUse, kid: string): Promise<KeyJson> => {
  const found = (await keysOf(gateway, use)).find((key) => key.kid === kid);
  if (found === undefined) throw new TypeError(`no key ${kid}`);
  return found;
};
/** What staff do: one asks, another approves. */
async function rotate(gateway: TestGateway, use: SigningUse, kid: string): Promise<void> {
  const { thumbprint } = await keyOf(gateway, use, kid);
  const asked = await gateway.staff('SEC-1').act('rotateGatewayKey', { use, thumbprint });
  expect([asked.code, (asked.value as { state?: string } | null)?.state]).toEqual([
    undefined,
    'PENDING',
  ]);
  const done = await gateway.staff('LIA-1').approve(asked);
  expect([done.code, (done.value as { state?: string } | null)?.state]).toEqual([
    undefined,
    'DONE',
  ]);
}

describeOnEachDatabase('the gateway’s own keys', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila], checkpointCopy: true });
  });
  afterAll(async () => gateway?.close());

  const code = 'ALPHA-BORDER';
  const log = () => gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  const load = async (work: () => Promise<void>): Promise<LoadReport> => {
    const report = await underLoad(gateway.partner(code), lailaAsSeen, work);
    expect(report.failures).toEqual([]);
    return report;
  };
  const jwks = async (): Promise<readonly string[]> => {
    const { json } = await gateway.partner(code).raw({ method: 'GET', path: '/oauth2/jwks' });
    return (json as unknown as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };

  test('the token key is rotated under load without a failed call', async () => {
    let next = '';
    const { tokens } = await load(async () => {
      next = putNext(gateway.files.tokenKey, 'TOKEN');
      await gateway.gateway.lookAtFiles();
      expect((await keyOf(gateway, 'TOKEN', next)).state).toBe('NEXT');
      expect(await jwks()).toEqual(['token-1', next]);
      await rotate(gateway, 'TOKEN', next);
    });
    expect(new Set(tokens.map(kidOf))).toEqual(new Set(['token-1', next]));
    expect((await keyOf(gateway, 'TOKEN', 'token-1')).state).toBe('ENDING');
    expect(await jwks()).toEqual([next, 'token-1']);
    // A token of before is good until its own end.
    const old = tokens.find((token) => kidOf(token) === 'token-1') ?? '';
    const { status } = await gateway.partner(code).withToken(old).graphql('{ access { officer } }');
    expect(status).toBe(200);
    gateway.partner(code).forgetToken();
  });

  test('a revoked token key: what it signed is refused at the next request', async () => {
    const next = putNext(gateway.files.tokenKey, 'TOKEN');
    await gateway.gateway.lookAtFiles();
    const partner = gateway.partner(code);
    const token = await partner.fetchToken();
    partner.withToken(token);
    expect((await partner.graphql('{ access { officer } }')).status).toBe(200);
    const inForce = await keyOf(gateway, 'TOKEN', kidOf(token));
    const input = { use: 'TOKEN', thumbprint: inForce.thumbprint };
    expect((await gateway.staff('SEC-1').act('revokeGatewayKey', input)).code).toBe('ERR_CONFLICT');
    expect((await gateway.staff('LIA-1').act('revokeGatewayKey', input)).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    const { thumbprint } = await keyOf(gateway, 'TOKEN', next);
    const done = await gateway
      .staff('SEC-1')
      .act('revokeGatewayKey', { ...input, next: thumbprint });
    expect(done.code).toBeUndefined();
    expect((await partner.graphql('{ access { officer } }')).status).toBe(401);
    partner.forgetToken();
    expect((await partner.graphql('{ access { officer } }')).status).toBe(200);
    expect(await jwks()).not.toContain(inForce.kid);
    expect((await keyOf(gateway, 'TOKEN', inForce.kid)).state).toBe('REVOKED');
  });

  test('the checkpoint key is rotated under load; either key checks what is signed meanwhile', async () => {
    const tree = { kind: 'partner', partner: code as PartnerCode } as const;
    const before = parseVerifierKey(await log().verifierKey(tree));
    await log().makeRound(new Date());
    let next = '';
    const { answers } = await load(async () => {
      next = putNext(gateway.files.checkpointKey, 'CHECKPOINT');
      await gateway.gateway.lookAtFiles();
      await rotate(gateway, 'CHECKPOINT', next);
      await log().makeRound(new Date());
    });
    const after = parseVerifierKey(await log().verifierKey(tree));
    expect(after.keyId.equals(before.keyId)).toBe(false);
    const check = ({ data, person }: LoadReport['answers'][number], key: typeof before) => {
      const answer = data as AnswerJson;
      const { reference, ...fields } = answer.subject ?? {};
      checkReceipt(
        answer.receipt,
        {
          id: answer.id,
          requestId: answer.requestId,
          grant: gateway.partner(code).grantId,
          purpose: 'BORDER_VERIFICATION',
          person,
          outcome: answer.outcome,
          fields: Object.entries(fields).map(([name, told]) => [
            name,
            typeof told === 'string' ? '' : told.level,
          ]),
          reference: reference ?? null,
        },
        key,
      );
    };
    // Whoever knows only the old key goes on during the overlap; who knows the new one has caught up.
    for (const answer of answers) check(answer, before);
    check(answers.at(-1)!, after);
    expect(() => check(answers[0]!, after)).toThrow('ERR_PROOF_INVALID');
    const both = keysOfName([before, after], after.name)!;
    for (const answer of answers) expect(() => check(answer, both as never)).not.toThrow();
    // The slot of a tree that stood still is under the new key as well.
    const idle = { kind: 'partner', partner: 'BRAVO-CONSULAR' as PartnerCode } as const;
    const { keyId } = parseVerifierKey(await log().verifierKey(idle));
    await log().makeRound(new Date());
    const size = await log().makeRound(new Date());
    const slot = await log().published.slotLeaf(idle.partner, size - 1);
    expect(slot?.leaf.includes(keyId.toString('base64').slice(0, 4))).toBe(true);
  });

  test('the key that gave way is removed; then the new one signs alone, and a start needs no other', async () => {
    const [old] = (await keysOf(gateway, 'CHECKPOINT')).filter(({ state }) => state === 'ENDING');
    const input = { use: 'CHECKPOINT', thumbprint: old!.thumbprint };
    const third = putNext(gateway.files.checkpointKey, 'CHECKPOINT');
    await gateway.gateway.lookAtFiles();
    const { thumbprint } = await keyOf(gateway, 'CHECKPOINT', third);
    const early = await gateway
      .staff('SEC-1')
      .act('rotateGatewayKey', { use: 'CHECKPOINT', thumbprint });
    expect(early.code).toBe('ERR_CONFLICT');
    expect((await gateway.staff('SEC-1').act('removeGatewayKey', input)).code).toBeUndefined();
    expect((await gateway.staff('SEC-1').act('removeGatewayKey', input)).code).toBe('ERR_CONFLICT');
    const note = await log().checkpoint({ kind: 'host' });
    expect(splitNote(note).signatures).toHaveLength(1);
    // The copy of checkpoints is under the new key too: the old one is not needed to read it again.
    const held = readSigningKeysFile(gateway.files.checkpointKey, 'test', 'CHECKPOINT');
    writeSigningKeysFile(
      gateway.files.checkpointKey,
      held.filter(({ kid }) => kid !== old!.kid),
    );
    await gateway.gateway.lookAtFiles();
    const copy = JSON.parse(readFileSync(gateway.files.checkpoints, 'utf8')) as {
      checkpoints: string[];
    };
    for (const kept of copy.checkpoints) {
      const { text } = splitNote(kept);
      const name = text.split('\n', 1)[0] ?? '';
      const { keyId } = parseVerifierKey(
        name.endsWith('/cover')
          ? log().coverVerifierKey()
          : await log().verifierKey(
              name.endsWith('/host')
                ? { kind: 'host' }
                : { kind: 'partner', partner: code as PartnerCode },
            ),
      );
      const isOurs = name.endsWith('/host') || name.endsWith('/cover');
      if (isOurs) {
        expect(splitNote(kept).signatures.some((one) => one.keyId.equals(keyId))).toBe(true);
      }
    }
  });

  test('the server certificate is rotated under load; open connections stay, new ones see the new', async () => {
    const served = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(gateway.url);
        const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
        socket.on('secureConnect', () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const made = gateway.newServerCertificate();
    const before = await served();
    const another = gateway.newServerCertificate();
    const warned = () => gateway.logged.filter((line) => line.includes('what was before goes on'));
    await load(async () => {
      // A certificate without its key is no pair: the old goes on, and it is said once.
      writeFileSync(gateway.files.certificate, made.certificate);
      await gateway.gateway.lookAtFiles();
      await gateway.gateway.lookAtFiles();
      expect(await served()).toBe(before);
      expect(warned()).toHaveLength(2);
      const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
      expect(metrics).toContain('safeconduct_files_refused{what="partner certificate"} 1');
      writeFileSync(gateway.files.certificateKey, another.key);
      await gateway.gateway.lookAtFiles();
      expect(await served()).toBe(before);
      writeFileSync(gateway.files.certificateKey, made.key);
      await gateway.gateway.lookAtFiles();
      expect(await served()).toBe(new X509Certificate(made.certificate).fingerprint256);
    });
    const metrics = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
    expect(metrics).toContain('safeconduct_files_refused{what="partner certificate"} 0');
    const { value } = await gateway
      .staff('SEC-1')
      .graphql('{ listenerCertificates { door fingerprint } }');
    const fingerprint = Buffer.from(
      new X509Certificate(made.certificate).fingerprint256.replaceAll(':', ''),
      'hex',
    ).toString('base64url');
    expect(value).toEqual([
      { door: 'PARTNER', fingerprint },
      { door: 'STAFF', fingerprint },
    ]);
  });

  test('a CA of staff that is taken out of the file ends the connections it let in', async () => {
    const text = readFileSync(gateway.files.staffCa, 'utf8');
    const client = gateway.staff('OVR-1');
    expect((await client.graphql('{ self { reference } }')).status).toBe(200);
    writeFileSync(gateway.files.staffCa, 'nothing');
    await gateway.gateway.lookAtFiles();
    expect((await client.graphql('{ self { reference } }')).status).toBe(200);
    writeFileSync(
      gateway.files.staffCa,
      new X509Certificate(gateway.clientCa.certificate).toString(),
    );
    await gateway.gateway.lookAtFiles();
    await expect(client.graphql('{ self { reference } }')).rejects.toThrow();
    writeFileSync(gateway.files.staffCa, text);
    await gateway.gateway.lookAtFiles();
    expect((await client.graphql('{ self { reference } }')).status).toBe(200);
  });

  const p384 = () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const bad: readonly (readonly [string, (held: string) => string])[] = [
    ['a file that is half written', (held) => held.slice(0, held.length / 2)],
    ['an empty file', () => ''],
    [
      'a key of another type',
      () => JSON.stringify({ ...p384().export({ format: 'jwk' }), kid: 'p' }),
    ],
    ['a PEM', () => keyPem(p384())],
    [
      'a file without the key in force',
      () =>
        JSON.stringify({
          ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
          kid: 'stranger',
        }),
    ],
    [
      'a key with another’s public half',
      (held) => {
        const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
        const { x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
        const { keys } = JSON.parse(held) as { keys: object[] };
        return JSON.stringify({ keys: [...keys, { ...jwk, x, kid: 'crossed' }] });
      },
    ],
    [
      'a "kid" twice',
      (held) => {
        const { keys } = JSON.parse(held) as { keys: { kid: string }[] };
        const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
        return JSON.stringify({ keys: [...keys, { ...jwk, kid: keys[0]?.kid }] });
      },
    ],
  ];
  test.each(bad)('%s is not taken, and what was before goes on', async (_what, bend) => {
    const held = readFileSync(gateway.files.tokenKey, 'utf8');
    const known = (await keysOf(gateway, 'TOKEN')).map(({ kid }) => kid);
    writeFileSync(gateway.files.tokenKey, bend(held));
    await gateway.gateway.lookAtFiles();
    expect((await keysOf(gateway, 'TOKEN')).map(({ kid }) => kid)).toEqual(known);
    expect(kidOf(await gateway.partner(code).fetchToken())).toBe(
      (await keysOf(gateway, 'TOKEN')).find(({ state }) => state === 'IN_FORCE')?.kid,
    );
    writeFileSync(gateway.files.tokenKey, held);
    await gateway.gateway.lookAtFiles();
  });

  test('one key for tokens and checkpoints is not taken', async () => {
    const held = readFileSync(gateway.files.checkpointKey, 'utf8');
    const tokens = readSigningKeysFile(gateway.files.tokenKey, 'test', 'TOKEN');
    const checkpoints = readSigningKeysFile(gateway.files.checkpointKey, 'test', 'CHECKPOINT');
    const shared = tokens.filter(({ kid }) => kid.startsWith('token-2')).slice(0, 1);
    writeSigningKeysFile(gateway.files.checkpointKey, [...checkpoints, ...shared]);
    const before = (await keysOf(gateway, 'CHECKPOINT')).length;
    await gateway.gateway.lookAtFiles();
    expect(await keysOf(gateway, 'CHECKPOINT')).toHaveLength(before);
    writeFileSync(gateway.files.checkpointKey, held);
    await gateway.gateway.lookAtFiles();
  });

  test.each([
    ['a key back in force', 'UPDATE gateway_key SET ended_at = NULL'],
    ['a revocation taken back', 'UPDATE gateway_key SET revoked = false WHERE revoked'],
    ['a key forgotten', 'DELETE FROM gateway_key'],
    [
      'a key in force without an act',
      `UPDATE gateway_key SET ended_at = now() WHERE use = 'TOKEN' AND ended_at IS NULL;
       INSERT INTO gateway_key (use, thumbprint, kid, in_force_from)
       VALUES ('TOKEN', repeat('A', 43), 'x', now())`,
    ],
  ])('the database refuses %s', async (_what, sql) => {
    const { dataSource } = gateway.rooms.database;
    const work = dataSource.transaction(async (manager) => {
      for (const statement of sql.split(';')) await manager.query(statement);
    });
    await expect(work).rejects.toThrow();
  });
});

describe('two replicas on PostgreSQL', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  let otherKeys: { readonly TOKEN: string; readonly CHECKPOINT: string };
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PostgreSQL', staff: true, people: [laila] });
    otherKeys = { TOKEN: `${gateway.files.tokenKey}.b`, CHECKPOINT: gateway.files.checkpointKey };
    writeFileSync(otherKeys.TOKEN, readFileSync(gateway.files.tokenKey), { mode: 0o600 });
    other = await gateway.replica({ files: otherKeys });
  });
  afterAll(async () => {
    await other?.close();
    await gateway?.close();
  });

  test('a next key that one replica does not hold does not come in force', async () => {
    const next = putNext(gateway.files.tokenKey, 'TOKEN');
    await gateway.gateway.lookAtFiles();
    const { thumbprint, missingAt } = await keyOf(gateway, 'TOKEN', next);
    expect(missingAt).toHaveLength(1);
    const asked = await gateway
      .staff('SEC-1')
      .act('rotateGatewayKey', { use: 'TOKEN', thumbprint });
    expect(asked.code).toBe('ERR_CONFLICT');
    expect((await keyOf(gateway, 'TOKEN', 'token-1')).state).toBe('IN_FORCE');
  });

  test('once both hold it, both change over under load, and each takes the other’s tokens', async () => {
    const [, next] = readSigningKeysFile(gateway.files.tokenKey, 'test', 'TOKEN');
    const here = gateway.partner('ALPHA-BORDER');
    const { TestPartner } = await import('./support/partner.js');
    const there = new TestPartner({ ...gateway.partner('BRAVO-CONSULAR').options, url: other.url });
    // The token endpoint of either is the issuer of both.
    there.signAssertion = async () =>
      new TestPartner({ ...there.options, url: gateway.url }).signAssertion();
    try {
      let second: LoadReport | undefined;
      const first = await underLoad(here, lailaAsSeen, async () => {
        second = await underLoad(there, lailaAsSeen, async () => {
          writeFileSync(otherKeys.TOKEN, readFileSync(gateway.files.tokenKey), { mode: 0o600 });
          await other.gateway.lookAtFiles();
          await rotate(gateway, 'TOKEN', next!.kid);
        });
      });
      expect([first.failures, second?.failures]).toEqual([[], []]);
      for (const report of [first, second!]) {
        expect(kidOf(report.tokens.at(-1) ?? '')).toBe(next!.kid);
        expect(report.tokens.map(kidOf)).toContain('token-1');
      }
      const token = first.tokens.at(-1) ?? '';
      const elsewhere = new TestPartner({ ...here.options, url: other.url });
      expect((await elsewhere.withToken(token).graphql('{ access { officer } }')).status).toBe(200);
      elsewhere.close();
    } finally {
      there.close();
    }
  });

  test('a replica whose file lacks the key in force does not start', async () => {
    const lone = `${gateway.files.tokenKey}.c`;
    const [old] = readSigningKeysFile(gateway.files.tokenKey, 'test', 'TOKEN');
    writeFileSync(lone, JSON.stringify(old!.jwk), { mode: 0o600 });
    await expect(gateway.replica({ files: { ...otherKeys, TOKEN: lone } })).rejects.toThrow(
      'ERR_KEY_UNUSABLE',
    );
  });
});
