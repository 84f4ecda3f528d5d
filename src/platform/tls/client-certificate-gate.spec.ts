import { afterEach, describe, expect, test } from '@jest/globals';
import { X509Certificate, type KeyObject } from 'node:crypto';
import fastify from 'fastify';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import tls from 'node:tls';
import {
  createClientCa,
  createServerCa,
  issueClientKeyPair,
  issueServerCertificate,
  type IssuedKeyPair,
} from '../pki/issue.js';
import {
  certificateAuthoritiesExtension,
  certificateRequestExtensions,
  certificateRequestType,
  serverHandshake,
} from '../../../test/support/tls-handshake.js';
import {
  createGatedHttpsServer,
  type GatedHttpsOptions,
  type GatedHttpsServer,
} from './client-certificate-gate.js';

const now = new Date();
const pem = (der: Buffer): string => new X509Certificate(der).toString();
const keyPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const names = (commonName: string) => ({ organization: 'Test', commonName });
const serverCa = createServerCa(names('Server CA'), now);
const serverPair = issueServerCertificate(serverCa, names('localhost'), ['localhost'], now);
const clientCa = createClientCa(names('Client CA'), now);
const known = issueClientKeyPair(clientCa, names('known'), now);
const foreign = issueClientKeyPair(createClientCa(names('Foreign CA'), now), names('known'), now);

interface Who {
  readonly name: string;
}
const check = (der: Buffer): Who => {
  if (!der.equals(known.certificate)) throw new Error('foreign');
  return { name: 'known' };
};

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Door {
  readonly gated: GatedHttpsServer<Who>;
  readonly port: number;
  readonly refused: string[];
  /** Requests that reached HTTP. */
  readonly requests: string[];
}

async function open(bent: Partial<GatedHttpsOptions<Who>> = {}): Promise<Door> {
  const refused: string[] = [];
  const requests: string[] = [];
  const gated = createGatedHttpsServer<Who>(
    {
      certificate: pem(serverPair.certificate),
      privateKey: keyPem(serverPair.privateKey),
      check,
      causeOf: (error) => (error instanceof Error ? error.message : 'unknown'),
      connectionKey: ({ name }) => name,
      onRefused: (cause) => refused.push(cause),
      ...bent,
    },
    (request, response) => {
      requests.push(request.url ?? '');
      response.end(gated.identityOf(request.socket)?.name);
    },
  );
  await new Promise<void>((resolve) => gated.server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    gated.server.close();
    gated.server.closeAllConnections();
    gated.cutConnections(() => true);
  });
  return { gated, port: (gated.server.address() as AddressInfo).port, refused, requests };
}

const credentials = (pair?: IssuedKeyPair): tls.ConnectionOptions =>
  pair ? { cert: pem(pair.certificate), key: keyPem(pair.privateKey) } : {};

const connect = (port: number, options: tls.ConnectionOptions): tls.TLSSocket => {
  const socket = tls.connect({
    host: '127.0.0.1',
    servername: 'localhost',
    ca: pem(serverCa.certificate),
    port,
    ...options,
  });
  socket.on('error', () => undefined);
  closing.push(() => socket.destroy());
  return socket;
};

/** Sends one request at once and returns every byte that came back until the end. */
function exchange(port: number, options: tls.ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, options);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text));
    socket.on('secureConnect', () =>
      socket.write('GET /probe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    );
  });
}

/** A connection kept open after one answered request. */
function keepOpen(port: number, pair: IssuedKeyPair): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, credentials(pair));
    socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    socket.once('data', () => resolve(socket));
    socket.once('close', () => reject(new Error('closed')));
  });
}
const ended = (socket: tls.TLSSocket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));

