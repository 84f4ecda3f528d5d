import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  advance(): void;
  stop(): void;
}

/** Progress on stderr: a bar with rate and time left on a terminal, a line now and then elsewhere. */
export function startProgress(what: string, total: number, done: number): Progress {
  if (process.stderr.isTTY && process.env['NO_COLOR'] === undefined) {
    const bar = new SingleBar(
      { format: `${what} {bar} {value}/{total}, {eta_formatted} left`, stream: process.stderr },
      Presets.shades_classic,
    );
    bar.start(total, done);
    return { advance: () => bar.increment(), stop: () => bar.stop() };
  }
  let count = done;
  const step = Math.max(1, Math.ceil(total / 10));
  return {
    advance: () => {
      count += 1;
      if (count % step === 0 || count === total) {
        process.stderr.write(`${what}: ${count} of ${total}\n`);
      }
    },
    stop: () => undefined,
  };
}
