import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { ImportedPeople } from '../register/index.js';
import { addRegisterRoutes } from './register-routes.js';

/** An import that has seen enough after so many pieces. */
let pieces = 0;
const leavesEarly = async (
  _: unknown,
  source: AsyncIterable<Uint8Array>,
): Promise<ImportedPeople> => {
  let seen = 0;
  if (pieces > 0)
    for await (const piece of source) if (piece.length > 0 && ++seen === pieces) break;
  throw inputInvalid('file', 'larger than allowed');
};
const nothing = async () => {
  throw new GatewayError('ERR_NOT_FOUND');
};

let app: FastifyInstance;
let port: number;
beforeAll(async () => {
  app = fastify({ serverFactory: (handler) => createServer(handler) });
  addRegisterRoutes(app, {
    imports: { execute: leavesEarly },
    exports: { write: nothing, writeHistory: nothing },
    callerOf: () => ({}) as never,
    publicError: (error) => ({
      status: 400,
      isRecorded: false,
      formatted: { message: '', extensions: { code: (error as GatewayError).code } },
    }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(async () => app.close());

test.each([
  ['before any of it was read', 0],
  ['once some of it was', 3],
])('who is still sending a file is told why it is refused, %s', async (_when, read) => {
  pieces = read;
  const told = new Promise<[number | undefined, string]>((resolve, reject) => {
    const sent = ask({ port, method: 'POST', path: '/register/import' });
    sent.setHeader('content-type', 'application/octet-stream');
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.on('data', (piece: Buffer) => (text += piece.toString()));
      response.on('error', reject);
      response.on('end', () => {
        resolve([response.statusCode, text]);
        sent.destroy();
      });
    });
    // Never ended: more of it is always on its way.
    const more = () => {
      while (sent.write(Buffer.alloc(65_536)));
    };
    sent.on('drain', more);
    more();
  });
  expect(await told).toEqual([400, expect.stringContaining('ERR_INPUT_INVALID')]);
});
