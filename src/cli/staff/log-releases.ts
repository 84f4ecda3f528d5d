import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { GatewayError, isGatewayError } from '../../core/errors.js';
import { writeFileAtomically } from '../../platform/pki/index.js';
import { exitCodes } from '../exit-codes.js';
import { findErased, printErased } from './erased-person.js';
import { waitForAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';
import { changeFields, printChange } from './run-register-act.js';
import { readText, type StaffClient } from './staff-client.js';

type Wrap = (command: Command) => Command;
type ChangeJson = Parameters<typeof printChange>[0];

interface ReleaseOptions extends ActOptions {
  readonly act?: string;
  readonly out?: string;
  readonly reason?: string;
  readonly recipient?: string;
}

interface HistoryOptions extends ReleaseOptions {
  readonly caseload?: string;
  readonly caseReferences?: true;
}

interface ExposureOptions extends ReleaseOptions {
  readonly partner?: string;
  readonly officer?: string;
  readonly certificate?: string;
  readonly grant?: string;
  readonly export?: string;
  readonly from?: string;
  readonly to?: string;
  readonly names?: true;
  readonly page?: string;
  readonly words?: string;
}

interface FileJson {
  readonly name: string;
  readonly text: string;
}

/** `safeconduct log history` and `log exposure`: what partners were told, released by two people. */
export function addReleaseCommands(log: Command, common: Wrap): void {
  common(log.command('history').argument('[reference]').summary('what was told of one person'))
    .description(
      'A registrar asks (by two: a security officer releases it and is not told of whom), then fetches document and proof with --act. With --recipient they are encrypted for counsel.',
    )
    .option('--caseload <caseload>')
    .option('--reason <text>', '10 to 200 characters; what the security officer reads')
    .option('--case-references', 'case references of partners too')
    .option('--recipient <file>', 'public JWK of counsel')
    .option('--act <id>', 'fetch what was released')
    .option('--out <directory>', 'a new directory, 0700; files in it 0600')
    .option('--wait', 'stay until the second person has decided')
    .action(history);

  common(log.command('exposure').summary('who may be known of after something got out'))
    .description(
      'Counts, and with --page the notification for the data-protection authority (GDPR Article 33). With --names a registrar asks for the people by name (by two: a protection officer agrees), encrypted for --recipient, and fetches them with --act.',
    )
    .option('--partner <code>', 'what a partner was told')
    .option('--officer <name>', 'with --partner: one officer, by opaque name')
    .option('--certificate <fingerprint>', 'with --partner: one certificate, base64url SHA-256')
    .option('--grant <id>', 'what was told under a grant')
    .option('--export <act>', 'everybody in a register export')
    .option('--from <time>', 'RFC 3339, UTC')
    .option('--to <time>', 'before this instant')
    .option('--page <file>', 'a new file for the notification, 0600')
    .option(
      '--words <file>',
      'JSON for the page: nature, contact, consequences, measures, awareAt; - for standard input',
    )
    .option('--names', 'ask for the people by name')
    .option('--reason <text>', 'with --names: 10 to 200 characters')
    .option('--recipient <file>', 'with --names: public JWK of who may read them')
    .option('--act <id>', 'fetch the names that were released')
    .option('--out <directory>', 'a new directory, 0700; files in it 0600')
    .option('--wait', 'stay until the second person has decided')
    .action(exposure);

  common(log.command('release').argument('<act>').summary('what a release is about, but for whom'))
    .description('For whoever decides a history or an exposure that waits.')
    .action(async (act: string, options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const request = await client.ask<object>(
          `query R($act: ID!) { releaseRequest(act: $act) { kind requestedBy requestedAt people reason
             caseReferences recipientThumbprint of } }`,
          { act },
        );
        const indent = options.json === true ? undefined : 2;
        process.stdout.write(`${JSON.stringify(request, null, indent)}\n`);
      }),
    );
}

const historyQuery = 'query H($act: ID!) { historyDocument(act: $act) { name text } }';
const namesQuery = 'query N($act: ID!) { exposureNames(act: $act) { name text } }';

async function history(reference: string | undefined, options: HistoryOptions): Promise<void> {
  const { act, caseload, reason, recipient, caseReferences } = options;
  await withStaffClient(options, async (client) => {
    if (act !== undefined) {
      await fetchRelease(client, historyQuery, act, options);
      return;
    }
    if (reference === undefined || caseload === undefined || reason === undefined) {
      throw wrongUse('name a reference, --caseload and --reason, or --act of what was released');
    }
    const input = {
      person: { caseload, reference },
      reason,
      caseReferences: caseReferences === true,
      ...(recipient === undefined ? {} : { recipient: readText(recipient) }),
    };
    try {
      await askFor(client, 'releaseHistory', input, historyQuery, options);
    } catch (error) {
      if (!isGatewayError(error, 'ERR_NOT_FOUND')) throw error;
      const erased = await findErased(client, { caseload, reference });
      if (erased === null) throw error;
      printErased(erased, options);
      process.exitCode = exitCodes.couldNot;
    }
  });
}

