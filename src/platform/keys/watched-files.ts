import { stat } from 'node:fs/promises';

/** Files that are looked at again and again, and what is done when one is another than before. */
export interface WatchedFiles {
  readonly what: string;
  readonly paths: readonly string[];
  /** Takes up what the files hold now; what it throws leaves everything as it was. */
  reread(): void | Promise<void>;
}

export interface FileWatchOptions {
  readonly onTaken: (what: string) => void;
  /** Told once for each different fault. */
  readonly onFault: (what: string, error: unknown) => void;
  readonly everyMs?: number;
}

const standardMs = 2_000;

/**
 * Polls, because what tells of changed files misses renames and mounts that are swapped whole. A file
 * that is taken for bad is tried again at each look, so that one half written, or a certificate whose
 * key comes a moment later, is taken as soon as it is good.
 */
export class FileWatch {
  private readonly seen = new Map<WatchedFiles, string>();
  private readonly faults = new Map<WatchedFiles, string>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly watched: readonly WatchedFiles[],
    private readonly options: FileWatchOptions,
  ) {}

  /** Begins from the files as they are: they have just been read. */
  async start(): Promise<void> {
    for (const one of this.watched) this.seen.set(one, await signatureOf(one.paths));
    const { everyMs = standardMs } = this.options;
    this.timer = setInterval(() => void this.look(), everyMs);
    this.timer.unref();
  }

  /** Looks at every file now; resolves when what changed has been taken or refused. */
  async look(): Promise<void> {
    this.looking = this.looking.then(async () => {
      for (const one of this.watched) await this.#lookAt(one);
    });
    return this.looking;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  async #lookAt(one: WatchedFiles): Promise<void> {
    const signature = await signatureOf(one.paths);
    if (signature === this.seen.get(one)) return;
    try {
      await one.reread();
      this.seen.set(one, signature);
      this.faults.delete(one);
      this.options.onTaken(one.what);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (this.faults.get(one) === text) return;
      this.faults.set(one, text);
      this.options.onFault(one.what, error);
    }
  }
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const all = await Promise.all(
    paths.map(async (path) =>
      stat(path).then(
        ({ ino, size, mtimeMs, ctimeMs }) => `${ino} ${size} ${mtimeMs} ${ctimeMs}`,
        () => 'none',
      ),
    ),
  );
  return all.join('\n');
}
