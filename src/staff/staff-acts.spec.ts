import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { isGatewayError, type GatewayErrorCode } from '../core/errors.js';
import { decodeRecord } from '../core/log/record.js';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { newStaffPair, openTestStaff, staffPem, type TestStaff } from '../../test/support/staff.js';
import { foundStaff } from './index.js';

const hours = (count: number): number => count * 3_600_000;

describeOnEachDatabase('staff acts', (kind) => {
  let staff: TestStaff;
  beforeAll(async () => {
    staff = await openTestStaff(kind);
    await staff.add('ADMIN-3', 'ADMINISTRATOR');
    await staff.add('LIAISON-1', 'LIAISON');
    await staff.add('SECURITY-1', 'SECURITY');
  });
  afterAll(async () => staff.close());

  const later = (count: number): void => {
    staff.now = new Date(staff.now.getTime() + hours(count));
  };
  const refused = async (work: Promise<unknown>, code: GatewayErrorCode): Promise<void> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isGatewayError(error) ? error.code : error).toBe(code);
  };
  const newMember = (reference: string, ...roles: string[]) => ({
    reference,
    name: 'A member',
    roles,
    certificate: staffPem(newStaffPair(reference)),
  });
  const query = async (sql: string, ...parameters: unknown[]) =>
    staff.database.dataSource.query<Record<string, unknown>[]>(sql, parameters);
  const hostRecords = async () =>
    (await query("SELECT record FROM access_log_leaf WHERE tree = 'host' ORDER BY leaf_index")).map(
      ({ record }) => decodeRecord(record as Buffer),
    );

  test('an act that widens does nothing until another person approves it, and then once', async () => {
    const asked = await staff.acts.perform(
      await staff.caller('ADMIN-1'),
      'STAFF_ADD',
      newMember('ONCE-1', 'OVERSIGHT'),
    );
    expect(asked.state).toBe('PENDING');
    expect(await query("SELECT id FROM staff_person WHERE reference = 'ONCE-1'")).toEqual([]);
    const approver = await staff.caller('ADMIN-2');
    const race = await Promise.allSettled([
      staff.acts.approve(approver, asked.id, asked.digest),
      staff.acts.approve(await staff.caller('ADMIN-3'), asked.id, asked.digest),
    ]);
    expect(race.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await query("SELECT id FROM staff_person WHERE reference = 'ONCE-1'")).toHaveLength(1);
    await refused(staff.acts.approve(approver, asked.id, asked.digest), 'ERR_ACT_NOT_PENDING');
  });

  test('each step is a record of the host tree, refusals too', async () => {
    const before = (await hostRecords()).length;
    const { id, digest } = await staff.acts.perform(
      await staff.caller('ADMIN-1'),
      'STAFF_ADD',
      newMember('RECORDED-1', 'OVERSIGHT'),
    );
    await refused(
      staff.acts.approve(await staff.caller('ADMIN-1'), id, digest),
      'ERR_APPROVER_IS_REQUESTER',
    );
    await staff.acts.approve(await staff.caller('ADMIN-2'), id, digest);
    const records = (await hostRecords()).slice(before);
    expect(records.map(({ outcome, purpose, requestId }) => [outcome, purpose, requestId])).toEqual(
      [
        ['ACT_REQUESTED', 'STAFF_ADD', id],
        ['ERR_APPROVER_IS_REQUESTER', 'STAFF_ADD', id],
        ['ACT_DONE', 'STAFF_ADD', id],
      ],
    );
  });

  test('who asked does not approve, nor who it is about, nor who may not do it, nor what was not read', async () => {
    const one = await staff.caller('ADMIN-1');
    const other = await staff.caller('ADMIN-2');
    const third = await staff.caller('ADMIN-3');
    const { id, digest } = await staff.acts.perform(one, 'STAFF_CERTIFICATE_ADD', {
      account: other.account,
      certificate: staffPem(newStaffPair('another')),
    });
    await refused(staff.acts.approve(one, id, digest), 'ERR_APPROVER_IS_REQUESTER');
    await refused(staff.acts.approve(other, id, digest), 'ERR_APPROVER_IS_CONCERNED');
    await refused(staff.acts.approve(await staff.caller('LIAISON-1'), id, digest), 'ERR_NOT_FOUND');
    await refused(
      staff.acts.approve(await staff.caller('SECURITY-1'), id, digest),
      'ERR_ACT_NOT_PERMITTED',
    );
    await refused(staff.acts.approve(third, id, `${digest.slice(1)}A`), 'ERR_CONFLICT');
    expect((await staff.acts.refuse(third, id)).state).toBe('REFUSED');
    await refused(staff.acts.approve(third, id, digest), 'ERR_ACT_NOT_PENDING');
  });

  test('an act expires', async () => {
    const { id, digest } = await staff.acts.perform(
      await staff.caller('ADMIN-1'),
      'STAFF_ADD',
      newMember('LATE-1', 'OVERSIGHT'),
    );
    later(72);
    await refused(
      staff.acts.approve(await staff.caller('ADMIN-2'), id, digest),
      'ERR_ACT_NOT_PENDING',
    );
  });

  test('a new account asks at once and approves after a day', async () => {
    const content = newMember('ADMIN-9', 'ADMINISTRATOR');
    await staff.byTwo('ADMIN-1', 'ADMIN-2', 'STAFF_ADD', content);
    const [row] = await query(
      `SELECT c.fingerprint FROM staff_certificate c JOIN staff_account a ON a.id = c.account
       JOIN staff_person p ON p.id = a.person WHERE p.reference = 'ADMIN-9'`,
    );
    const fresh = await staff.directory.establish(String(row?.['fingerprint']));
    const { id, digest } = await staff.acts.perform(
      await staff.caller('ADMIN-1'),
      'STAFF_ADD',
      newMember('DAY-1', 'OVERSIGHT'),
    );
    await refused(staff.acts.approve(fresh, id, digest), 'ERR_ACCOUNT_TOO_NEW');
    // The database says so too.
    await expect(
      query(
        "UPDATE staff_act SET state = 'DONE', decided_by = $2, decided_at = $3 WHERE id = $1",
        id,
        fresh.account,
        staff.now,
      ),
    ).rejects.toThrow();
    later(24);
    expect((await staff.acts.approve(fresh, id, digest)).state).toBe('DONE');
    await staff.acts.perform(await staff.caller('ADMIN-1'), 'STAFF_SUSPEND', {
      account: fresh.account,
    });
  });

  test('suspending takes one person and acts at once; resuming takes two', async () => {
    const member = await staff.add('SUSPEND-1', 'REGISTRAR');
    const done = await staff.acts.perform(await staff.caller('SECURITY-1'), 'STAFF_SUSPEND', {
      account: member.account,
    });
    expect(done.state).toBe('DONE');
    await refused(staff.caller('SUSPEND-1'), 'ERR_CERTIFICATE_REFUSED');
    // A door that has not noticed yet changes nothing.
    await refused(
      staff.acts
        .list(member, true)
        .then(() => staff.acts.perform(member, 'STAFF_SUSPEND', { account: member.account })),
      'ERR_ACT_NOT_PERMITTED',
    );
    await staff.byTwo('ADMIN-1', 'ADMIN-2', 'STAFF_RESUME', { account: member.account });
    expect((await staff.caller('SUSPEND-1')).roles).toEqual(['REGISTRAR']);
  });

  test('a revoked certificate is nobody’s', async () => {
    const member = await staff.add('REVOKE-1', 'REGISTRAR');
    await staff.acts.perform(await staff.caller('SECURITY-1'), 'STAFF_CERTIFICATE_REVOKE', {
      fingerprint: member.certificateFingerprint,
    });
    await refused(staff.caller('REVOKE-1'), 'ERR_CERTIFICATE_REFUSED');
  });

  test('the last administrator is not suspended, and what cannot be done is refused to who asks', async () => {
    const asks = await staff.caller('ADMIN-1');
    await refused(
      staff.acts.perform(asks, 'STAFF_ADD', newMember('ADMIN-2', 'LIAISON')),
      'ERR_CONFLICT',
    );
    await refused(
      staff.acts.perform(asks, 'STAFF_RESUME', { account: randomUUID() }),
      'ERR_NOT_FOUND',
    );
    await refused(staff.acts.perform(asks, 'STAFF_ADD', { reference: 'X' }), 'ERR_INPUT_INVALID');
    await refused(
      staff.acts.perform(asks, 'STAFF_ADD', newMember('BOTH-1', 'LIAISON', 'SECURITY')),
      'ERR_ROLES_EXCLUDE',
    );
    const security = await staff.caller('SECURITY-1');
    for (const reference of ['ADMIN-2', 'ADMIN-3']) {
      const { account } = await staff.caller(reference);
      await staff.acts.perform(security, 'STAFF_SUSPEND', { account });
    }
    await refused(
      staff.acts.perform(security, 'STAFF_SUSPEND', { account: asks.account }),
      'ERR_CONFLICT',
    );
  });

  test('what nobody may see is not found', async () => {
    const liaison = await staff.caller('LIAISON-1');
    const security = await staff.caller('SECURITY-1');
    expect(
      (await staff.acts.list(liaison, false)).filter(({ act }) => act === 'STAFF_ADD'),
    ).toEqual([]);
    expect((await staff.acts.list(security, false)).length).toBeGreaterThan(5);
    await refused(staff.acts.find(liaison, randomUUID()), 'ERR_NOT_FOUND');
    await refused(staff.acts.find(liaison, 'x'), 'ERR_NOT_FOUND');
    await refused(staff.directory.list(liaison), 'ERR_ACT_NOT_PERMITTED');
    expect((await staff.directory.list(security)).length).toBeGreaterThan(5);
  });

  test('staff is founded once', async () => {
    const founder = (reference: string) => ({
      reference,
      name: 'Founder',
      certificate: staffPem(newStaffPair(reference)),
    });
    await refused(
      foundStaff(staff.database.dataSource, staff.log, [founder('A-1'), founder('A-2')], staff.now),
      'ERR_CONFLICT',
    );
  });

  test.each([
    ['liaison and security', "UPDATE staff_account SET roles = '{LIAISON,SECURITY}'"],
    ['an administrator with more', "UPDATE staff_account SET roles = '{ADMINISTRATOR,LIAISON}'"],
    ['an unknown role', "UPDATE staff_account SET roles = '{LIAISON,OWNER}'"],
    [
      'a wider role without an act',
      "UPDATE staff_account SET roles = '{REGISTRAR,LIAISON}' WHERE NOT founding",
    ],
    [
      'an account that is older than it is',
      "UPDATE staff_account SET created_at = created_at - interval '1 year'",
    ],
    [
      'an account that settles sooner',
      "UPDATE staff_account SET approves_from = approves_from - interval '1 hour'",
    ],
    ['a suspension lifted', 'UPDATE staff_account SET active = true WHERE NOT active'],
    [
      'a certificate handed on',
      'UPDATE staff_certificate SET account = (SELECT max(account::text)::uuid FROM staff_certificate)',
    ],
    [
      'a certificate without an act',
      "INSERT INTO staff_certificate SELECT 'x', id, now(), true, now(), NULL FROM staff_account LIMIT 1",
    ],
    ['an act taken out', 'DELETE FROM staff_act'],
    ['all acts taken out', 'TRUNCATE staff_act CASCADE'],
    ['an act changed', "UPDATE staff_act SET payload = '{}'"],
    [
      'an act that widens done by one',
      "INSERT INTO staff_act SELECT gen_random_uuid(), 'STAFF_ADD', '{}', '', NULL, false, 'DONE', id, now(), now(), NULL, now() FROM staff_account LIMIT 1",
    ],
    [
      'an act approved by its requester',
      "INSERT INTO staff_act SELECT gen_random_uuid(), 'STAFF_ADD', '{}', '', NULL, true, 'DONE', id, now(), now() + interval '1 hour', id, now() FROM staff_account WHERE founding LIMIT 1",
    ],
    [
      'a founding account later',
      "WITH p AS (INSERT INTO staff_person VALUES (gen_random_uuid(), 'Z', 'Z') RETURNING id) INSERT INTO staff_account SELECT gen_random_uuid(), id, '{ADMINISTRATOR}', true, true, now(), now(), NULL FROM p",
    ],
  ])('the database refuses %s', async (_what, sql) => {
    await expect(query(sql)).rejects.toThrow();
  });
});
