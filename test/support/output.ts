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
