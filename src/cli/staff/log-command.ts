import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import type { ExportedRecord } from '../../core/log/siem.js';
import { copyLog, exportProofs, type CopyOptions, type ProofOptions } from './log-export.js';
import { everyRecord } from './log-records.js';
import { filterOf, withFilter, type FilterOptions } from './log-filter.js';
import { addReleaseCommands } from './log-releases.js';
import { withStaffClient, type StaffOptions } from './run-act.js';

type Wrap = (command: Command) => Command;

interface WitnessJson {
  readonly verifierKey: string;
  readonly partner: string;
  readonly registeredAt: string;
  readonly size: number | null;
  readonly cosignedAt: string | null;
}

interface CheckJson {
  readonly endedAt: string | null;
  readonly startedAt: string | null;
  readonly checked: number;
  readonly total: number;
  readonly relisted: number;
}

/** `safeconduct log` for security officers, beside `log verify`, which needs no gateway. */
export function addLogCommands(log: Command, common: Wrap): void {
  withFilter(common(log.command('search').summary('records that fit, the latest first')))
    .description(
      'Searches the access log through the staff door. Case references are read from standard input with --case -, so that none is in the list of processes. Every search is itself recorded.',
    )
    .option('--case <->', 'a case reference, exact, read from standard input')
    .option('--limit <number>', 'how many at most', '100')
    .option('--count', 'how many there are, by partner and outcome; needs --from and --to')
    .option('--unit <unit>', 'with --count, a timeline: HOUR, DAY or MONTH')
    .action(search);

  withFilter(common(log.command('export').summary('a copy: with proofs, or for a SIEM')))
    .description(
      'With proofs (the default): one tree or, with --every-tree, each; whole from --first to --last or, with filters, what fits. `log verify` checks the file without the gateway. With --format jsonl, csv or ocsf: every record of every tree from a cursor on, for a SIEM.',
    )
    .option('--out <file>', 'where it goes, mode 0600; standard output by default')
    .option('--format <form>', 'proofs, jsonl, csv or ocsf', 'proofs')
    .option('--first <index>', 'with proofs: first record of the tree', '0')
    .option('--last <index>', 'with proofs: last record of the tree')
    .option('--every-tree', 'with proofs: of each tree, one after another')
    .option('--keys <file>', 'with proofs: a new file for what `log verify --keys` needs')
    .option('--cursor <file>', 'for a SIEM: where it stopped, and goes on from')
    .option('--follow', 'for a SIEM: stay, and write what comes')
    .action(async (options: ProofOptions & CopyOptions) =>
      withStaffClient(options, async (client) =>
        options.format === 'proofs'
          ? exportProofs(client, options, (filter) => everyRecord(client, filter))
          : copyLog(client, options),
      ),
    );

  common(log.command('checkpoint').summary('signed checkpoint and verifier key of a tree'))
    .option('--partner <code>', "a partner's tree; the host's by default")
    .action(checkpoint);

  common(log.command('check').summary('how far the gateway has come in checking the log'))
    .description(
      'A gateway holds everything the database has of the log against what was signed, over and over. Shows when it last had the whole of it, and where it is now.',
    )
    .action(async (options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const { check } = await client.ask<{ readonly check: CheckJson }>(
          '{ logTrees { check { endedAt startedAt checked total relisted } } }',
        );
        const { endedAt, startedAt, checked, total, relisted } = check;
        const lines = [
          `last whole check  ${endedAt ?? 'none yet'}`,
          `under way         ${startedAt === null ? 'no' : `${checked} of ${total} since ${startedAt}`}`,
          `made again        ${relisted} records' rows of search since the start`,
        ];
        process.stdout.write(
          options.json === true ? `${JSON.stringify(check)}\n` : `${lines.join('\n')}\n`,
        );
      }),
    );

  common(log.command('reveal').argument('<record>').summary('the case of one record'))
    .requiredOption('--reason <text>', '10 to 200 characters; recorded')
    .action(async (record: string, options: StaffOptions & { readonly reason: string }) =>
      withStaffClient(options, async (client) => {
        const { caseReference } = await client.ask<{ readonly caseReference: string | null }>(
          'mutation Reveal($input: RevealCaseReferenceInput!) { revealCaseReference(input: $input) { caseReference } }',
          { input: { record, reason: options.reason } },
        );
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify({ caseReference })}\n`
            : `${caseReference ?? 'none, or forgotten'}\n`,
        );
      }),
    );

  addReleaseCommands(log, common);

  common(log.command('witnesses').summary('who cosigned what, and when')).action(
    async (options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const witnesses = await client.ask<readonly WitnessJson[]>(
          '{ witnesses { verifierKey partner registeredAt size cosignedAt } }',
        );
        for (const witness of witnesses) {
          const { partner, verifierKey, size, cosignedAt } = witness;
          process.stdout.write(
            options.json === true
              ? `${JSON.stringify(witness)}\n`
              : `${partner}  ${verifierKey}  ${size === null ? 'nothing yet' : `${size} rounds, ${cosignedAt}`}\n`,
          );
        }
      }),
  );
}

interface SearchOptions extends FilterOptions {
  readonly case?: string;
  readonly limit: string;
  readonly count?: true;
  readonly unit?: string;
}

async function search(options: SearchOptions): Promise<void> {
  if (!/^[1-9]\d{0,5}$/.test(options.limit)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--limit is a number' });
  }
  if (options.case !== undefined && options.case !== '-') {
    throw new GatewayError('ERR_INPUT_INVALID', {
      detail: '--case - reads the case reference from standard input; none is taken as an argument',
    });
  }
  if (options.count === true && (options.from === undefined || options.to === undefined)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--count needs --from and --to' });
  }
  const filter = filterOf(options, options.case === '-' ? await readLine() : undefined);
  await withStaffClient(options, async (client) => {
    if (options.count === true) {
      const counts = await client.ask<
        readonly { from: string | null; partner: string | null; outcome: string; count: number }[]
      >(
        'query Counts($filter: LogFilterInput!, $unit: CountUnit) { logCounts(filter: $filter, unit: $unit) { from partner outcome count } }',
        { filter, unit: options.unit ?? null },
      );
      for (const line of counts) {
        const { from, partner, outcome, count } = line;
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify(line)}\n`
            : `${from === null ? '' : `${from}  `}${partner ?? 'host'}  ${outcome}  ${count}\n`,
        );
      }
      return;
    }
    let left = Number(options.limit);
    for await (const record of everyRecord(client, filter, left)) {
      process.stdout.write(
        options.json === true ? `${JSON.stringify(record)}\n` : `${describe(record)}\n`,
      );
      left -= 1;
      if (left === 0) return;
    }
  });
}

