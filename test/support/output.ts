import { Readable } from 'node:stream';

export interface CapturedOutput {
  text(): { readonly out: string; readonly err: string };
  end(): void;
}

/** Takes what this process writes to stdout and stderr until it is ended. */
export function captureOutput(): CapturedOutput {
  const streams = [process.stdout, process.stderr] as const;
  const chunks: readonly [string[], string[]] = [[], []];
  const own = streams.map((stream) => Object.getOwnPropertyDescriptor(stream, 'write'));
  for (const [at, stream] of streams.entries()) {
    const write = (chunk: unknown) => {
      chunks[at]?.push(String(chunk));
      return true;
    };
    Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
  }
  return {
    text: () => ({ out: chunks[0].join(''), err: chunks[1].join('') }),
    end: () => {
      for (const [at, stream] of streams.entries()) {
        const descriptor = own[at];
        if (descriptor === undefined) Reflect.deleteProperty(stream, 'write');
        else Object.defineProperty(stream, 'write', descriptor);
      }
    },
  };
}

/**
 * Takes the place of standard input until it is ended: a terminal at which somebody types `answers`,
 * a line each, or without them nothing, and no terminal.
 */
export function giveInput(answers?: readonly string[]): { end(): void } {
  const isTTY = answers !== undefined;
  const input = Object.assign(Readable.from((answers ?? []).map((line) => `${line}\n`)), { isTTY });
  const replaced = [
    { object: process, name: 'stdin', value: input },
    { object: process.stderr, name: 'isTTY', value: isTTY },
  ].map(({ object, name, value }) => {
    const own = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { value, configurable: true });
    return { object, name, own };
  });
  return {
    end: () => {
      for (const { object, name, own } of replaced) {
        if (own === undefined) Reflect.deleteProperty(object, name);
        else Object.defineProperty(object, name, own);
      }
    },
  };
}
