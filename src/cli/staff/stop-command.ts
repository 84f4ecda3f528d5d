import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { inWords, runAct, withStaffClient, type ActOptions } from './run-act.js';

interface StopJson {
  readonly partner: string | null;
  readonly since: string;
  readonly act: string;
}

/** `safeconduct stop`: nothing more is told, to one partner or to all, until two people say so. */
export function addStopCommand(program: Command, common: (command: Command) => Command): void {
  common(
    program
      .command('stop')
      .argument('[code]', 'a partner; without one, every partner')
      .summary('stop disclosure at once; with --lift, go on, by two')
      .description(
        'Stops disclosure at once, on every replica: to the partner named, or to every partner. They are answered ERR_STOPPED, on record, until the stop is lifted, which waits for a second person. Certificates, tokens, grants and budgets stay; witnesses read and cosign on.',
      )
      .option('--lift', 'lift the stop of the partner, or of every partner')
      .option('--list', 'say what is stopped, and change nothing')
      .option('--wait', 'with --lift: stay until the second person has decided'),
  ).action(
    async (
      code: string | undefined,
      options: ActOptions & { readonly lift?: true; readonly list?: true },
    ) => {
      const { lift, list, wait } = options;
      const isWrong = list === true ? lift === true || code !== undefined : false;
      if (isWrong || (wait === true && lift !== true)) {
        throw new GatewayError('ERR_INPUT_INVALID', {
          detail: '--list stands alone, and --wait beside --lift',
        });
      }
      if (list === true) return listStops(options);
      const input = code === undefined ? {} : { partner: code };
      const mutation = lift === true ? 'resumeDisclosure' : 'stopDisclosure';
      const what = code ?? 'every partner';
      return inWords(runAct(options, mutation, 'DisclosureInput', input), ({ code: refusal }) => {
        if (refusal === 'ERR_NOT_FOUND') return `there is no partner ${what} (partner list)`;
        if (refusal !== 'ERR_CONFLICT') return undefined;
        const state = lift === true ? 'is not stopped' : 'is stopped already';
        return `${what} ${state} (stop --list says what is)`;
      });
    },
  );
}

async function listStops(options: ActOptions): Promise<void> {
  await withStaffClient(options, async (client) => {
    const stops = await client.ask<readonly StopJson[]>('{ stops { partner since act } }');
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(stops)}\n`);
      return;
    }
    if (stops.length === 0) process.stdout.write('nothing is stopped\n');
    for (const { partner, since, act } of stops) {
      process.stdout.write(`${partner ?? 'every partner'}  stopped since ${since}, by ${act}\n`);
    }
  });
}
