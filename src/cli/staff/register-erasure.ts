import { GatewayError } from '../../core/errors.js';
import { fetchExport } from './register-reading.js';
import { waitForAct, withStaffClient, type ActOptions } from './run-act.js';
import { changeFields, printChange } from './run-register-act.js';
import { readText } from './staff-client.js';

export interface HistoryOptions extends ActOptions {
  readonly counsel?: string;
  readonly act?: string;
  readonly out?: string;
}

/** `safeconduct register erase`: asks for it; with `wait` it stays, and fetches what was sealed. */
export async function eraseAndSeal(options: HistoryOptions, input: object): Promise<void> {
  const { counsel, out, wait } = options;
  if (out !== undefined && (counsel === undefined || wait !== true)) {
    throw wrongUse('--out goes with --act, or with --counsel and --wait');
  }
  if (wait === true && counsel !== undefined && out === undefined) {
    throw wrongUse('--wait with --counsel needs --out');
  }
  const sealed = counsel === undefined ? {} : { counsel: readText(counsel) };
  await withStaffClient(options, async (client) => {
    const asked = await client.ask<Parameters<typeof printChange>[0]>(
      `mutation Act($input: ErasePeopleInput!) { erasePeople(input: $input) { ${changeFields} } }`,
      { input: { ...input, ...sealed } },
    );
    if (wait !== true || asked.act === null) {
      printChange(asked, options);
      if (counsel !== undefined && asked.act !== null && options.json !== true) {
        process.stderr.write(
          `once it is approved: safeconduct register erase --act ${asked.act.id} --out FILE\n`,
        );
      }
      return;
    }
    const act = await waitForAct(client, asked.act);
    if (act.state === 'DONE' && out !== undefined) {
      await fetchExport(client, act.id, out, options, 'history');
    } else printChange({ ...asked, act }, options);
  });
}

/** `safeconduct register erase --act ID --out FILE`: what an erasure sealed for counsel. */
export async function fetchHistory(act: string, options: HistoryOptions): Promise<void> {
  const { out } = options;
  if (out === undefined) throw wrongUse('--act needs --out');
  await withStaffClient(options, async (client) =>
    fetchExport(client, act, out, options, 'history'),
  );
}

const wrongUse = (detail: string): GatewayError =>
  new GatewayError('ERR_INPUT_INVALID', { detail });
