import { randomUUID } from 'node:crypto';
import type { DocumentRule } from '../partners/index.js';
import type { PartnerCode } from '../core/ids.js';
import { Catch, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { GraphQLModule, type GqlExceptionFilter } from '@nestjs/graphql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { GatewayError } from '../core/errors.js';
import { AcceptGrant, type Caller } from '../grants/index.js';
import { closedGraphql } from '../platform/graphql/closed-graphql.js';
import {
  publicErrors,
  retryAfterSeconds,
  type PublicErrorCode,
} from '../platform/graphql/error-map.js';
import { operationLimits } from '../platform/graphql/limits.js';
import { ClosedFastifyAdapter } from '../platform/http/closed-fastify-adapter.js';
import { HeldAnswers } from '../platform/http/held-answers.js';
import { padAnswer } from '../platform/http/padding.js';
import { ReleaseClock, releaseResponse, type ReleasePace } from '../platform/http/release.js';
import { parseStrictJson } from '../platform/json/strict-json.js';
import { describeError, type GatewayLogger } from '../platform/telemetry/logger.js';
import { nestLogger } from '../platform/telemetry/nest-logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import { Crossings, Mistakes, ReadNotices, WithdrawReferral } from '../referrals/index.js';
import {
  ReadAccess,
  ReadReceipt,
  ReadReferrals,
  type RecordRefusal,
  RequestReferral,
  VerifyIdentities,
  VerifyIdentity,
} from '../verification/index.js';
import { logRoutes, registerLogRoutes, type LogRoutesOptions } from './log-routes.js';
import { CrossingResolver } from './crossing.resolver.js';
import { GrantResolver } from './grant.resolver.js';
import { MistakeResolver } from './mistake.resolver.js';
import { NoticeResolver } from './notice.resolver.js';
import { answerSizeOf, largestSingleAnswer, operationPlugin, ticksOf } from './operation.js';
import { callerOf, establishCaller, exchangeOf, type PartnerContext } from './partner-context.js';
import { ReferralResolver } from './referral.resolver.js';
import { partnerRequirements } from './requirements.js';
import { decideDocument } from './trusted-documents.js';
import { VerificationResolver } from './verification.resolver.js';

/** What the partner door is handed; use cases come in, nothing else of the rooms. */
export interface PartnerDoorOptions {
  readonly useCases: {
    readonly verifyIdentity: VerifyIdentity;
    readonly verifyIdentities: VerifyIdentities;
    readonly readAccess: ReadAccess;
    readonly readReceipt: ReadReceipt;
    readonly recordRefusal: RecordRefusal;
    readonly acceptGrant: AcceptGrant;
    readonly crossings: Crossings;
    readonly readNotices: ReadNotices;
    readonly mistakes: Mistakes;
    readonly requestReferral: RequestReferral;
    readonly withdrawReferral: WithdrawReferral;
    readonly readReferrals: ReadReferrals;
  };
  /** Listener behind the certificate check; every request that comes through it has an identity. */
  readonly serverFactory: (
    handler: (request: IncomingMessage, response: ServerResponse) => void,
  ) => Server;
  /**
   * The caller behind a request, by the certificate of its socket and its bearer token.
   *
   * @throws {GatewayError} ERR_TOKEN_REFUSED
   */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
  /** Whether an emergency stop keeps everything from a partner, by authority as it is now. */
  readonly isStopped: (partner: PartnerCode) => boolean;
  /** Token endpoint, key set and metadata: judge their own requests. */
  readonly tokenEndpoint: (request: IncomingMessage, response: ServerResponse) => void;
  /** What a partner reads of the log by itself, and who it is by its certificate alone. */
  readonly log: Pick<LogRoutesOptions, 'published' | 'partnerOf' | 'now'>;
  /** What a partner's documents are held to, and where those that are not trusted are counted. */
  readonly documents: {
    readonly ruleOf: (partner: PartnerCode) => DocumentRule;
    readonly note: (partner: PartnerCode, id: string, refused: boolean) => void;
  };
  /** When answers leave; one pace for all of the door. */
  readonly pace: ReleasePace;
  readonly logger: GatewayLogger;
  readonly metrics: Metrics;
}

/** What each route of the door asks of its caller. NOBODY: answered 405 whoever asks. */
const routes = {
  'POST /graphql': 'CALLER',
  'GET /graphql': 'NOBODY',
  'OPTIONS /graphql': 'NOBODY',
  'POST /oauth2/token': 'CERTIFICATE',
  'GET /oauth2/jwks': 'CERTIFICATE',
  'GET /.well-known/oauth-authorization-server': 'CERTIFICATE',
  ...logRoutes,
} as const;

/**
 * Requests of one partner being answered at a time, and bytes of their answers from the question to
 * the last byte taken; more are asked to come again.
 */
const heldPerPartner = { count: 64, bytes: 16 * 1024 * 1024 };

/** Hands what was thrown to the error map without printing it. */
@Catch()
class SilentFilter implements GqlExceptionFilter {
  catch(exception: unknown): unknown {
    return exception;
  }
}

@Module({})
class PartnerDoorModule {
  static with(options: PartnerDoorOptions): DynamicModule {
    const {
      verifyIdentity,
      verifyIdentities,
      readAccess,
      readReceipt,
      acceptGrant,
      crossings,
      readNotices,
    } = options.useCases;
    return {
      module: PartnerDoorModule,
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>(
          closedGraphql({
            requirements: partnerRequirements,
            logger: options.logger,
            recordRefusal: async (context, { reference, code }) =>
              options.useCases.recordRefusal.execute((context as PartnerContext).caller, {
                reference,
                code: code as PublicErrorCode,
              }),
            plugins: [operationPlugin(options.metrics)],
            context: (request): PartnerContext => ({
              caller: callerOf(request as FastifyRequest),
              exchange: exchangeOf(request as FastifyRequest),
              variables: {},
            }),
          }),
        ),
      ],
      providers: [
        { provide: VerifyIdentity, useValue: verifyIdentity },
        { provide: VerifyIdentities, useValue: verifyIdentities },
        { provide: ReadAccess, useValue: readAccess },
        { provide: ReadReceipt, useValue: readReceipt },
        { provide: AcceptGrant, useValue: acceptGrant },
        { provide: Crossings, useValue: crossings },
        { provide: ReadNotices, useValue: readNotices },
        { provide: Mistakes, useValue: options.useCases.mistakes },
        { provide: RequestReferral, useValue: options.useCases.requestReferral },
        { provide: WithdrawReferral, useValue: options.useCases.withdrawReferral },
        { provide: ReadReferrals, useValue: options.useCases.readReferrals },
        { provide: APP_FILTER, useClass: SilentFilter },
        CrossingResolver,
        GrantResolver,
        MistakeResolver,
        NoticeResolver,
        ReferralResolver,
        VerificationResolver,
      ],
    };
  }
}

