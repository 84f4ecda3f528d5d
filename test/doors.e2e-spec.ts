import { connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { partnerRequirements } from '../src/partner-api/requirements.js';
import { operationLimits } from '../src/platform/graphql/limits.js';
import { publicErrors } from '../src/platform/graphql/error-map.js';
import { checkRequirementsDeclared } from '../src/platform/graphql/requirements.js';
import { ClosedFastifyAdapter } from '../src/platform/http/closed-fastify-adapter.js';
import { Register } from '../src/register/index.js';
import { captureOutput } from './support/output.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import type { RawRequest, TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf, codeOf, expectNoEcho, expectRefusal } from './support/replies.js';

const simple = '{"query":"{ access { officer } }"}';
const sizes = { access: 32_768, other: 1_024, verification: 16_384 };

describe('the partner door, whatever NODE_ENV says,', () => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  const nodeEnv = process.env['NODE_ENV'];
  beforeAll(async () => {
    delete process.env['NODE_ENV'];
    gateway = await startGateway({ kind: 'PGlite', people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
    await alpha.accessToken();
  });
  afterAll(async () => {
    if (nodeEnv !== undefined) process.env['NODE_ENV'] = nodeEnv;
    await gateway.close();
  });

  const raw = async (request: RawRequest): Promise<TestReply> =>
    alpha.raw({
      ...request,
      headers: { authorization: `Bearer ${await alpha.accessToken()}`, ...request.headers },
    });
  /** Refused by the closed list: nothing of a library's own words. */
  const expectClosed = (reply: TestReply, status: number): void => {
    expect(reply.status).toBe(status);
    const code = reply.json?.errors?.[0]?.extensions['code'] as keyof typeof publicErrors;
    expect(reply.json?.errors?.[0]?.message).toBe(publicErrors[code].message);
    expect(reply.json?.data ?? null).toBeNull();
    expectNoEcho(reply, 'apollo', 'csrf', 'did you mean', 'stack', 'node_modules', 'fastify');
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['date']).toBeDefined();
  };

  describe('as GraphQL', () => {
    test.each([
      ['__schema', '{ __schema { types { name } } }'],
      ['__type', '{ __type(name: "Access") { name } }'],
      ['__schema in a fragment', '{ ...f } fragment f on Query { __schema { types { name } } }'],
    ])('has no introspection: %s', async (_what, query) => {
      expectClosed(await alpha.graphql(query), 400);
    });

    test('tells the name of a type where it stands', async () => {
      const reply = await alpha.graphql('{ access { __typename } }');
      expect(reply.json?.data).toEqual({ access: { __typename: 'Access' } });
    });

    test('suggests no field, type, argument or value to a near miss', async () => {
      for (const query of [
        '{ acces { officer } }',
        '{ access { oficer } }',
        '{ access { partner { cod } } }',
        'mutation { verifyIdentity(inpt: 1) { id } }',
        'query q($a: StateCod) { access { officer } }',
        'mutation { verifyIdentity(input: {purpose: BORDER_VERIFICATIO}) { id } }',
      ]) {
        const reply = await alpha.graphql(query);
        expectClosed(reply, 400);
        expectNoEcho(reply, 'officer', 'StateCode', 'BORDER_VERIFICATION"', 'Unknown');
      }
    });

    test('has no persisted queries, to look up or to register', async () => {
      const sha256Hash = 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38';
      const extensions = { persistedQuery: { version: 1, sha256Hash } };
      const lookUp = await alpha.post(JSON.stringify({ extensions }));
      expectClosed(lookUp, 400);
      const register = await alpha.post(JSON.stringify({ query: '{__typename}', extensions }));
      expectClosed(register, 400);
      expectNoEcho(register, 'PersistedQuery', 'PERSISTED');
    });

    test('takes no batch of operations', async () => {
      expectClosed(await alpha.post(`[${simple}]`), 400);
      expectClosed(await alpha.post(`[${simple},${simple}]`), 400);
      expectClosed(await alpha.post('[]'), 400);
    });

    test.each<[string, string]>([
      ['nothing', ''],
      ['an empty object', '{}'],
      ['null', 'null'],
      ['a text', '"x"'],
      ['a query that is a number', '{"query":5}'],
      ['a query that is null', '{"query":null}'],
      ['an empty query', '{"query":""}'],
      ['variables that are a text', '{"query":"{access{officer}}","variables":"{}"}'],
      ['variables that are a list', '{"query":"{access{officer}}","variables":[1]}'],
      ['an operation name that is a number', '{"query":"{access{officer}}","operationName":5}'],
      ['an operation that is not there', '{"query":"{access{officer}}","operationName":"x"}'],
      ['extensions that are a text', '{"query":"{access{officer}}","extensions":"x"}'],
      ['a document cut short', '{"query":"{access{"}'],
      ['a subscription', '{"query":"subscription{x}"}'],
      ['a definition of a type', '{"query":"type A{b:Int} {access{officer}}"}'],
      ['a member twice', '{"query":"{access{officer}}","query":"{access{officer}}"}'],
      ['a member twice within', '{"query":"{access{officer}}","variables":{"a":1,"a":1}}'],
      ['a byte order mark', '\ufeff{"query":"{access{officer}}"}'],
      ['two values', '{"query":"{access{officer}}"} {}'],
      ['a comment', '{"query":"{access{officer}}"}//'],
      ['a lone surrogate', '{"query":"{access{officer}}","operationName":"\\ud800"}'],
    ])('refuses %s with a code of the list, in one size', async (_what, body) => {
      const reply = await alpha.post(body);
      expectClosed(reply, 400);
      expect(codeOf(reply)).toBe('ERR_INPUT_INVALID');
      expect(reply.body.length).toBe(sizes.other);
    });

    test('refuses bytes that are not UTF-8', async () => {
      const body = Buffer.from('{"query":"{access{officer}}","operationName":"\xe9"}', 'latin1');
      expectClosed(await alpha.post(body), 400);
    });

    test.each<[string, string]>([
      ['two root fields', '{ access { officer } receipt(id: "x") { record } }'],
      ['one root field twice', '{ access { officer } access { officer } }'],
      ['one root field under another name as well', '{ access { officer } b: access { officer } }'],
      [
        'two root fields in fragments',
        '{ ...a ...b } fragment a on Query { access { officer } } fragment b on Query { access { officer } }',
      ],
      ['two operations', 'query a { access { officer } } query b { access { officer } }'],
      ['a field under two names', '{ access { a: officer b: officer } }'],
      [
        'too many directives',
        `{ access { officer ${'@skip(if: false) '.repeat(operationLimits.directives + 1)} } }`,
      ],
      ['too many tokens', `{ access { ${'officer '.repeat(operationLimits.tokens)} } }`],
      ['too many fields', `{ access { ${'officer '.repeat(operationLimits.fields + 1)} } }`],
      [
        'fragments in a circle',
        '{ access { ...a } } fragment a on Access { ...b } fragment b on Access { ...a }',
      ],
      ['a circle of one', '{ access { ...a } } fragment a on Access { officer ...a }'],
    ])('refuses %s', async (_what, query) => {
      expectClosed(await alpha.graphql(query), 400);
    });

    test('refuses a document too deep, and takes one as deep as the schema', async () => {
      const deep = (levels: number): string =>
        levels === 0 ? 'code' : `partner { ${deep(levels - 1)} }`;
      expectClosed(await alpha.graphql(`{ access { ${deep(20)} } }`), 400);
      const reply = await alpha.graphql('{ access { grants { budgets { kind } } } }');
      expect(reply.json?.errors).toBeUndefined();
    });

    test('is not stopped by fragments that spread each other over and over', async () => {
      const [levels, width] = [7, 120];
      const bombs = ['', ' officer'].map(
        (leaf) =>
          `{ access { ...f0 } } ${Array.from(
            { length: levels },
            (_, at) => `fragment f${at} on Access { ${`...f${at + 1} `.repeat(width)} }`,
          ).join(' ')} ${leaf === '' ? '' : `fragment f${levels} on Access {${leaf} }`}`,
      );
      for (const bomb of bombs) expectClosed(await alpha.graphql(bomb), 400);
    });

    test('keeps the size of its answer when it has many faults to tell', async () => {
      const reply = await alpha.graphql(`{ access { ${'nothing '.repeat(150)} } }`);
      expectClosed(reply, 400);
      expect(reply.json?.errors?.length).toBeLessThanOrEqual(3);
      expect(reply.body.length).toBe(sizes.other);
    });
  });

  describe('as HTTP', () => {
    test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
      'answers /graphql to %s with 405 and says which method it takes',
      async (method) => {
        const reply = await raw({ method });
        expect(reply.status).toBe(405);
        expect(reply.headers['allow']).toBe('POST');
        expect(reply.headers['cache-control']).toBe('no-store');
      },
    );

    test('has no GET with a query, no GraphiQL, no landing page', async () => {
      const path = '/graphql?query=%7Baccess%7Bofficer%7D%7D';
      const reply = await raw({ method: 'GET', path, headers: { accept: 'text/html' } });
      expectClosed(reply, 405);
      for (const other of [
        '/',
        '/graphiql',
        '/playground',
        '/sandbox',
        '/graphql/',
        '/index.html',
      ]) {
        const page = await raw({ method: 'GET', path: other, headers: { accept: 'text/html' } });
        expectClosed(page, 404);
      }
    });

    test.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/graphql',
      'application/json; charset=utf-16',
      'application/json; charset=iso-8859-1',
      'application/jsonp',
      '',
    ])('takes no question of type %j, as a page of another site could send', async (type) => {
      const reply = await alpha.post(simple, { 'content-type': type });
      expectClosed(reply, 415);
      expect(reply.body.length).toBe(sizes.other);
    });

    test('takes no question of no type, and none that is compressed', async () => {
      expectClosed(await raw({ body: simple }), 415);
      expectClosed(await raw({}), 415);
      expectClosed(await alpha.post(simple, { 'content-encoding': 'gzip' }), 415);
    });

    test('takes a question with the charset it is in', async () => {
      for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON;charset=UTF-8']) {
        expect((await alpha.post(simple, { 'content-type': type })).status).toBe(200);
      }
    });

    test('refuses a body beyond its limit, declared or not, and ends the connection', async () => {
      const big = Buffer.alloc(operationLimits.bodyBytes + 1, 0x20);
      const declared = await alpha.post(big);
      expectClosed(declared, 413);
      expect(declared.headers['connection']).toBe('close');
      const fits = Buffer.alloc(operationLimits.bodyBytes, 0x20);
      fits.write(simple);
      expect((await alpha.post(fits)).status).toBe(200);
    });

    test('answers in application/graphql-response+json where asked to, else in JSON', async () => {
      const typeFor = async (accept: string) =>
        (await alpha.post(simple, { accept })).headers['content-type'];
      const graphql = 'application/graphql-response+json; charset=utf-8';
      const json = 'application/json; charset=utf-8';
      expect(await typeFor('application/graphql-response+json')).toBe(graphql);
      expect(await typeFor('application/graphql-response+json, application/json;q=0.9')).toBe(
        graphql,
      );
      expect(await typeFor('application/graphql-response+json;q=0, application/json')).toBe(json);
      expect(await typeFor('application/json')).toBe(json);
      expect(await typeFor('*/*')).toBe(json);
    });

    test('never executes a question it then cannot answer for its Accept', async () => {
      for (const accept of ['text/html', 'multipart/mixed', 'application/xml', 'nonsense']) {
        const body = JSON.stringify({
          query:
            'mutation V($input: VerifyIdentityInput!) { verifyIdentity(input: $input) { outcome } }',
          variables: {
            input: {
              requestId: crypto.randomUUID(),
              grantId: alpha.grantId,
              purpose: 'BORDER_VERIFICATION',
              caseReference: 'C',
              person: lailaAsSeen,
            },
          },
        });
        const reply = await alpha.post(body, { accept });
        expect(reply.status).toBe(200);
        expect(answerOf(reply).outcome).toBe('MATCH');
      }
    });

    test('has one Content-Length per kind of operation, and compresses nothing', async () => {
      const accept = { 'accept-encoding': 'gzip, deflate, br, zstd' };
      const access = await alpha.post(simple, accept);
      expect(access.headers['content-encoding']).toBeUndefined();
      expect(access.headers['transfer-encoding']).toBeUndefined();
      expect(access.headers['content-length']).toBe(String(sizes.access));
      for (const person of [lailaAsSeen, nobodyAsSeen, {}, { dateOfBirth: 'x' }]) {
        const reply = await alpha.verify(person);
        expect(reply.headers['content-length']).toBe(String(sizes.verification));
        expect(reply.headers['cache-control']).toBe('no-store');
        expect(reply.headers['date']).toBeDefined();
      }
    });

    test('names no software in any header', async () => {
      for (const reply of [
        await alpha.post(simple),
        await raw({ path: '/x' }),
        await alpha.post(''),
      ]) {
        expect(reply.headers['server']).toBeUndefined();
        expect(reply.headers['x-powered-by']).toBeUndefined();
        expect(reply.headers['access-control-allow-origin']).toBeUndefined();
      }
    });

    test('says no-store and Date on token, key set and metadata too', async () => {
      for (const reply of [
        await alpha.askToken(await alpha.signAssertion()),
        await alpha.askToken('x'),
        await alpha.raw({ path: '/oauth2/token' }),
        await alpha.raw({ method: 'GET', path: '/oauth2/jwks' }),
        await alpha.raw({ method: 'GET', path: '/.well-known/oauth-authorization-server' }),
        await alpha.raw({ path: '/nothing' }),
      ]) {
        expect(reply.headers['cache-control']).toBe('no-store');
        expect(reply.headers['date']).toBeDefined();
      }
    });

    test('answers a wrong method on its other routes with 405', async () => {
      for (const [method, path, allow] of [
        ['GET', '/oauth2/token', 'POST'],
        ['POST', '/oauth2/jwks', 'GET'],
        ['DELETE', '/.well-known/oauth-authorization-server', 'GET'],
      ] as const) {
        const reply = await alpha.raw({ method, path });
        expect([reply.status, reply.headers['allow']]).toEqual([405, allow]);
      }
    });

    test('refuses a token request beyond 16 KiB', async () => {
      const reply = await alpha.raw({
        path: '/oauth2/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a'.repeat(16 * 1024 + 1),
      });
      expect(reply.status).toBe(413);
    });

    test.each(['/%67raphql', '/graphq%6C', '/graphql?x=1', '/GraphQL', '/graphql;x'])(
      'lets nobody past the check of the caller by another spelling: %s',
      async (path) => {
        const headers = { 'content-type': 'application/json' };
        const reply = await alpha.raw({ path, headers, body: simple });
        expect([404, 405]).toContain(reply.status);
        expect(reply.body.toString()).not.toContain('data');
      },
    );

    test('lets nobody past it by a whole address in the request line', async () => {
      const { pair } = alpha.options;
      const text = await new Promise<string>((resolve) => {
        const { port } = new URL(gateway.url);
        const received: Buffer[] = [];
        const socket = connect({
          host: '127.0.0.1',
          port: Number(port),
          servername: 'localhost',
          ca: gateway.serverCaPem,
          cert: new X509Certificate(pair.certificate).toString(),
          key: keyPem(pair.privateKey),
        });
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        socket.on('close', () => resolve(Buffer.concat(received).toString()));
        socket.write(
          `POST https://localhost/graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
            `Content-Type: application/json\r\nContent-Length: ${simple.length}\r\n\r\n${simple}`,
        );
      });
      expect(text).toMatch(/^HTTP\/1\.1 40[14] /);
      expect(text).not.toContain('"data"');
    });

    test('answers what is unknown with 404 and never with its path', async () => {
      const reply = await raw({ method: 'GET', path: '/Samadi/O7654321' });
      expectClosed(reply, 404);
      expectNoEcho(reply, 'Samadi', 'O7654321');
    });
  });

  describe('and the ops door beside it', () => {
    test("share no route: neither answers what is the other's", async () => {
      for (const path of ['/livez', '/readyz', '/metrics']) {
        expect((await fetch(`${gateway.opsUrl}${path}`)).status).toBe(200);
        expectClosed(await raw({ method: 'GET', path }), 404);
      }
      for (const [method, path] of [
        ['POST', '/graphql'],
        ['GET', '/graphql'],
        ['POST', '/oauth2/token'],
        ['GET', '/oauth2/jwks'],
        ['GET', '/.well-known/oauth-authorization-server'],
      ]) {
        const reply = await fetch(`${gateway.opsUrl}${path}`, {
          method: method ?? 'GET',
          ...(method === 'POST'
            ? { body: simple, headers: { 'content-type': 'application/json' } }
            : {}),
        });
        expect(reply.status).toBe(404);
        expect(reply.headers.get('cache-control')).toBe('no-store');
      }
    });

    test('have no field of staff in the partner schema', () => {
      const fields = Object.keys({
        ...gateway.gateway.schema.getQueryType()?.getFields(),
        ...gateway.gateway.schema.getMutationType()?.getFields(),
      });
      const ofPartners =
        'access receipt referral referrals notices verifyIdentity verifyIdentities requestReferral ' +
        'withdrawReferral confirmCrossing correctCrossing acceptGrant reportMistake';
      expect(fields.filter((field) => !ofPartners.split(' ').includes(field))).toEqual([]);
    });

    test('tell operators of no person and no partner in their counters', async () => {
      await alpha.verify(lailaAsSeen);
      const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
      expect(text).toContain('safeconduct_operations_total');
      for (const word of ['Samadi', 'O7654321', 'ALPHA', 'CASE-1'])
        expect(text).not.toContain(word);
    });
  });

  test('prints nothing of what is thrown, and tells the caller a reference only', async () => {
    const register = gateway.rooms.context.get(Register);
    const canary = 'Samadi-canary-O7654321';
    const find = register.find.bind(register);
    const captured = captureOutput();
    let reply: TestReply;
    try {
      register.find = async () => {
        throw Object.assign(new Error(canary), {
          parameters: [canary],
          driverError: new Error(canary),
          [canary]: canary,
        });
      };
      reply = await alpha.verify(lailaAsSeen);
      register.find = async () => {
        throw Object.assign(new Error(), { code: canary, toString: () => canary });
      };
      expectRefusal(await alpha.verify(lailaAsSeen), 'ERR_INTERNAL');
    } finally {
      register.find = find;
      captured.end();
    }
    expectRefusal(reply, 'ERR_INTERNAL');
    expectNoEcho(reply, 'canary', 'Samadi');
    const reference = String(reply.json?.errors?.[0]?.extensions['reference']);
    const logged = gateway.logged.join('');
    expect(logged).toContain(reference);
    expect(logged + JSON.stringify(captured.text())).not.toContain('canary');
    expect(answerOf(await alpha.verify(lailaAsSeen)).outcome).toBe('MATCH');
  });
});

describe('a start is refused', () => {
  test('for a field of the schema without a declared requirement, and the other way round', () => {
    const schema = buildSchema('type Query { access: Int, secret: Int }');
    expect(() => checkRequirementsDeclared(schema, { 'Query.access': 'CALLER' })).toThrow(
      /without a declared requirement: Query\.secret/,
    );
    expect(() =>
      checkRequirementsDeclared(schema, {
        'Query.access': 'CALLER',
        'Query.secret': 'CALLER',
        'Query.gone': 'CALLER',
      }),
    ).toThrow(/without a field: Query\.gone/);
    expect(Object.keys(partnerRequirements).length).toBeGreaterThan(50);
  });

  test('for a route without a declared requirement', async () => {
    @Controller()
    class Open {
      @Get('open')
      open(): string {
        return 'open';
      }
    }
    @Module({ controllers: [Open] })
    class OpenModule {}
    const start = async (routes: Readonly<Record<string, string>>) => {
      const adapter = new ClosedFastifyAdapter({
        routes,
        bodyLimitBytes: 1024,
        refuse: (_request, reply, status) => reply.code(status).send(),
      });
      const app = await NestFactory.create(OpenModule, adapter, {
        logger: false,
        abortOnError: false,
      });
      await app.init();
      await app.close();
    };
    await expect(start({})).rejects.toThrow(/GET \/open has no declared requirement/);
    await start({ 'GET /open': 'NOBODY' });
  });
});