describe('a gated server', () => {
  test('answers a client whose certificate passed, and knows it by its socket', async () => {
    const { port, requests, refused } = await open();
    const answer = await exchange(port, credentials(known));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*known/);
    expect([requests, refused]).toEqual([['/probe'], []]);
  });

  test.each([
    ['without a certificate', undefined, 'certificate-absent'],
    ['with a foreign certificate', foreign, 'foreign'],
  ])('sends a stranger %s no byte of HTTP and parses none', async (_who, pair, cause) => {
    const { port, requests, refused } = await open();
    expect(await exchange(port, credentials(pair))).toBe('');
    expect([requests, refused]).toEqual([[], [cause]]);
  });

  test('parses nothing while the check is under way', async () => {
    const waiting = Promise.withResolvers<Who>();
    const started = Promise.withResolvers<void>();
    const { port, requests, refused } = await open({
      check: () => {
        started.resolve();
        return waiting.promise;
      },
    });
    const answer = exchange(port, credentials(known));
    await started.promise;
    expect(requests).toEqual([]);
    waiting.reject(new Error('later no'));
    expect(await answer).toBe('');
    expect([requests, refused]).toEqual([[], ['later no']]);
  });

  test('refuses when the check does not end', async () => {
    const { port, requests, refused } = await open({
      check: () => new Promise<Who>(() => undefined),
      limits: { handshakeTimeoutMs: 200 },
    });
    expect(await exchange(port, credentials(known))).toBe('');
    expect([requests, refused]).toEqual([[], ['check-timeout']]);
  });

  test('ignores any header that claims an identity', async () => {
    const { gated } = await open();
    expect(gated.identityOf({ headers: { 'x-client-cert': 'known' } })).toBeUndefined();
  });
});

