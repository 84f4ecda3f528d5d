import {
  createHmac,
  generateKeyPairSync,
  randomUUID,
  sign as signBytes,
  type KeyObject,
} from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign } from 'jose';
import type { EntityManager } from 'typeorm';
import {
  addGrantKey,
  GrantLifecycle,
  grantSignaturePayload,
  grantSignatureType,
} from '../src/grants/index.js';
import type { Grant } from '../src/core/grants/grant.js';
import type { PartnerCode } from '../src/core/ids.js';
import { describeOnEachDatabase } from './support/databases.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';

const acceptDocument = `mutation Accept($input: AcceptGrantInput!) {
  acceptGrant(input: $input) { grant { id version digest state budgets { kind limit used } } }
}`;
const [alpha, bravo] = testPartners;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describeOnEachDatabase('acceptGrant', (kind) => {
  let gateway: TestGateway;
  const lifecycle = new GrantLifecycle(randomUUID);
  const at = new Date();
  const people = { requestedBy: { account: 'one' }, approvedBy: { account: 'two' } };
  const within = <T>(work: (manager: EntityManager) => Promise<T>) =>
    gateway.rooms.database.dataSource.transaction(work);

  beforeAll(async () => {
    gateway = await startGateway({ kind });
    const jwk = { ...signing.publicKey.export({ format: 'jwk' }), kid: 'grants-1' };
    await within((manager) => addGrantKey(manager, people, { partner: alpha.code, jwk }));
  });
  afterAll(async () => gateway.close());

  const approved = (change: object = {}) =>
    within(async (manager) => {
      const terms = {
        ...standardTerms,
        partner: alpha.code,
        validFrom: inDays(-1),
        validUntil: inDays(300),
        ...change,
      };
      const { id } = await lifecycle.draft(manager, people.requestedBy, { terms }, at);
      const { digest } = await lifecycle.submit(manager, people.requestedBy, { grantId: id }, at);
      return lifecycle.approve(manager, people.approvedBy, { grantId: id, digest }, at);
    });
  const accept = async (code: string, grant: Grant, change: object = {}) => {
    const { id, version, digest } = grant;
    const input = { grantId: id, version, digest, ...change };
    const reply = await gateway.partner(code).graphql(acceptDocument, { input });
    const payload = reply.json?.data?.['acceptGrant'] as { grant: object } | null | undefined;
    return payload?.grant ?? reply.json?.errors?.[0]?.extensions['code'];
  };
  const ask = async (grant: Grant) => {
    const person = { documents: [{ type: 'PASSPORT', number: 'P0000001' }] };
    const reply = await gateway.partner(alpha.code).verify(person, { grantId: grant.id });
    return reply.json?.errors?.[0]?.extensions['code'] ?? 'ANSWERED';
  };
  test('puts an approved version in force over its digest, once', async () => {
    const grant = await approved();
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(alpha.code, grant)).toMatchObject({
      id: grant.id,
      version: 1,
      digest: grant.digest,
      state: 'ACTIVE',
      budgets: [{ kind: 'QUESTIONS' }, { kind: 'PEOPLE' }, { kind: 'MISSES' }, { kind: 'VALUES' }],
    });
    expect(await ask(grant)).toBe('ANSWERED');
    expect(await accept(alpha.code, grant)).toBe('ERR_GRANT_NOT_USABLE');
  });

  test('refuses another digest, another version, another partner’s grant and none: one code', async () => {
    const grant = await approved();
    expect(await accept(alpha.code, grant, { digest: 'x' })).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(alpha.code, grant, { version: 2 })).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(alpha.code, grant, { grantId: randomUUID() })).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(alpha.code, grant, { grantId: 'x' })).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(bravo.code, grant)).toBe('ERR_GRANT_NOT_USABLE');
  });

  test('access shows a version to accept, with its digest', async () => {
    const grant = await approved();
    const read = async (code: string) => {
      const query = '{ access { grants { id version digest state } } }';
      const reply = await gateway.partner(code).graphql(query);
      const access = reply.json?.data?.['access'] as { grants: { id: string }[] };
      return access.grants.find(({ id }) => id === grant.id);
    };
    expect(await read(alpha.code)).toEqual({
      id: grant.id,
      version: 1,
      digest: grant.digest,
      state: 'APPROVED',
    });
    expect(await read(bravo.code)).toBeUndefined();
  });

  describe('where a signature is asked for', () => {
    const b64 = (text: string | Buffer) => Buffer.from(text).toString('base64url');
    const es256 = (input: string, key: KeyObject = signing.privateKey) =>
      signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      );
    const header = { alg: 'ES256', kid: 'grants-1', typ: grantSignatureType };
    /** A JWS put together by hand, so that it can be wrong in one thing and right in all others. */
    const jws = (protectedHeader: string, payload: string, key?: KeyObject) => {
      const input = `${b64(protectedHeader)}.${b64(payload)}`;
      return `${input}.${es256(input, key)}`;
    };
    const withHeader = (change: object, payload: string, key?: KeyObject) =>
      jws(JSON.stringify({ ...header, ...change }), payload, key);
    const publicJwk = { ...signing.publicKey.export({ format: 'jwk' }), kid: 'grants-1' };

    /** Wrong in one thing each; the payload is the right one of the grant unless a row changes it. */
    const wrong: Readonly<Record<string, (grant: Grant, payload: string) => string | undefined>> = {
      'none at all': () => undefined,
      'a text that is none': () => 'x',
      'a byte more': (_, payload) => `${withHeader({}, payload)}A`,
      'the version before': (grant) =>
        withHeader({}, grantSignaturePayload({ ...grant, version: grant.version + 1 })),
      'another grant’s digest': (grant) =>
        withHeader({}, grantSignaturePayload({ ...grant, digest: `${grant.digest.slice(1)}A` })),
      'another grant': (grant) =>
        withHeader({}, grantSignaturePayload({ ...grant, id: randomUUID() as Grant['id'] })),
      'a payload that is not canonical': (_, payload) => withHeader({}, payload.replace('{', '{ ')),
      'a payload with a member more': (_, payload) =>
        withHeader({}, payload.replace('{', '{"by":"x",')),
      'a member of the payload twice': (_, payload) =>
        withHeader({}, payload.replace('{', '{"version":1,')),
      'another typ': (_, payload) => withHeader({ typ: 'JWT' }, payload),
      'no typ': (_, payload) => withHeader({ typ: undefined }, payload),
      'the typ with its prefix': (_, payload) =>
        withHeader({ typ: `application/${grantSignatureType}` }, payload),
      'alg none': (_, payload) =>
        `${b64(JSON.stringify({ ...header, alg: 'none' }))}.${b64(payload)}.`,
      'alg none and a signature': (_, payload) => withHeader({ alg: 'none' }, payload),
      'HS256 under the public key': (_, payload) => {
        const input = `${b64(JSON.stringify({ ...header, alg: 'HS256' }))}.${b64(payload)}`;
        const secret = signing.publicKey.export({ format: 'pem', type: 'spki' });
        return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      },
      'an algorithm the key is not for': (_, payload) => withHeader({ alg: 'PS256' }, payload),
      'an algorithm nobody takes': (_, payload) => withHeader({ alg: 'ES384' }, payload),
      'a kid nobody has registered': (_, payload) => withHeader({ kid: 'grants-2' }, payload),
      'no kid': (_, payload) => withHeader({ kid: undefined }, payload),
      'a key nobody has registered, under a kid that is': (_, payload) =>
        withHeader({}, payload, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      'the key for tokens': (_, payload) => {
        const { kid, signingKey } = gateway.partner(alpha.code).options;
        return withHeader({ kid }, payload, signingKey);
      },
      'a key that was removed': (_, payload) =>
        withHeader({ kid: 'grants-0' }, payload, removed.privateKey),
      'a key of another partner': (_, payload) =>
        withHeader({ kid: 'bravo-1' }, payload, ofBravo.privateKey),
      'an embedded key': (_, payload) => withHeader({ jwk: publicJwk }, payload),
      'an embedded key instead of a kid': (_, payload) =>
        withHeader({ jwk: publicJwk, kid: undefined }, payload),
      'a place to fetch the key from': (_, payload) =>
        withHeader({ jku: 'https://keys.example/jwks' }, payload),
      crit: (_, payload) => withHeader({ crit: ['exp'], exp: 4_000_000_000 }, payload),
      'an empty crit': (_, payload) => withHeader({ crit: [] }, payload),
      'an unencoded payload (RFC 7797)': (_, payload) => {
        const input = `${b64(JSON.stringify({ ...header, b64: false, crit: ['b64'] }))}.${payload}`;
        return `${input}.${es256(input)}`;
      },
      'a detached payload': (_, payload) => {
        const [first = '', , last = ''] = withHeader({}, payload).split('.');
        return `${first}..${last}`;
      },
      'a member of the header twice': (_, payload) =>
        jws(JSON.stringify(header).replace('{', '{"kid":"grants-1",'), payload),
      padding: (_, payload) =>
        withHeader({}, payload)
          .split('.')
          .map((part) => `${part}${'='.repeat((4 - (part.length % 4)) % 4)}`)
          .join('.'),
      'white space at its end': (_, payload) => `${withHeader({}, payload)}\n`,
      'bits nobody reads': (_, payload) => {
        const whole = withHeader({}, payload);
        const last = whole.at(-1) ?? '';
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        return `${whole.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1] ?? 'B'}`;
      },
      'the JSON serialisation': (_, payload) => {
        const [first, second, third] = withHeader({}, payload).split('.');
        return JSON.stringify({ protected: first, payload: second, signature: third });
      },
      'a signature in DER': (_, payload) => {
        const input = `${b64(JSON.stringify(header))}.${b64(payload)}`;
        return `${input}.${b64(signBytes('sha256', Buffer.from(input), signing.privateKey))}`;
      },
    };
    const removed = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ofBravo = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    let waiting: Grant;
    beforeAll(async () => {
      const add = async (partner: PartnerCode, kid: string, { publicKey }: typeof removed) =>
        within((manager) =>
          addGrantKey(manager, people, {
            partner,
            jwk: { ...publicKey.export({ format: 'jwk' }), kid },
          }),
        );
      await add(alpha.code, 'grants-0', removed);
      await add(bravo.code, 'bravo-1', ofBravo);
      await gateway.rooms.database.dataSource.query(
        "UPDATE grant_key SET active = false WHERE kid = 'grants-0'",
      );
      waiting = await approved({ requiresSignature: true });
    });

    test.each(Object.keys(wrong))('refuses %s', async (name) => {
      const signature = wrong[name]?.(waiting, grantSignaturePayload(waiting));
      const change = signature === undefined ? {} : { signature };
      expect(await accept(alpha.code, waiting, change)).toBe('ERR_INPUT_INVALID');
      expect(await ask(waiting)).toBe('ERR_GRANT_NOT_USABLE');
    });

    test('takes the same put together by hand that was wrong in one thing each', async () => {
      const signature = withHeader({}, grantSignaturePayload(waiting));
      expect(await accept(alpha.code, waiting, { signature })).toMatchObject({ state: 'ACTIVE' });
    });

    test('refuses a wrong one as well where none is asked for', async () => {
      const grant = await approved();
      const signature = withHeader({ typ: 'JWT' }, grantSignaturePayload(grant));
      expect(await accept(alpha.code, grant, { signature })).toBe('ERR_INPUT_INVALID');
      expect(await accept(alpha.code, grant)).toMatchObject({ state: 'ACTIVE' });
    });

    // As docs/grants.md says it, with a library that knows nothing of the gateway.
    test.each([
      ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 3072 })],
      ['EdDSA', () => generateKeyPairSync('ed25519')],
    ] as const)('takes one of a stock library, %s', async (alg, make) => {
      const pair = make();
      const kid = `stock-${alg}`;
      const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid };
      await within((manager) => addGrantKey(manager, people, { partner: alpha.code, jwk }));
      const grant = await approved({ requiresSignature: true });
      const { id, version, digest } = grant;
      const payload = `{"digest":"${digest}","grant":"${id}","version":${version}}`;
      const signature = await new CompactSign(new TextEncoder().encode(payload))
        .setProtectedHeader({ alg, kid, typ: 'safeconduct-grant+jws' })
        .sign(pair.privateKey);
      expect(await accept(alpha.code, grant, { signature })).toMatchObject({ state: 'ACTIVE' });
    });
  });

  test('a suspended grant stays suspended under the version its partner accepts', async () => {
    const grant = await approved();
    await accept(alpha.code, grant);
    const wider = await within(async (manager) => {
      const { id: grantId } = grant;
      const terms = {
        ...standardTerms,
        partner: alpha.code,
        questionsPerDay: 2_000,
        validFrom: inDays(-1),
        validUntil: inDays(300),
      };
      const { digest } = await lifecycle.amend(manager, people.requestedBy, { grantId, terms }, at);
      await lifecycle.submit(manager, people.requestedBy, { grantId }, at);
      const next = await lifecycle.approve(manager, people.approvedBy, { grantId, digest }, at);
      await lifecycle.suspend(manager, people.approvedBy, { grantId, reason: 'a reason' }, at);
      return next;
    });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
    expect(await accept(alpha.code, wider)).toMatchObject({ version: 2, state: 'SUSPENDED' });
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
  });

  test('a revoked grant refuses the next question', async () => {
    const grant = await approved();
    await accept(alpha.code, grant);
    expect(await ask(grant)).toBe('ANSWERED');
    await within((manager) =>
      lifecycle.revoke(manager, people.requestedBy, { grantId: grant.id, reason: 'r' }, at),
    );
    expect(await ask(grant)).toBe('ERR_GRANT_NOT_USABLE');
  });
});
