import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Outbox } from '../src/alerts/index.js';
import type { AlertMessage } from '../src/core/alerts/syslog.js';
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

  test('that only cannot be written raises no such alert, and staff is told to come again', async () => {
    answerOf(await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen));
    files.fail('sync');
    expect(await find()).toMatchObject({ status: 503, code: 'ERR_LOG_UNAVAILABLE' });
    await gateway.gateway.lookForAlerts();
    expect(await leaving()).toEqual({ WEBHOOK: [], SYSLOG: [] });
  });
});
