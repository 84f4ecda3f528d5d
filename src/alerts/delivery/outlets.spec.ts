import { randomBytes, X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { Writable } from 'node:stream';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { keyPem } from '../../../test/support/gateway.js';
import type { AlertMessage } from '../../core/alerts/syslog.js';
import { createServerCa, issueServerCertificate } from '../../platform/pki/index.js';
import { syslogOutlet, webhookOutlet } from './outlets.js';

const names = { organization: 'Receiver', commonName: 'Receiver' };
const authority = createServerCa(names, new Date());
const pair = issueServerCertificate(authority, names, ['localhost'], new Date());
const own = {
  cert: new X509Certificate(pair.certificate).toString(),
  key: keyPem(pair.privateKey),
};
const alert: AlertMessage = {
  id: 'a-1',
  kind: 'CLOCK_JUMP',
  severity: 'HIGH',
  reason: 'a clock moved',
  partner: null,
  raisedAt: new Date('2026-03-01T09:30:00Z'),
};
const now = new Date('2026-03-01T09:30:01Z');
const before = tls.getCACertificates('default');
let endAll = (): void => undefined;

beforeAll(() =>
  tls.setDefaultCACertificates([...before, new X509Certificate(authority.certificate).toString()]),
);
afterAll(() => tls.setDefaultCACertificates(before));
afterEach(() => endAll());

const drips: NodeJS.Timeout[] = [];
/** Never silent, so that no idle timer runs out. */
const drip = (stream: Writable): void => {
  drips.push(setInterval(() => stream.writable && stream.write('x'), 5));
};

async function listen(server: Server): Promise<number> {
  const sockets: tls.TLSSocket[] = [];
  server.on('secureConnection', (socket: tls.TLSSocket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  endAll = () => {
    drips.splice(0).forEach(clearInterval);
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return (server.address() as AddressInfo).port;
}

test('a webhook receiver that takes headers and drips an answer without end is given up', async () => {
  const port = await listen(
    https.createServer(own, (_, response) => {
      response.writeHead(200);
      drip(response);
    }),
  );
  const send = webhookOutlet(`https://localhost:${port}/`, randomBytes(32), 200);
  await expect(send(alert, now)).rejects.toThrow('timeout');
});

test('a webhook receiver that never answers is given up, and that is said', async () => {
  const server = https.createServer(own, () => undefined);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  endAll = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  const send = webhookOutlet(`https://localhost:${port}/`, randomBytes(32), 200);
  await expect(send(alert, now)).rejects.toThrow('timeout');
});

test('a syslog receiver that never ends the connection is given up, however it drips', async () => {
  const port = await listen(tls.createServer({ ...own, allowHalfOpen: true }, drip));
  await expect(syslogOutlet(`tls://localhost:${port}`, 200)(alert, now)).rejects.toThrow('timeout');
});
