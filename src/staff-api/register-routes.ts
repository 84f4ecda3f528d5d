import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { retryAfterSeconds } from '../platform/graphql/error-map.js';
import type { PublicGraphqlError } from '../platform/graphql/public-error.js';
import type { ExportPeople, ImportPeople, UploadOptions } from '../register/index.js';
import type { StaffCaller } from '../staff/index.js';
import { toAct } from './act.type.js';

/**
 * The routes of the staff door that carry people in bulk; everything else is GraphQL. What each
 * asks of its caller is an act of the table of role and act, decided where it is done.
 */
export const registerRoutes = {
  'POST /register/import': 'REGISTER_IMPORT',
  'POST /register/export': 'REGISTER_EXPORT',
  'POST /register/history': 'REGISTER_ERASE',
} as const;

/** `POST /register/import`: options in the query, none of them about a person. */
const importOptions = ['dryRun', 'expect', 'caseload', 'format', 'separator', 'encoding'] as const;
/** Header with a mapping file, base64url; at most so many bytes of it. */
const mappingHeader = 'safeconduct-mapping';
const largestMapping = 32 * 1024;

export interface RegisterRoutesOptions {
  readonly imports: Pick<ImportPeople, 'execute'>;
  readonly exports: Pick<ExportPeople, 'write' | 'writeHistory'>;
  readonly callerOf: (request: FastifyRequest) => StaffCaller;
  /** The door's face of what was thrown; a fault is written down under its reference. */
  readonly publicError: (error: unknown) => PublicGraphqlError;
}

/**
 * `POST /register/import`: the file as it is for a body (`application/octet-stream`), never in
 * clear on disk. The answer is JSON Lines: `{"stagedBytes"}`, `{"counted"}`, `{"done"}` as it goes,
 * and last `{"result"}` or `{"error"}`, an error as GraphQL has it.
 *
 * `POST /register/export?act=ID`: an approved export, lines of JWE (docs/register.md); cut off, it can
 * be fetched again.
 *
 * `POST /register/history?act=ID`: what an erasure sealed for counsel, in the same form.
 */
export function addRegisterRoutes(fastify: FastifyInstance, options: RegisterRoutesOptions): void {
  // The body is read as it comes: no parser, no copy in memory.
  const streamed = (work: (request: FastifyRequest, reply: FastifyReply) => Promise<void>) => ({
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      reply.hijack();
      await work(request, reply);
      return reply;
    },
  });
  const nothing = async (): Promise<void> => undefined;
  fastify.post(
    '/register/import',
    streamed(async (request, reply) => takeImport(options, request, reply)),
    nothing,
  );
  fastify.post(
    '/register/export',
    streamed(async (request, reply) =>
      sendLines(options, request, reply, async (...wanted) => options.exports.write(...wanted)),
    ),
    nothing,
  );
  fastify.post(
    '/register/history',
    streamed(async (request, reply) =>
      sendLines(options, request, reply, async (...wanted) =>
        options.exports.writeHistory(...wanted),
      ),
    ),
    nothing,
  );
}

async function takeImport(
  options: RegisterRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { raw } = reply;
  const write = (line: object) => {
    if (!raw.headersSent) writeHead(reply, 200, 'application/x-ndjson; charset=utf-8');
    raw.write(`${JSON.stringify(line)}\n`);
  };
  try {
    const type = request.raw.headers['content-type'];
    if (type !== 'application/octet-stream') throw inputInvalid('content-type');
    const { release, ...result } = await options.imports.execute(
      options.callerOf(request),
      // Left early it stays open: whoever is still sending has to be told why.
      request.raw.iterator({ destroyOnReturn: false }),
      readUploadOptions(request),
      write,
    );
    write({ result: { ...result, release: release === undefined ? null : toAct(release) } });
  } catch (error) {
    // The upload broke off: nothing was taken, and nobody is there to be told.
    if (!request.raw.complete && request.raw.destroyed) return void raw.destroy();
    const face = options.publicError(error);
    if (!raw.headersSent) return refuse(request, reply, face);
    raw.write(`${JSON.stringify({ error: face.formatted })}\n`);
  }
  raw.end();
}

async function sendLines(
  options: RegisterRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  send: (
    caller: StaffCaller,
    act: string,
    write: (line: string) => Promise<void>,
  ) => Promise<unknown>,
): Promise<void> {
  const { raw } = reply;
  try {
    const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
    const act = query.get('act') ?? '';
    await send(options.callerOf(request), act, async (line) => {
      if (!raw.headersSent) writeHead(reply, 200, 'application/jose; charset=utf-8');
      if (raw.destroyed) throw new GatewayError('ERR_BUSY', { detail: 'the connection ended' });
      if (!raw.write(line)) await Promise.race([once(raw, 'drain'), once(raw, 'close')]);
    });
    raw.end();
  } catch (error) {
    const face = options.publicError(error);
    // Cut off midway: the client has to see that this is not the whole.
    if (raw.headersSent) raw.destroy();
    else await refuse(request, reply, face);
  }
}

function writeHead({ raw }: FastifyReply, status: number, type: string): void {
  raw.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
}

/** How long somebody who was refused may go on sending before the connection is cut. */
const lingerMs = 5_000;

/**
 * The answer is whole before the body is: were the connection ended at once, what is on its way would
 * reset it, and take the answer with it. What still comes is thrown away, for as long as it takes the other
 * end to read.
 */
async function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  { formatted, status }: PublicGraphqlError,
): Promise<void> {
  const { raw } = reply;
  const body = Buffer.from(JSON.stringify({ errors: [formatted] }), 'utf8');
  raw.setHeader('connection', 'close');
  raw.setHeader('content-length', body.length);
  if (status === 503) raw.setHeader('retry-after', String(retryAfterSeconds));
  // Not executed: no 200, which GraphQL gives its refusals.
  writeHead(reply, status === 200 ? 403 : status, 'application/json; charset=utf-8');
  raw.write(body);
  const enough = AbortSignal.timeout(lingerMs);
  request.raw.resume();
  await finished(request.raw, { signal: enough }).catch(() => undefined);
  raw.end();
}

/** @throws {GatewayError} ERR_INPUT_INVALID naming an option that is not known, or given twice */
function readUploadOptions(request: FastifyRequest): UploadOptions {
  const query = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
  const known: readonly string[] = importOptions;
  for (const name of query.keys()) {
    if (!known.includes(name)) throw inputInvalid('query', 'an option that is not known');
    if (query.getAll(name).length > 1) throw inputInvalid(name, 'twice');
  }
  const { dryRun, ...given } = Object.fromEntries(query) as Partial<
    Record<(typeof importOptions)[number], string>
  >;
  if (dryRun !== undefined && dryRun !== 'true' && dryRun !== 'false') throw inputInvalid('dryRun');
  const header = request.raw.headers[mappingHeader];
  if (Array.isArray(header)) throw inputInvalid('mapping', 'twice');
  const mapping = header === undefined ? undefined : Buffer.from(header, 'base64url');
  if (mapping !== undefined && mapping.length > largestMapping) throw inputInvalid('mapping');
  return {
    ...given,
    dryRun: dryRun === 'true',
    ...(mapping === undefined ? {} : { mapping }),
  };
}
