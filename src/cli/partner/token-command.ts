import { readFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import { exitCodes } from '../exit-codes.js';
import { explainToken, type ExplainedStep } from './explain-token.js';
import { PartnerClient } from './partner-client.js';
import { readProfile } from './profile.js';

/** Prints an access token, or explains why there is none; see `safeconduct token --help`. */
export async function token(options: {
  readonly profile: string;
  readonly explain?: true;
  readonly token?: string;
  readonly json?: true;
}): Promise<void> {
  const profile = readProfile(options.profile);
  if (options.token !== undefined && options.explain !== true) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--token goes with --explain' });
  }
  const given = options.token === undefined ? undefined : readTokenFile(options.token);
  const client = new PartnerClient(profile);
  try {
    if (options.explain === true) {
      const steps = await explainToken(client, profile, new Date(), given);
      print(steps, options.json === true);
      process.exitCode = steps.every((step) => step.ok) ? exitCodes.done : exitCodes.couldNot;
      return;
    }
    const value = await client.accessToken();
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ token: value })}\n` : `${value}\n`,
    );
  } finally {
    client.close();
  }
}

function readTokenFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `--token: ${path} cannot be read` });
  }
}

function print(steps: readonly ExplainedStep[], asJson: boolean): void {
  process.stdout.write(
    asJson
      ? `${JSON.stringify({ steps })}\n`
      : steps.map(({ ok, step, detail }) => `${ok ? 'ok ' : 'NOT'} ${step}: ${detail}\n`).join(''),
  );
}
