import type { Command } from 'commander';
import {
  actFields,
  printAct,
  withStaffClient,
  type ActJson,
  type StaffOptions,
} from './run-act.js';

/** `safeconduct pending`: the book of acts from a terminal. */
export function addPendingCommands(program: Command, common: (command: Command) => Command): void {
  const pending = program
    .command('pending')
    .summary('acts that wait for a second person')
    .description('Lists, shows, approves and refuses acts that wait for a second person.');
  common(pending.command('list').summary('what waits, as far as your roles have a part in it'))
    .option('--all', 'also what was decided')
    .action(async (options: StaffOptions & { readonly all?: true }) =>
      withStaffClient(options, async (client) => {
        const acts = await client.ask<readonly ActJson[]>(
          `query Acts($waiting: Boolean) { acts(waiting: $waiting) { ${actFields} } }`,
          { waiting: options.all !== true },
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(acts)}\n`);
        else for (const act of acts) printAct(act, options);
      }),
    );
  common(
    pending.command('show').argument('<id>').summary('one act, with what exactly is done'),
  ).action(async (id: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const act = await client.ask<ActJson>(
        `query Act($id: ID!) { act(id: $id) { ${actFields} } }`,
        {
          id,
        },
      );
      printAct(act, options);
      if (options.json !== true) {
        process.stdout.write(`asked for by ${act.requestedBy} at ${act.requestedAt}\n`);
        process.stdout.write(`${act.content}\n`);
      }
    }),
  );
  common(pending.command('approve').argument('<id>').summary('do it, as the second person'))
    .requiredOption('--digest <digest>', 'of the content you have read (pending show)')
    .action(async (id: string, options: StaffOptions & { readonly digest: string }) =>
      withStaffClient(options, async (client) => {
        const { digest } = options;
        const act = await client.ask<ActJson>(
          `mutation Approve($input: ApproveActInput!) { approveAct(input: $input) { ${actFields} } }`,
          { input: { id, digest } },
        );
        printAct(act, options);
      }),
    );
  common(pending.command('refuse').argument('<id>').summary('end it without doing it')).action(
    async (id: string, options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const act = await client.ask<ActJson>(
          `mutation Refuse($input: RefuseActInput!) { refuseAct(input: $input) { ${actFields} } }`,
          { input: { id } },
        );
        printAct(act, options);
      }),
  );
}
