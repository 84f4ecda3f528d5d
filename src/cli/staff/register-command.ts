import type { Command } from 'commander';
import { printBatches, releaseBatch, showBatch } from './register-batches.js';
import { eraseAndSeal, fetchHistory, type HistoryOptions } from './register-erasure.js';
import { importPeople } from './register-import.js';
import {
  exportPeople,
  findPerson,
  listDuplicates,
  printStatistics,
  showRequest,
} from './register-reading.js';
import {
  namedPeople,
  readMembers,
  runRegisterAct,
  type PeopleOptions,
} from './run-register-act.js';
import { GatewayError } from '../../core/errors.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

type Wrap = (command: Command) => Command;
interface InCaseload {
  readonly caseload: string;
}

/** `safeconduct register`: who is on the register. */
export function addRegisterCommands(program: Command, common: Wrap): void {
  const register = program
    .command('register')
    .summary('the register: load, correct, keep from partners, forget')
    .description(
      'The register, as a client of the staff door. What lets more be learnt is pending until a second person approves. People are named by reference alone; what is known of them comes from files or standard input, never from the command line.',
    );
  const waiting: Wrap = (command) =>
    common(command).option('--wait', 'stay until the second person has decided');
  const inCaseload: Wrap = (command) =>
    command.requiredOption('--caseload <name>', 'such as AF-2021');
  const ofPeople: Wrap = (command) =>
    inCaseload(command.argument('[reference...]'))
      .option('--references <file>', 'references, one a line; - for standard input')
      .option('--all', 'everybody of the caseload');

  addLoading(register, common, waiting);
  addOnePerson(register, common, waiting, inCaseload);
  addSeveralPeople(register, common, waiting, ofPeople);
  addExport(register, common, waiting);
}

function addLoading(register: Command, common: Wrap, waiting: Wrap): void {
  waiting(register.command('import').argument('<file>').summary('a file of people'))
    .description(
      'Imports a file of people, CSV or JSON Lines (docs/register.md). Everybody new or changed waits until another registrar releases the batch. Rejected rows go to a file beside the input, to be corrected and imported again. Interrupted and run again it ends in the same state. Exit 0 when every row was taken, 2 when some were not or the file is refused.',
    )
    .option('--caseload <name>', 'every row is of it')
    .option(
      '--expect <rows>',
      'how many rows are meant; any other number stops before anything is written',
    )
    .option('--mapping <file>', 'foreign headings, date order, names of states (JSON)')
    .option('--separator <character>', '",", ";" or "tab"; recognised when absent')
    .option('--encoding <label>', 'such as windows-1256; recognised when absent')
    .option('--dry-run', 'only say what would happen')
    .option('--rejected <file>', 'where rejected rows go')
    .action(importPeople);
  common(register.command('batches').summary('imports that wait for their release'))
    .option('--all', 'also those released or discarded')
    .action(printBatches);
  common(
    register
      .command('show')
      .argument('<id>')
      .summary('a batch with counts and likely duplicates, or what a waiting act is about'),
  )
    .option('--duplicates <number>', 'how many are shown', '20')
    .action(async (id: string, options: StaffOptions & { readonly duplicates: string }) => {
      if (!(await showBatch(id, options))) await showRequest(id, options);
    });
  waiting(register.command('release').argument('<batch>').summary('by another registrar'))
    .description(
      'Releases a batch as the second person. Without --people it shows what is to be released and does nothing (exit 2); with it, the number has to be the one that waits. Where no request waits any more it is asked for anew, and is pending.',
    )
    .option('--people <number>', 'how many you have seen it to be')
    .action(releaseBatch);
  common(
    register.command('discard').argument('<batch>').summary('give a batch up, at once'),
  ).action(async (batch: string, options: StaffOptions) =>
    runAct(options, 'discardBatch', 'BatchInput', { batch }),
  );
}