export interface PartnerDoor {
  readonly app: NestFastifyApplication;
  readonly schema: GraphQLSchema;
}

/** Builds the partner door; the caller listens and closes. */
export async function buildPartnerDoor(options: PartnerDoorOptions): Promise<PartnerDoor> {
  const adapter = new ClosedFastifyAdapter({
    routes,
    bodyLimitBytes: operationLimits.bodyBytes,
    serverFactory: options.serverFactory,
    refuse: (request, reply, status) => refuse(request, reply, status, options),
  });
  registerGraphqlHooks(adapter, options);
  registerTokenRoutes(adapter, options);
  registerLogRoutes(adapter.fastify, {
    ...options.log,
    refuse: (request, reply, status) => refuse(request, reply, status, options),
    onFault: (error) => options.logger.error(describeError(error), 'the log cannot be read'),
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    PartnerDoorModule.with(options),
    adapter,
    { bodyParser: false, logger: nestLogger(options.logger), abortOnError: false },
  );
  await app.init();
  return { app, schema: app.get(GraphQLSchemaHost).schema };
}

function registerGraphqlHooks(adapter: ClosedFastifyAdapter, options: PartnerDoorOptions): void {
  const { fastify } = adapter;
  const held = new HeldAnswers(heldPerPartner);

  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (request.is404) return refuseRoute(request, reply, options);
    // The route that was found, not the address as spelt: the router reads escapes and full URLs.
    if (request.routeOptions.url !== '/graphql') return undefined;
    exchangeOf(request).clock = new ReleaseClock(options.pace);
    if (request.url !== '/graphql' || request.method !== 'POST') {
      return refuseRoute(request, reply, options);
    }
    let caller: Caller;
    try {
      caller = await options.authenticate(request.raw);
    } catch (error) {
      return refuseCaller(error, request, reply, options);
    }
    const place = held.take(caller.partner, largestSingleAnswer);
    if (place === undefined) return refuse(request, reply, 503, options);
    reply.raw.once('close', () => place.free());
    exchangeOf(request).held = place;
    establishCaller(request, caller);
    if (options.isStopped(caller.partner)) {
      return refuseRecorded(request, reply, { status: 503, code: 'ERR_STOPPED' }, options);
    }
    if (!isPlainJson(request)) return refuse(request, reply, 415, options);
    request.raw.headers.accept = chooseMediaType(request.raw.headers.accept);
    return undefined;
  });

  // The last byte of the question has arrived: the clock of its release starts here.
  fastify.addContentTypeParser(
    ['application/json'],
    { parseAs: 'buffer', bodyLimit: operationLimits.bodyBytes },
    async (request: FastifyRequest, body: Buffer) => {
      const exchange = exchangeOf(request);
      exchange.clock?.cancel();
      exchange.clock = new ReleaseClock(options.pace);
      const parsed = readStrictly(body);
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
        throw Object.assign(new Error('body'), { statusCode: 400 });
      }
      return parsed;
    },
  );

  // Before any of its text is parsed: is this a document its partner may send?
  fastify.addHook('preHandler', async (request, reply) => {
    const { body } = request;
    if (request.routeOptions.url !== '/graphql' || typeof body !== 'object' || body === null) {
      return undefined;
    }
    const { partner } = callerOf(request);
    const decision = decideDocument(body, options.documents.ruleOf(partner));
    if (!decision.run) {
      if (decision.id !== undefined) options.documents.note(partner, decision.id, true);
      const why = { status: 400, code: 'ERR_INPUT_INVALID', argument: decision.argument } as const;
      return refuseRecorded(request, reply, why, options);
    }
    if (decision.wouldRefuse !== undefined) {
      options.documents.note(partner, decision.wouldRefuse, false);
    }
    if (decision.query !== undefined) {
      const { documentId: _, ...rest } = body as Readonly<Record<string, unknown>>;
      request.body = { ...rest, query: decision.query };
    }
    return undefined;
  });

  fastify.addHook('onSend', async (request, reply, payload) => {
    const exchange = exchangeOf(request);
    const { clock } = exchange;
    reply.header('cache-control', 'no-store');
    if (clock === undefined) return payload;
    const padded = padAnswer(typeof payload === 'string' ? payload : '', answerSizeOf(exchange));
    options.metrics.workSeconds.observe(clock.elapsedMs / 1000);
    const late = await clock.release(ticksOf(exchange));
    if (late > 0) options.metrics.lateReleases.inc();
    options.metrics.releasePace.set(options.pace.releases);
    reply.header('content-length', padded.length);
    return padded;
  });

  fastify.addHook('onRequestAbort', async (request) => exchangeOf(request).clock?.cancel());
}

