import { setTimeout as pause } from 'node:timers/promises';
import { exitCodes } from '../exit-codes.js';
import { actFields, printAct, withStaffClient, type ActJson, type ActOptions } from './run-act.js';
import type { StaffClient } from './staff-client.js';

const jobs = { master: 'MASTER', epoch: 'EPOCH', page: 'PAGE' } as const;
type RegisterKey = keyof typeof jobs;

export interface UpkeepJson {
  readonly job: string;
  readonly state: 'ASKED' | 'RUNNING' | 'DONE' | 'FAILED';
  readonly done: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly code: string | null;
}

const lookMs = 1_000;

export const isRegisterKey = (name: string): name is RegisterKey => Object.hasOwn(jobs, name);

/** How each work on the keys of the register stands. */
export async function readUpkeep(client: StaffClient): Promise<readonly UpkeepJson[]> {
  return client.ask<readonly UpkeepJson[]>(
    '{ registerUpkeep { job state done startedAt endedAt code } }',
  );
}

/**
 * `safeconduct keys rotate master|epoch|page`: asks for it; with `wait` it stays and says how far it
 * is. Failed is then exit code 3.
 */
export async function rotateRegisterKeys(name: RegisterKey, options: ActOptions): Promise<void> {
  const job = jobs[name];
  await withStaffClient(options, async (client) => {
    const act = await client.ask<ActJson>(
      `mutation Rotate($input: RotateRegisterKeysInput!) {
        rotateRegisterKeys(input: $input) { ${actFields} } }`,
      { input: { job } },
    );
    process.stderr.write(`register ${job}: a gateway begins within a minute (keys list)\n`);
    if (options.wait !== true) {
      printAct(act, options);
      return;
    }
    const ended = await waitForUpkeep(client, job);
    if (ended.state === 'FAILED') process.exitCode = exitCodes.couldNot;
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ act, upkeep: ended })}\n`
        : `${describeUpkeep(ended)}\n`,
    );
  });
}

async function waitForUpkeep(client: StaffClient, job: string): Promise<UpkeepJson> {
  let told = '';
  for (;;) {
    const status = (await readUpkeep(client)).find((one) => one.job === job);
    if (status?.state === 'DONE' || status?.state === 'FAILED') return status;
    const line = status === undefined ? '' : describeUpkeep(status);
    if (line !== told) process.stderr.write(`${line}\n`);
    told = line;
    await pause(lookMs);
  }
}

const moved: Readonly<Record<string, string>> = {
  PAGE: 'pages written anew',
  RETENTION: 'people due',
};

export function describeUpkeep({ job, state, done, startedAt, endedAt, code }: UpkeepJson): string {
  const what = `register ${job}`;
  const count = `${done} ${moved[job] ?? 'keys moved'}`;
  switch (state) {
    case 'ASKED':
      return `${what}  asked for; begins within a minute`;
    case 'RUNNING':
      return `${what}  running since ${startedAt ?? 'now'}: ${count}`;
    case 'DONE':
      return `${what}  done ${endedAt ?? ''}: ${count}`;
    case 'FAILED':
      return `${what}  failed ${endedAt ?? ''}: ${code ?? 'unknown'}, ${count}; ask again, it goes on`;
  }
}
