import { readFileSync } from 'node:fs';
import type { DataSource } from 'typeorm';

/** Of this process and of a database's backends, in microseconds since they began. */
export interface ProcessorTime {
  readonly gateway: number;
  readonly database: number;
}

/** `/proc` counts in hundredths of a second. */
const microsecondsPerTick = 10_000;

/** What has been used so far; the server is on this machine. */
export async function processorTime(dataSource: DataSource): Promise<ProcessorTime> {
  const backends = await dataSource.query<{ pid: number }[]>(
    'SELECT pid FROM pg_stat_activity WHERE datname = current_database()',
  );
  const { user, system } = process.cpuUsage();
  const ticks = backends.reduce((sum, { pid }) => sum + ticksOf(pid), 0);
  return { gateway: user + system, database: ticks * microsecondsPerTick };
}

/** utime and stime of proc_pid_stat(5); 0 for one that has ended. */
function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}
