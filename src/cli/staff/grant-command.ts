import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { readText, type StaffClient } from './staff-client.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

const versionFields =
  'version state digest purpose caseloads fields { field level } validFrom validUntil terms requestedBy approvedBy acceptedAt';
const grantFields = `id partner partnerName state current { ${versionFields} } open { ${versionFields} }`;

interface VersionJson {
  readonly version: number;
  readonly state: string;
  readonly digest: string;
  readonly purpose: string;
  readonly validUntil: string;
}

interface GrantJson {
  readonly id: string;
  readonly partner: string;
  readonly state: string;
  readonly current: VersionJson | null;
  readonly open: VersionJson | null;
}

interface ChangeJson {
  readonly about: string;
  readonly before: string;
  readonly after: string;
  readonly widens: boolean;
}

type Wrap = (command: Command) => Command;

/** `safeconduct grant`: what partners may ask, as clients of the staff door. */
export function addGrantCommands(program: Command, common: Wrap): void {
  const grant = program
    .command('grant')
    .summary('what partners may ask, for which purpose, about whom')
    .description(
      'Grants, as clients of the staff door. What lets more be learnt is pending until a second person approves (pending approve), and in force when the partner has accepted it; narrowing, suspending and revoking act at once.',
    );
  addReading(grant, common);
  addDrawingUp(grant, common);
  addStopping(grant, common);
}

function addReading(grant: Command, common: Wrap): void {
  common(grant.command('list').summary('every grant'))
    .option('--partner <code>')
    .action(async (options: StaffOptions & { readonly partner?: string }) =>
      withStaffClient(options, async (client) => {
        const grants = await client.ask<readonly GrantJson[]>(
          `query Grants($partner: ID) { grants(partner: $partner) { ${grantFields} } }`,
          { partner: options.partner ?? null },
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(grants)}\n`);
        else for (const one of grants) process.stdout.write(`${describe(one)}\n`);
      }),
    );
  common(grant.command('show').argument('<id>').summary('one version on paper, with its digest'))
    .option('--version-number <number>', 'of which version; that in force by default')
    .option('--dpia', 'the page an impact assessment needs (GDPR Articles 30, 35)')
    .action(
      async (
        id: string,
        options: StaffOptions & { readonly versionNumber?: string; readonly dpia?: true },
      ) =>
        withStaffClient(options, async (client) => {
          if (options.json === true) {
            process.stdout.write(`${JSON.stringify(await readGrant(client, id))}\n`);
            return;
          }
          const { markdown } = await client.ask<{ readonly markdown: string }>(
            `query Paper($id: ID!, $version: Int, $paper: GrantPaper!) {
              grantDocument(id: $id, version: $version, paper: $paper) { markdown } }`,
            {
              id,
              version:
                options.versionNumber === undefined
                  ? null
                  : versionNumber(options.versionNumber, '--version-number'),
              paper: options.dpia === true ? 'IMPACT_ASSESSMENT' : 'AGREEMENT',
            },
          );
          process.stdout.write(markdown);
        }),
    );
  common(
    grant
      .command('history')
      .argument('<id>')
      .summary('everything that happened, from the draft on'),
  ).action(async (id: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const events = await client.ask<
        readonly {
          readonly version: number;
          readonly act: string;
          readonly at: string;
          readonly by: string;
          readonly approvedBy: string | null;
          readonly reason: string | null;
        }[]
      >('query H($id: ID!) { grantHistory(id: $id) { version act at by approvedBy reason } }', {
        id,
      });
      if (options.json === true) process.stdout.write(`${JSON.stringify(events)}\n`);
      else {
        for (const { version, act, at, by, approvedBy, reason } of events) {
          const second = approvedBy === null ? '' : `, approved by ${approvedBy}`;
          const why = reason === null ? '' : `: ${reason}`;
          process.stdout.write(`${at}  version ${version}  ${act}  ${by}${second}${why}\n`);
        }
      }
    }),
  );
  common(
    grant
      .command('diff')
      .argument('<id>')
      .argument('<from>')
      .argument('<to>')
      .summary('what differs between two versions, in words'),
  ).action(async (id: string, from: string, to: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const changes = await client.ask<readonly ChangeJson[]>(
        `query D($id: ID!, $from: Int!, $to: Int!) {
          grantDifference(id: $id, from: $from, to: $to) { about before after widens } }`,
        { id, from: versionNumber(from, 'from'), to: versionNumber(to, 'to') },
      );
      printChanges(changes, options);
    }),
  );
  common(
    grant
      .command('preview')
      .argument('<terms>', 'JSON file (docs/grants.md)')
      .summary('what a partner would see of a made-up person'),
  ).action(async (file: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const preview = await client.ask<{
        readonly fields: readonly {
          readonly name: string;
          readonly level: string;
          readonly present: boolean | null;
          readonly agreement: string | null;
          readonly value: string | null;
        }[];
        readonly peopleInScope: number | null;
        readonly sharedIdentifiers: readonly { readonly field: string; readonly partner: string }[];
      }>(
        `query P($input: PreviewGrantInput!) { grantPreview(input: $input) {
          fields { name level present agreement value } peopleInScope
          sharedIdentifiers { field grant partner } } }`,
        { input: { terms: readText(file) } },
      );
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify(preview)}\n`);
        return;
      }
      for (const { name, level, present, agreement, value } of preview.fields) {
        process.stdout.write(`${name}  ${level}  ${value ?? agreement ?? present ?? ''}\n`);
      }
      process.stdout.write(`people in scope: ${preview.peopleInScope ?? 'fewer than 10'}\n`);
      for (const { field, partner } of preview.sharedIdentifiers) {
        process.stdout.write(`warning: ${partner} is shown ${field} in full as well\n`);
      }
    }),
  );
}

