import { createDecipheriv, createHmac } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';

/** One TLS 1.3 handshake message of the server (RFC 8446 §4). */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
}
export const certificateRequestType = 13;
export const certificateAuthoritiesExtension = 47;

/**
 * Connects as a client would, records what the server sends, and decrypts its handshake messages
 * with the traffic secret of the connection (RFC 8446 §5.2, §7.3): what a stranger can learn.
 */
export async function serverHandshake(
  port: number,
  options: tls.ConnectionOptions = {},
): Promise<readonly HandshakeMessage[]> {
  const received: Buffer[] = [];
  const relay = net.createServer((down) => {
    const up = net.connect(port, '127.0.0.1');
    up.on('data', (chunk) => received.push(chunk));
    down.pipe(up).pipe(down);
    for (const socket of [down, up]) socket.on('error', () => undefined);
    down.on('close', () => up.destroy());
    up.on('close', () => down.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  let secret: Buffer | undefined;
  await new Promise<void>((resolve) => {
    const client = tls.connect({
      ...options,
      host: '127.0.0.1',
      port: (relay.address() as net.AddressInfo).port,
      rejectUnauthorized: false,
      ciphers: 'TLS_AES_128_GCM_SHA256',
    });
    client.on('keylog', (line) => {
      const match = /^SERVER_HANDSHAKE_TRAFFIC_SECRET \S+ (\S+)/.exec(line.toString());
      if (match?.[1] !== undefined) secret = Buffer.from(match[1], 'hex');
    });
    client.on('secureConnect', () => client.end());
    client.on('error', () => undefined);
    client.on('close', () => resolve());
  });
  relay.close();
  if (secret === undefined) throw new Error('no handshake secret was logged');
  return messages(decrypt(Buffer.concat(received), secret));
}

function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.of(0, length, name.length), name, Buffer.of(0, 1)]);
  // HKDF-Expand, one block.
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

function decrypt(bytes: Buffer, secret: Buffer): Buffer {
  const key = expandLabel(secret, 'key', 16);
  const iv = expandLabel(secret, 'iv', 12);
  const plain: Buffer[] = [];
  let record = 0;
  for (let at = 0; at + 5 <= bytes.length;) {
    const header = bytes.subarray(at, at + 5);
    const body = bytes.subarray(at + 5, at + 5 + header.readUInt16BE(3));
    at += 5 + body.length;
    if (header[0] !== 23) continue;
    const nonce = Buffer.from(iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ record) >>> 0, 8);
    record += 1;
    const decipher = createDecipheriv('aes-128-gcm', key, nonce);
    decipher.setAAD(header);
    decipher.setAuthTag(body.subarray(-16));
    const inner = decipher.update(body.subarray(0, -16));
    try {
      decipher.final();
    } catch {
      break; // the first record under the application secret
    }
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end -= 1;
    if (inner[end - 1] === 22) plain.push(inner.subarray(0, end - 1));
  }
  return Buffer.concat(plain);
}

function messages(bytes: Buffer): readonly HandshakeMessage[] {
  const found: HandshakeMessage[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUIntBE(at + 1, 3);
    found.push({ type: bytes[at] ?? 0, body: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return found;
}

/** Numbers of the extensions of a CertificateRequest (RFC 8446 §4.3.2). */
export function certificateRequestExtensions(message: HandshakeMessage): readonly number[] {
  const start = 1 + (message.body[0] ?? 0) + 2;
  const numbers: number[] = [];
  for (let at = start; at + 4 <= message.body.length;) {
    numbers.push(message.body.readUInt16BE(at));
    at += 4 + message.body.readUInt16BE(at + 2);
  }
  return numbers;
}
