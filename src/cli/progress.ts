import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  advance(): void;
  /** Goes to a count that is told, not counted. */
  reach(done: number): void;
  stop(): void;
}

/** Progress on stderr: a bar with rate and time left on a terminal, a line now and then elsewhere. */
export function startProgress(what: string, total: number, done: number): Progress {
  if (process.stderr.isTTY && process.env['NO_COLOR'] === undefined) {
    const bar = new SingleBar(
      {
        format: `${what} {bar} {value}/{total}, {rate}/s, {eta_formatted} left`,
        stream: process.stderr,
      },
      Presets.shades_classic,
    );
    const begun = performance.now();
    let count = done;
    const reach = (next: number) => {
      count = next;
      const rate = Math.round((count - done) / Math.max(0.001, (performance.now() - begun) / 1000));
      bar.update(count, { rate });
    };
    bar.start(total, done, { rate: 0 });
    return { advance: () => reach(count + 1), reach, stop: () => bar.stop() };
  }
  let count = done;
  const step = Math.max(1, Math.ceil(total / 10));
  const reach = (next: number) => {
    const isDue = Math.floor(next / step) > Math.floor(count / step) || next === total;
    const isNews = next > count;
    count = Math.max(count, next);
    if (isDue && isNews) process.stderr.write(`${what}: ${count} of ${total}\n`);
  };
  return {
    advance: () => reach(count + 1),
    reach,
    stop: () => undefined,
  };
}
