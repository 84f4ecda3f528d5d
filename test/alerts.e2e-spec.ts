import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AlertWatch, Outbox, ProcessSignals, retryAfter, type Send } from '../src/alerts/index.js';
import type { FoundAlert } from '../src/core/alerts/alert.js';
import { webhookRequest } from '../src/core/alerts/webhook.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';

const fields = 'id kind severity reason partner records state notes { by state note }';
interface AlertNode {
  readonly id: string;
  readonly kind: string;
  readonly reason: string;
  readonly partner: string | null;
  readonly records: readonly string[];
  readonly state: string;
}

describeOnEachDatabase('alerts', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
  });
  afterAll(async () => gateway?.close());

  const list = async (who = 'SEC-1', all = false) =>
    gateway
      .staff(who)
      .graphql(`query A($all: Boolean!) { alerts(all: $all) { ${fields} } }`, { all });
  const listed = async (all = false) => (await list('SEC-1', all)).value as AlertNode[];
  const note = (who: string, input: object) =>
    gateway
      .staff(who)
      .graphql(`mutation N($input: NoteAlertInput!) { noteAlert(input: $input) { ${fields} } }`, {
        input,
      });

  test('say that a system was refused again and again, once, with the records behind it', async () => {
    for (let turn = 0; turn < 11; turn += 1) {
      await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
    }
    await gateway.gateway.lookForAlerts();
    await gateway.gateway.lookForAlerts();
    const found = (await listed()).filter((one) => one.kind === 'REFUSALS_IN_A_ROW');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ partner: 'ALPHA-BORDER', state: 'OPEN' });
    expect(found[0]?.records).toHaveLength(11);
    const shown = await gateway
      .staff('SEC-1')
      .graphql(
        `query S($filter: LogFilterInput!) { logRecords(filter: $filter, first: 1) { edges { node { id outcome } } } }`,
        { filter: { partner: 'ALPHA-BORDER', refused: true } },
      );
    expect(JSON.stringify(shown.value)).toContain(found[0]?.records[0]);
  });

  test('are acknowledged and closed with a note, never opened again, and by whom is on record', async () => {
    const id = (await listed()).find((one) => one.kind === 'REFUSALS_IN_A_ROW')?.id;
    expect((await note('OVR-1', { id, state: 'CLOSED', note: 'no' })).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
    expect((await note('SEC-1', { id, state: 'OPEN', note: 'no' })).code).toBe('ERR_INPUT_INVALID');
    expect((await note('SEC-1', { id: randomUUID(), state: 'CLOSED', note: 'x' })).code).toBe(
      'ERR_NOT_FOUND',
    );
    const seen = await note('SEC-1', { id, state: 'ACKNOWLEDGED', note: 'asked the partner' });
    expect(seen.value).toMatchObject({
      state: 'ACKNOWLEDGED',
      notes: [{ by: 'SEC-1', state: 'ACKNOWLEDGED', note: 'asked the partner' }],
    });
    expect((await note('SEC-1', { id, state: 'ACKNOWLEDGED', note: 'again' })).code).toBe(
      'ERR_CONFLICT',
    );
    expect(
      (await note('PRO-1', { id, state: 'CLOSED', note: 'a wrong form' })).value,
    ).toMatchObject({
      state: 'CLOSED',
    });
    expect((await listed()).some((one) => one.id === id)).toBe(false);
    expect((await listed(true)).some((one) => one.id === id)).toBe(true);
    const records = await gateway
      .staff('SEC-1')
      .graphql(
        `query S($filter: LogFilterInput!) { logRecords(filter: $filter) { edges { node { outcome finding } } } }`,
        { filter: { host: true, purpose: 'ALERT_NOTE' } },
      );
    expect(JSON.stringify(records.value)).toContain('asked the partner');
    expect(JSON.stringify(records.value)).toContain('ERR_ACT_NOT_PERMITTED');
  });

  test.each(['LIA-1', 'REG-1', 'ADM-1'])('are not for %s', async (who) => {
    expect((await list(who)).code).toBe('ERR_ACT_NOT_PERMITTED');
  });

  test('start and sign-ins are records of the host', async () => {
    const events = await gateway
      .staff('SEC-1')
      .graphql(
        `query S($filter: LogFilterInput!) { logRecords(filter: $filter) { edges { node { outcome clientId } } } }`,
        { filter: { host: true, outcomes: ['EVENT_START'] } },
      );
    expect(JSON.stringify(events.value)).toContain('EVENT_START');
  });

  test('leave signed, are tried again ever later, and each once', async () => {
    const { dataSource } = gateway.rooms.database;
    let now = new Date('2031-01-01T00:00:00Z');
    const sent: string[] = [];
    let works = false;
    const secret = Buffer.alloc(32, 3);
    const send: Send = async (alert, at) => {
      const { headers, body } = webhookRequest(alert, secret, at);
      if (!works) throw new Error('status 500');
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${signature}`);
      sent.push(alert.id);
    };
    const outbox = new Outbox(dataSource, { WEBHOOK: send });
    const signals = new ProcessSignals();
    const alert: FoundAlert = {
      kind: 'CLOCK_JUMP',
      severity: 'HIGH',
      key: `test ${kind}`,
      reason: 'the clock of a gateway jumped',
      partner: null,
      records: [],
    };
    const watch = new AlertWatch({
      dataSource,
      embedded: kind === 'PGlite',
      sources: [],
      signals,
      outlets: outbox.names,
      newId: randomUUID,
      now: () => now,
      deliver: async (at) => outbox.deliver(at),
      onFault: (error) => {
        throw error;
      },
    });
    const lookAndSend = async () => {
      await watch.look();
      await watch.delivered();
    };
    signals.raise(alert);
    await lookAndSend();
    signals.raise(alert);
    works = true;
    now = new Date(now.getTime() + 29_000);
    await lookAndSend();
    expect(sent).toHaveLength(0);
    now = new Date(now.getTime() + 2_000);
    await lookAndSend();
    await lookAndSend();
    expect(sent).toHaveLength(1);
    expect([1, 2, 3, 20].map(retryAfter)).toEqual([30, 60, 120, 3_600]);
  });

  test('know of a lost and a found thing, and no personal data', async () => {
    const text = JSON.stringify(await listed(true));
    expect(text).not.toMatch(/Laila|SAMADI|T-AF-000001|O7654321|CASE/);
  });
});
