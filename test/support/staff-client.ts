import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { IssuedKeyPair } from '../../src/platform/pki/index.js';

export interface StaffReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** `extensions.code` of the first error. */
  readonly code: string | undefined;
  /** Value of the one root field. */
  readonly value: unknown;
}

export interface UploadResult {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly refused: boolean;
  readonly rejections: readonly { readonly code: string }[];
  readonly rejectedLines: readonly number[];
  readonly batch: string | null;
  readonly people: number;
  readonly release: { readonly id: string; readonly digest: string; readonly act: string } | null;
}

export interface UploadReply extends StaffReply {
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly result: UploadResult;
}

export const actFields =
  'id act state content digest needsSecond requestedBy requestedAt expiresAt decidedBy decidedAt';

/** A member of staff in a test: a certificate, and raw access to the staff door. */
export class TestStaffClient {
  private readonly agent: https.Agent;

  constructor(
    readonly url: string,
    serverCaPem: string,
    readonly pair: IssuedKeyPair | null,
  ) {
    this.agent = new https.Agent({
      keepAlive: true,
      ca: serverCaPem,
      ...(pair === null
        ? {}
        : {
            cert: new X509Certificate(pair.certificate).toString(),
            key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
          }),
    });
  }

  graphql(query: string, variables: object = {}, headers: object = {}): Promise<StaffReply> {
    return this.raw({ body: JSON.stringify({ query, variables }), headers });
  }

  /** A mutation that answers with an act. */
  async act(mutation: string, input: object): Promise<StaffReply> {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    return this.graphql(
      `mutation A($input: ${inputTypes[mutation] ?? type}!) { ${mutation}(input: $input) { ${actFields} } }`,
      { input },
    );
  }

  /** Approves the act another reply told of. */
  async approve({ value }: StaffReply): Promise<StaffReply> {
    const { id, digest } = value as { id: string; digest: string };
    return this.act('approveAct', { id, digest });
  }

  /** Uploads a file to the import; `text` of the reply is JSON Lines. */
  async upload(file: string | Buffer, query = '', headers: object = {}): Promise<UploadReply> {
    const reply = await this.raw({
      path: `/register/import${query}`,
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body: file,
    });
    const lines = reply.status === 200 ? reply.text.trim().split('\n') : [];
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    return { ...reply, lines: parsed, result: parsed.at(-1)?.['result'] as UploadResult };
  }

  raw(request: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: object;
    readonly body?: string | Buffer;
  }): Promise<StaffReply> {
    const { method = 'POST', path = '/graphql', headers = {}, body } = request;
    return new Promise((resolve, reject) => {
      const sent = https.request(new URL(path, this.url), {
        method,
        agent: this.agent,
        headers: { 'content-type': 'application/json', ...headers },
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = parse(text);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            code: json?.errors?.[0]?.extensions?.code,
            value: Object.values(json?.data ?? {})[0],
          });
        });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

const inputTypes: Readonly<Record<string, string>> = {
  resumeStaff: 'StaffAccountInput',
  suspendStaff: 'StaffAccountInput',
  revokeStaffCertificate: 'StaffCertificateInput',
  resumePartner: 'PartnerInput',
  suspendPartner: 'PartnerInput',
  suspendClient: 'ClientInput',
  discardBatch: 'BatchInput',
  keepPeopleApart: 'KeepApartInput',
  rotateGatewayKey: 'GatewayKeyInput',
  removeGatewayKey: 'GatewayKeyInput',
};

function parse(text: string) {
  try {
    return JSON.parse(text) as {
      readonly data?: Record<string, unknown> | null;
      readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
    };
  } catch {
    return undefined;
  }
}
