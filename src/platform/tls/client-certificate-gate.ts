import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * A TLS 1.3 listener on which nobody reaches HTTP before our own check of the client certificate.
 *
 * Node's own check is off (`rejectUnauthorized: false`) and it is given no `ca`: with one, the
 * CertificateRequest would name every partner's CA to any stranger who connects. So the listener
 * through which `https.Server` hands a finished handshake to its HTTP parser is taken off, and only
 * this file calls it, for connections that passed. Whatever goes wrong before, no parser is there.
 *
 * Sessions are never resumed. OpenSSL still sends two NewSessionTicket messages, as it knows no
 * other way under `SSL_OP_NO_TICKET`; they name sessions that are kept nowhere.
 */

export interface GateLimits {
  /** From TCP accept to the end of the handshake, and again for the check. */
  readonly handshakeTimeoutMs: number;
  /** Connections at once that have not passed the check. */
  readonly maxUnauthenticated: number;
  /** Connections at once of one `connectionKey`. */
  readonly maxConnectionsPerKey: number;
}

export const defaultGateLimits: GateLimits = {
  handshakeTimeoutMs: 10_000,
  maxUnauthenticated: 256,
  maxConnectionsPerKey: 64,
};

export interface GatedHttpsOptions<Identity extends object> {
  /** PEM: the server's certificate and what leads to its root. */
  readonly certificate: string | Buffer;
  /** PEM. */
  readonly privateKey: string | Buffer;
  /** Judges the peer's leaf; what it throws refuses the connection. */
  readonly check: (der: Buffer) => Identity | Promise<Identity>;
  /** The cause to count a thrown refusal under; from a closed list, never the error's text. */
  readonly causeOf: (error: unknown) => string;
  /** Whose share of connections this identity uses, e.g. the partner's code. */
  readonly connectionKey: (identity: Identity) => string;
  /** Told of each refusal, for counters. */
  readonly onRefused?: (cause: string) => void;
  readonly limits?: Partial<GateLimits>;
  /** HTTP limits of the door; nothing of TLS. By default 10 s for headers, 30 s for a request. */
  readonly http?: Pick<
    https.ServerOptions,
    'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'maxHeaderSize'
  >;
}

export interface GatedHttpsServer<Identity extends object> {
  /** Fit for Fastify's `serverFactory`. */
  readonly server: https.Server;
  /** Who a request's socket belongs to; `undefined` for a socket that did not come through here. */
  identityOf(socket: object): Identity | undefined;
  /**
   * Ends every open connection the predicate names, at once. A connection whose check is under way
   * is checked again, so that a revocation written before this call cannot be overtaken.
   *
   * @returns how many were cut
   */
  cutConnections(predicate: (identity: Identity) => boolean): number;
  /**
   * Serves another certificate from the next connection on; open ones go on as they are.
   *
   * @throws what Node throws for a certificate and key that are no pair; then nothing has changed
   */
  serveCertificate(served: Pick<GatedHttpsOptions<Identity>, 'certificate' | 'privateKey'>): void;
  /** Connections that passed and are open. */
  readonly openConnections: number;
}

/** Causes the gate itself refuses under, beside those of `causeOf`. */
export const gateCauses = [
  'handshake',
  'handshake-crowded',
  'certificate-absent',
  'check-timeout',
  'connections-crowded',
] as const;
type GateCause = (typeof gateCauses)[number];

