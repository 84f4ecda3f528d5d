import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { addGrantBudgets } from './grant-budget-commands.js';
import { addGrantPreview, versionOf } from './grant-preview-command.js';
import { readTerms } from './grant-terms.js';
import type { StaffClient } from './staff-client.js';
import {
  actFields,
  doAct,
  runAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
  type StaffOptions,
} from './run-act.js';

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
  addGrantPreview(grant, common);
  addDrawingUp(grant, common);
  addStopping(grant, common);
  addGrantBudgets(grant, common);
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
                  : versionOf(options.versionNumber, '--version-number'),
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
        { id, from: versionOf(from, 'from'), to: versionOf(to, 'to') },
      );
      printChanges(changes, options);
    }),
  );
}

function addDrawingUp(grant: Command, common: Wrap): void {
  const waiting: Wrap = (command) =>
    common(command).option('--wait', 'stay until the second person has decided');
  common(
    grant.command('draft').argument('<terms>', 'JSON file (docs/grants.md)').summary('a new grant'),
  ).action(async (file: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const input = { terms: readTerms(file) };
      let id = '';
      await doAct(options, async (door) => {
        const act = await door.ask<ActJson>(
          `mutation D($input: DraftGrantInput!) { draftGrant(input: $input) { ${actFields} } }`,
          { input },
        );
        id = act.id;
        return act;
      });
      sayNext(await readGrant(client, id));
    }),
  );
  common(
    grant
      .command('amend')
      .argument('<id>')
      .argument('<terms>', 'JSON file')
      .summary('the next version: at once where it only takes away, else a draft'),
  ).action(async (id: string, file: string, options: StaffOptions) => {
    const input = { grant: id, terms: readTerms(file) };
    await withStaffClient(options, async (client) => {
      const { current } = await readGrant(client, id);
      const changes =
        current === null
          ? []
          : await client.ask<readonly ChangeJson[]>(
              `query W($input: AmendGrantInput!) {
                grantWouldChange(input: $input) { about before after widens } }`,
              { input },
            );
      if (current !== null && changes.length === 0) {
        throw new GatewayError('ERR_INPUT_INVALID', {
          detail: `these are the terms of version ${current.version}, which is in force`,
        });
      }
      for (const change of changes) process.stderr.write(`${describeChange(change)}\n`);
      const narrows = changes.length > 0 && changes.every(({ widens }) => !widens);
      await runAct(options, narrows ? 'narrowGrant' : 'amendGrant', 'AmendGrantInput', input);
      sayNext(await readGrant(client, id));
    });
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
      version: versionOf(version, 'version'),
    }),
  );
}

function addStopping(grant: Command, common: Wrap): void {
  const acts = [
    ['suspend', 'suspendGrant', 'at once'],
    ['revoke', 'revokeGrant', 'at once and for good'],
    ['resume', 'resumeGrant', 'by two'],
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
}

async function readGrant(client: StaffClient, id: string): Promise<GrantJson> {
  return client.ask<GrantJson>(`query G($id: ID!) { grant(id: $id) { ${grantFields} } }`, { id });
}

/** What is to be done with the version that is open, on standard error. */
function sayNext({ id, current, open }: GrantJson): void {
  if (current !== null) process.stderr.write(`version ${current.version} is in force\n`);
  if (open === null) return;
  process.stderr.write(
    `version ${open.version} is drawn up: read it (grant show ${id} --version-number ${open.version}), then grant submit ${id} --digest ${open.digest}\n`,
  );
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