function addOnePerson(register: Command, common: Wrap, waiting: Wrap, inCaseload: Wrap): void {
  common(inCaseload(register.command('find').argument('<reference>').summary('one person')))
    .option('--household', 'everybody of their household')
    .action(findPerson);
  waiting(register.command('add').argument('<file>').summary('one person, released by another'))
    .description(
      'Adds one person: a file with one line of the import format, or - for standard input.',
    )
    .action(async (path: string, options: ActOptions) =>
      runRegisterAct(options, 'addPerson', 'AddPersonInput', { person: readMembers(path) }),
    );
  waiting(
    inCaseload(
      register
        .command('correct')
        .argument('<reference>')
        .argument('<file>')
        .summary('members of one person'),
    ),
  )
    .description(
      'Corrects one person: a file, or - for standard input, with members of the import format as they shall be, as JSON. null takes one away, an absent one stays; of visa and sharing each member by itself. Visa, household and a refusal of sharing hold at once; everything else waits for another registrar.',
    )
    .option('--version <number>', 'of the person the correction was written against')
    .action(
      async (
        reference: string,
        path: string,
        options: ActOptions & InCaseload & { readonly version?: string },
      ) =>
        runRegisterAct(options, 'correctPerson', 'CorrectPersonInput', {
          reference: { caseload: options.caseload, reference },
          correction: readMembers(path),
          version: options.version === undefined ? null : numberOf(options.version, '--version'),
        }),
    );
  common(
    inCaseload(
      register.command('visa').argument('<reference>').argument('<status>').summary('at once'),
    ),
  )
    .description('Sets the status of a visa: GRANTED, USED, EXPIRED or CANCELLED.')
    .action(async (reference: string, status: string, options: StaffOptions & InCaseload) =>
      runRegisterAct(options, 'changeVisaStatus', 'ChangeVisaStatusInput', {
        reference: { caseload: options.caseload, reference },
        status: status.toUpperCase(),
      }),
    );
  common(register.command('duplicates').summary('people who may be entered twice'))
    .option(
      '--batch <id>',
      'who waits in a batch, against everybody; all released ones when absent',
    )
    .option('--first <number>', 'how many are shown', '50')
    .action(listDuplicates);
  waiting(
    inCaseload(
      register.command('merge').argument('<into>').argument('<from>').summary('two who are one'),
    ),
  )
    .description(
      'Merges two people: the first stays, with what only the second had; the second is erased.',
    )
    .option('--from-caseload <name>', 'when the second is of another')
    .action(
      async (
        into: string,
        from: string,
        options: ActOptions & InCaseload & { readonly fromCaseload?: string },
      ) =>
        runRegisterAct(options, 'mergePeople', 'MergePeopleInput', {
          into: { caseload: options.caseload, reference: into },
          from: { caseload: options.fromCaseload ?? options.caseload, reference: from },
        }),
    );
  common(
    inCaseload(
      register.command('apart').argument('<one>').argument('<other>').summary('two who are two'),
    ),
  )
    .description('Keeps two people apart, at once: they are not listed as duplicates again.')
    .option('--other-caseload <name>', 'when the second is of another')
    .action(
      async (
        one: string,
        other: string,
        options: StaffOptions & InCaseload & { readonly otherCaseload?: string },
      ) =>
        runAct(options, 'keepPeopleApart', 'KeepApartInput', {
          one: { caseload: options.caseload, reference: one },
          other: { caseload: options.otherCaseload ?? options.caseload, reference: other },
        }),
    );
}

function addSeveralPeople(register: Command, common: Wrap, waiting: Wrap, ofPeople: Wrap): void {
  const codes: Wrap = (command) =>
    command.requiredOption('--for <code...>', 'codes of partners and states');
  type ForCodes = PeopleOptions & { readonly for: readonly string[] };
  codes(
    ofPeople(common(register.command('suppress').summary('keep people from partners, at once'))),
  ).action(async (references: readonly string[], options: StaffOptions & ForCodes) =>
    runRegisterAct(options, 'suppressPeople', 'SuppressPeopleInput', {
      people: namedPeople(references, options),
      codes: options.for,
    }),
  );
  codes(
    ofPeople(waiting(register.command('lift').summary('let them be told of again, by two'))),
  ).action(async (references: readonly string[], options: ActOptions & ForCodes) =>
    runRegisterAct(options, 'liftSuppressions', 'SuppressPeopleInput', {
      people: namedPeople(references, options),
      codes: options.for,
    }),
  );
  waiting(register.command('erase').argument('[reference...]').summary('forget people, by two'))
    .description(
      'Forgets people: their keys are destroyed. Named ones, a caseload, or everybody whose visa ended before a day. With --dry-run it only says how many, how many a legal hold keeps, and from when backups are covered. With --counsel what partners were told of them is sealed for that public key (P-256, P-384, or RSA from 3,072 bits) before the keys are destroyed; it is fetched with --act once the erasure is approved, or by --wait --out.',
    )
    .option('--caseload <name>')
    .option('--references <file>', 'references, one a line; - for standard input')
    .option('--all', 'everybody of the caseload')
    .option('--visa-ended-before <day>', 'such as 2021-12-31')
    .option('--dry-run', 'change nothing')
    .option('--counsel <file>', 'public JWK what partners were told of them is sealed for')
    .option('--act <id>', 'fetch what an approved erasure sealed for counsel')
    .option('--out <file>', 'where it goes; never over a file that is there')
    .action(
      async (
        references: readonly string[],
        options: HistoryOptions &
          Partial<PeopleOptions> & { readonly visaEndedBefore?: string; readonly dryRun?: true },
      ) => {
        if (options.act !== undefined) {
          await fetchHistory(options.act, options);
          return;
        }
        const { caseload, visaEndedBefore } = options;
        const input =
          visaEndedBefore === undefined
            ? { people: namedPeople(references, { ...options, caseload: needed(caseload) }) }
            : { visaEndedBefore, caseload: caseload ?? null };
        if (options.dryRun === true) await planErasure(options, input);
        else await eraseAndSeal(options, input);
      },
    );
  const hold = register.command('hold').summary('legal holds: who must not be erased');
  common(hold.command('list').summary('in force; nobody by name')).action(
    async (options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const holds = await client.ask<readonly HoldJson[]>(
          '{ legalHolds { id endsAt people setBy range { partner caseload from to } } }',
        );
        if (options.json === true) process.stdout.write(`${JSON.stringify(holds)}\n`);
        else if (holds.length === 0) process.stderr.write('No legal hold is in force.\n');
        else for (const one of holds) process.stdout.write(`${describeHold(one)}\n`);
      }),
  );
  waiting(hold.command('set').argument('[reference...]').summary('by two'))
    .description(
      'Holds people of a caseload, all of it (--all), or records of the access log by --partner, --from and --to, --caseload too, with whoever they can be about, until a day. Nobody who is held is erased, and the log keeps what it has of them.',
    )
    .option('--caseload <name>')
    .option('--references <file>', 'references, one a line; - for standard input')
    .option('--all', 'everybody of the caseload, later ones included')
    .option('--partner <code>', 'records of this partner')
    .option('--from <day>', 'records from this day or instant')
    .option('--to <day>', 'records before this day or instant')
    .requiredOption('--until <day>', 'such as 2027-01-31')
    .action(async (references: readonly string[], options: HoldOptions) => {
      const { caseload, partner, from, to, until: endsAt } = options;
      const isRange = [partner, from, to].some((given) => given !== undefined);
      const namesPeople =
        references.length > 0 || options.references !== undefined || options.all === true;
      // Never a range instead of the people who were named: they would not be held as was meant.
      if (isRange && namesPeople) {
        throw new GatewayError('ERR_INPUT_INVALID', {
          detail: 'name people, or a range (--partner, --from, --to, with --caseload): not both',
        });
      }
      const held = isRange
        ? { range: { partner, caseload, from, to } }
        : { people: namedPeople(references, { ...options, caseload: needed(caseload) }) };
      await runRegisterAct(options, 'setLegalHold', 'SetLegalHoldInput', { ...held, endsAt });
    });
  waiting(hold.command('lift').argument('<id>').summary('before its day, by two')).action(
    async (id: string, options: ActOptions) =>
      runRegisterAct(options, 'liftLegalHold', 'LiftLegalHoldInput', { hold: id }),
  );
}