export function createGatedHttpsServer<Identity extends object>(
  options: GatedHttpsOptions<Identity>,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): GatedHttpsServer<Identity> {
  const limits = { ...defaultGateLimits, ...options.limits };
  const server = https.createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      ...options.http,
      ...secureContextOf(options),
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeTimeoutMs,
      ALPNProtocols: ['http/1.1'],
    },
    (request, response) => {
      // Node takes the first of two: what stands before us might take the other (RFC 9112 §3.2).
      if (request.headersDistinct['host']?.length === 1) handler(request, response);
      else response.writeHead(400, { connection: 'close', 'content-length': '0' }).end();
    },
  );
  const beginHandshake = takeOnlyListener<Socket>(server, 'connection');
  const beginHttp = takeOnlyListener<TLSSocket>(server, 'secureConnection');

  const identities = new WeakMap<object, Identity>();
  const open = new Map<TLSSocket, Identity>();
  const openByKey = new Map<string, number>();
  const checking = new Set<TLSSocket>();
  let handshakes = 0;
  let cuts = 0;

  const refuse = (socket: Socket, cause: string): void => {
    socket.destroy();
    options.onRefused?.(cause);
  };

  server.on('connection', (socket: Socket) => {
    if (handshakes + checking.size >= limits.maxUnauthenticated) {
      refuse(socket, 'handshake-crowded' satisfies GateCause);
      return;
    }
    // Every handshake ends in exactly one of `secureConnection` and `tlsClientError`.
    handshakes += 1;
    beginHandshake.call(server, socket);
  });
  server.on('tlsClientError', (_error, socket) => {
    handshakes -= 1;
    refuse(socket, 'handshake' satisfies GateCause);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    handshakes -= 1;
    // What is left to throw is a mistake in a callback of ours: the connection ends, the door stays.
    admit(socket).catch(() => socket.destroy());
  });

  async function admit(socket: TLSSocket): Promise<void> {
    const ignoreError = (): void => undefined;
    socket.on('error', ignoreError);
    checking.add(socket);
    const timer = setTimeout(() => {
      // A check that never ends must not keep its place among the unknown.
      checking.delete(socket);
      refuse(socket, 'check-timeout' satisfies GateCause);
    }, limits.handshakeTimeoutMs);
    let identity: Identity;
    let key: string;
    try {
      const der = socket.getPeerX509Certificate()?.raw;
      if (der === undefined) {
        refuse(socket, 'certificate-absent' satisfies GateCause);
        return;
      }
      let cutsBefore: number;
      do {
        cutsBefore = cuts;
        identity = await options.check(der);
      } while (cutsBefore !== cuts && !socket.destroyed);
      key = options.connectionKey(identity);
    } catch (error) {
      if (!socket.destroyed) refuse(socket, options.causeOf(error));
      return;
    } finally {
      clearTimeout(timer);
      checking.delete(socket);
    }
    if (socket.destroyed) return;
    const held = openByKey.get(key) ?? 0;
    if (held >= limits.maxConnectionsPerKey) {
      refuse(socket, 'connections-crowded' satisfies GateCause);
      return;
    }
    identities.set(socket, identity);
    open.set(socket, identity);
    openByKey.set(key, held + 1);
    socket.once('close', () => {
      open.delete(socket);
      const left = (openByKey.get(key) ?? 1) - 1;
      if (left === 0) openByKey.delete(key);
      else openByKey.set(key, left);
    });
    socket.off('error', ignoreError);
    beginHttp.call(server, socket);
  }

  return {
    server,
    identityOf: (socket) => identities.get(socket),
    cutConnections(predicate) {
      cuts += 1;
      const named = [...open].filter(([, identity]) => predicate(identity));
      for (const [socket] of named) socket.destroy();
      return named.length;
    },
    serveCertificate: (served) => server.setSecureContext(secureContextOf(served)),
    get openConnections() {
      return open.size;
    },
  };
}

/** All of the TLS context: what is not given anew is Node's default again. */
function secureContextOf({
  certificate,
  privateKey,
}: Pick<GatedHttpsOptions<object>, 'certificate' | 'privateKey'>) {
  return {
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  } as const;
}

/**
 * Takes Node's own listener off an event and returns it. Were there none or several, a Node release
 * would have changed what stands between a handshake and HTTP: better no door than that one.
 */
function takeOnlyListener<S extends Socket>(
  server: https.Server,
  event: 'connection' | 'secureConnection',
): (this: https.Server, socket: S) => void {
  const [listener, ...others] = server.listeners(event);
  if (listener === undefined || others.length > 0) {
    throw new TypeError(`https.Server has not exactly one ${event} listener`);
  }
  server.removeAllListeners(event);
  return listener as (this: https.Server, socket: S) => void;
}
