import https from 'node:https';

/** As wide as what OAuth clients hand to a custom fetch. */
export type MtlsFetch = (
  url: string,
  init?: { readonly [name in keyof RequestInit]?: RequestInit[name] | undefined },
) => Promise<Response>;

/** `fetch` over node:https with a client certificate: the built-in one takes none. */
export function mtlsFetch(tls: https.RequestOptions): MtlsFetch {
  return async (url, init) => {
    const request = new Request(url, init as RequestInit);
    const body = Buffer.from(await request.arrayBuffer());
    return new Promise((resolve, reject) => {
      const outgoing = https.request(
        request.url,
        {
          ...tls,
          agent: false,
          method: request.method,
          headers: {
            ...Object.fromEntries(request.headers),
            ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const headers = new Headers();
            for (const [name, values] of Object.entries(incoming.headersDistinct)) {
              for (const value of values ?? []) headers.append(name, value);
            }
            resolve(
              new Response(Buffer.concat(chunks), { status: incoming.statusCode ?? 0, headers }),
            );
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  };
}