interface HoldJson {
  readonly id: string;
  readonly endsAt: string;
  readonly people: number;
  readonly setBy: string;
  readonly range: Readonly<Record<'partner' | 'caseload' | 'from' | 'to', string | null>> | null;
}

function describeHold({ id, endsAt, people, setBy, range }: HoldJson): string {
  const parts = Object.entries(range ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${value}`],
  );
  const of = range === null ? 'people by name' : parts.join(', ');
  return `${id}  until ${endsAt}  ${people} people, set by ${setBy}: ${of}`;
}

function addExport(register: Command, common: Wrap, waiting: Wrap): void {
  waiting(register.command('export').summary('a caseload for the data controller, by two'))
    .description(
      'Asks for an export of a caseload, encrypted for one public key (JWK): pending until a second person, who sees the true number, approves. Then it is fetched with --act, or by --wait, into a new file of mode 0600.',
    )
    .option('--caseload <name>', 'of which everybody released is exported')
    .option('--recipient <file>', 'public JWK: P-256, P-384, or RSA from 3,072 bits')
    .option('--act <id>', 'fetch an export that was approved')
    .option('--out <file>', 'where it goes; never over a file that is there')
    .action(exportPeople);
  common(register.command('stats').summary('counts without people')).action(printStatistics);
}

interface HoldOptions extends ActOptions, Partial<PeopleOptions> {
  readonly partner?: string;
  readonly from?: string;
  readonly to?: string;
  readonly until: string;
}

function needed(caseload: string | undefined): string {
  if (caseload !== undefined) return caseload;
  throw new GatewayError('ERR_INPUT_INVALID', { detail: 'name a --caseload' });
}

async function planErasure(options: StaffOptions, input: object): Promise<void> {
  await withStaffClient(options, async (client) => {
    const plan = await client.ask<{
      readonly people: number;
      readonly held: number;
      readonly backupsCoveredBy: string | null;
    }>(
      `query Plan($input: ErasePeopleInput!) {
        erasurePlan(input: $input) { people held backupsCoveredBy } }`,
      { input },
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(plan)}\n`);
    else {
      const covered =
        plan.backupsCoveredBy === null ? '' : `, backups covered by ${plan.backupsCoveredBy}`;
      process.stdout.write(
        `would erase ${plan.people} people; ${plan.held} kept by a legal hold${covered}\n`,
      );
    }
  });
}

function numberOf(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${option} takes a number` });
  }
  return Number(text);
}