function registerTokenRoutes(adapter: ClosedFastifyAdapter, options: PartnerDoorOptions): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    options.tokenEndpoint(request.raw, reply.raw);
  };
  const { fastify } = adapter;
  fastify.get('/oauth2/jwks', handler);
  fastify.get('/.well-known/oauth-authorization-server', handler);
  // The token endpoint reads its own body, so Fastify must not: it is taken over before that.
  fastify.post(
    '/oauth2/token',
    {
      onRequest: async (request, reply) => {
        // Neither why a client is refused nor that it is known shows in the time of its answer.
        releaseResponse(request.raw, reply.raw, options.pace, (late) => {
          if (late > 0) options.metrics.lateReleases.inc();
        });
        handler(request, reply);
      },
    },
    handler,
  );
}

/** JSON in UTF-8 as it is: another charset or a compressed body would be read as something else. */
function isPlainJson({ raw: { headers } }: FastifyRequest): boolean {
  const isJson = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i.test(
    headers['content-type'] ?? '',
  );
  return isJson && (headers['content-encoding'] ?? 'identity') === 'identity';
}

const graphqlMediaType = 'application/graphql-response+json';

/**
 * One of the two media types of answers (GraphQL over HTTP). An `Accept` that fits neither is
 * disregarded (RFC 9110 §12.5.1): refused after execution, a question would be paid for and lost.
 */
