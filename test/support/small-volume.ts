import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessLogOptions } from '../../src/access-log/index.js';
import { localFiles, type JournalFiles } from '../../src/access-log/journal/journal-files.js';

/** A file system with so little room that a test can fill it. */
export interface SmallVolume {
  /** How it was made; the last is no file system, and only says what a full one would. */
  readonly made: 'mounted' | 'mounted in a namespace' | 'in the file layer';
  /** An empty directory on it. */
  readonly path: string;
  /** For a gateway whose journal is there, where the kernel does not say it by itself. */
  readonly under: Pick<AccessLogOptions, 'files' | 'volume'>;
  freeBytes(): number;
  /** Leaves so many bytes free. */
  fillUpTo(leftBytes: number): void;
  /** Takes what filled it away. */
  makeRoom(): void;
  remove(): void;
}

/**
 * Mounted by root; else, without any privilege, in a user and mount namespace of its own, reached
 * through the process that holds it; else, where the kernel allows neither, played by the layer the
 * journal writes through. So no test that needs one is ever skipped.
 */
export async function makeSmallVolume(sizeMebibytes: number): Promise<SmallVolume> {
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-full-'));
  const home = join(directory, 'home');
  mkdirSync(home);
  const size = `size=${sizeMebibytes}m,mode=0700`;
  const mount = ['-t', 'tmpfs', '-o', size, 'tmpfs', home];
  const clear = () => rmSync(directory, { recursive: true, force: true });
  // For who wants to see the others at work: `namespace` or `layer`.
  const wanted = process.env['TEST_SMALL_VOLUME'] ?? 'mount';
  try {
    if (wanted !== 'mount') throw new TypeError('another is wanted');
    execFileSync('mount', mount, { stdio: 'ignore' });
    return onFileSystem('mounted', home, () => {
      execFileSync('umount', [home]);
      clear();
    });
  } catch {
    // Not root, or root of a container that may not mount.
  }
  const held = wanted === 'layer' ? undefined : await mountInNamespace(mount);
  if (held !== undefined) {
    return onFileSystem('mounted in a namespace', `/proc/${held.pid}/root${home}`, () => {
      held.end();
      clear();
    });
  }
  return inFileLayer(home, sizeMebibytes * 1024 ** 2, clear);
}

function onFileSystem(made: SmallVolume['made'], path: string, remove: () => void): SmallVolume {
  const fillers: string[] = [];
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  return {
    made,
    path,
    under: {},
    freeBytes,
    fillUpTo: (leftBytes) => {
      const filler = join(path, `filler-${fillers.length}`);
      fillers.push(filler);
      writeFileSync(filler, Buffer.alloc(Math.max(0, freeBytes() - leftBytes)));
    },
    makeRoom: () => {
      for (const filler of fillers.splice(0)) rmSync(filler);
    },
    remove,
  };
}

/** The process that holds the namespace ends with its input, and the mount with it. */
async function mountInNamespace(
  mount: readonly string[],
): Promise<{ readonly pid: number; end(): void } | undefined> {
  const script = 'mount "$@" && echo mounted && exec cat';
  const child = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', ...mount], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const isMounted = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(false));
    child.stdout.once('data', () => resolve(true));
  });
  return isMounted && child.pid !== undefined
    ? { pid: child.pid, end: () => child.stdin.end() }
    : undefined;
}

function inFileLayer(path: string, sizeBytes: number, remove: () => void): SmallVolume {
  let filled = 0;
  const usedBytes = () =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(path, name)))
      .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
  const freeBytes = () => Math.max(0, sizeBytes - filled - usedBytes());
  const takeRoom = (wantedBytes: number) => {
    if (wantedBytes > freeBytes()) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  const files: JournalFiles = {
    ...localFiles,
    create: async (file, content) => {
      takeRoom(content.length);
      return localFiles.create(file, content);
    },
    open: async (file) => {
      const opened = await localFiles.open(file);
      return {
        write: async (bytes, position) => {
          takeRoom(Math.max(0, position + bytes.length - statSync(file).size));
          return opened.write(bytes, position);
        },
        sync: async () => opened.sync(),
        truncate: async (bytes) => opened.truncate(bytes),
        close: async () => opened.close(),
      };
    },
  };
  return {
    made: 'in the file layer',
    path,
    under: { files, volume: async () => ({ freeBytes: freeBytes(), sizeBytes }) },
    freeBytes,
    fillUpTo: (leftBytes) => {
      filled += Math.max(0, freeBytes() - leftBytes);
    },
    makeRoom: () => {
      filled = 0;
    },
    remove,
  };
}
