import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import { Outbox } from '../src/alerts/index.js';
import type { AlertMessage } from '../src/core/alerts/syslog.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { FaultyFiles } from './support/faulty-files.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, expectRefusal } from './support/replies.js';

const search = `query S($filter: LogFilterInput!) {
  logRecords(filter: $filter) { edges { node { id } } } }`;

describe('a running log', () => {
  const files = new FaultyFiles();
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      people: [laila],
      journalFiles: files,
      // Nobody listens there: what leaves is taken from the outbox below.
      notify: {
        webhookUrl: 'https://localhost:1/',
        key: randomBytes(32),
        syslogUrl: 'tls://localhost:1',
      },
    });
  });
  afterEach(async () => {
    files.mend();
    await gateway?.close();
  });

  const find = async () =>
    gateway.staff('SEC-1').graphql(search, { filter: { partner: 'ALPHA-BORDER' } });

  /** What leaves by each way when receivers are there again. */
  const leaving = async () => {
    const sent = { WEBHOOK: [] as AlertMessage[], SYSLOG: [] as AlertMessage[] };
    const outbox = new Outbox(gateway.rooms.database.dataSource, {
      WEBHOOK: async (alert) => void sent.WEBHOOK.push(alert),
      SYSLOG: async (alert) => void sent.SYSLOG.push(alert),
    });
    await outbox.deliver(new Date(Date.now() + 3_600_000));
    const ofLog = (one: AlertMessage) => one.kind === 'RECONCILIATION';
    return { WEBHOOK: sent.WEBHOOK.filter(ofLog), SYSLOG: sent.SYSLOG.filter(ofLog) };
  };

  test('that contradicts itself is told to security once by each way, and to staff who act', async () => {
    const alpha = gateway.partner('ALPHA-BORDER');
    const { id } = answerOf(await alpha.verify(lailaAsSeen));
    await gateway.rooms.database.dataSource.query(
      `UPDATE access_log_leaf SET record = record || ' '::bytea WHERE id = $1`,
      [id],
    );
    const found = await find();
    expect(found).toMatchObject({ status: 503, code: 'ERR_LOG_CONTRADICTS_ITSELF' });
    expect(found.text).toContain('docs/operations.md');
    // An act that reads nothing of what was changed cannot be recorded either.
    const act = await gateway.staff('SEC-1').graphql('{ alerts { id } }');
    expect(act).toMatchObject({ status: 503, code: 'ERR_LOG_CONTRADICTS_ITSELF' });
    await gateway.gateway.lookForAlerts();
    await gateway.gateway.lookForAlerts();
    const left = await leaving();
    for (const sent of [left.WEBHOOK, left.SYSLOG]) {
      expect(sent).toMatchObject([{ severity: 'CRITICAL', partner: null }]);
      expect(sent[0]?.reason).toMatch(/contradicts itself.*tree \S+, leaf 0/);
      expect(sent[0]?.reason).not.toContain(id);
    }
    expectRefusal(await alpha.verify(lailaAsSeen), 'ERR_LOG_UNAVAILABLE', {}, 503);
  });

  test('whose rows of search were taken away lists them again, and security is told where', async () => {
    const { id } = answerOf(await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen));
    const { check } = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await gateway.rooms.database.dataSource.query(
      `DELETE FROM access_log_entry WHERE kind IN (
         SELECT kind FROM access_log_kind WHERE outcome = 'MATCH')`,
    );
    expect((await find()).text).not.toContain(id);
    while (!(await check.step(new Date())));
    expect((await find()).text).toContain(id);
    await gateway.gateway.lookForAlerts();
    const [told, ...others] = (await leaving()).SYSLOG;
    expect([told?.severity, told?.partner, others]).toEqual(['HIGH', 'ALPHA-BORDER', []]);
    expect(told?.reason).toMatch(
      /of tree \S+, rows of search of 1 records, the first of them leaf 0/,
    );
    const state = '{ logTrees { check { endedAt startedAt checked total relisted } } }';
    const { value } = await gateway.staff('SEC-1').graphql(state);
    const whole = { startedAt: null, checked: 0, relisted: 1, endedAt: expect.any(String) };
    expect(value).toMatchObject({ check: whole });
    const events = await gateway.staff('SEC-1').graphql(search, {
      filter: { host: true, outcomes: ['EVENT_RECONCILED'] },
    });
    expect(events.text.match(/"id"/g)).toHaveLength(1);
  });

  test('that only cannot be written raises no such alert, and staff is told to come again', async () => {
    answerOf(await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen));
    files.fail('sync');
    expect(await find()).toMatchObject({ status: 503, code: 'ERR_LOG_UNAVAILABLE' });
    await gateway.gateway.lookForAlerts();
    expect(await leaving()).toEqual({ WEBHOOK: [], SYSLOG: [] });
  });
});
