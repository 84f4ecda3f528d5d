import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActPayload, BookedAct, ChangingAct } from './index.js';
import { databaseKinds } from '../../test/support/databases.js';
import { openTestStaff, type TestStaff } from '../../test/support/staff.js';

describe.each(databaseKinds)('a resumption lifts the stop it was asked for (%s)', (kind) => {
  let staff: TestStaff;
  let account: string;
  beforeAll(async () => {
    staff = await openTestStaff(kind);
    await staff.add('LIA-1', 'LIAISON');
    await staff.add('LIA-2', 'LIAISON');
    await staff.add('SEC-1', 'SECURITY');
    ({ account } = await staff.add('REG-1', 'REGISTRAR'));
    for (const [code, state] of [
      ['ALPHA-BORDER', 'AUS'],
      ['BRAVO-BORDER', 'CAN'],
    ] as const) {
      const content = { code, name: 'Agency', state, contacts: [] };
      await staff.byTwo('LIA-1', 'LIA-2', 'PARTNER_ADD', content);
    }
  });
  afterAll(async () => staff?.close());

  const perform = async (who: string, act: ChangingAct, content: ActPayload) =>
    staff.acts.perform(await staff.caller(who), act, content);
  const approve = async (who: string, { id, digest }: BookedAct) =>
    staff.acts.approve(await staff.caller(who), id, digest);

  interface Row {
    readonly stop: ChangingAct;
    readonly resume: ChangingAct;
    readonly content: () => ActPayload;
    readonly asks: string;
    readonly approves: string;
  }
  const rows: readonly Row[] = [
    {
      stop: 'STAFF_SUSPEND',
      resume: 'STAFF_RESUME',
      content: () => ({ account }),
      asks: 'ADMIN-1',
      approves: 'ADMIN-2',
    },
    {
      stop: 'PARTNER_SUSPEND',
      resume: 'PARTNER_RESUME',
      content: () => ({ code: 'ALPHA-BORDER' }),
      asks: 'LIA-1',
      approves: 'LIA-2',
    },
    {
      stop: 'DISCLOSURE_STOP',
      resume: 'DISCLOSURE_RESUME',
      content: () => ({ partner: 'ALPHA-BORDER' }),
      asks: 'LIA-1',
      approves: 'SEC-1',
    },
    {
      stop: 'DISCLOSURE_STOP',
      resume: 'DISCLOSURE_RESUME',
      content: () => ({}),
      asks: 'LIA-1',
      approves: 'SEC-1',
    },
  ];

  test.each(rows)('$resume after $stop', async ({ stop, resume, content, asks, approves }) => {
    await perform('SEC-1', stop, content());
    const first = await perform(asks, resume, content());
    const stale = await perform(asks, resume, content());
    expect((await approve(approves, first)).state).toBe('DONE');
    await perform('SEC-1', stop, content());
    await expect(approve(approves, stale)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      detail: expect.stringContaining('stopped again'),
    });
    // It is stopped still: what is asked for now lifts it.
    const fresh = await perform(asks, resume, content());
    expect((await approve(approves, fresh)).state).toBe('DONE');
  });

  test('a state that is suspended holds a partner that was suspended before', async () => {
    const [code, state] = ['BRAVO-BORDER', 'CAN'];
    await staff.byTwo('LIA-1', 'LIA-2', 'PARTNER_ADD', {
      code: 'BRAVO-CONSULAR',
      name: 'Agency',
      state,
      contacts: [],
    });
    await perform('SEC-1', 'PARTNER_SUSPEND', { code });
    const asked = await perform('LIA-1', 'PARTNER_RESUME', { code });
    await perform('SEC-1', 'STATE_SUSPEND', { state });
    await expect(approve('LIA-2', asked)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    const fresh = await perform('LIA-1', 'PARTNER_RESUME', { code });
    expect((await approve('LIA-2', fresh)).state).toBe('DONE');
  });

  test('a stop of something else leaves a resumption as it was asked for', async () => {
    await perform('SEC-1', 'PARTNER_SUSPEND', { code: 'ALPHA-BORDER' });
    const asked = await perform('LIA-1', 'PARTNER_RESUME', { code: 'ALPHA-BORDER' });
    await perform('SEC-1', 'PARTNER_SUSPEND', { code: 'BRAVO-BORDER' });
    await perform('SEC-1', 'DISCLOSURE_STOP', { partner: 'ALPHA-BORDER' });
    expect((await approve('LIA-2', asked)).state).toBe('DONE');
  });
});
