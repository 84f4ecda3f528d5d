import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { syslogFrame, type AlertMessage } from './syslog.js';
import { webhookRequest } from './webhook.js';

const alert: AlertMessage = {
  id: '6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21',
  kind: 'PROBING',
  severity: 'HIGH',
  reason: 'ALPHA-BORDER: a budget is spent – really',
  partner: 'ALPHA-BORDER',
  raisedAt: new Date('2026-03-20T14:20:00.250Z'),
};

test('a syslog frame has the length of its message in bytes, and the header of RFC 5424', () => {
  const frame = syslogFrame(alert, 'gateway-1').toString('utf8');
  const [, length, message] = /^(\d+) (.*)$/s.exec(frame) ?? [];
  expect(Buffer.byteLength(message ?? '')).toBe(Number(length));
  expect(message).toMatch(
    /^<106>1 2026-03-20T14:20:00\.250Z gateway-1 safeconduct - PROBING - \uFEFF\{"id":/,
  );
  expect(syslogFrame(alert, 'gäteway 1').toString('utf8')).toContain('Z - safeconduct');
});

test('a webhook is signed over id, time and body, and the same id is sent again', () => {
  const secret = Buffer.alloc(32, 7);
  const now = new Date('2026-03-20T14:21:00Z');
  const { headers, body } = webhookRequest(alert, secret, now);
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  expect([id, timestamp]).toEqual([alert.id, '1774016460']);
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`);
  expect(headers['webhook-signature']).toBe(`v1,${expected.digest('base64')}`);
  expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
  expect(webhookRequest(alert, Buffer.alloc(32), now).headers).not.toEqual(headers);
});
