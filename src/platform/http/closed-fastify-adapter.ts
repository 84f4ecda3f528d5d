import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  fastify,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

export interface ClosedDoorOptions {
  /** What each route asks of its caller, by `METHOD /path`; one that is not here stops the start-up. */
  readonly routes: Readonly<Record<string, unknown>>;
  readonly bodyLimitBytes: number;
  /** The door's own listener; plain HTTP on a private address without one. */
  readonly serverFactory?: (
    handler: (request: IncomingMessage, response: ServerResponse) => void,
  ) => Server;
  /** Answers what never reaches a handler; the body is the door's. */
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, status: number) => FastifyReply;
}

/**
 * Fastify under Nest with everything closed that is not declared: routes, content types, Nest's own
 * parsers and its error pages, which repeat paths and messages.
 */
export class ClosedFastifyAdapter extends FastifyAdapter {
  readonly fastify: FastifyInstance;

  constructor(private readonly door: ClosedDoorOptions) {
    const instance = fastify({
      bodyLimit: door.bodyLimitBytes,
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      requestTimeout: 30_000,
      keepAliveTimeout: 60_000,
      // What is no HTTP is answered like everything else: nothing of it repeated, nothing kept.
      clientErrorHandler: (_error, socket) => {
        if (!socket.writable) return;
        socket.end(
          `HTTP/1.1 400 Bad Request\r\nDate: ${new Date().toUTCString()}\r\n` +
            'Cache-Control: no-store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
        );
      },
      frameworkErrors: (_error, request, reply) => {
        void door.refuse(request, reply, 400);
      },
      ...(door.serverFactory === undefined ? {} : { serverFactory: door.serverFactory }),
    }) as unknown as FastifyInstance;
    super(instance as never);
    this.fastify = instance;
    instance.removeAllContentTypeParsers();
    instance.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) {
        if (!Object.hasOwn(door.routes, `${one} ${url}`)) {
          throw new TypeError(`route ${one} ${url} has no declared requirement`);
        }
      }
    });
  }

  override setErrorHandler(): never {
    return this.fastify.setErrorHandler((error: FastifyError, request, reply) =>
      this.door.refuse(request, reply, publicStatus(error)),
    ) as never;
  }

  override setNotFoundHandler(): never {
    return this.fastify.setNotFoundHandler((request, reply) =>
      this.door.refuse(request, reply, 404),
    ) as never;
  }
}

function publicStatus(error: FastifyError): number {
  const status = error.statusCode ?? 500;
  return [400, 413, 415].includes(status) ? status : 500;
}