function describe(record: ExportedRecord): string {
  const { at, partner, outcome, purpose, officer, clientId, fields, id } = record;
  const left = fields.map(({ field, level }) => `${field}:${level}`).join(' ');
  const who = officer ?? clientId ?? 'forgotten';
  return [at, partner ?? 'host', outcome, purpose ?? '-', who, left === '' ? '-' : left, id].join(
    '  ',
  );
}

async function checkpoint(options: StaffOptions & { readonly partner?: string }): Promise<void> {
  await withStaffClient(options, async (client) => {
    const { trees, coverVerifierKey } = await client.ask<{
      readonly trees: readonly {
        partner: string | null;
        verifierKey: string;
        coverSlot: number | null;
      }[];
      readonly coverVerifierKey: string;
    }>('{ logTrees { trees { partner size verifierKey coverSlot } coverVerifierKey } }');
    const tree = trees.find(({ partner }) => partner === (options.partner ?? null));
    if (tree === undefined) {
      throw new GatewayError('ERR_NOT_FOUND', { detail: 'there is no tree of this partner' });
    }
    const note = await client.ask<string>(
      'query Checkpoint($partner: ID) { logCheckpoint(partner: $partner) }',
      { partner: options.partner ?? null },
    );
    const { verifierKey, coverSlot } = tree;
    if (options.json === true) {
      const json = { checkpoint: note, verifierKey, coverVerifierKey, coverSlot };
      process.stdout.write(`${JSON.stringify(json)}\n`);
      return;
    }
    process.stdout.write(note);
    process.stderr.write(
      `verifier key ${verifierKey}\ncover tree   ${coverVerifierKey}${coverSlot === null ? '' : `, slot ${coverSlot}`}\n`,
    );
  });
}

async function readLine(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').trim();
}
