import { chmodSync, mkdtempSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** What a run leaves in it at most is a third of this. */
const wantedBytes = 6 * 1024 ** 3;
/** The run itself needs some, too. */
const wantedMemoryBytes = 10 * 1024 ** 3;

/**
 * A directory for everything of one run, made the place of temporary files for it and all processes
 * it starts: in memory where there is plenty, because PostgreSQL and journals wait for the disk at
 * every commit, and no test takes the power away.
 */
export function makeRunDirectory() {
  const directory = mkdtempSync(join(isRoomy() ? memory : tmpdir(), 'safeconduct-run-'));
  // PostgreSQL runs under another account when this one is root.
  chmodSync(directory, 0o711);
  process.env.TMPDIR = directory;
  return directory;
}

/** Whether memory can be used as a file system that also runs programs. */
function isRoomy() {
  try {
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, at]) => at === memory);
    const options = mount?.[3]?.split(',') ?? ['noexec'];
    const { bavail, bsize } = statfsSync(memory);
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    return (
      !options.includes('noexec') &&
      options.includes('rw') &&
      bavail * bsize >= wantedBytes &&
      Number(available?.[1] ?? 0) * 1024 >= wantedMemoryBytes
    );
  } catch {
    return false;
  }
}