function chooseMediaType(accept: string | undefined): string {
  const isNamed = (accept ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === graphqlMediaType && !parameters.some((one) => /^q=0(\.0*)?$/.test(one));
  });
  return isNamed ? graphqlMediaType : 'application/json';
}

function readStrictly(body: Buffer): unknown {
  try {
    return parseStrictJson(body);
  } catch {
    throw Object.assign(new Error('body'), { statusCode: 400 });
  }
}

/** No such route: 405 where another method has one, else 404. */
function refuseRoute(
  request: FastifyRequest,
  reply: FastifyReply,
  options: PartnerDoorOptions,
): FastifyReply {
  const allowed = Object.entries(routes).flatMap(([route, requirement]) => {
    const [method = '', path] = route.split(' ');
    return path === request.url.split('?', 1)[0] && requirement !== 'NOBODY' ? [method] : [];
  });
  const isMethod = allowed.length > 0 && !allowed.includes(request.method);
  if (isMethod) reply.header('allow', allowed.join(', '));
  return refuse(request, reply, isMethod ? 405 : 404, options);
}

/** A refusal of an established caller: on record, as any other is. */
async function refuseRecorded(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    status,
    code,
    ...argument
  }: { readonly status: number; readonly code: PublicErrorCode; readonly argument?: string },
  options: PartnerDoorOptions,
): Promise<FastifyReply> {
  const reference = randomUUID();
  try {
    await options.useCases.recordRefusal.execute(callerOf(request), { reference, code });
  } catch (error) {
    options.logger.error(describeError(error), 'a refusal cannot be recorded');
    return refuse(request, reply, 503, options, { code: 'ERR_LOG_UNAVAILABLE', reference });
  }
  return refuse(request, reply, status, options, { code, reference, ...argument });
}

/** One body for every request without a caller. */
function refuseCaller(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: PartnerDoorOptions,
): FastifyReply {
  const isRefusal =
    error instanceof GatewayError &&
    (error.code === 'ERR_TOKEN_REFUSED' || error.code === 'ERR_CERTIFICATE_REFUSED');
  if (!isRefusal) {
    options.logger.error(describeError(error), 'callers cannot be established');
    return refuse(request, reply, 503, options);
  }
  options.metrics.tokensRefused.inc({ cause: error.detail ?? 'unknown' });
  return refuse(request, reply, 401, options);
}

/** Answers of the door itself, before or beside GraphQL: fixed body per status. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  options: PartnerDoorOptions,
  why: {
    readonly code?: PublicErrorCode;
    readonly reference?: string;
    readonly argument?: string;
  } = {},
): FastifyReply {
  reply.code(status).header('content-type', 'application/json; charset=utf-8');
  reply.header('cache-control', 'no-store');
  if (status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
  if (status === 503) reply.header('retry-after', String(retryAfterSeconds));
  const { reference = randomUUID(), argument } = why;
  const code = why.code ?? codeOfStatus[status] ?? 'ERR_INPUT_INVALID';
  if (status === 500) options.logger.error({ code }, 'refused outside GraphQL');
  if (status === 413) reply.header('connection', 'close');
  exchangeOf(request).code = code;
  const error = {
    message: publicErrors[code].message,
    extensions: { code, reference, ...(argument === undefined ? {} : { argument }) },
  };
  return reply.send(
    JSON.stringify(status === 401 ? { error: 'invalid_token' } : { errors: [error] }),
  );
}

const codeOfStatus: Readonly<Record<number, keyof typeof publicErrors>> = {
  500: 'ERR_INTERNAL',
  503: 'ERR_BUSY',
};
