import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { createClientCa } from '../platform/pki/index.js';
import { describeOnEachDatabase } from '../../test/support/databases.js';
import { newStaffPair, openTestStaff, staffPem, type TestStaff } from '../../test/support/staff.js';
import { recoverStaff } from './index.js';

describeOnEachDatabase('recovery of administrators', (kind) => {
  let staff: TestStaff;
  beforeEach(async () => {
    staff = await openTestStaff(kind);
  });
  afterEach(async () => staff.close());

  const recover = async (reference: string, certificate = staffPem(newStaffPair(reference))) =>
    recoverStaff(staff.log, { reference, name: `Staff ${reference}`, certificate }, staff.now);
  const establish = async (pem: string) => {
    const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(':', '');
    return staff.directory.establish(Buffer.from(fingerprint, 'hex').toString('base64url'));
  };

  test('gives one of two a new certificate; the lost one counts no more; approving waits a day', async () => {
    const lost = await staff.caller('ADMIN-2');
    const certificate = staffPem(newStaffPair('ADMIN-2'));
    expect(await recover('ADMIN-2', certificate)).toEqual({
      had: true,
      approvesFrom: new Date(staff.now.getTime() + 24 * 3_600_000),
    });
    await expect(staff.caller('ADMIN-2')).rejects.toThrow('ERR_CERTIFICATE_REFUSED');
    const back = await establish(certificate);
    expect([back.account, back.roles]).toEqual([lost.account, ['ADMINISTRATOR']]);
    const content = {
      reference: 'L-1',
      name: 'Staff L-1',
      roles: ['LIAISON'],
      certificate: staffPem(newStaffPair('L-1')),
    };
    const { id, digest } = await staff.acts.perform(
      await staff.caller('ADMIN-1'),
      'STAFF_ADD',
      content,
    );
    await expect(staff.acts.approve(back, id, digest)).rejects.toThrow('ERR_ACCOUNT_TOO_NEW');
    staff.now = new Date(staff.now.getTime() + 25 * 3_600_000);
    await expect(
      staff.acts.approve(await establish(certificate), id, digest),
    ).resolves.toMatchObject({ state: 'DONE' });
  });

  test('names another in the place of one who has left, as an administrator and nothing else', async () => {
    const certificate = staffPem(newStaffPair('ADMIN-3'));
    expect((await recover('ADMIN-3', certificate)).had).toBe(false);
    expect((await establish(certificate)).roles).toEqual(['ADMINISTRATOR']);
  });

  test('is a record of the host’s tree, or nothing at all', async () => {
    const size = async () => {
      const [row] = await staff.database.dataSource.query<{ count: string }[]>(
        'SELECT count(*) FROM access_log_leaf',
      );
      return Number(row?.count);
    };
    const before = await size();
    await recover('ADMIN-2');
    expect(await size()).toBe(before + 1);
  });

  test('is refused while three others can come in', async () => {
    await recover('ADMIN-3');
    await expect(recover('ADMIN-4')).rejects.toThrow('ERR_CONFLICT');
    // Of the three one has lost theirs: two others are too few again.
    await expect(recover('ADMIN-1')).resolves.toMatchObject({ had: true });
  });

  test('is refused to a person with another role, for a registered certificate, for a CA', async () => {
    await staff.add('L-1', 'LIAISON');
    await expect(recover('L-1')).rejects.toThrow('ERR_CONFLICT');
    const own = staff.pairs.get('ADMIN-1')!;
    await expect(recover('ADMIN-2', staffPem(own))).rejects.toThrow('ERR_INPUT_INVALID');
    const ca = createClientCa({ organization: 'Test', commonName: 'CA' }, new Date());
    const pem = new X509Certificate(ca.certificate).toString();
    await expect(recover('ADMIN-2', pem)).rejects.toThrow('ERR_INPUT_INVALID');
  });

  test.each([
    ['a recovery of no administrator', "ARRAY['LIAISON']", '25 hours'],
    ['a recovery that approves at once', "ARRAY['ADMINISTRATOR']", '1 hour'],
  ])('the database refuses %s', async (_what, roles, wait) => {
    const work = staff.database.dataSource.transaction(async (manager) => {
      const [row] = await manager
        .query<{ id: string }[]>(
          `UPDATE staff_account SET active = false WHERE founding
         AND id = (SELECT id FROM staff_account LIMIT 1) RETURNING id`,
        )
        .then((answer) => (Array.isArray(answer[0]) ? answer[0] : answer) as { id: string }[]);
      await manager.query(
        `INSERT INTO staff_recovery VALUES ('00000000-0000-4000-8000-000000000001', $1, now())`,
        [row?.id],
      );
      await manager.query(
        `UPDATE staff_account SET active = true, roles = ${roles}, founding = founding,
           act = '00000000-0000-4000-8000-000000000001',
           approves_from = now() - interval '1 day' + interval '${wait}' WHERE id = $1`,
        [row?.id],
      );
    });
    await expect(work).rejects.toThrow();
  });

  test('the database keeps it on record', async () => {
    await recover('ADMIN-2');
    const { dataSource } = staff.database;
    await expect(dataSource.query('DELETE FROM staff_recovery')).rejects.toThrow();
  });
});
