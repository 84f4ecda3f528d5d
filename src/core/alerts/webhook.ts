import { createHmac } from 'node:crypto';
import type { AlertMessage } from './syslog.js';

/** A request as it leaves. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * One webhook, signed as Standard Webhooks 1.0.0 has it: `webhook-id` (the alert's, the same at every
 * attempt), `webhook-timestamp` (seconds), and `webhook-signature` = `v1,` and the base64
 * HMAC-SHA-256 over `id.timestamp.body`. The body is
 * `{"type":"safeconduct.alert","timestamp","data":{"id","kind","severity","reason","partner","raisedAt"}}`.
 *
 * @param secret 32 bytes, known to both sides
 */
export function webhookRequest(alert: AlertMessage, secret: Uint8Array, now: Date): WebhookRequest {
  const { id, kind, severity, reason, partner, raisedAt } = alert;
  const body = JSON.stringify({
    type: 'safeconduct.alert',
    timestamp: now.toISOString(),
    data: { id, kind, severity, reason, partner, raisedAt: raisedAt.toISOString() },
  });
  const seconds = Math.floor(now.getTime() / 1000);
  const signature = createHmac('sha256', secret)
    .update(`${id}.${seconds}.${body}`, 'utf8')
    .digest('base64');
  return {
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
}
