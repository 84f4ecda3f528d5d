import { Command, CommanderError } from 'commander';
import { isGatewayError } from '../core/errors.js';
import { describeError } from '../platform/telemetry/logger.js';
import { demo } from './demo/demo-command.js';
import { backup } from './host/backup-command.js';
import { configCheck } from './host/config-command.js';
import { init } from './host/init-command.js';
import { migrateCommand } from './host/migrate-command.js';
import { addLogRenewCommands } from './host/log-renew-command.js';
import { addPkiCommands } from './host/pki-command.js';
import { restore } from './host/restore-command.js';
import { serve } from './host/serve-command.js';
import { logVerify } from './partner/log-verify-command.js';
import { token } from './partner/token-command.js';
import { verify } from './partner/verify-command.js';
import { showWitnessKey, witness } from './partner/witness-command.js';
import { addAlertCommands } from './staff/alert-command.js';
import { addHoneyCommands } from './staff/honey-command.js';
import { addLogCommands } from './staff/log-command.js';
import { addKeysCommands } from './staff/keys-command.js';
import { addGrantCommands } from './staff/grant-command.js';
import { addPartnerCommands } from './staff/partner-command.js';
import { addPendingCommands } from './staff/pending-command.js';
import { addReferralCommands } from './staff/referral-command.js';
import { addRegisterCommands } from './staff/register-command.js';
import { addStaffCommands } from './staff/staff-command.js';
import { addStopCommand } from './staff/stop-command.js';
import { exitCodes } from './exit-codes.js';
import { showFingerprints } from './fingerprints.js';

