import { resolve } from 'node:path';
import type { Command } from 'commander';
import { certificateFingerprint, printFingerprint } from '../fingerprints.js';
import { writeBundle, type BundleJson } from './bundle/write-bundle.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';
import { readText } from './staff-client.js';

const bundleQuery = `query Bundle($code: ID!) {
  partnerBundle(code: $code) {
    partner { code name clients { clientId active } }
    issuer caCertificates logVerifierKey coverVerifierKey coverSlot schema errorTable
    earlierLogs { origin endedAt verifierKeys cosigned signed }
    testGrant { id validUntil }
  }
}`;

type Wrap = (command: Command) => Command;

/** `safeconduct partner bundle`, `partner grant-key`, `partner test-grant`. */
export function addOnboardingCommands(partner: Command, common: Wrap, waiting: Wrap): void {
  common(
    partner
      .command('bundle')
      .argument('<code>')
      .summary('a folder with everything a partner’s developers need; nothing in it is secret'),
  )
    .option('--out <dir>', 'a folder that is not there yet; bundle-CODE by default')
    .action(async (code: string, options: StaffOptions & { readonly out?: string }) =>
      withStaffClient(options, async (client) => {
        const bundle = await client.ask<BundleJson>(bundleQuery, { code });
        const directory = resolve(options.out ?? `bundle-${code}`);
        await writeBundle(directory, bundle);
        const authorities = bundle.caCertificates.map(certificateFingerprint);
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify({ directory, authorities })}\n`
            : `${directory}\nRead these words to the partner:\n${authorities.map(printFingerprint).join('')}`,
        );
      }),
    );

  const key = partner
    .command('grant-key')
    .summary('keys a partner signs acceptances of grants with');
  waiting(key.command('add').argument('<code>').argument('<jwk>').summary('a public JWK')).action(
    async (code: string, file: string, options: ActOptions) =>
      runAct(options, 'addGrantKey', 'AddGrantKeyInput', { partner: code, jwk: readText(file) }),
  );
  common(
    key.command('remove').argument('<code>').argument('<kid>').summary('at once, and for good'),
  ).action(async (code: string, kid: string, options: StaffOptions) =>
    runAct(options, 'removeGrantKey', 'RemoveGrantKeyInput', { partner: code, kid }),
  );
  common(key.command('list').argument('<code>').summary('those of a partner')).action(
    async (code: string, options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const keys = await client.ask<
          readonly { readonly kid: string; readonly active: boolean; readonly jwk: string }[]
        >('query Keys($partner: ID!) { grantKeys(partner: $partner) { kid active jwk } }', {
          partner: code,
        });
        if (options.json === true) process.stdout.write(`${JSON.stringify(keys)}\n`);
        else {
          for (const { kid, active } of keys) {
            process.stdout.write(`${kid}${active ? '' : '  removed'}\n`);
          }
        }
      }),
  );
  waiting(
    partner
      .command('test-grant')
      .argument('<code>')
      .summary('a fresh test grant for a year; the one before is revoked'),
  ).action(async (code: string, options: ActOptions) =>
    runAct(options, 'renewTestGrant', 'RenewTestGrantInput', { partner: code }),
  );
}
