import type { TestPartner } from './partner.js';

/** What a partner's systems went through while something else happened. */
export interface LoadReport {
  /** Calls that were answered as they should. */
  readonly good: number;
  /** Anything else, in words. */
  readonly failures: readonly string[];
  readonly tokens: readonly string[];
  readonly answers: readonly { readonly person: object; readonly data: unknown }[];
}

const accessQuery = '{ access { partner { code } } }';

/**
 * Asks, looks at `access` and obtains tokens, several at a time, over and over until `work` is done,
 * and once more after it.
 */
export async function underLoad(
  partner: TestPartner,
  person: object,
  work: () => Promise<void>,
): Promise<LoadReport> {
  const failures: string[] = [];
  const tokens: string[] = [];
  const answers: { person: object; data: unknown }[] = [];
  let good = 0;
  let done = false;
  const over = async (call: () => Promise<string | undefined>): Promise<void> => {
    for (let last = false; ; last = done) {
      const failure = await call().catch((error: unknown) => String(error));
      if (failure === undefined) good += 1;
      else failures.push(failure);
      if (last) return;
    }
  };
  const callers = [
    async () => {
      const token = await partner.fetchToken();
      tokens.push(token);
      partner.withToken(token);
      return undefined;
    },
    async () => {
      const { status } = await partner.graphql(accessQuery);
      return status === 200 ? undefined : `access ${status}`;
    },
    async () => {
      const { status, json } = await partner.verify(person);
      const data = json?.data?.['verifyIdentity'];
      if (data !== null && data !== undefined) answers.push({ person, data });
      return status === 200 && data
        ? undefined
        : `verify ${status} ${JSON.stringify(json?.errors)}`;
    },
  ];
  await partner.accessToken();
  const running = [...callers, ...callers].map(over);
  // What was going on before the change goes on after it.
  while (good < 12 && failures.length === 0) await new Promise((next) => setImmediate(next));
  try {
    await work();
  } finally {
    done = true;
  }
  await Promise.all(running);
  return { good, failures, tokens, answers };
}

/** `kid` of a token. */
export function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  return kid;
}