function addDrawingUp(grant: Command, common: Wrap): void {
  const waiting: Wrap = (command) =>
    common(command).option('--wait', 'stay until the second person has decided');
  common(
    grant.command('draft').argument('<terms>', 'JSON file (docs/grants.md)').summary('a new grant'),
  ).action(async (file: string, options: StaffOptions) =>
    runAct(options, 'draftGrant', 'DraftGrantInput', { terms: readText(file) }),
  );
  common(
    grant
      .command('amend')
      .argument('<id>')
      .argument('<terms>', 'JSON file')
      .summary('the next version: at once where it only takes away, else a draft'),
  ).action(async (id: string, file: string, options: StaffOptions) => {
    const input = { grant: id, terms: readText(file) };
    const changes = await withStaffClient(options, async (client) => {
      const { current } = await readGrant(client, id);
      if (current === null) return [];
      return client.ask<readonly ChangeJson[]>(
        `query W($input: AmendGrantInput!) {
          grantWouldChange(input: $input) { about before after widens } }`,
        { input },
      );
    });
    for (const change of changes) process.stderr.write(`${describeChange(change)}\n`);
    const narrows = changes.length > 0 && changes.every(({ widens }) => !widens);
    await runAct(options, narrows ? 'narrowGrant' : 'amendGrant', 'AmendGrantInput', input);
  });
  waiting(
    grant.command('submit').argument('<id>').summary('put the open version before a second person'),
  )
    .requiredOption('--digest <digest>', 'of the version you have read (grant show)')
    .action(async (id: string, options: ActOptions & { readonly digest: string }) => {
      const version = await withStaffClient(options, async (client) => {
        const { open } = await readGrant(client, id);
        if (open === null) {
          throw new GatewayError('ERR_NOT_FOUND', { detail: 'no version of it is open' });
        }
        return open.version;
      });
      const { digest } = options;
      await runAct(options, 'submitGrant', 'SubmitGrantInput', { grant: id, version, digest });
    });
  common(
    grant
      .command('withdraw')
      .argument('<id>')
      .argument('<version>')
      .summary('take back a version that is not in force, at once'),
  ).action(async (id: string, version: string, options: StaffOptions) =>
    runAct(options, 'withdrawGrant', 'GrantVersionInput', {
      grant: id,
      version: versionNumber(version, 'version'),
    }),
  );
}

function addStopping(grant: Command, common: Wrap): void {
  const acts = [
    ['suspend', 'suspendGrant', 'at once'],
    ['revoke', 'revokeGrant', 'at once and for good'],
    ['resume', 'resumeGrant', 'by two'],
    ['release', 'releaseBudget', 'five further questions within an hour, once a day'],
    ['release-again', 'releaseBudgetAgain', 'a further release within a day, by two'],
  ] as const;
  for (const [name, mutation, summary] of acts) {
    const command = common(grant.command(name).argument('<id>').summary(summary)).requiredOption(
      '--reason <text>',
      'why; never a person’s name',
    );
    if (summary.includes('by two')) {
      command.option('--wait', 'stay until the second person has decided');
    }
    command.action(async (id: string, options: ActOptions & { readonly reason: string }) =>
      runAct(options, mutation, 'GrantReasonInput', { grant: id, reason: options.reason }),
    );
  }
  common(
    grant
      .command('review')
      .argument('<release>')
      .summary('say that a release of a budget was looked at'),
  ).action(async (release: string, options: StaffOptions) =>
    runAct(options, 'reviewBudgetRelease', 'ReviewReleaseInput', { release }),
  );
  common(grant.command('counters').summary('use over time, without small numbers, for who watches'))
    .requiredOption('--from <day>', 'such as 2026-01-01')
    .requiredOption('--until <day>')
    .action(async (options: StaffOptions & { readonly from: string; readonly until: string }) =>
      withStaffClient(options, async (client) => {
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
          { from: `${options.from}T00:00:00Z`, until: `${options.until}T00:00:00Z` },
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(counters)}\n`);
        else {
          for (const { grant: id, partner, kind, endedAt, used } of counters) {
            const told = used ?? 'fewer than 10';
            process.stdout.write(`${endedAt}  ${partner}  ${id}  ${kind}  ${told}\n`);
          }
        }
      }),
    );
}

async function readGrant(client: StaffClient, id: string): Promise<GrantJson> {
  return client.ask<GrantJson>(`query G($id: ID!) { grant(id: $id) { ${grantFields} } }`, { id });
}

function describe({ id, partner, state, current, open }: GrantJson): string {
  const version = current ?? open;
  const waits = open === null ? '' : `  version ${open.version} is ${open.state}`;
  return `${id}  ${partner}  ${state}  ${version?.purpose ?? ''}  until ${version?.validUntil ?? ''}${waits}`;
}

function printChanges(changes: readonly ChangeJson[], { json }: StaffOptions): void {
  if (json === true) process.stdout.write(`${JSON.stringify(changes)}\n`);
  else for (const change of changes) process.stdout.write(`${describeChange(change)}\n`);
}

const describeChange = ({ about, before, after, widens }: ChangeJson): string =>
  `${widens ? 'widens ' : 'narrows'}  ${about}: ${before} -> ${after}`;

function versionNumber(text: string, argument: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${argument}: not a version` });
  }
  return Number(text);
}
