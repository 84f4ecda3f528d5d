import { setImmediate } from 'node:timers/promises';

/** Half a millisecond's work. */
const leavesAtOnce = 16;

/**
 * Lets questions through after every few leaves; called after each.
 *
 * @param done leaves that are done
 */
export async function letThrough(done: number): Promise<void> {
  if (done % leavesAtOnce === 0) await setImmediate();
}
