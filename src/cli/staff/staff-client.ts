import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GatewayError, gatewayErrorCodes } from '../../core/errors.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import { readKeyFile } from '../../platform/keys/keys.js';

/** How a member of staff reaches the staff door (docs/cli.md); paths are relative to the file. */
interface StaffProfile {
  readonly url: string;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

const members = ['url', 'certificateFile', 'keyFile', 'caFile'] as const;

/**
 * @param given `--profile`, else SAFECONDUCT_STAFF_PROFILE
 * @throws {GatewayError} ERR_CONFIGURATION, ERR_KEY_UNUSABLE
 */
export function readStaffProfile(given: string | undefined): StaffProfile {
  const path = given ?? process.env['SAFECONDUCT_STAFF_PROFILE'];
  if (path === undefined || path === '') {
    throw refused('name a staff profile with --profile or SAFECONDUCT_STAFF_PROFILE');
  }
  let json: unknown;
  try {
    json = parseStrictJson(readFileSync(path));
  } catch {
    throw refused(`${path} is not there, not JSON, or has a member twice`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refused(`${path} is not an object`);
  }
  const values = json as Readonly<Record<string, unknown>>;
  const known: readonly string[] = members;
  const stranger = Object.keys(values).find((name) => !known.includes(name));
  if (stranger !== undefined) throw refused(`${path}: "${stranger}" is not a member`);
  const text = (name: (typeof members)[number]): string => {
    const value = values[name];
    if (typeof value !== 'string' || value === '') throw refused(`${path}: "${name}" is missing`);
    return value;
  };
  const at = (name: (typeof members)[number]) => resolve(dirname(path), text(name));
  const url = URL.parse(text('url'));
  if (url?.protocol !== 'https:' || url.origin !== text('url')) {
    throw refused(`${path}: "url" is not an https origin`);
  }
  return {
    url: text('url'),
    certificate: readText(at('certificateFile')),
    key: readKeyFile(at('keyFile'), 'keyFile'),
    ca: readText(at('caFile')),
  };
}

/** A client of the staff door with a certificate of staff. */
export class StaffClient {
  private readonly agent: https.Agent;

  constructor(private readonly profile: StaffProfile) {
    const { certificate: cert, key, ca } = profile;
    this.agent = new https.Agent({ keepAlive: true, cert, key, ca, minVersion: 'TLSv1.3' });
  }

  /**
   * The value of the one root field of an operation.
   *
   * @throws {GatewayError} the door's refusal, in its words; ERR_BUSY when it cannot be reached
   */
  async ask<Value>(query: string, variables: object = {}): Promise<Value> {
    const { status, text } = await this.#post(JSON.stringify({ query, variables }));
    const json = parseAnswer(text);
    const [error] = json.errors ?? [];
    if (error !== undefined || json.data === undefined || json.data === null) {
      throw refusalOf(error, status);
    }
    return Object.values(json.data)[0] as Value;
  }

  /**
   * Sends a body as it is read and hands the answer out as it comes.
   *
   * @param read takes the whole answer; not called when the door refuses
   * @throws {GatewayError} the door's refusal; ERR_BUSY when it cannot be reached
   */
  async stream<Value>(
    path: string,
    request: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: AsyncIterable<Uint8Array>;
      readonly signal?: AbortSignal;
    },
    read: (answer: AsyncIterable<Buffer>) => Promise<Value>,
  ): Promise<Value> {
    const { headers = {}, body, signal } = request;
    const sent = https.request(new URL(path, this.profile.url), {
      method: 'POST',
      agent: this.agent,
      headers: { 'content-type': 'application/octet-stream', ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
    const answered = new Promise<IncomingMessage>((done, reject) => {
      sent.on('response', done);
      sent.on('error', (cause) => reject(unreachable(this.profile.url, cause)));
    });
    // A door that refuses does not read the rest: its answer says why, not the broken pipe.
    const sending = pipeline(body ?? [], sent).catch(() => undefined);
    const response = await answered;
    if (response.statusCode === 200) {
      try {
        const value = await read(response);
        await sending;
        return value;
      } catch (cause) {
        throw cause instanceof GatewayError ? cause : cutOff(cause as Error);
      }
    }
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    // What is left of the body is not sent.
    sent.destroy();
    const [error] = parseAnswer(Buffer.concat(chunks).toString('utf8')).errors ?? [];
    throw refusalOf(error, response.statusCode ?? 0);
  }

  close(): void {
    this.agent.destroy();
  }

  #post(body: string): Promise<{ readonly status: number; readonly text: string }> {
    const url = new URL('/graphql', this.profile.url);
    return new Promise((done, reject) => {
      const request = https.request(url, {
        method: 'POST',
        agent: this.agent,
        timeout: 60_000,
        headers: { 'content-type': 'application/json' },
      });
      const fail = (cause: Error) => reject(unreachable(url.origin, cause));
      request.on('timeout', () => request.destroy(new Error('no answer within 60 s')));
      request.on('error', fail);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      request.end(body);
    });
  }
}

interface AnswerError {
  readonly message?: string;
  readonly extensions?: {
    readonly code?: string;
    readonly argument?: string;
    readonly reference?: string;
  };
}

function parseAnswer(text: string): {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly AnswerError[];
} {
  try {
    return JSON.parse(text) as ReturnType<typeof parseAnswer>;
  } catch {
    return {};
  }
}

/** What the door refused, in its words. */
export function refusalOf(error: AnswerError | undefined, status: number): GatewayError {
  const { code, argument, reference } = error?.extensions ?? {};
  const known = gatewayErrorCodes.find((name) => name === code) ?? 'ERR_BUSY';
  // Where a program reads `extensions`, a person at a terminal reads what stands in it.
  const said = error?.message?.replace(/[;,] extensions\.[^.]*\.?$/, '.');
  const where =
    known === 'ERR_INTERNAL' && reference !== undefined
      ? ` (reference ${reference} in the log of the host)`
      : argument === undefined
        ? ''
        : ` (${argument})`;
  return new GatewayError(known, {
    detail: said ? `${said}${where}` : `the staff door answered ${status}`,
    ...(argument === undefined ? {} : { argument }),
  });
}

function unreachable(origin: string, cause: Error & { readonly code?: string }): GatewayError {
  return new GatewayError('ERR_BUSY', {
    detail: `${origin} cannot be reached, or does not know this certificate (${cause.code ?? cause.message})`,
    cause,
  });
}

/** It was reached, and had begun to answer. */
function cutOff(cause: Error & { readonly code?: string }): GatewayError {
  return new GatewayError('ERR_BUSY', {
    detail: `the connection ended in the middle of the answer (${cause.code ?? cause.message}): run the same command again`,
    cause,
  });
}

/** Text of a file named on the command line. @throws {GatewayError} ERR_INPUT_INVALID */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${path} cannot be read` });
  }
}

/** Bytes of a file named on the command line. @throws {GatewayError} ERR_INPUT_INVALID */
export function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${path} cannot be read` });
  }
}

function refused(detail: string): GatewayError {
  return new GatewayError('ERR_CONFIGURATION', { detail });
}
