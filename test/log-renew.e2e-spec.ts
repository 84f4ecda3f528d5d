import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import type { PartnerCode } from '../src/core/ids.js';
import { checkQuorum, parseWitnessKey } from '../src/core/log/cosignature.js';
import { formatVerifierKey, parseVerifierKey } from '../src/core/log/note.js';
import { openCheckpoint } from '../src/core/log/checkpoint.js';
import { decodeTlogProof } from '../src/core/log/tlog-proof.js';
import {
  decodeRenewal,
  encodeRenewal,
  renewalDigest,
  signRenewal,
} from '../src/core/log/renewal.js';
import { openDoors, openRooms, type Gateway, type OpenRooms } from '../src/main.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { productionSettings } from '../src/cli/host/production-settings.js';
import { safeconduct, writeStaffProfile, type Ran } from './support/command.js';
import { renewalEnvironment, withEnvironment } from './support/renewal-environment.js';
import { databaseKinds, temporaryHome } from './support/databases.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, type AnswerJson } from './support/replies.js';
import { TestStaffClient } from './support/staff-client.js';

const code = 'ALPHA-BORDER' as PartnerCode;

/** What operators, partners and a witness do when a home has lost its journal, in order. */
describe.each(databaseKinds)('a lost journal on %s', (kind) => {
  const place = temporaryHome();
  const at = (name: string): string => join(place.path, name);
  let gateway: TestGateway;
  let reopened: Gateway | undefined;
  let earlierKey = '';
  let witnessKey = '';
  let environment: Readonly<Record<string, string>> = {};
  let before: AnswerJson;
  let roomsNow: OpenRooms;
  const write = (name: string, text: string): string => {
    writeFileSync(at(name), text, { mode: 0o600 });
    return at(name);
  };
  const log = (rooms: OpenRooms = gateway.rooms) => rooms.context.get<AccessLog>(ACCESS_LOG);
  const journal = () => join(gateway.home, 'journal');

  beforeAll(async () => {
    mkdirSync(place.path, { recursive: true });
    gateway = await startGateway({ kind, staff: true, people: [laila], checkpointCopy: true });
    for (const name of ['ADM-1', 'ADM-2', 'LIA-1', 'SEC-1']) {
      const pair = gateway.staffPair(name);
      const url = gateway.gateway.staff?.url ?? '';
      writeStaffProfile(place.path, name, { url, serverCaPem: gateway.serverCaPem, pair });
    }
    const made = await safeconduct(['witness-key', 'witness.example', '--key', at('witness.jwk')]);
    witnessKey = made.out.trim();
    await log().witnesses.register(code, witnessKey, new Date());
    await gateway.partner(code).verify(lailaAsSeen);
    await log().makeRound(new Date());
    earlierKey = log().coverVerifierKey();
    expect(await witness('old.json')).toMatchObject({ code: 0 });
    before = answerOf(await gateway.partner(code).verify(lailaAsSeen));
    await log().makeRound(new Date());
    environment = renewalEnvironment(gateway, place.path);
  });
  afterAll(async () => {
    await reopened?.close();
    await gateway?.close();
    place.remove();
  });

  const renew = async (args: readonly string[], bent: Readonly<Record<string, string>> = {}) =>
    safeconduct(['log', 'renew', ...args], { ...environment, ...bent });
  const look = async (bent: Readonly<Record<string, string>> = {}) =>
    renew(['look', '--json', '--earlier-key', earlierKey, '--note', at('old.json')], bent);
  const request = async (who: string, out: string): Promise<Ran> =>
    renew([
      ...['request', '--earlier-key', earlierKey, '--note', at('old.json')],
      ...['--out', at(out), '--profile', at(`${who}.json`)],
    ]);
  const countersign = async (
    who: string,
    from: string,
    to: string,
    digest = renewalDigest(decodeRenewal(readFileSync(at(from), 'utf8'))),
  ): Promise<Ran> => {
    cpSync(at(from), at(to));
    const said = ['--digest', digest, '--profile', at(`${who}.json`)];
    return safeconduct(['log', 'renew', 'countersign', at(to), ...said]);
  };
  const apply = async (name: string): Promise<Ran> => renew(['apply', at(name), '--json']);
  const profile = async (open: AccessLog): Promise<string> => {
    const { pair, signingKey, kid, clientId } = gateway.partner(code).options;
    write('crt.pem', new X509Certificate(pair.certificate).toString());
    write('key.pem', keyPem(pair.privateKey));
    write('ca.pem', gateway.serverCaPem);
    write('signing.jwk', JSON.stringify({ ...signingKey.export({ format: 'jwk' }), kid }));
    return write(
      'profile.json',
      JSON.stringify({
        url: gateway.url,
        certificateFile: 'crt.pem',
        keyFile: 'key.pem',
        caFile: 'ca.pem',
        clientId,
        signingKeyFile: 'signing.jwk',
        logVerifierKeys: await open.verifierKeys({ kind: 'partner', partner: code }),
        coverVerifierKeys: open.coverVerifierKeys(),
        witnessVerifierKeys: [witnessKey],
        witnessQuorum: 1,
        coverSlot: await open.coverSlot(code),
      }),
    );
  };
  const witness = async (state: string, open: AccessLog = log()): Promise<Ran> =>
    safeconduct([
      ...['witness', '--once', '--profile', await profile(open)],
      ...['--key', at('witness.jwk'), '--state', at(state)],
    ]);

  test('is refused while the gateway runs, and while the journal can be put back', async () => {
    const running = await look();
    expect([running.code, running.err]).toEqual([3, expect.stringContaining('in use')]);
    await gateway.gateway.close();
    const there = await look();
    expect([there.code, there.err]).toEqual([3, expect.stringContaining('start the gateway')]);
    renameSync(journal(), `${journal()}.old`);
    const beside = await look();
    expect([beside.code, beside.err]).toEqual([3, expect.stringContaining('journal.old')]);
    renameSync(`${journal()}.old`, at('journal.kept'));
  });

  test('keeps the gateway from starting', async () => {
    await expect(openRooms(gateway.settings)).rejects.toThrow('ERR_LOG_CONTRADICTS_ITSELF');
  });

  test('takes a new origin and a new key, and the key of the log that ends', async () => {
    const origin = await look({ SAFECONDUCT_LOG_ORIGIN: 'log.test' });
    expect([origin.code, origin.err]).toEqual([2, expect.stringContaining('LOG_ORIGIN')]);
    const key = await look({ SAFECONDUCT_CHECKPOINT_KEY_FILE: gateway.files.checkpointKey });
    expect([key.code, key.err]).toEqual([2, expect.stringContaining('new key')]);
    const { publicKey } = generateKeyPairSync('ed25519');
    const stranger = formatVerifierKey('log.test/cover', publicKey);
    const other = await renew(['look', '--earlier-key', stranger]);
    expect(other.code).toBe(2);
  });

  test('is shown with its last cosigned checkpoint, and changes nothing by being looked at', async () => {
    const { code: done, out } = await look();
    expect(done).toBe(0);
    const found = JSON.parse(out) as {
      earlier: { cosigned: string; signed: string; origin: string };
      trees: { tree: string; signed: number; kept: number }[];
      isWhole: boolean;
    };
    const keys = parseVerifierKey(earlierKey);
    expect(checkQuorum(found.earlier.cosigned, [parseWitnessKey(witnessKey)], 1)).toHaveLength(1);
    const cosigned = openCheckpoint(found.earlier.cosigned, keys);
    expect(openCheckpoint(found.earlier.signed, keys).size).toBeGreaterThanOrEqual(cosigned.size);
    expect(found.trees.map(({ tree }) => tree)).toEqual(expect.arrayContaining(['cover', 'host']));
    expect(found.trees.every(({ signed, kept }) => kept >= signed)).toBe(true);
    expect(found.isWhole).toBe(kind === 'PostgreSQL');
    expect((await look()).out).toBe(out);
    expect(existsSync(gateway.files.checkpoints)).toBe(true);
  });

  test('two administrators sign: not one, not another role, not one twice, nothing forged', async () => {
    expect((await request('LIA-1', 'role.json')).code).toBe(3);
    expect(existsSync(at('role.json'))).toBe(false);
    const asked = await request('ADM-1', 'one.json');
    expect(asked.code).toBe(0);
    // What the first reads out is of this request; the second signs no other.
    const digest = renewalDigest(decodeRenewal(readFileSync(at('one.json'), 'utf8')));
    expect(asked.out).toContain(digest);
    const other = await countersign('ADM-2', 'one.json', 'two.json', digest.replace(/.$/, '_'));
    expect([other.code, other.err]).toEqual([3, expect.stringContaining('another request')]);
    expect(readFileSync(at('two.json'), 'utf8')).toBe(readFileSync(at('one.json'), 'utf8'));
    expect((await request('ADM-1', 'one.json')).code).toBe(2);
    expect((await apply('one.json')).err).toContain('two administrators');
    const twice = await countersign('ADM-1', 'one.json', 'twice.json');
    expect([twice.code, (await apply('twice.json')).code]).toEqual([3, 3]);
    // Whoever countersigns elsewhere is known only here.
    expect((await countersign('LIA-1', 'one.json', 'liaison.json')).code).toBe(0);
    expect((await apply('liaison.json')).err).toContain('no administrator');
    expect((await countersign('ADM-2', 'one.json', 'two.json')).code).toBe(0);

    const text = readFileSync(at('two.json'), 'utf8');
    const signed = decodeRenewal(text);
    const [first, second] = signed.operators;
    if (first === undefined || second === undefined) throw new TypeError('two');
    const signature = Buffer.from(second.signature);
    signature.writeUInt8(signature.readUInt8(10) ^ 1, 10);
    write(
      'forged.json',
      encodeRenewal({ ...signed, operators: [first, { ...second, signature }] }),
    );
    expect((await apply('forged.json')).code).toBe(3);
    const statement = { ...signed.statement, isWhole: !signed.statement.isWhole };
    write('changed.json', encodeRenewal({ ...signed, statement }));
    expect((await apply('changed.json')).err).toContain('does not verify');
    write('spaced.json', text.replace('{', '{ '));
    expect((await apply('spaced.json')).code).toBe(2);
    expect(existsSync(gateway.files.checkpoints)).toBe(true);
  });

  test('another checkpoint than the one found is refused, though two have signed it', async () => {
    const { statement } = decodeRenewal(readFileSync(at('two.json'), 'utf8'));
    const bothSign = (bent: object) =>
      ['ADM-1', 'ADM-2'].reduce(
        (renewal, who) => {
          const pem = readFileSync(at(`${who}.crt.pem`), 'utf8');
          const key = createPrivateKey(readFileSync(at(`${who}.key.pem`), 'utf8'));
          return signRenewal(renewal, new X509Certificate(pem).raw, key);
        },
        { statement: { ...statement, ...bent }, operators: [] } as Parameters<
          typeof signRenewal
        >[0],
      );
    const { earlier } = statement;
    write('other.json', encodeRenewal(bothSign({ earlier: { ...earlier, cosigned: null } })));
    expect((await apply('other.json')).err).toContain('something else than what is found');
    const requestedAt = new Date(Date.now() - 73 * 3_600_000).toISOString();
    write('late.json', encodeRenewal(bothSign({ requestedAt })));
    expect((await apply('late.json')).err).toContain('72 hours');
    expect(existsSync(gateway.files.checkpoints)).toBe(true);
  });

  test('then a new log goes on from the old, and names where that ended and who decided', async () => {
    const done = await apply('two.json');
    expect([done.code, done.err]).toEqual([0, '']);
    const told = JSON.parse(done.out) as {
      by: string[];
      suspended: string[];
      checkpointsKept: string;
    };
    expect(told.by).toEqual(['ADM-1', 'ADM-2']);
    expect(told.suspended).toEqual(kind === 'PostgreSQL' ? [] : [code, 'BRAVO-CONSULAR']);
    expect(readFileSync(told.checkpointsKept, 'utf8')).toContain('log.test/cover');
    expect((await apply('two.json')).code).toBe(3);
    // Under its old name nothing is ever signed again, by the new key neither.
    const old = withEnvironment(
      { ...environment, SAFECONDUCT_LOG_ORIGIN: 'log.test' },
      productionSettings,
    );
    await expect(openRooms(old)).rejects.toThrow('ERR_LOG_CONTRADICTS_ITSELF');
    await expect(openRooms(gateway.settings)).rejects.toThrow('ERR_KEY_UNUSABLE');
  });

  test('the gateway opens on it; its first record holds the file, committed to in full', async () => {
    const settings = withEnvironment(environment, productionSettings);
    const rooms = await openRooms(settings);
    roomsNow = rooms;
    reopened = await openDoors(settings, rooms);
    const open = log(rooms);
    const [earlier] = await open.earlierLogs();
    const signed = decodeRenewal(readFileSync(at('two.json'), 'utf8'));
    expect(earlier?.statement).toEqual(signed.statement);
    const found = await open.search.find(
      { partner: null, purpose: 'LOG_RENEW' },
      { first: 5 },
      new Date(),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.host?.finding).toContain('log.test');
    expect(open.coverVerifierKey()).toContain('log.test.2/cover');
  });

  test('partners come back as they were, or by two people each, and are told of both logs', async () => {
    const rooms = roomsNow;
    const staff = (reference: string) => {
      const pair = gateway.staffPair(reference);
      return new TestStaffClient(reopened?.staff?.url ?? '', gateway.serverCaPem, pair);
    };
    const [one, two] = [staff('LIA-1'), staff('LIA-2')];
    const partner = gateway.partner(code);
    partner.forgetToken();
    if (kind === 'PGlite') {
      await expect(partner.verify(lailaAsSeen)).rejects.toThrow();
      const asked = await one.act('resumePartner', { code });
      expect((await two.approve(asked)).code).toBeUndefined();
    }
    let reply = await partner.verify(lailaAsSeen);
    // A token of the second of the suspension counts as one of before, and the test is faster.
    for (let attempt = 0; attempt < 200 && reply.status === 401; attempt += 1) {
      partner.forgetToken();
      reply = await partner.verify(lailaAsSeen);
    }
    const answer = answerOf(reply);
    expect(answer.outcome).toBe('MATCH');
    const vkey = await log(rooms).verifierKey({ kind: 'partner', partner: code });
    expect(vkey).toContain('log.test.2/partner/');
    const proof = (receipt: { readonly proof: string }) =>
      decodeTlogProof(receipt.proof).checkpoint;
    expect(openCheckpoint(proof(answer.receipt), parseVerifierKey(vkey)).size).toBe(3);
    // What was proven under the earlier log is proven again under this one.
    const again = await log(rooms).receipt(code, before.id);
    expect(again?.record).toBe(before.receipt.record);
    expect(openCheckpoint(proof(again ?? before.receipt), parseVerifierKey(vkey)).size).toBe(3);
    const { value } = await one.graphql(
      `{ partnerBundle(code: "${code}") { coverVerifierKey earlierLogs { origin verifierKeys cosigned } } }`,
    );
    const signed = decodeRenewal(readFileSync(at('two.json'), 'utf8'));
    const { origin, verifierKeys, cosigned } = signed.statement.earlier;
    expect(value).toEqual({
      coverVerifierKey: log(rooms).coverVerifierKey(),
      earlierLogs: [{ origin, verifierKeys, cosigned }],
    });
    one.close();
    two.close();
  });

  test('a witness keeps what it remembers of the earlier log, and begins with the new one', async () => {
    const kept = readFileSync(at('old.json'), 'utf8');
    const refused = await witness('old.json', log(roomsNow));
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('as evidence')]);
    expect(readFileSync(at('old.json'), 'utf8')).toBe(kept);
    expect(await witness('new.json', log(roomsNow))).toMatchObject({ code: 0, err: '' });
    expect((await log(roomsNow).witnesses.list())[0]?.size).toBeGreaterThan(0);
  });
});
