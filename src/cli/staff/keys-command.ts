import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { addKeyFileCommands, useOf } from '../host/keys-command.js';
import { describeUpkeep, isRegisterKey, readUpkeep, rotateRegisterKeys } from './register-keys.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

interface KeyJson {
  readonly use: string;
  readonly thumbprint: string;
  readonly kid: string;
  readonly state: 'NEXT' | 'IN_FORCE' | 'ENDING' | 'ENDED' | 'REVOKED';
  readonly inForceFrom: string | null;
  readonly endedAt: string | null;
  readonly heldBy: readonly string[];
  readonly missingAt: readonly string[];
}

interface ListenerJson {
  readonly door: string;
  readonly replica: string;
  readonly fingerprint: string;
  readonly notAfter: string | null;
}

const keyFields = 'use thumbprint kid state inForceFrom endedAt heldBy missingAt';

/** `safeconduct keys`: the gateway's own signing keys and server certificates. */
export function addKeysCommands(program: Command, common: (command: Command) => Command): void {
  const keys = program
    .command('keys')
    .summary('signing keys and server certificates of the gateway itself')
    .description(
      'Rotation: `keys next` on each host puts a key beside the one in force; `keys rotate` puts it in force on every replica at once; the old one goes on counting for what it signed; `keys discard` takes it out of the file (docs/identity.md).',
    );
  addKeyFileCommands(keys);
  common(keys.command('list').summary('every key, its state, and which replicas hold it')).action(
    async (options: StaffOptions) => {
      const { found, listeners, upkeep } = await withStaffClient(options, async (client) => ({
        found: await client.ask<readonly KeyJson[]>(`{ gatewayKeys { ${keyFields} } }`),
        listeners: await client.ask<readonly ListenerJson[]>(
          '{ listenerCertificates { door replica fingerprint notAfter } }',
        ),
        upkeep: await readUpkeep(client),
      }));
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ keys: found, listeners, upkeep })}\n`);
        return;
      }
      for (const { use, kid, state, inForceFrom, endedAt, heldBy, missingAt } of found) {
        const gaveWay = endedAt === null ? '' : `, gave way ${endedAt}`;
        const since = inForceFrom === null ? '' : `, in force from ${inForceFrom}${gaveWay}`;
        const where =
          state === 'ENDED' || state === 'REVOKED' || missingAt.length === 0
            ? ''
            : `  held by ${heldBy.length}, not by ${missingAt.join(', ')}`;
        process.stdout.write(`${use}  ${kid}  ${state}${since}${where}\n`);
      }
      for (const { door, replica, fingerprint, notAfter } of listeners) {
        process.stdout.write(
          `${door}_TLS  ${fingerprint}  until ${notAfter ?? 'unknown'}  at ${replica}\n`,
        );
      }
      for (const status of upkeep) process.stdout.write(`${describeUpkeep(status)}\n`);
    },
  );
  common(keys.command('rotate').argument('<use>', 'token, checkpoint, master, epoch or page'))
    .summary('put the next key in force everywhere; move the keys of the register')
    .description(
      'token, checkpoint: puts the next signing key in force on every replica; waits for a second person. master, epoch, page: keys of the register, by one person at once; a running gateway begins within a minute, beside everything else, and goes on where it was stopped. master wraps everything under the present master key (docs/operations.md has the three steps), epoch moves everything to the key of this week, page writes every page anew. --wait stays and shows how far it is.',
    )
    .option('--now', 'the one in force is known to others: it is revoked at once, by one person')
    .option('--wait', 'stay until the second person has decided, or the keys are moved')
    .action(async (name: string, options: ActOptions & { readonly now?: true }) => {
      if (isRegisterKey(name)) {
        if (options.now === true) {
          throw new GatewayError('ERR_INPUT_INVALID', { detail: '--now is for signing keys' });
        }
        await rotateRegisterKeys(name, options);
        return;
      }
      const use = useOf(name);
      const found = await readKeys(options, use);
      const next = found.filter(({ state }) => state === 'NEXT');
      const [only] = next;
      if (only === undefined) throw refused('no replica holds a next key; run `keys next` first');
      if (next.length > 1) {
        throw refused(`several keys are next: ${next.map(({ kid }) => kid).join(', ')}`);
      }
      if (only.missingAt.length > 0) {
        throw refused(`${only.kid} is not held by ${only.missingAt.join(', ')}`);
      }
      const { thumbprint } = only;
      if (options.now !== true) {
        await runAct(options, 'rotateGatewayKey', 'GatewayKeyInput', { use, thumbprint });
        return;
      }
      const inForce = found.find(({ state }) => state === 'IN_FORCE');
      if (inForce === undefined) throw refused('no key is in force');
      const input = { use, thumbprint: inForce.thumbprint, next: thumbprint };
      await runAct(options, 'revokeGatewayKey', 'RevokeGatewayKeyInput', input);
    });
  common(keys.command('retire').argument('<use>').argument('<kid>'))
    .summary('a key that gave way counts for nothing any more; at once')
    .action(async (name: string, kid: string, options: StaffOptions) => {
      const use = useOf(name);
      const { thumbprint } = await findKey(options, use, kid);
      await runAct(options, 'removeGatewayKey', 'GatewayKeyInput', { use, thumbprint });
    });
  common(keys.command('revoke').argument('<use>').argument('<kid>'))
    .summary('a next or outgoing key that is known to others; at once (in force: rotate --now)')
    .action(async (name: string, kid: string, options: StaffOptions) => {
      const use = useOf(name);
      const { thumbprint } = await findKey(options, use, kid);
      await runAct(options, 'revokeGatewayKey', 'RevokeGatewayKeyInput', { use, thumbprint });
    });
}

async function readKeys(options: StaffOptions, use: string): Promise<readonly KeyJson[]> {
  const found = await withStaffClient(options, async (client) =>
    client.ask<readonly KeyJson[]>(`{ gatewayKeys { ${keyFields} } }`),
  );
  return found.filter((key) => key.use === use);
}

async function findKey(options: StaffOptions, use: string, kid: string): Promise<KeyJson> {
  const found = (await readKeys(options, use)).find((key) => key.kid === kid);
  if (found === undefined) throw refused(`there is no key ${kid}`);
  return found;
}

const refused = (detail: string): GatewayError => new GatewayError('ERR_CONFLICT', { detail });
