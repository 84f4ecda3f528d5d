import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { retryAfterSeconds } from '../platform/graphql/error-map.js';
import type { PublicGraphqlError } from '../platform/graphql/public-error.js';
import type { StaffActs, StaffCaller } from '../staff/index.js';
import { toAct } from './act.type.js';

/** The route for revocation lists, which are larger than any operation: the act of `importCrl`. */
export const crlRoutes = { 'POST /partners/crl': 'CRL_IMPORT' } as const;

/** RFC 2585 §4.2. */
const crlType = 'application/pkix-crl';
/** A list has 8 MiB at most; as PEM it is a third larger. */
const largestBodyBytes = 12 * 1024 * 1024;

export interface CrlRouteOptions {
  readonly acts: StaffActs;
  readonly callerOf: (request: FastifyRequest) => StaffCaller;
  /** The door's face of what was thrown; a fault is written down under its reference. */
  readonly publicError: (error: unknown) => PublicGraphqlError;
}

/**
 * `POST /partners/crl`: the list as it is for a body, DER or PEM. Answered as the mutation
 * `importCrl` is, `{"data":{"importCrl":{...}}}` or `{"errors":[...]}`; no 200 for a refusal.
 */
export function addCrlRoute(fastify: FastifyInstance, options: CrlRouteOptions): void {
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    await importCrl(options, request, reply);
    return reply;
  };
  fastify.post('/partners/crl', { onRequest }, async () => undefined);
}

async function importCrl(
  { acts, callerOf, publicError }: CrlRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  try {
    const caller = callerOf(request);
    if (request.raw.headers['content-type'] !== crlType) throw inputInvalid('content-type');
    const body = await readBody(request);
    const isPem = body.subarray(0, 1).toString() === '-';
    const crl = body.toString(isPem ? 'latin1' : 'base64');
    const act = toAct(await acts.perform(caller, 'CRL_IMPORT', { crl }));
    answer(reply, 200, { data: { importCrl: act } });
  } catch (error) {
    const { formatted, status } = publicError(error);
    // What is left of the body is not read.
    reply.raw.setHeader('connection', 'close');
    if (status === 503) reply.raw.setHeader('retry-after', String(retryAfterSeconds));
    answer(reply, status === 200 ? 403 : status, { errors: [formatted] });
  }
}

/** @throws {GatewayError} ERR_INPUT_INVALID for one longer than is taken; the rest is not read */
async function readBody(request: FastifyRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > largestBodyBytes) break;
    }
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', { argument: 'crl', detail: 'cut off', cause });
  }
  if (size === 0 || size > largestBodyBytes) throw inputInvalid('crl');
  return Buffer.concat(chunks);
}

function answer({ raw }: FastifyReply, status: number, body: object): void {
  raw.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  raw.end(JSON.stringify(body));
}
