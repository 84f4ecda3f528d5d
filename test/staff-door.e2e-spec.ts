import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { TestStaffClient } from './support/staff-client.js';
import { newStaffPair, staffPem } from './support/staff.js';

const selfQuery = '{ self { reference roles certificateFingerprint } }';

describeOnEachDatabase('the staff door', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
  });
  afterAll(async () => gateway?.close());

  test('knows a member of staff by their certificate', async () => {
    const reply = await gateway.staff('LIA-1').graphql(selfQuery);
    expect(reply.value).toMatchObject({ reference: 'LIA-1', roles: ['LIAISON'] });
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  test.each([
    ['a certificate of its CA that nobody has', () => newStaffPair('NOBODY')],
    ['a partner', () => gateway.partner('ALPHA-BORDER').options.pair],
    ['nobody', () => null],
  ])('ends the connection of %s before HTTP', async (_who, pairOf) => {
    const stranger = new TestStaffClient(
      gateway.gateway.staff?.url ?? '',
      gateway.serverCaPem,
      pairOf(),
    );
    await expect(stranger.graphql(selfQuery)).rejects.toThrow();
    stranger.close();
  });

  test('is not the partner door, nor the partner door this one', async () => {
    const partner = gateway.partner('ALPHA-BORDER');
    const reply = await partner.graphql(selfQuery);
    expect(reply.status).toBe(400);
    const other = await gateway.staff('LIA-1').graphql('{ access { officer } }');
    expect([other.status, other.code]).toEqual([400, 'ERR_INPUT_INVALID']);
    const token = await gateway.staff('LIA-1').raw({ path: '/oauth2/token', body: '' });
    expect(token.status).toBe(404);
  });

  test.each([
    ['GET', { method: 'GET' }, 405],
    ['a query in the address', { path: '/graphql?query={self{name}}' }, 405],
    ['another page', { headers: { origin: 'https://evil.example' }, body: '{}' }, 403],
    ['a cross-site request', { headers: { 'sec-fetch-site': 'cross-site' }, body: '{}' }, 403],
    ['a form', { headers: { 'content-type': 'text/plain' }, body: '{}' }, 415],
    ['a duplicate member', { body: '{"query":"{self{name}}","query":"{self{name}}"}' }, 400],
    ['a batch', { body: '[{"query":"{self{name}}"}]' }, 400],
    ['introspection', { body: '{"query":"{__schema{types{name}}}"}' }, 400],
  ])('refuses %s', async (_what, request, status) => {
    expect((await gateway.staff('LIA-1').raw(request)).status).toBe(status);
  });

  test('an account is made by two administrators, and by no other and no one alone', async () => {
    const input = {
      reference: 'NEW-1',
      name: 'A new registrar',
      roles: ['REGISTRAR'],
      certificate: staffPem(newStaffPair('NEW-1')),
    };
    const [one, other] = [gateway.staff('ADM-1'), gateway.staff('ADM-2')];
    for (const reference of ['LIA-1', 'SEC-1', 'REG-1', 'OVR-1', 'PRO-1']) {
      const refused = await gateway.staff(reference).act('addStaff', input);
      expect([refused.status, refused.code]).toEqual([200, 'ERR_ACT_NOT_PERMITTED']);
    }
    const asked = await one.act('addStaff', input);
    expect(asked.value).toMatchObject({ state: 'PENDING', act: 'STAFF_ADD', requestedBy: 'ADM-1' });
    expect((await one.approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await gateway.staff('LIA-2').approve(asked)).code).toBe('ERR_NOT_FOUND');
    expect((await other.approve(asked)).value).toMatchObject({ state: 'DONE', decidedBy: 'ADM-2' });
    expect((await other.approve(asked)).code).toBe('ERR_ACT_NOT_PENDING');
    const { value } = await one.graphql('{ staff { reference roles active } }');
    expect(value).toContainEqual({ reference: 'NEW-1', roles: ['REGISTRAR'], active: true });
    expect((await gateway.staff('LIA-1').graphql('{ staff { reference } }')).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
  });

  test('a suspension ends open connections and every request after it', async () => {
    const registrar = gateway.staff('REG-2');
    expect((await registrar.graphql(selfQuery)).status).toBe(200);
    const { value } = await gateway.staff('SEC-1').graphql('{ staff { account reference } }');
    const account = (value as { account: string; reference: string }[]).find(
      ({ reference }) => reference === 'REG-2',
    )?.account;
    const done = await gateway.staff('SEC-1').act('suspendStaff', { account });
    expect(done.value).toMatchObject({ state: 'DONE', needsSecond: false });
    const after = await registrar.graphql(selfQuery).then(
      ({ status }) => status,
      () => 'cut',
    );
    expect(['cut', 401]).toContain(after);
  });

  test('logs no certificate, name or content', () => {
    expect(gateway.logged.join('')).not.toMatch(/BEGIN|A new registrar|MII/);
  });
});
