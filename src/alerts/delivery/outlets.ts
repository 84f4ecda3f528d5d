import https from 'node:https';
import tls from 'node:tls';
import { isIP } from 'node:net';
import { hostname as ownName } from 'node:os';
import { syslogFrame, type AlertMessage } from '../../core/alerts/syslog.js';
import { webhookRequest } from '../../core/alerts/webhook.js';

/** Sends one alert; what it throws says why, in a word. */
export type Send = (alert: AlertMessage, now: Date) => Promise<void>;

/** For a whole delivery: a receiver that drips bytes must not hold up what waits behind it. */
const longestMs = 10_000;

/** (RFC 9110) A signed POST; 2xx is taken, anything else is not. Redirects are not followed. */
export function webhookOutlet(url: string, secret: Uint8Array, mostMs = longestMs): Send {
  return (alert, now) =>
    new Promise((resolve, reject) => {
      const { headers, body } = webhookRequest(alert, secret, now);
      const request = https.request(url, { method: 'POST', headers });
      const deadline = setTimeout(() => {
        reject(new Error('timeout'));
        request.destroy();
      }, mostMs);
      request.on('close', () => clearTimeout(deadline));
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve();
          else reject(new Error(`status ${status}`));
        });
        response.on('error', reject);
      });
      request.end(body);
    });
}

/**
 * (RFC 5425) One message over TLS. Syslog has no answer: it counts as sent when the receiver has ended
 * the connection in good order after ours.
 */
export function syslogOutlet(url: string, mostMs = longestMs): Send {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  // An address is no server name (RFC 6066 §3); the certificate is held against it all the same.
  const named = isIP(host) === 0 ? { servername: host } : {};
  return (alert) =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ host, port: Number(port || 6514), ...named });
      const deadline = setTimeout(() => socket.destroy(new Error('timeout')), mostMs);
      socket.on('error', reject);
      socket.on('secureConnect', () => socket.end(syslogFrame(alert, ownName())));
      socket.on('close', (failed) => {
        clearTimeout(deadline);
        if (!failed) resolve();
      });
      socket.resume();
    });
}
