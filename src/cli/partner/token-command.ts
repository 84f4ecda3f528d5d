import { exitCodes } from '../exit-codes.js';
import { explainToken, type ExplainedStep } from './explain-token.js';
import { PartnerClient } from './partner-client.js';
import { readProfile } from './profile.js';

/** Prints an access token, or explains why there is none; see `safeconduct token --help`. */
export async function token(options: {
  readonly profile: string;
  readonly explain?: true;
  readonly json?: true;
}): Promise<void> {
  const profile = readProfile(options.profile);
  const client = new PartnerClient(profile);
  try {
    if (options.explain === true) {
      const steps = await explainToken(client, profile, new Date());
      print(steps, options.json === true);
      process.exitCode = steps.every((step) => step.ok) ? exitCodes.done : exitCodes.couldNot;
      return;
    }
    const value = await client.requestToken();
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ token: value })}\n` : `${value}\n`,
    );
  } finally {
    client.close();
  }
}

function print(steps: readonly ExplainedStep[], asJson: boolean): void {
  process.stdout.write(
    asJson
      ? `${JSON.stringify({ steps })}\n`
      : steps.map(({ ok, step, detail }) => `${ok ? 'ok ' : 'NOT'} ${step}: ${detail}\n`).join(''),
  );
}
