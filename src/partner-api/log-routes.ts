import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { CosignatureAnswer, PublishedLog } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { parseTilePath } from '../core/log/tile.js';

/**
 * What a partner reads of the log by itself (docs/log.md): its own tree, the cover tree, its own
 * slot; and where its witness brings cosignatures.
 *
 * Who asks is established by the client certificate alone, against authority as it is now. A witness
 * runs unattended, and its alarm must not hang on token endpoint, officer or clock; what is told is
 * hashes and checkpoints of the certificate's own partner, and what is taken is signed by itself.
 */
export const logRoutes = {
  'GET /log/checkpoint': 'CERTIFICATE',
  'GET /log/tile/*': 'CERTIFICATE',
  'GET /log/cover/checkpoint': 'CERTIFICATE',
  'GET /log/cover/tile/*': 'CERTIFICATE',
  'GET /log/cover/leaf/:round': 'CERTIFICATE',
  'POST /log/cover/cosignatures': 'CERTIFICATE',
} as const;

export interface LogRoutesOptions {
  readonly published: PublishedLog;
  readonly now: () => Date;
  /**
   * The partner of the certificate of a request, in force now.
   *
   * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
   */
  readonly partnerOf: (request: IncomingMessage) => Promise<PartnerCode>;
  readonly refuse: (request: FastifyRequest, reply: FastifyReply, status: number) => FastifyReply;
  /** A fault, after which 503 is answered. */
  readonly onFault: (error: unknown) => void;
}

const text = 'text/plain; charset=utf-8';
const bytes = 'application/octet-stream';
const largestNoteBytes = 64 * 1024;

/** A log answer that is there, or undefined for 404. */
type Found = { readonly type: string; readonly body: string | Buffer } | undefined;

export function registerLogRoutes(fastify: FastifyInstance, options: LogRoutesOptions): void {
  const { published } = options;
  const read =
    (
      find: (partner: PartnerCode, request: FastifyRequest, reply: FastifyReply) => Promise<Found>,
    ) =>
    async (request: FastifyRequest, reply: FastifyReply) =>
      answered(options, request, reply, async (partner) => {
        const found = await find(partner, request, reply);
        if (found === undefined) return options.refuse(request, reply, 404);
        return reply.code(200).header('content-type', found.type).send(found.body);
      });

  fastify.get(
    '/log/checkpoint',
    read(async (partner) => ({ type: text, body: await published.checkpoint(partner) })),
  );
  fastify.get(
    '/log/tile/*',
    read(async (partner, request) => {
      const tile = parseTilePath(wildcard(request));
      const body = tile === undefined ? undefined : await published.tile(partner, tile);
      return body === undefined ? undefined : { type: bytes, body };
    }),
  );
  fastify.get(
    '/log/cover/checkpoint',
    read(async () => ({ type: text, body: await published.coverCheckpoint() })),
  );
  fastify.get(
    '/log/cover/tile/*',
    read(async (_partner, request) => {
      const tile = parseTilePath(wildcard(request));
      const body = tile === undefined ? undefined : await published.coverTile(tile);
      return body === undefined ? undefined : { type: bytes, body };
    }),
  );
  fastify.get(
    '/log/cover/leaf/:round',
    read(async (partner, request, reply) => {
      const { round } = request.params as { readonly round: string };
      if (!/^(?:0|[1-9][0-9]{0,14})$/.test(round)) return undefined;
      const found = await published.slotLeaf(partner, Number(round));
      if (found === undefined) return undefined;
      // The body is the leaf to the byte; the path that leads from it to the round goes beside it.
      reply.header('slot-path', found.path.join(', '));
      return { type: bytes, body: found.leaf };
    }),
  );
  // A scope of its own: nowhere else on the door is plain text a body.
  void fastify.register(async (scope) => {
    scope.addContentTypeParser(
      'text/plain',
      { parseAs: 'string', bodyLimit: largestNoteBytes },
      async (_request: FastifyRequest, body: string) => body,
    );
    scope.post('/log/cover/cosignatures', { bodyLimit: largestNoteBytes }, async (request, reply) =>
      answered(options, request, reply, async (partner) => {
        const note = typeof request.body === 'string' ? request.body : '';
        const answer = await published.takeCosignatures(partner, note, options.now());
        if (answer.taken) return reply.code(200).header('content-type', text).send('');
        return refused(options, request, reply, answer);
      }),
    );
  });
}

function refused(
  options: LogRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Extract<CosignatureAnswer, { readonly taken: false }>,
): FastifyReply {
  if (answer.cause === 'ANOTHER_TREE') {
    return reply.code(409).header('content-type', 'text/x.tlog.size').send(`${answer.size}\n`);
  }
  const status = { UNREADABLE: 422, UNKNOWN_ORIGIN: 404, UNKNOWN_KEY: 403 }[answer.cause];
  return options.refuse(request, reply, status);
}

async function answered(
  options: LogRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: (partner: PartnerCode) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  let partner: PartnerCode;
  try {
    partner = await options.partnerOf(request.raw);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'ERR_CERTIFICATE_REFUSED') {
      return options.refuse(request, reply, 401);
    }
    options.onFault(error);
    return options.refuse(request, reply, 503);
  }
  try {
    return await answer(partner);
  } catch (error) {
    options.onFault(error);
    return options.refuse(request, reply, 503);
  }
}

function wildcard(request: FastifyRequest): string {
  return (request.params as { readonly '*': string })['*'];
}
