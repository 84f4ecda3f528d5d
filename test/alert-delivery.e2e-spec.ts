import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { syslogOutlet, webhookOutlet } from '../src/alerts/index.js';
import type { AlertMessage } from '../src/core/alerts/syslog.js';
import {
  createServerCa,
  issueServerCertificate,
  type CertificateAuthority,
} from '../src/platform/pki/index.js';
import { encodingsOf, findNeedles } from './support/byte-sweep.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';

interface Delivered {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const key = randomBytes(32);
const names = { organization: 'Receiver', commonName: 'Receiver' };
const caPem = ({ certificate }: CertificateAuthority) =>
  new X509Certificate(certificate).toString();

/** Certificate and key of a receiver, as a TLS server takes them. */
function tlsOf(authority: CertificateAuthority): { readonly cert: string; readonly key: string } {
  const pair = issueServerCertificate(authority, names, ['localhost'], new Date());
  return { cert: new X509Certificate(pair.certificate).toString(), key: keyPem(pair.privateKey) };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

/** What a receiver does, with the browser's cryptography and the words of Standard Webhooks. */
async function isGenuine({ headers, body }: Delivered, secret: Uint8Array): Promise<boolean> {
  const [version, signature = ''] = String(headers['webhook-signature']).split(',');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await webcrypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
  const valid = await webcrypto.subtle.verify(
    'HMAC',
    imported,
    Buffer.from(signature, 'base64'),
    new TextEncoder().encode(signed),
  );
  const age = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']));
  return version === 'v1' && valid && age < 300;
}

/** Octet-counted frames of RFC 5425 §4.3, and the header of RFC 5424 §6 in each. */
function readSyslog(stream: Buffer): readonly { priority: number; kind: string; json: object }[] {
  const messages = [];
  for (let at = 0; at < stream.length;) {
    const space = stream.indexOf(0x20, at);
    const length = Number(stream.subarray(at, space).toString('ascii'));
    const message = stream.subarray(space + 1, space + 1 + length).toString('utf8');
    at = space + 1 + length;
    const parts =
      /^<(\d{1,3})>1 (\S+) (\S{1,255}) safeconduct - ([A-Z_]{1,32}) - \uFEFF(.*)$/su.exec(message);
    if (parts === null || Number.isNaN(Date.parse(parts[2] ?? ''))) throw new Error('syslog');
    const json = JSON.parse(parts[5] ?? '') as object;
    messages.push({ priority: Number(parts[1]), kind: parts[4] ?? '', json });
  }
  return messages;
}

describe('alerts over the wire', () => {
  const authority = createServerCa(names, new Date());
  const before = tls.getCACertificates('default');
  const delivered: Delivered[] = [];
  const streams: Buffer[] = [];
  let status = 500;
  const webhook = https.createServer(tlsOf(authority), (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      delivered.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(status).end();
    });
  });
  const syslog = tls.createServer(tlsOf(authority), (socket) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => {
      streams.push(Buffer.concat(chunks));
      socket.end();
    });
  });
  let gateway: TestGateway;

  beforeAll(async () => {
    tls.setDefaultCACertificates([...before, caPem(authority)]);
    const [webhookPort, syslogPort] = [await listen(webhook), await listen(syslog)];
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      people: [laila],
      notify: {
        webhookUrl: `https://localhost:${webhookPort}/alerts`,
        key,
        syslogUrl: `tls://localhost:${syslogPort}`,
      },
    });
    for (let turn = 0; turn < 11; turn += 1) {
      await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
    }
    await gateway.gateway.lookForAlerts();
  });
  afterAll(async () => {
    await gateway?.close();
    for (const server of [webhook, syslog]) server.close();
    tls.setDefaultCACertificates(before);
  });

  const ids = () =>
    delivered.map(({ headers }) => String(headers['webhook-id'])).filter((id) => id !== '');
  const attempts = async (id: string) =>
    gateway.rooms.database.dataSource.query<
      { outlet: string; attempts: number; done: boolean; failure: string | null; due: Date }[]
    >(
      `SELECT d.outlet, d.attempts, d.done_at IS NOT NULL AS done, d.failure, d.next_at AS due
       FROM alert_delivery d WHERE d.alert::text = $1 ORDER BY d.outlet DESC`,
      [id],
    );

  test('a webhook the receiver could not take waits for its next attempt', async () => {
    expect(delivered.length).toBeGreaterThan(0);
    const [ofWebhook, ofSyslog] = await attempts(ids()[0] ?? '');
    expect(ofWebhook).toMatchObject({ attempts: 1, done: false, failure: 'status 500' });
    expect(ofWebhook?.due.getTime()).toBeGreaterThan(Date.now() + 10_000);
    expect(ofSyslog).toMatchObject({ attempts: 1, done: true, failure: null });
    const count = delivered.length;
    await gateway.gateway.lookForAlerts();
    expect(delivered).toHaveLength(count);
  });

  test('is sent again under the same id, taken, and never sent after that', async () => {
    const first = ids();
    delivered.length = 0;
    status = 204;
    await gateway.rooms.database.dataSource.query(
      `UPDATE alert_delivery SET next_at = raised_at FROM alert WHERE alert = id AND done_at IS NULL`,
    );
    await gateway.gateway.lookForAlerts();
    expect(new Set(ids()).size).toBe(ids().length);
    expect(ids()).toEqual(expect.arrayContaining(first));
    expect((await attempts(first[0] ?? ''))[0]).toMatchObject({
      attempts: 2,
      done: true,
      failure: null,
    });
    const count = delivered.length;
    await gateway.gateway.lookForAlerts();
    expect(delivered).toHaveLength(count);
  });

  test('a webhook is genuine to a receiver who has the key, and to no other, nor when changed', async () => {
    const one = delivered.find(({ body }) => body.includes('REFUSALS_IN_A_ROW'));
    if (one === undefined) throw new TypeError('nothing was delivered');
    expect(await isGenuine(one, key)).toBe(true);
    expect(await isGenuine(one, randomBytes(32))).toBe(false);
    expect(await isGenuine({ ...one, body: one.body.replace('MEDIUM', 'LOW') }, key)).toBe(false);
    const headers = { ...one.headers, 'webhook-id': 'another' };
    expect(await isGenuine({ ...one, headers }, key)).toBe(false);
    expect(one.headers['content-type']).toBe('application/json');
    expect(JSON.parse(one.body)).toMatchObject({
      type: 'safeconduct.alert',
      data: { kind: 'REFUSALS_IN_A_ROW', severity: 'MEDIUM', partner: 'ALPHA-BORDER' },
    });
  });

  test('syslog arrives in frames and headers of the RFCs, one message an alert', () => {
    const messages = streams.flatMap(readSyslog);
    const one = messages.filter(({ kind }) => kind === 'REFUSALS_IN_A_ROW');
    // Facility 13, severity warning.
    expect(one).toMatchObject([{ priority: 13 * 8 + 4, json: { partner: 'ALPHA-BORDER' } }]);
  });

  test('nothing of a person, an officer, a case or a record is in what left', () => {
    const bytes = Buffer.from(
      `${delivered.map(({ headers, body }) => JSON.stringify(headers) + body).join()}${Buffer.concat(streams).toString('utf8')}`,
    );
    const needles = ['SAMADI', 'Laila', 'Samadi', '1990-04-05', 'O7654321', 'T-AF-000001', 'CASE'];
    expect(findNeedles(bytes, needles.flatMap(encodingsOf))).toEqual([]);
    for (const { body } of delivered) {
      const { data } = JSON.parse(body) as { data: object };
      const members = ['id', 'kind', 'partner', 'raisedAt', 'reason', 'severity'];
      expect(Object.keys(data).sort()).toEqual(members);
    }
  });

  test('nothing leaves to a receiver whose certificate is of a CA nobody trusts', async () => {
    const stranger = createServerCa({ organization: 'Other', commonName: 'Other' }, new Date());
    let heard = '';
    const hear = (chunk: Buffer) => void (heard += chunk.toString('latin1'));
    const other = https.createServer(tlsOf(stranger), (request) => request.on('data', hear));
    const otherSyslog = tls.createServer(tlsOf(stranger), (socket) => socket.on('data', hear));
    for (const server of [other, otherSyslog]) server.on('tlsClientError', () => undefined);
    const [port, syslogPort] = [await listen(other), await listen(otherSyslog)];
    const alert: AlertMessage = {
      id: 'a-1',
      kind: 'PROBING',
      severity: 'HIGH',
      reason: 'a budget is spent',
      partner: null,
      raisedAt: new Date(),
    };
    const now = new Date();
    for (const send of [
      webhookOutlet(`https://localhost:${port}/`, key),
      syslogOutlet(`tls://localhost:${syslogPort}`),
    ]) {
      await expect(send(alert, now)).rejects.toMatchObject({
        code: expect.stringMatching(/CERT|VERIFY/),
      });
    }
    expect(heard).toBe('');
    other.close();
    otherSyslog.close();
  });
});
