import { readFileSync } from 'node:fs';
import type { AccessLog } from '../../access-log/index.js';
import { GatewayError } from '../../core/errors.js';
import { openRooms } from '../../main.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { foundStaff, recoverStaff, type Founder } from '../../staff/index.js';
import { productionSettings } from './production-settings.js';

/** Names the first two administrators; see `safeconduct init --help`. */
export async function init(options: {
  readonly first?: readonly string[];
  readonly second?: readonly string[];
  readonly recover?: readonly string[];
  readonly json?: true;
}): Promise<void> {
  const isFounding = options.first !== undefined && options.second !== undefined;
  if (
    options.recover !== undefined &&
    options.first === undefined &&
    options.second === undefined
  ) {
    return recover(readFounder('--recover', options.recover), options.json === true);
  }
  if (!isFounding || options.recover !== undefined) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      detail: 'name --first and --second, or --recover alone',
    });
  }
  const founders = [readFounder('--first', options.first), readFounder('--second', options.second)];
  const settings = productionSettings();
  const rooms = await openRooms(settings);
  try {
    const [first, second] = founders;
    if (first === undefined || second === undefined) throw new TypeError('two administrators');
    await foundStaff(
      rooms.database.dataSource,
      rooms.context.get<AccessLog>(ACCESS_LOG),
      [first, second],
      settings.now(),
    );
  } finally {
    await rooms.close();
  }
  const references = founders.map(({ reference }) => reference);
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ administrators: references })}\n`
      : `Administrators: ${references.join(' and ')}. Everything else goes through the staff door.\n`,
  );
}

/** The way back where too few administrators are left; docs/staff.md, "Too few administrators". */
async function recover(person: Founder, json: boolean): Promise<void> {
  const settings = productionSettings();
  const rooms = await openRooms(settings);
  try {
    const { had, approvesFrom } = await recoverStaff(
      rooms.context.get<AccessLog>(ACCESS_LOG),
      person,
      settings.now(),
    );
    const from = approvesFrom.toISOString();
    process.stdout.write(
      json
        ? `${JSON.stringify({ reference: person.reference, had, approvesFrom: from })}\n`
        : `${person.reference} can come in${had ? ', by this certificate alone' : ''}, and approves from ${from}.\n`,
    );
  } finally {
    await rooms.close();
  }
}

function readFounder(option: string, values: readonly string[]): Founder {
  const [reference, name, file, ...others] = values;
  if (reference === undefined || name === undefined || file === undefined || others.length > 0) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      detail: `${option} takes a reference, a name and a certificate file`,
    });
  }
  try {
    return { reference, name, certificate: readFileSync(file, 'utf8') };
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${option}: ${file} cannot be read` });
  }
}