describe('the handshake', () => {
  test('names no certificate authority to a stranger', async () => {
    const { port } = await open();
    const requestsOf = async (at: number) =>
      (await serverHandshake(at)).filter(({ type }) => type === certificateRequestType);
    const [request, ...others] = await requestsOf(port);
    expect(others).toEqual([]);
    expect(certificateRequestExtensions(request!)).not.toContain(certificateAuthoritiesExtension);
    expect(request!.body.includes('Client CA')).toBe(false);

    // The same probe finds the names where Node is given the authorities.
    const telling = https.createServer({
      cert: pem(serverPair.certificate),
      key: keyPem(serverPair.privateKey),
      requestCert: true,
      rejectUnauthorized: false,
      ca: pem(clientCa.certificate),
    });
    await new Promise<void>((resolve) => telling.listen(0, '127.0.0.1', resolve));
    const [told] = await requestsOf((telling.address() as AddressInfo).port);
    telling.close();
    expect(certificateRequestExtensions(told!)).toContain(certificateAuthoritiesExtension);
    expect(told!.body.includes('Client CA')).toBe(true);
  });

  test('refuses TLS 1.2', async () => {
    const { port, requests, refused } = await open();
    const answer = await exchange(port, { ...credentials(known), maxVersion: 'TLSv1.2' });
    expect([answer, requests, refused]).toEqual(['', [], ['handshake']]);
  });

  test('refuses a client that speaks only HTTP/2', async () => {
    const { port, requests, refused } = await open();
    const answer = await exchange(port, { ...credentials(known), ALPNProtocols: ['h2'] });
    expect([answer, requests, refused]).toEqual(['', [], ['handshake']]);
  });

  test('is never resumed: a session a client kept is worth nothing', async () => {
    let checks = 0;
    const { port } = await open({
      check: (der) => {
        checks += 1;
        return check(der);
      },
    });
    const sessions: Buffer[] = [];
    const first = connect(port, credentials(known));
    first.on('session', (session) => sessions.push(session));
    first.on('secureConnect', () =>
      first.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    );
    first.resume();
    await ended(first);
    for (const session of sessions) {
      const second = connect(port, { ...credentials(known), session });
      await new Promise((resolve) => second.once('secureConnect', resolve));
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
      // Without its certificate, the session does not stand in for it.
      expect(await exchange(port, { session })).toBe('');
    }
    expect(checks).toBeGreaterThanOrEqual(1);
  });

  test('that a client never finishes is ended', async () => {
    const { port, refused } = await open({ limits: { handshakeTimeoutMs: 200 } });
    const idle = net.connect(port, '127.0.0.1');
    idle.on('error', () => undefined);
    await new Promise((resolve) => idle.once('close', resolve));
    expect(refused).toEqual(['handshake']);
  });

  test('is not begun beyond the limit of unknown connections', async () => {
    const { port, refused } = await open({ limits: { maxUnauthenticated: 1 } });
    const idle = net.connect(port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    // Accepted in order: the second is turned away while the first says nothing.
    expect(await exchange(port, credentials(known))).toBe('');
    expect(refused).toEqual(['handshake-crowded']);
    idle.destroy();
  });

  test('given up leaves its room to the next', async () => {
    const ended = Promise.withResolvers<void>();
    const { port } = await open({
      limits: { maxUnauthenticated: 1 },
      onRefused: () => ended.resolve(),
    });
    net.connect(port, '127.0.0.1', function hangUp(this: net.Socket) {
      this.destroy();
    });
    await ended.promise;
    expect(await exchange(port, credentials(known))).toMatch(/200 OK/);
  });

  test('of a known client does not use up the room of strangers', async () => {
    const { port, gated } = await open({ limits: { maxUnauthenticated: 1 } });
    await keepOpen(port, known);
    await keepOpen(port, known);
    expect(gated.openConnections).toBe(2);
  });
});

describe('open connections', () => {
  test('are cut when named, and only then', async () => {
    const { port, gated } = await open();
    const socket = await keepOpen(port, known);
    expect(gated.cutConnections(({ name }) => name === 'other')).toBe(0);
    expect(socket.destroyed).toBe(false);
    expect(gated.cutConnections(({ name }) => name === 'known')).toBe(1);
    await ended(socket);
  });

  test('of one partner are limited', async () => {
    const { port, refused } = await open({ limits: { maxConnectionsPerKey: 1 } });
    const first = await keepOpen(port, known);
    expect(await exchange(port, credentials(known))).toBe('');
    expect(refused).toEqual(['connections-crowded']);
    first.destroy();
  });

  test('whose check a cut overtook are checked again', async () => {
    const answers = [Promise.withResolvers<Who>(), Promise.withResolvers<Who>()];
    const started = Promise.withResolvers<void>();
    let asked = 0;
    const { port, gated, requests, refused } = await open({
      check: () => {
        asked += 1;
        started.resolve();
        return answers[asked - 1]!.promise;
      },
    });
    const answer = exchange(port, credentials(known));
    await started.promise;
    gated.cutConnections(() => true);
    answers[0]!.resolve({ name: 'known' });
    answers[1]!.reject(new Error('revoked meanwhile'));
    expect(await answer).toBe('');
    expect([requests, refused]).toEqual([[], ['revoked meanwhile']]);
  });
});

test('serves Fastify through its serverFactory', async () => {
  let gated: GatedHttpsServer<Who> | undefined;
  const refused: string[] = [];
  const app = fastify({
    serverFactory: (handler) => {
      gated = createGatedHttpsServer<Who>(
        {
          certificate: pem(serverPair.certificate),
          privateKey: keyPem(serverPair.privateKey),
          check,
          causeOf: () => 'foreign',
          connectionKey: ({ name }) => name,
          onRefused: (cause) => refused.push(cause),
        },
        handler,
      );
      return gated.server;
    },
  });
  app.get('/probe', (request) => ({ you: gated?.identityOf(request.raw.socket)?.name }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  expect(await exchange(port, credentials(known))).toMatch(/\{"you":"known"\}/);
  expect(await exchange(port, credentials(foreign))).toBe('');
  expect(refused).toEqual(['foreign']);
  await app.close();
});
