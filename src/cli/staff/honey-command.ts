import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import {
  actFields,
  printAct,
  runAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
  type StaffOptions,
} from './run-act.js';
import { readMembers } from './run-register-act.js';

interface HoneyJson {
  readonly id: string;
  readonly caseload: string;
  readonly reference: string;
  readonly person: string;
  readonly place: string;
  readonly plantedBy: string;
  readonly plantedAt: string;
}

interface FindingJson {
  readonly kind: string;
  readonly verificationId: string;
  readonly partner: string;
  readonly officer: string | null;
  readonly exportId: string | null;
  readonly honey: string | null;
  readonly foundAt: string;
}

interface PlantOptions extends StaffOptions {
  readonly place: string;
  readonly caseload?: string;
  readonly person?: string;
  readonly out?: string;
}

const fields = 'id caseload reference person place plantedBy plantedAt';

/** `safeconduct honey`: fictional people whose only job is to be asked for. */
export function addHoneyCommands(program: Command, common: (command: Command) => Command): void {
  const honey = program
    .command('honey')
    .summary('fictional people whose only job is to be asked for')
    .description(
      'Security officers plant fictional people in copies, decoys and briefings, and are told who asks for one. They are on no register and no list.',
    );
  common(honey.command('list').summary('those that are planted; reading is recorded')).action(
    async (options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const planted = await client.ask<readonly HoneyJson[]>(`{ honeyRecords { ${fields} } }`);
        print(planted, options, describe);
      }),
  );
  common(honey.command('plant').summary('plants one, at once'))
    .requiredOption('--place <text>', 'where it is put, 1 to 200 characters; kept sealed')
    .option('--caseload <code>', 'somebody made up who looks like its people')
    .option('--person <file>', 'one line of the register import; `-` is standard input')
    .option('--out <file>', 'its line of the register import, to be put there')
    .action(plant);
  common(
    honey
      .command('retire')
      .argument('<id>')
      .summary('forgets one; a second person agrees, because the watch goes blind for it'),
  )
    .option('--wait', 'stay until the second person has decided')
    .action(async (id: string, options: ActOptions) =>
      runAct(options, 'retireHoney', 'RetireHoneyInput', { honey: id }),
    );
  common(honey.command('asked').summary('questions the screen found something in'))
    .option('--days <number>', '1 to 90', '7')
    .action(async (options: StaffOptions & { readonly days: string }) =>
      withStaffClient(options, async (client) => {
        const findings = await client.ask<readonly FindingJson[]>(
          'query Asked($days: Int!) { screenFindings(days: $days) { kind verificationId partner officer exportId honey foundAt } }',
          { days: Number(options.days) },
        );
        print(findings, options, ({ foundAt, kind, partner, officer, verificationId, ...where }) =>
          [
            foundAt,
            kind,
            partner,
            officer ?? 'no officer',
            verificationId,
            where.honey ?? where.exportId ?? '-',
          ].join('  '),
        );
      }),
    );
}

async function plant(options: PlantOptions): Promise<void> {
  const { place, caseload, person, out } = options;
  if ((caseload === undefined) === (person === undefined)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: 'name a --caseload or a --person' });
  }
  if (out !== undefined && existsSync(out)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${out} is there already` });
  }
  const input = {
    place,
    ...(caseload === undefined ? {} : { caseload }),
    ...(person === undefined ? {} : { person: readMembers(person) }),
  };
  await withStaffClient(options, async (client) => {
    const planted = await client.ask<{ readonly act: ActJson; readonly honey: HoneyJson }>(
      `mutation Plant($input: PlantHoneyInput!) { plantHoney(input: $input) { act { ${actFields} } honey { ${fields} } } }`,
      { input },
    );
    if (out !== undefined) {
      writeFileSync(out, `${planted.honey.person}\n`, { mode: 0o600, flag: 'wx' });
    }
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(planted)}\n`);
      return;
    }
    printAct(planted.act, options);
    process.stdout.write(`${describe(planted.honey)}\n`);
    if (out === undefined) process.stdout.write(`${planted.honey.person}\n`);
  });
}

function print<Row>(
  rows: readonly Row[],
  { json }: StaffOptions,
  line: (row: Row) => string,
): void {
  if (json === true) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else for (const row of rows) process.stdout.write(`${line(row)}\n`);
}

const describe = ({ plantedAt, plantedBy, caseload, reference, place, id }: HoneyJson): string =>
  [plantedAt, plantedBy, caseload, reference, place, id].join('  ');
