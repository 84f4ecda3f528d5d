import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

type Wrap = (command: Command) => Command;

/** `safeconduct grant release|review|releases|budgets|counters`: how much is asked under grants. */
export function addGrantBudgets(grant: Command, common: Wrap): void {
  addReleasing(grant, common);
  addUse(grant, common);
}

function addReleasing(grant: Command, common: Wrap): void {
  const releases = [
    ['release', 'releaseBudget', 'five further questions within an hour, once a day; alerts'],
    ['release-again', 'releaseBudgetAgain', 'a further release within a day, by two'],
  ] as const;
  for (const [name, mutation, summary] of releases) {
    const command = common(grant.command(name).argument('<id>').summary(summary)).requiredOption(
      '--reason <text>',
      'why; never a person’s name',
    );
    if (name === 'release-again') {
      command.option('--wait', 'stay until the second person has decided');
    }
    command.action(async (id: string, options: ActOptions & { readonly reason: string }) => {
      await runAct(options, mutation, 'GrantReasonInput', { grant: id, reason: options.reason });
    });
  }
  common(grant.command('releases').summary('releases nobody has looked at yet'))
    .option('--all', 'also those that were looked at')
    .action(async (options: StaffOptions & { readonly all?: true }) =>
      withStaffClient(options, async (client) => {
        const found = await client.ask<
          readonly {
            readonly id: string;
            readonly grant: string;
            readonly releasedBy: string;
            readonly approvedBy: string | null;
            readonly releasedAt: string;
            readonly leftOver: number;
            readonly reason: string;
            readonly reviewedBy: string | null;
          }[]
        >(
          `query R($unreviewed: Boolean!) { budgetReleases(unreviewed: $unreviewed) {
            id grant releasedBy approvedBy releasedAt until leftOver reason reviewedBy } }`,
          { unreviewed: options.all !== true },
        );
        if (options.json === true) {
          process.stdout.write(`${JSON.stringify(found)}\n`);
          return;
        }
        for (const one of found) {
          const second = one.approvedBy === null ? '' : `, approved by ${one.approvedBy}`;
          const seen = one.reviewedBy === null ? 'not looked at' : `seen by ${one.reviewedBy}`;
          process.stdout.write(
            `${one.releasedAt}  ${one.id}  grant ${one.grant}  ${one.releasedBy}${second}: ${one.reason}  ${one.leftOver} left  ${seen}\n`,
          );
        }
      }),
    );
  common(
    grant
      .command('review')
      .argument('<release>', 'grant releases lists them')
      .summary('say that a release of a budget was looked at'),
  ).action(async (release: string, options: StaffOptions) => {
    await runAct(options, 'reviewBudgetRelease', 'ReviewReleaseInput', { release });
  });
}

function addUse(grant: Command, common: Wrap): void {
  common(
    grant.command('budgets').argument('<id>').summary('how much of each budget is used now'),
  ).action(async (id: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const budgets = await client.ask<
        readonly {
          readonly kind: string;
          readonly limit: number;
          readonly used: number;
          readonly resetsAt: string;
        }[]
      >('query U($grant: ID!) { budgetUse(grant: $grant) { kind limit used resetsAt } }', {
        grant: id,
      });
      if (options.json === true) process.stdout.write(`${JSON.stringify(budgets)}\n`);
      else {
        for (const { kind, limit, used, resetsAt } of budgets) {
          process.stdout.write(`${kind}  ${used} of ${limit}  until ${resetsAt}\n`);
        }
      }
    }),
  );
  common(grant.command('counters').summary('use over time, without small numbers, for who watches'))
    .requiredOption('--from <day>', 'such as 2026-01-01')
    .requiredOption('--until <day>', 'not itself; whole days that are over are counted')
    .action(async (options: StaffOptions & { readonly from: string; readonly until: string }) =>
      withStaffClient(options, async (client) => {
        const [from, until] = [dayOf(options.from, '--from'), dayOf(options.until, '--until')];
        if (from >= until) throw invalid('--until: not after --from');
        const counters = await client.ask<
          readonly {
            readonly grant: string;
            readonly partner: string;
            readonly kind: string;
            readonly endedAt: string;
            readonly used: number | null;
          }[]
        >(
          `query C($from: DateTime!, $until: DateTime!) {
            counters(from: $from, until: $until) { grant partner kind endedAt used } }`,
          { from, until },
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(counters)}\n`);
        else {
          if (counters.length === 0)
            process.stderr.write('no day that is over had ten questions or a release\n');
          for (const { grant: id, partner, kind, endedAt, used } of counters) {
            const told = used ?? 'fewer than 10';
            process.stdout.write(`${endedAt}  ${partner}  ${id}  ${kind}  ${told}\n`);
          }
        }
      }),
    );
}

function dayOf(text: string, option: string): string {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isDay) throw invalid(`${option}: not a day such as 2026-01-01`);
  return `${text}T00:00:00Z`;
}

const invalid = (detail: string): GatewayError => new GatewayError('ERR_INPUT_INVALID', { detail });