async function exposure(options: ExposureOptions): Promise<void> {
  const { act, names, reason, recipient, page, words } = options;
  const { partner, officer, certificate, grant, export: exportAct, from, to } = options;
  const of = { partner, officer, certificate, grant, export: exportAct, from, to };
  await withStaffClient(options, async (client) => {
    if (act !== undefined) {
      await fetchRelease(client, namesQuery, act, options);
      return;
    }
    if (names === true) {
      if (reason === undefined || recipient === undefined) {
        throw wrongUse('--names needs --reason and --recipient');
      }
      const input = { of, reason, recipient: readText(recipient) };
      await askFor(client, 'releaseExposure', input, namesQuery, options);
      return;
    }
    if (page !== undefined && existsSync(page)) throw wrongUse(`${page} is there already`);
    const found = await client.ask<ExposureJson>(
      `query E($of: ExposureInput!, $words: BreachWordsInput) { exposure(of: $of, words: $words) {
         people records forgotten wholeRows fields { field level records people }
         partners { partner records } firstAt lastAt page } }`,
      { of, words: words === undefined ? null : readWords(words) },
    );
    if (page !== undefined) await writeFileAtomically(page, found.page, 0o600);
    const { page: _page, ...counts } = found;
    process.stdout.write(
      options.json === true ? `${JSON.stringify(counts)}\n` : describeCounts(counts),
    );
    if (page !== undefined) process.stderr.write(`the page for the authority is in ${page}\n`);
  });
}

interface ExposureJson {
  readonly people: number;
  readonly records: number;
  readonly forgotten: number;
  readonly wholeRows: boolean;
  readonly fields: readonly { field: string; level: string; records: number; people: number }[];
  readonly partners: readonly { partner: string; records: number }[];
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly page: string;
}

function describeCounts(counts: Omit<ExposureJson, 'page'>): string {
  const { people, records, forgotten, wholeRows, fields, partners, firstAt, lastAt } = counts;
  return [
    `${people} people, ${records} ${wholeRows ? 'whole entries' : 'answers'}`,
    ...(firstAt === null ? [] : [`from ${firstAt} to ${lastAt ?? firstAt}`]),
    ...partners.map((one) => `${one.partner}: ${one.records} answers`),
    ...fields.map(
      (one) => `${one.field} ${one.level}: ${one.records} answers, ${one.people} people`,
    ),
    ...(forgotten === 0 ? [] : [`${forgotten} of the people cannot be named any more`]),
    '',
  ].join('\n');
}

/** Asks; with `--wait` it stays, and fetches what was released. */
async function askFor(
  client: StaffClient,
  mutation: 'releaseHistory' | 'releaseExposure',
  input: object,
  query: string,
  options: ReleaseOptions,
): Promise<void> {
  if (options.wait === true && options.out === undefined) throw wrongUse('--wait needs --out');
  const type = mutation === 'releaseHistory' ? 'ReleaseHistoryInput' : 'ReleaseExposureInput';
  const asked = await client.ask<ChangeJson>(
    `mutation R($input: ${type}!) { ${mutation}(input: $input) { ${changeFields} } }`,
    { input },
  );
  if (options.wait !== true || asked.act === null) {
    printChange(asked, options);
    return;
  }
  const decided = await waitForAct(client, asked.act);
  if (decided.state === 'DONE') await fetchRelease(client, query, decided.id, options);
  else printChange({ ...asked, act: decided }, options);
}

/** Fetches what was released into a new directory. */
async function fetchRelease(
  client: StaffClient,
  query: string,
  act: string,
  { out, json }: ReleaseOptions,
): Promise<void> {
  if (out === undefined) throw wrongUse('--act needs --out');
  if (existsSync(out)) throw wrongUse(`${out} is there already`);
  const files = await client.ask<readonly FileJson[]>(query, { act });
  try {
    mkdirSync(out, { mode: 0o700 });
    for (const { name, text } of files) {
      // A name, never a path: what a gateway says decides nothing about where files go.
      if (!/^[a-z]{1,32}\.(?:md|json|jsonl|jwe)$/.test(name)) throw wrongUse('not a file name');
      await writeFileAtomically(join(out, name), text, 0o600);
    }
  } catch (error) {
    process.exitCode = exitCodes.couldNot;
    throw error;
  }
  const names = files.map(({ name }) => name);
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ act, out, files: names })}\n`
      : `done: ${out} holds ${names.join(', ')}\n`,
  );
}

function readWords(path: string): unknown {
  try {
    return JSON.parse(readText(path === '-' ? '/dev/stdin' : path)) as unknown;
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--words: not JSON', cause });
  }
}

function wrongUse(detail: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', { detail });
}
