import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { AccessLog } from '../../access-log/index.js';
import { GatewayKeyRing } from '../../identity/keys/index.js';
import { openRooms } from '../../main.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { productionSettings } from './production-settings.js';
import { GatewayError } from '../../core/errors.js';
import { readConfiguration } from '../../platform/configuration/configuration.js';
import {
  keyThumbprint,
  makeSigningKey,
  readSigningKeysFile,
  writeSigningKeysFile,
  type SigningUse,
} from '../../platform/keys/signing-keys.js';

const variables = {
  TOKEN: 'SAFECONDUCT_TOKEN_KEY_FILE',
  CHECKPOINT: 'SAFECONDUCT_CHECKPOINT_KEY_FILE',
} as const;

interface FileOptions {
  readonly file?: string;
  readonly json?: true;
}

/** `keys next`, `discard` and `adopt`: what is done on a host. */
export function addKeyFileCommands(keys: Command): void {
  keys
    .command('adopt')
    .argument('<use>', 'token or checkpoint')
    .summary(
      'on the host, gateway down: the key in force is lost, the one in the file takes its place',
    )
    .description(
      'For a key file that is lost, or a database restored from before a rotation. The key in force counts no more, the first in the file is in force; a record of the access log. Refused while the key in force is in the file.',
    )
    .option('--json', 'print the result as JSON')
    .action(adoptKey);
  const onFile = (command: Command): Command =>
    command
      .option('--file <path>', 'the key file; that of the environment by default')
      .option('--json', 'print the result as JSON');
  onFile(
    keys
      .command('next')
      .argument('<use>', 'token or checkpoint')
      .summary('on the host: put a next key beside the one in force')
      .description(
        'Makes a key and puts it into the key file beside those that are there, in one step, mode 0600. It signs nothing until `keys rotate`. With several replicas, make it on one and copy the file to the others by the way keys are copied. The gateway takes it up within seconds.',
      ),
  ).action((use: string, options: FileOptions) => {
    const { path, keys: held } = readFile(useOf(use), options);
    if (held.length > 1) {
      throw refused(
        `${path} holds ${held.length} keys: ${held.map(({ kid }) => kid).join(', ')}; one is next already, or one that has ended is there still (keys list, keys discard)`,
      );
    }
    const [present] = held;
    if (present === undefined) throw new TypeError('a key file without a key');
    const made = makeSigningKey(present, useOf(use), new Date());
    writeSigningKeysFile(path, [...held, made]);
    const result = { kid: made.kid, thumbprint: keyThumbprint(made) };
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(result)}\n`
        : `${result.kid} ${result.thumbprint}\n`,
    );
  });
  onFile(
    keys
      .command('discard')
      .argument('<use>', 'token or checkpoint')
      .argument('<kid>')
      .summary('on the host: take a key that has ended out of the file')
      .description(
        'Takes a key out of the key file, for good. A gateway that is running refuses a file without a key it still uses, and goes on with what it has.',
      ),
  ).action((use: string, kid: string, options: FileOptions) => {
    const { path, keys: held } = readFile(useOf(use), options);
    const left = held.filter((key) => key.kid !== kid);
    if (left.length === held.length) throw refused(`${path} holds no key ${kid}`);
    if (left.length === 0) throw refused(`${kid} is the only key in ${path}`);
    writeSigningKeysFile(path, left);
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ discarded: kid })}\n` : `${kid} is gone\n`,
    );
  });
}

/** `keys adopt`: the way back when the key in force is lost. Gateway down, on the host. */
export async function adoptKey(use: string, { json }: { readonly json?: true }): Promise<void> {
  const lost = useOf(use);
  const settings = { ...productionSettings(), adoptKeys: [lost] };
  const rooms = await openRooms(settings);
  try {
    const adopted = rooms.context.get(GatewayKeyRing).adopted.find((key) => key.use === lost);
    if (adopted === undefined) {
      throw refused(`the ${use} key in force is in its file: nothing is lost`);
    }
    await recordAdoption(rooms.context.get<AccessLog>(ACCESS_LOG), adopted, settings.now());
    const { kid, thumbprint } = adopted;
    process.stdout.write(
      json === true ? `${JSON.stringify({ kid, thumbprint })}\n` : `${kid} ${thumbprint}\n`,
    );
  } finally {
    await rooms.close();
  }
}

async function recordAdoption(
  accessLog: AccessLog,
  { use, thumbprint }: { readonly use: string; readonly thumbprint: string },
  at: Date,
): Promise<void> {
  const id = randomUUID();
  await accessLog.append({
    tree: { kind: 'host' },
    id,
    requestId: id,
    at,
    grant: null,
    grantVersion: null,
    purpose: 'KEY_ADOPT',
    person: { act: 'KEY_ADOPT', content: { use, thumbprint } },
    outcome: 'ACT_DONE',
    fields: [],
    reference: null,
    host: {
      clientId: 'host',
      officer: null,
      certificate: thumbprint,
      caseReference: null,
      subject: null,
      finding: null,
    },
  });
}

/** `token` or `checkpoint`, as a command names it. */
export function useOf(text: string): SigningUse {
  if (text === 'token') return 'TOKEN';
  if (text === 'checkpoint') return 'CHECKPOINT';
  throw refused(
    text === 'tls'
      ? 'a server certificate is rotated by putting another certificate and key into its files: each replica takes them up by itself (docs/identity.md)'
      : 'token or checkpoint; `keys rotate` also takes master, epoch or page',
  );
}

function readFile(use: SigningUse, { file }: FileOptions) {
  const configuration = readConfiguration(process.env);
  const path =
    file ?? (use === 'TOKEN' ? configuration.tokenKeyFile : configuration.checkpointKeyFile);
  if (path === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `${variables[use]} is not set; name the file with --file`,
    });
  }
  return { path, keys: readSigningKeysFile(path, variables[use], use) };
}

const refused = (detail: string): GatewayError => new GatewayError('ERR_INPUT_INVALID', { detail });
