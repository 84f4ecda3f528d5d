import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { startGateway, testPartners, type TestGateway } from '../../test/support/gateway.js';
import type { RawRequest, TestReply } from '../../test/support/partner.js';
import type { AccessLog } from '../access-log/index.js';
import { openCheckpoint } from '../core/log/checkpoint.js';
import { checkCoverProof, openSlotLeaf } from '../core/log/cover.js';
import { cosignCheckpoint, formatWitnessKey, parseWitnessKey } from '../core/log/cosignature.js';
import { parseVerifierKey } from '../core/log/note.js';
import { checkTlogProof } from '../core/log/tlog-proof.js';
import { randomUUID } from 'node:crypto';
import { issueClientKeyPair } from '../platform/pki/index.js';
import { ACCESS_LOG } from '../rooms.module.js';

const [alpha, bravo] = testPartners;
const witness = { name: 'alpha.example', privateKey: generateKeyPairSync('ed25519').privateKey };
const vkey = formatWitnessKey(witness.name, witness.privateKey);
const person = {
  names: [{ full: 'Test Person' }],
  documents: [{ type: 'PASSPORT', number: 'O1234567' }],
};

describeOnEachDatabase('the log on the partner door', (kind) => {
  let gateway: TestGateway;
  let log: AccessLog;

  beforeAll(async () => {
    gateway = await startGateway({ kind });
    log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await log.witnesses.register(alpha.code, vkey, new Date());
    await gateway.partner(alpha.code).verify(person);
    await log.makeRound(new Date());
  });
  afterAll(async () => gateway.close());

  const get = (path: string, more: RawRequest = {}): Promise<TestReply> =>
    gateway.partner(alpha.code).raw({ method: 'GET', path, ...more });
  const cosign = (body: string, type = 'text/plain'): Promise<TestReply> =>
    gateway.partner(alpha.code).raw({
      path: '/log/cover/cosignatures',
      headers: { 'content-type': type },
      body,
    });
  const text = (reply: TestReply): string => reply.body.toString('utf8');

  test('a partner reads its own tree and the cover tree by its certificate alone', async () => {
    const key = parseVerifierKey(await log.verifierKey({ kind: 'partner', partner: alpha.code }));
    const own = await get('/log/checkpoint');
    expect(own.status).toBe(200);
    expect(own.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(own.headers['cache-control']).toBe('no-store');
    expect(openCheckpoint(text(own), key).size).toBe(1);
    const tile = await get('/log/tile/0/000.p/1');
    expect(tile.status).toBe(200);
    expect(tile.headers['content-type']).toBe('application/octet-stream');
    expect(tile.headers['cache-control']).toBe('no-store');
    expect(tile.body).toEqual(openCheckpoint(text(own), key).root);

    const cover = await get('/log/cover/checkpoint');
    const coverKey = parseVerifierKey(log.coverVerifierKey());
    const { size } = openCheckpoint(text(cover), coverKey);
    expect(size).toBeGreaterThan(0);
    const coverTile = await get(`/log/cover/tile/0/000.p/${size}`);
    expect(coverTile.body.length).toBe(32 * size);
    const leaf = await get(`/log/cover/leaf/${size - 1}`);
    const slot = (await log.coverSlot(alpha.code)) ?? -1;
    expect(leaf.headers['content-type']).toBe('application/octet-stream');
    expect(String(leaf.headers['slot-path']).split(', ')).toHaveLength(6);
    expect(openSlotLeaf(leaf.body, { slot, tree: key }).round).toBe(size - 1);
  });

  test('another partner reads another tree', async () => {
    const other = gateway.partner(bravo.code);
    const own = await get('/log/checkpoint');
    const foreign = await other.raw({ method: 'GET', path: '/log/checkpoint' });
    expect(text(foreign).split('\n')[0]).not.toBe(text(own).split('\n')[0]);
    expect((await other.raw({ method: 'GET', path: '/log/tile/0/000.p/1' })).status).toBe(404);
  });

  test.each([
    '/log/tile/0/000',
    '/log/tile/0/000.p/200',
    '/log/tile/0/0',
    '/log/tile/entries/000',
    '/log/tile/',
    '/log/cover/leaf/999999',
    '/log/cover/leaf/-1',
    '/log/cover/leaf/01',
    '/log/host/checkpoint',
    '/log',
  ])('%s is not there', async (path) => {
    const reply = await get(path);
    expect([reply.status, reply.headers['cache-control']]).toEqual([404, 'no-store']);
  });

  test('a cosigned round covers a receipt', async () => {
    const asked = await gateway.partner(alpha.code).verify(person);
    const { id } = (asked.json?.data?.['verifyIdentity'] ?? {}) as { id: string };
    await log.makeRound(new Date());
    const checkpoint = text(await get('/log/cover/checkpoint'));
    const line = cosignCheckpoint(checkpoint, witness, Math.floor(Date.now() / 1000));
    const taken = await cosign(checkpoint + line);
    expect(taken.status).toBe(200);
    const reply = await gateway
      .partner(alpha.code)
      .graphql(
        'query ($id: ID!) { receipt(id: $id) { record proof cover { leaf slotPath proof } } }',
        {
          id,
        },
      );
    const receipt = reply.json?.data?.['receipt'] as {
      record: string;
      proof: string;
      cover: { leaf: string; slotPath: string[]; proof: string };
    };
    const tree = parseVerifierKey(await log.verifierKey({ kind: 'partner', partner: alpha.code }));
    const record = Buffer.from(receipt.record, 'base64url');
    const proven = checkTlogProof(record, receipt.proof, tree);
    const checked = checkCoverProof(receipt.cover, proven.checkpoint, {
      tree,
      cover: parseVerifierKey(log.coverVerifierKey()),
      slot: (await log.coverSlot(alpha.code)) ?? -1,
      witnesses: [parseWitnessKey(vkey)],
      quorum: 1,
    });
    expect(checked.cosignatures).toHaveLength(1);
    const ready = await fetch(`${gateway.opsUrl}/readyz`);
    expect(ready.status).toBe(200);
  });

  test('cosignatures are refused with the statuses of the contract', async () => {
    const checkpoint = text(await get('/log/cover/checkpoint'));
    const now = Math.floor(Date.now() / 1000);
    const stranger = { name: 'x.example', privateKey: generateKeyPairSync('ed25519').privateKey };
    expect((await cosign(checkpoint + cosignCheckpoint(checkpoint, stranger, now))).status).toBe(
      403,
    );
    expect((await cosign(checkpoint)).status).toBe(403);
    expect((await cosign(text(await get('/log/checkpoint')))).status).toBe(404);
    expect((await cosign('no note')).status).toBe(422);
    const late = cosignCheckpoint(checkpoint, witness, now + 3_600);
    expect((await cosign(checkpoint + late)).status).toBe(422);
    expect((await cosign('{}', 'application/json')).status).not.toBe(200);
    expect((await cosign('x'.repeat(70_000))).status).toBe(413);
  });

  test('plain text is no body of a question', async () => {
    const reply = await gateway.partner(alpha.code).raw({
      headers: {
        'content-type': 'text/plain',
        authorization: `Bearer ${await gateway.partner(alpha.code).accessToken()}`,
      },
      body: '{"query":"{ access { officer } }"}',
    });
    expect(reply.status).toBe(415);
  });

  test('a revoked certificate and a stranger’s read nothing', async () => {
    const stranger = issueClientKeyPair(
      gateway.clientCa,
      { organization: 'Nobody', commonName: 'nobody' },
      new Date(),
    );
    await expect(get('/log/checkpoint', { pair: stranger })).rejects.toThrow();
    const { pair } = gateway.partner(bravo.code).options;
    expect((await get('/log/checkpoint', { pair })).status).toBe(200);
    const { X509Certificate } = await import('node:crypto');
    const { fingerprint256 } = new X509Certificate(pair.certificate);
    const fingerprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString(
      'base64url',
    );
    await log.restrict({
      act: 'staff.CERTIFICATE_REVOKE',
      body: { payload: { fingerprint }, actId: randomUUID(), at: new Date().toISOString() },
    });
    const held = gateway.partner(bravo.code).raw({ method: 'GET', path: '/log/checkpoint' });
    const outcome = await held.then(
      ({ status }) => status,
      () => 'cut',
    );
    expect([401, 'cut']).toContain(outcome);
  });
});
