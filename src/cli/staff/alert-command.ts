import type { Command } from 'commander';
import { withStaffClient, type StaffOptions } from './run-act.js';

interface AlertJson {
  readonly id: string;
  readonly kind: string;
  readonly severity: string;
  readonly reason: string;
  readonly partner: string | null;
  readonly records: readonly string[];
  readonly state: string;
  readonly raisedAt: string;
  readonly notes: readonly {
    readonly at: string;
    readonly by: string | null;
    readonly state: string;
    readonly note: string;
  }[];
}

const fields =
  'id kind severity reason partner records state raisedAt lastAt notes { at by state note }';

/** `safeconduct alert`: what security officers should look at. */
export function addAlertCommands(program: Command, common: (command: Command) => Command): void {
  const alert = program
    .command('alert')
    .summary('what security officers should look at')
    .description(
      'Alerts of the gateway: listed, shown with the records behind them, acknowledged and closed with a note.',
    );
  common(alert.command('list').summary('the latest first'))
    .option('--all', 'those that are closed too')
    .action(async (options: StaffOptions & { readonly all?: true }) =>
      withStaffClient(options, async (client) => {
        const alerts = await client.ask<readonly AlertJson[]>(
          `query Alerts($all: Boolean!) { alerts(all: $all, first: 100) { ${fields} } }`,
          { all: options.all === true },
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(alerts)}\n`);
        else for (const one of alerts) process.stdout.write(`${describe(one)}\n`);
      }),
    );
  common(
    alert.command('show').argument('<id>').summary('with the records behind it, and notes'),
  ).action(async (id: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      print(
        await client.ask<AlertJson>(`query Alert($id: ID!) { alert(id: $id) { ${fields} } }`, {
          id,
        }),
        options,
      );
    }),
  );
  for (const [name, state, summary] of [
    ['ack', 'ACKNOWLEDGED', 'somebody is at it'],
    ['close', 'CLOSED', 'dealt with'],
  ] as const) {
    common(alert.command(name).argument('<id>').summary(summary))
      .requiredOption('--note <text>', 'what was made of it, 1 to 500 characters; recorded')
      .action(async (id: string, options: StaffOptions & { readonly note: string }) =>
        withStaffClient(options, async (client) => {
          print(
            await client.ask<AlertJson>(
              `mutation Note($input: NoteAlertInput!) { noteAlert(input: $input) { ${fields} } }`,
              { input: { id, state, note: options.note } },
            ),
            options,
          );
        }),
      );
  }
}

function print(alert: AlertJson, options: StaffOptions): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(alert)}\n`);
    return;
  }
  process.stdout.write(`${describe(alert)}\n`);
  for (const record of alert.records) process.stdout.write(`  record ${record}\n`);
  for (const { at, by, state, note } of alert.notes) {
    process.stdout.write(`  ${at}  ${by ?? 'unknown'}  ${state}: ${note}\n`);
  }
}

const describe = ({ raisedAt, severity, state, kind, reason, id }: AlertJson): string =>
  [raisedAt, severity, state, kind, reason, id].join('  ');
