import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CompactSign } from 'jose';
import type { EntityManager } from 'typeorm';
import {
  addGrantKey,
  GrantLifecycle,
  grantSignaturePayload,
  grantSignatureType,
} from '../src/grants/index.js';
import type { Grant } from '../src/core/grants/grant.js';
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
  const sign = (payload: string, header: object = {}) =>
    new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', kid: 'grants-1', typ: grantSignatureType, ...header })
      .sign(signing.privateKey);

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

  test('where a signature is asked for, takes one under the key for grants and no other', async () => {
    const grant = await approved({ requiresSignature: true });
    const payload = grantSignaturePayload(grant);
    const good = await sign(payload);
    const refused: object[] = [
      {},
      { signature: 'x' },
      { signature: `${good}A` },
      { signature: await sign(grantSignaturePayload({ ...grant, version: 2 })) },
      { signature: await sign(payload.replace('{', '{ ')) },
      { signature: await sign(payload, { typ: 'JWT' }) },
      { signature: await sign(payload, { kid: 'grants-2' }) },
      { signature: await sign(payload, { extra: 1 }) },
    ];
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const forged = await new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', kid: 'grants-1', typ: grantSignatureType })
      .sign(other);
    for (const change of [...refused, { signature: forged }]) {
      expect(await accept(alpha.code, grant, change)).toBe('ERR_INPUT_INVALID');
    }
    expect(await accept(alpha.code, grant, { signature: good })).toMatchObject({ state: 'ACTIVE' });
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
