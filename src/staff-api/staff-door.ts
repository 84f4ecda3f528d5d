import { Catch, Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { GraphQLModule, GraphQLSchemaHost, type GqlExceptionFilter } from '@nestjs/graphql';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { GatewayError } from '../core/errors.js';
import { decideAct, isStaffAct } from '../core/staff/acts.js';
import { closedGraphql } from '../platform/graphql/closed-graphql.js';
import { retryAfterSeconds } from '../platform/graphql/error-map.js';
import { toPublicError } from '../platform/graphql/public-error.js';
import { operationLimits } from '../platform/graphql/limits.js';
import { ClosedFastifyAdapter } from '../platform/http/closed-fastify-adapter.js';
import { parseStrictJson } from '../platform/json/strict-json.js';
import { describeError, type GatewayLogger } from '../platform/telemetry/logger.js';
import { nestLogger } from '../platform/telemetry/nest-logger.js';
import { ExportPeople, ImportPeople } from '../register/index.js';
import { StaffActs, type StaffCaller } from '../staff/index.js';
import { addCrlRoute, crlRoutes } from './crl-route.js';
import { addRegisterRoutes, registerRoutes } from './register-routes.js';
import { staffRequirements } from './requirements.js';
import { staffErrors, staffFaces } from './staff-errors.js';
import { establishStaff, staffOf, type StaffContext } from './staff-context.js';
import { staffResolvers, staffUseCases } from './use-cases.js';

/** What the staff door is handed; use cases come in, nothing else of the rooms. */
export interface StaffDoorOptions {
  /** One of {@link staffUseCases}, out of the rooms. */
  readonly useCase: <T extends object>(type: Type<T>) => T;
  /** Listener behind the certificate check. */
  readonly serverFactory: (
    handler: (request: IncomingMessage, response: ServerResponse) => void,
  ) => Server;
  /**
   * The member of staff behind a request, by the certificate of its socket.
   *
   * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
   */
  readonly authenticate: (request: IncomingMessage) => Promise<StaffCaller>;
  /** Origin of the door's own pages; a request of another page is refused. */
  readonly publicUrl: string;
  readonly logger: GatewayLogger;
}

/** What each route of the door asks of its caller. */
const routes = {
  'POST /graphql': 'STAFF',
  'GET /graphql': 'NOBODY',
  'OPTIONS /graphql': 'NOBODY',
  ...registerRoutes,
  ...crlRoutes,
} as const;

/** Hands what was thrown to the error map without printing it. */
@Catch()
class SilentFilter implements GqlExceptionFilter {
  catch(exception: unknown): unknown {
    return exception;
  }
}

@Module({})
class StaffDoorModule {
  static with(options: StaffDoorOptions): DynamicModule {
    return {
      module: StaffDoorModule,
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>(
          closedGraphql({
            requirements: staffRequirements,
            faces: staffFaces,
            authorize: (requirement, context) => authorize(requirement, context as StaffContext),
            logger: options.logger,
            plugins: [],
            context: (request): StaffContext => ({ caller: staffOf(request as FastifyRequest) }),
          }),
        ),
      ],
      providers: [
        ...staffUseCases.map((type) => ({
          provide: type,
          useValue: options.useCase<object>(type),
        })),
        { provide: APP_FILTER, useClass: SilentFilter },
        ...staffResolvers,
      ],
    };
  }
}

/**
 * Reading is decided here by the table. What changes something is decided where it is done, in the
 * transaction that does it, so that its refusals are recorded as well.
 */
