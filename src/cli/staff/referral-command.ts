import type { Command } from 'commander';
import { inWords, runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

interface EntryJson {
  readonly id: string;
  readonly partner: string;
  readonly officer: string | null;
  readonly grant: string;
  readonly purpose: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly needsSecond: boolean;
}

interface CaseJson {
  readonly entry: EntryJson;
  readonly evidence: string;
  readonly candidates: readonly {
    readonly candidate: string;
    readonly caseload: string;
    readonly reference: string;
    readonly likelihood: number;
    readonly elements: readonly { readonly words: string }[];
  }[];
  readonly notAll: string | null;
}

type DecideOptions = ActOptions & { readonly reason: string };

const entryFields = 'id partner officer grant purpose reason requestedAt deadline needsSecond';
const caseFields = `entry { ${entryFields} } evidence notAll
  candidates { candidate caseload reference likelihood elements { element level words asked known } }`;

/** `safeconduct referral`: unclear cases partners put before liaison officers. */
export function addReferralCommands(program: Command, common: (command: Command) => Command): void {
  const referral = program
    .command('referral')
    .summary('unclear cases partners put before liaison officers')
    .description(
      'A partner may put a question that was no match before people. Liaison officers see the evidence and the people that partner could be told of, and confirm one or decline. Every reading and decision is recorded (docs/referrals.md).',
    );
  common(referral.command('list').summary('open cases, the first deadline first')).action(
    async (options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const cases = await client.ask<readonly EntryJson[]>(
          `{ referralCases { ${entryFields} } }`,
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(cases)}\n`);
        else for (const one of cases) process.stdout.write(`${describe(one)}\n`);
      }),
  );
  common(
    referral
      .command('show')
      .argument('<id>')
      .summary('one case with evidence and candidates; shows people, is recorded and counted'),
  ).action(async (id: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const shown = await inWords(
        client.ask<CaseJson>(`query C($id: ID!) { referralCase(id: $id) { ${caseFields} } }`, {
          id,
        }),
        wordsFor(id),
      );
      if (options.json === true) process.stdout.write(`${JSON.stringify(shown)}\n`);
      else print(shown);
    }),
  );
  common(
    referral
      .command('confirm')
      .argument('<id>')
      .argument('<candidate>', 'referral show lists them')
      .summary('say whom the case is about; its partner is told when it asks'),
  )
    .requiredOption('--reason <text>', 'why; never a person’s name')
    .option('--two', 'of a case under a grant of high assurance: ask for the second person')
    .option('--wait', 'with --two: stay until the second person has decided')
    .action(
      async (id: string, candidate: string, options: DecideOptions & { readonly two?: true }) => {
        const { reason, two } = options;
        const mutation = two === true ? 'confirmReferralByTwo' : 'confirmReferral';
        const input = { referral: id, candidate, reason };
        await inWords(
          runAct(options, mutation, 'ConfirmReferralInput', input),
          wordsFor(id, two !== true),
        );
      },
    );
  common(
    referral
      .command('decline')
      .argument('<id>')
      .summary('decline a case, or take back a confirmation that was not told yet'),
  )
    .requiredOption('--reason <text>', 'why; never a person’s name')
    .action(async (id: string, options: DecideOptions) => {
      const input = { referral: id, reason: options.reason };
      await inWords(
        runAct(options, 'declineReferral', 'DeclineReferralInput', input),
        wordsFor(id),
      );
    });
}

const wordsFor =
  (id: string, byOne = false) =>
  ({ code }: { readonly code: string }): string | undefined => {
    switch (code) {
      case 'ERR_NOT_FOUND':
        return `there is no open case ${id} (referral list)`;
      case 'ERR_BUDGET_SPENT':
        return 'you have opened as many cases today as one officer may';
      case 'ERR_CONFLICT':
        return byOne
          ? `${id}: decided already, or no such candidate, or it takes two (--two)`
          : `${id}: decided already, or no such candidate`;
      default:
        return undefined;
    }
  };

const describe = (one: EntryJson): string =>
  [
    one.deadline,
    one.id,
    one.partner,
    one.purpose,
    one.reason,
    ...(one.needsSecond ? ['takes two'] : []),
  ].join('  ');

function print({ entry, evidence, candidates, notAll }: CaseJson): void {
  const { stdout } = process;
  stdout.write(`${describe(entry)}\n  evidence  ${evidence}\n`);
  if (candidates.length === 0)
    stdout.write('  nobody this partner could be told of resembles it\n');
  for (const { candidate, caseload, reference, likelihood, elements } of candidates) {
    stdout.write(`  ${candidate}  ${caseload} ${reference}  ${likelihood.toFixed(1)} bits\n`);
    for (const { words } of elements) stdout.write(`    ${words}\n`);
  }
  if (notAll !== null) stdout.write(`  ${notAll}\n`);
}
