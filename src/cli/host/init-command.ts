import { readFileSync } from 'node:fs';
import type { AccessLog } from '../../access-log/index.js';
import { GatewayError } from '../../core/errors.js';
import { openRooms } from '../../main.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { foundStaff, type Founder } from '../../staff/index.js';
import { productionSettings } from './production-settings.js';

/** Names the first two administrators; see `safeconduct init --help`. */
export async function init(options: {
  readonly first: readonly string[];
  readonly second: readonly string[];
  readonly json?: true;
}): Promise<void> {
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
