import { readFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import {
  actFields,
  describe,
  waitForAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
} from './run-act.js';

/** People as options name them. */
export interface PeopleOptions {
  readonly caseload: string;
  readonly references?: string;
  readonly all?: true;
}

interface ChangeJson {
  readonly act: ActJson | null;
  readonly people: number;
  readonly fields: readonly string[];
  readonly batch: string | null;
  readonly release: ActJson | null;
  readonly plan: {
    readonly people: number;
    readonly held: number;
    readonly backupsCoveredBy: string | null;
  } | null;
}

export const changeFields = `act { ${actFields} } people fields batch release { ${actFields} }
  plan { people held backupsCoveredBy }`;

/**
 * Does an act on the register and says what became of it, as {@link runAct} does: with `wait` it
 * stays for the second person, be it of the act or of the release of what the act left waiting.
 */
export async function runRegisterAct(
  options: ActOptions,
  mutation: string,
  inputType: string,
  input: object,
): Promise<void> {
  await withStaffClient(options, async (client) => {
    let change = await client.ask<ChangeJson>(
      `mutation Act($input: ${inputType}!) { ${mutation}(input: $input) { ${changeFields} } }`,
      { input },
    );
    if (options.wait === true) {
      const { act, release } = change;
      change = {
        ...change,
        act: act && (await waitForAct(client, act)),
        release: release && (await waitForAct(client, release)),
      };
    }
    printChange(change, options);
  });
}

export function printChange(change: ChangeJson, { json }: ActOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify(change)}\n`);
    return;
  }
  const { act, people, fields, batch, release, plan } = change;
  if (act === null) {
    process.stdout.write(
      'nothing to change: it is so already, or waits for a release (register find shows it)\n',
    );
    return;
  }
  const about = fields.length === 0 ? `${people} people` : fields.join(', ');
  process.stdout.write(`${describe(act)}: ${about}\n`);
  if (plan !== null) {
    process.stdout.write(
      `${plan.held} kept by a legal hold; backups covered by ${plan.backupsCoveredBy ?? 'now'}\n`,
    );
  }
  if (batch !== null && release !== null) {
    process.stdout.write(
      release.state === 'PENDING'
        ? `pending: waits for another registrar: safeconduct register release ${batch}\n`
        : `${describe(release)}\n`,
    );
  }
}

/** The people an act is about: references as arguments or in a file, or the whole caseload. */
export function namedPeople(
  given: readonly string[],
  { caseload, references: path, all }: PeopleOptions,
): { readonly caseload: string; readonly references?: readonly string[] } {
  const listed =
    path === undefined
      ? []
      : readMembers(path)
          .split(/\r?\n/)
          .map((line) => line.trim())
          .filter((line) => line !== '');
  const references = [...given, ...listed];
  if (all === true ? references.length > 0 : references.length === 0) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      detail: 'name references, a file of --references, or --all of the caseload',
    });
  }
  return all === true ? { caseload } : { caseload, references };
}

/** Text of a file; of standard input for `-`. What is known of a person is never an argument. */
export function readMembers(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${path} cannot be read` });
  }
}