/** `safeconduct`: parses arguments, runs one command, turns what it throws into an exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = new Command('safeconduct')
    .description(
      'A gateway that lets partner governments confirm who has been granted protection, one redacted answer at a time.',
    )
    .showHelpAfterError('(see --help)')
    .configureOutput({ writeOut: (text) => process.stdout.write(text) })
    .exitOverride();

  program
    .command('serve')
    .summary('run the gateway')
    .description(
      'Runs the gateway until it is told to stop. Configuration comes from the environment (docs/configuration.md); it refuses to start when a security value is missing.',
    )
    .action(serve);
  program
    .command('demo')
    .summary('run a demonstration gateway with made-up people')
    .description(
      'Makes throw-away keys and certificates, 1,250 made-up people and two partners in SAFECONDUCT_HOME (default ./data), opens the doors, asks one question as a partner would, and stays up.',
    )
    .option('--once', 'leave after the sample question')
    .option('--reset', 'forget an earlier demonstration and start anew')
    .action(demo);
  program
    .command('migrate')
    .summary('bring the database to this release')
    .description('Runs the migrations that are due on the database of the environment.')
    .option('--json', 'print the result as JSON')
    .action(migrateCommand);
  program
    .command('backup')
    .summary('copy the database into a directory')
    .description(
      'Copies the database of the environment, as of one moment, into a new directory (0700, files 0600) with a manifest and hashes. A gateway on PostgreSQL serves meanwhile; one on the embedded database is stopped first. No key and no journal is in it (docs/operations.md, "A backup").',
    )
    .requiredOption('--out <directory>', 'one that is not there yet')
    .option('--json', 'print the result as JSON')
    .action(backup);
  program
    .command('restore')
    .argument('<directory>', 'a backup')
    .summary('bring a backup into an empty database')
    .description(
      'Checks every file of a backup, brings it into the empty database of the environment and says what the next start will put back from the journal, and what is gone for good. Interrupted, it leaves a database that nothing starts on: run it again.',
    )
    .option('--dry-run', 'check the backup and where it would go; change nothing')
    .option('--without-log-keys', 'although keys of the log it needs are gone for good')
    .option('--json', 'print the result as JSON')
    .action(restore);
  program
    .command('config')
    .summary('the configuration of the environment')
    .command('check')
    .summary('say what serve would refuse, and what would be used')
    .description(
      'Reads configuration, keys and certificates as serve does and opens neither database nor port. Exit 0 valid, 1 not valid, with what serve would say.',
    )
    .option('--json', 'print the result as JSON')
    .action(configCheck);
  program
    .command('init')
    .summary('name the first two administrators')
    .description(
      'Names the first two administrators, each with a certificate that a CA of SAFECONDUCT_STAFF_CA_FILE issued. Runs on the host while the gateway is down, once: refused when there is any staff. Everything else goes through the staff door.',
    )
    .option('--first <reference name certificate...>', 'one person: three values')
    .option('--second <reference name certificate...>', 'another: three values')
    .option(
      '--recover <reference name certificate...>',
      'instead, where fewer than three administrators can come in: lets one in, who approves nothing for 24 hours',
    )
    .option('--json', 'print the result as JSON')
    .action(init);
  program
    .command('verify')
    .summary("ask a file of questions (partner's side)")
    .description(
      'Asks every question of a JSON Lines file under the grant of the profile and writes an answer line for each, in order. Interrupted and run again it asks only what is not answered.',
    )
    .argument('<questions>', 'JSON Lines, one question a line')
    .requiredOption('--profile <file>', 'connection, grant and fields (docs/profile.schema.json)')
    .requiredOption('--out <file>', 'where the answers go; made with mode 0600')
    .option('--json', 'print the summary as JSON')
    .action(verify);
  program
    .command('token')
    .summary("obtain an access token (partner's side)")
    .description(
      'Prints an access token for the profile on standard output. With --explain, checks certificate, clock, key, audience and binding step by step instead and says what is wrong.',
    )
    .requiredOption('--profile <file>', 'connection and keys (docs/profile.schema.json)')
    .option('--explain', 'check each step and print no token')
    .option('--token <file>', 'with --explain: a token that was refused, instead of a fresh one')
    .option('--json', 'print the result as JSON')
    .action(token);

  program
    .command('witness')
    .summary("watch and cosign the gateway's log (partner's side)")
    .description(
      'Looks at the cover tree again and again: checks that it only grew and that your own slot of every round holds your own tree, remembers that, cosigns it and brings the cosignature back. When the gateway tells two things that cannot both be so, it keeps both as evidence, says so and signs nothing more (exit 1).',
    )
    .requiredOption('--profile <file>', 'connection and verifier keys (docs/profile.schema.json)')
    .requiredOption('--key <file>', 'private Ed25519 JWK of the witness, mode 0600')
    .requiredOption('--state <file>', 'what it remembers; never lose it, never share it')
    .option('--every <seconds>', 'from one look to the next', '10')
    .option('--once', 'look once and leave')
    .option('--json', 'print what was found as JSON lines')
    .action(witness);
  program
    .command('witness-key')
    .summary("print a witness's verifier key (partner's side)")
    .description(
      'Prints the verifier key (C2SP vkey) of a witness key under a name, to be registered by the host and written into the profile. Makes the key when the file is not there.',
    )
    .argument('<name>', 'such as witness.agency.example')
    .requiredOption('--key <file>', 'private Ed25519 JWK; made with mode 0600 when absent')
    .action((name: string, options: { readonly key: string }) => {
      showWitnessKey(options.key, name);
    });
  program
    .command('fingerprint')
    .summary('fingerprints of certificates and keys in words, for the telephone')
    .description(
      'Prints the SHA-256 of each certificate (PEM) and the thumbprint of each key (JWK, JWK Set) of the files, in hex and in words of the PGP word list, to be read out by telephone.',
    )
    .argument('<files...>')
    .option('--json', 'print the result as JSON')
    .action(showFingerprints);
  const log = program.command('log').summary('the access log');
  log
    .command('verify')
    .summary('check an export or receipts without the gateway')
    .description(
      'Checks an export of the log, or a file of answers or receipts, from every record to the signed checkpoint, and on to a cosigned round of the cover tree where the file has its proof. Exit 0 valid, 1 not valid.',
    )
    .argument('<file>', 'export, answers or receipts; JSON Lines')
    .option('--receipt <file>', 'a receipt whose record has to be in the file')
    .option('--profile <file>', 'takes the verifier keys from a profile')
    .option('--log-key <vkey...>', 'verifier keys of trees')
    .option('--cover-key <vkey...>', 'verifier keys of the cover tree')
    .option('--witness-key <vkey...>', 'verifier keys of witnesses')
    .option('--quorum <number>', 'witnesses that must have cosigned')
    .option('--slot <slot...>', "the tree's slot in the cover tree; of several, ORIGIN=NUMBER each")
    .option('--keys <file>', 'all of these, as `log export --keys` and a history write them')
    .option('--json', 'print the result as JSON')
    .action(logVerify);
  const common = (command: Command): Command =>
    command
      .option('--profile <file>', 'staff profile; SAFECONDUCT_STAFF_PROFILE by default')
      .option('--json', 'print the result as JSON');
  addLogRenewCommands(log);
  addLogCommands(log, common);
  addAlertCommands(program, common);
  addHoneyCommands(program, common);
  addPkiCommands(program);
  addPartnerCommands(program, common);
  addGrantCommands(program, common);
  addStaffCommands(program, common);
  addReferralCommands(program, common);
  addRegisterCommands(program, common);
  addStopCommand(program, common);
  addPendingCommands(program, common);
  addKeysCommands(program, common);

  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
      return;
    }
    report(error);
    const isUse =
      isGatewayError(error, 'ERR_CONFIGURATION') || isGatewayError(error, 'ERR_INPUT_INVALID');
    process.exitCode = isUse ? exitCodes.wrongUse : exitCodes.couldNot;
  }
}

/** One sentence for a person; never a message of a driver or a library. */
function report(error: unknown): void {
  if (isGatewayError(error)) {
    process.stderr.write(`safeconduct: ${error.detail ?? error.code}\n`);
    if (process.env['LOG_LEVEL'] === 'debug' || error.detail === undefined) {
      process.stderr.write(`${JSON.stringify(describeError(error))}\n`);
    }
    return;
  }
  process.stderr.write(`safeconduct: a fault: ${JSON.stringify(describeError(error))}\n`);
}