function authorize(requirement: unknown, { caller }: StaffContext): void {
  if (requirement === 'OF_THE_ACT') return;
  if (typeof requirement !== 'string' || !isStaffAct(requirement)) {
    throw new TypeError('a root field names an act');
  }
  if (!requirement.endsWith('_READ')) return;
  const decision = decideAct(requirement, caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}

export interface StaffDoor {
  readonly app: NestFastifyApplication;
  readonly schema: GraphQLSchema;
}

/** Builds the staff door; the caller listens and closes. */
export async function buildStaffDoor(options: StaffDoorOptions): Promise<StaffDoor> {
  const adapter = new ClosedFastifyAdapter({
    routes,
    bodyLimitBytes: operationLimits.bodyBytes,
    serverFactory: options.serverFactory,
    refuse,
  });
  registerHooks(adapter, options);
  addCrlRoute(adapter.fastify, {
    acts: options.useCase(StaffActs),
    callerOf: staffOf,
    publicError: (error) => toPublicError(error, options.logger, staffFaces),
  });
  addRegisterRoutes(adapter.fastify, {
    imports: options.useCase(ImportPeople),
    exports: options.useCase(ExportPeople),
    callerOf: staffOf,
    publicError: (error) => toPublicError(error, options.logger, staffFaces),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    StaffDoorModule.with(options),
    adapter,
    { bodyParser: false, logger: nestLogger(options.logger), abortOnError: false },
  );
  await app.init();
  return { app, schema: app.get(GraphQLSchemaHost).schema };
}

function registerHooks({ fastify }: ClosedFastifyAdapter, options: StaffDoorOptions): void {
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (request.is404) return refuse(request, reply, isPathOfDoor(request) ? 405 : 404);
    // The route that was found, not the address as spelt; every one of them has a caller.
    const isGraphql = request.routeOptions.url === '/graphql';
    if (request.method !== 'POST' || (isGraphql && request.url !== '/graphql')) {
      reply.header('allow', 'POST');
      return refuse(request, reply, 405);
    }
    if (!isOwnPage(request, options.publicUrl)) return refuse(request, reply, 403);
    try {
      establishStaff(request, await options.authenticate(request.raw));
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'ERR_CERTIFICATE_REFUSED') {
        return refuse(request, reply, 401);
      }
      options.logger.error(describeError(error), 'staff cannot be established');
      return refuse(request, reply, 503);
    }
    return undefined;
  });
  fastify.addContentTypeParser(
    ['application/json'],
    { parseAs: 'buffer', bodyLimit: operationLimits.bodyBytes },
    async (_request: FastifyRequest, body: Buffer) => {
      const parsed = readStrictly(body);
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
        throw Object.assign(new Error('body'), { statusCode: 400 });
      }
      return parsed;
    },
  );
}

/** Whether another method has the path. */
const isPathOfDoor = ({ url }: FastifyRequest): boolean =>
  Object.keys(routes).some((route) => route.split(' ')[1] === url.split('?', 1)[0]);

/**
 * A browser sends the certificate to this door whichever page asks it to: only a program, which sends
 * neither header, and our own pages are listened to (Fetch Metadata, OWASP CSRF).
 */
function isOwnPage({ headers }: FastifyRequest, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  return (
    (headers.origin === undefined || headers.origin === publicUrl) &&
    (site === undefined || site === 'same-origin')
  );
}

function readStrictly(body: Buffer): unknown {
  try {
    return parseStrictJson(body);
  } catch {
    throw Object.assign(new Error('body'), { statusCode: 400 });
  }
}

/** Answers of the door itself, before or beside GraphQL: fixed body per status. */
function refuse(_request: FastifyRequest, reply: FastifyReply, status: number): FastifyReply {
  const code = status === 500 ? 'ERR_INTERNAL' : status === 503 ? 'ERR_BUSY' : 'ERR_INPUT_INVALID';
  reply.code(status).header('content-type', 'application/json; charset=utf-8');
  reply.header('cache-control', 'no-store');
  if (status === 503) reply.header('retry-after', String(retryAfterSeconds));
  if (status === 413) reply.header('connection', 'close');
  const error = { message: staffErrors[code], extensions: { code } };
  return reply.send(JSON.stringify(status === 401 ? { error: 'refused' } : { errors: [error] }));
}
