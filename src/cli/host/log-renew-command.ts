import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { AccessLog, LostLog } from '../../access-log/index.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import { parseCheckpoint } from '../../core/log/checkpoint.js';
import { splitNote } from '../../core/log/note.js';
import {
  checkRenewal,
  decodeRenewal,
  encodeRenewal,
  isSameRenewal,
  renewalDigest,
  signRenewal,
  type Renewal,
  type RenewalStatement,
} from '../../core/log/renewal.js';
import { pendingHours } from '../../core/staff/acts.js';
import { openRooms } from '../../main.js';
import { writeFileAtomically } from '../../platform/pki/index.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { foundStaff, renewalOperators, type Founder } from '../../staff/index.js';
import { claimsOf, renewLog } from '../../wiring/renew-log.js';
import { readStaffProfile } from '../staff/staff-client.js';
import {
  lookAtLostLog,
  readNote,
  refuseUnissued,
  setCheckpointsAside,
  withStoppedGateway,
  type EarlierOptions,
} from './lost-log.js';
import { productionSettings } from './production-settings.js';

interface Output {
  readonly json?: true;
}

/** `log renew`: a new log in the place of one whose journal is lost; on the host, gateway down. */
export function addLogRenewCommands(log: Command): void {
  const renew = log
    .command('renew')
    .summary('on the host, gateway down: a new log for one that lost its journal')
    .description(
      'Two administrators decide it (docs/operations.md, "A lost journal"). Set SAFECONDUCT_LOG_ORIGIN and SAFECONDUCT_CHECKPOINT_KEY_FILE to those of the new log first.',
    );
  const ofEarlier = (command: Command): Command =>
    command
      .requiredOption(
        '--earlier-key <vkey...>',
        'verifier key of the cover tree of the log that ends (coverVerifierKeys of any profile)',
      )
      .option('--note <file...>', 'checkpoints of it that partners bring, or states of witnesses')
      .option('--witness-key <vkey...>', 'witnesses the database does not know')
      .option('--json', 'print the result as JSON');
  ofEarlier(renew.command('look').summary('what was found, and what is lost; changes nothing'))
    .description(
      'Refused while a gateway runs, and while the journal can be put back: then it says how.',
    )
    .action(look);
  ofEarlier(renew.command('request').summary('one administrator asks for it, in a signed file'))
    .requiredOption('--out <file>', 'a file that is not there yet')
    .option('--profile <file>', 'staff profile whose certificate and key sign')
    .option(
      '--administrator <reference name...>',
      'where the database has no staff: reference and name of the one who asks, then of the other',
    )
    .action(request);
  renew
    .command('countersign')
    .argument('<file>')
    .summary('another administrator reads it and signs it too; on any machine')
    .requiredOption(
      '--digest <digest>',
      'of the request, as the one who asks reads it out; not taken from the file or with it',
    )
    .option('--profile <file>', 'staff profile whose certificate and key sign')
    .option('--json', 'print the result as JSON')
    .action(countersign);
  renew
    .command('apply')
    .argument('<file>')
    .summary('begin the new log, with its first record')
    .option('--json', 'print the result as JSON')
    .action(apply);
}

async function look(options: EarlierOptions & Output): Promise<void> {
  const found = await lookNow(options);
  print(options, found, describe(found));
}

async function request(
  options: EarlierOptions &
    Output & {
      readonly out: string;
      readonly profile?: string;
      readonly administrator?: readonly string[];
    },
): Promise<void> {
  if (existsSync(options.out)) throw inputInvalid('out', `${options.out} is there already`);
  const settings = productionSettings();
  const now = settings.now();
  const administrators = readAdministrators(options.administrator ?? []);
  const renewal = await withStoppedGateway(settings, async (database) => {
    const found = await lookAtLostLog(settings, database, broughtBy(options));
    const statement: RenewalStatement = {
      v: 1,
      requestedAt: now.toISOString(),
      ...found,
      administrators,
    };
    const signed = signAs(options.profile, { statement, operators: [] });
    refuseUnissued(settings, signed);
    await renewalOperators(database.dataSource, claimsOf(signed), administrators, now);
    return signed;
  });
  await writeFileAtomically(options.out, encodeRenewal(renewal), 0o600);
  print(
    options,
    { file: options.out, digest: renewalDigest(renewal), ...renewal.statement },
    `${describe(renewal.statement)}\nAsked for in ${options.out}, good for ${pendingHours} hours. Another administrator reads it: log renew countersign\n` +
      `Read the digest out to them; it goes another way than the file:\n  ${renewalDigest(renewal)}\n`,
  );
}

async function countersign(
  path: string,
  options: Output & { readonly profile?: string; readonly digest: string },
): Promise<void> {
  const renewal = readRequest(path);
  if (renewal.operators.length !== 1) {
    throw new GatewayError('ERR_ACT_NOT_PENDING', { detail: `${path}: two have signed already` });
  }
  if (renewalDigest(renewal) !== options.digest) {
    throw new GatewayError('ERR_CONFLICT', {
      argument: 'digest',
      detail: `${path} is another request than the one that was read out, or a later one: ask who sent it`,
    });
  }
  const signed = signAs(options.profile, renewal);
  checkRenewal(signed);
  await writeFileAtomically(path, encodeRenewal(signed), 0o600);
  print(
    options,
    { file: path, ...renewal.statement },
    `${describe(renewal.statement)}\nSigned by two. On the host, with the gateway down: log renew apply ${path}\n`,
  );
}

async function apply(path: string, options: Output): Promise<void> {
  const renewal = readRequest(path);
  checkRenewal(renewal);
  const { statement } = renewal;
  const settings = productionSettings();
  const now = settings.now();
  const ageHours = (now.getTime() - Date.parse(statement.requestedAt)) / 3_600_000;
  if (ageHours > pendingHours || ageHours < -1) {
    throw new GatewayError('ERR_ACT_NOT_PENDING', {
      detail: `${path} was asked for more than ${pendingHours} hours ago: ask again`,
    });
  }
  refuseUnissued(settings, renewal);
  await withStoppedGateway(settings, async (database) => {
    const { earlier, administrators } = statement;
    const found = await lookAtLostLog(settings, database, {
      earlierKeys: earlier.verifierKeys,
      witnessKeys: earlier.witnessKeys,
      notes: [earlier.cosigned, earlier.signed].filter((note) => note !== null),
    });
    if (!isSameRenewal(statement, { ...statement, ...found })) {
      throw new GatewayError('ERR_CONFLICT', {
        detail: `${path} says something else than what is found now: look, and ask again`,
      });
    }
    await renewalOperators(database.dataSource, claimsOf(renewal), administrators, now);
  });
  const kept = setCheckpointsAside(settings, statement.earlier.origin);
  const rooms = await openRooms({ ...settings, adoptKeys: ['CHECKPOINT'], renewsLog: true });
  try {
    const accessLog = rooms.context.get<AccessLog>(ACCESS_LOG);
    const { by, suspended } = await renewLog(accessLog, renewal, now);
    const [first, second] = foundersOf(renewal);
    if (first !== undefined && second !== undefined) {
      await foundStaff(rooms.database.dataSource, accessLog, [first, second], now);
    }
    const rounds = await accessLog.makeRound(now);
    const { origin, verifierKey } = statement.next;
    print(
      options,
      {
        origin,
        coverVerifierKey: verifierKey,
        by,
        rounds,
        suspended,
        checkpointsKept: kept ?? null,
      },
      `${origin} goes on in the place of ${statement.earlier.origin}, by ${by.join(' and ')}; ${rounds} rounds.\n` +
        (suspended.length === 0
          ? ''
          : `Suspended until two people resume each: ${suspended.join(', ')}. Revoke, suppress and erase again what had been, first.\n`) +
        (kept === undefined ? '' : `Checkpoints of the log that ended: ${kept}; keep them.\n`) +
        `Give every partner its bundle again (partner bundle); witnesses begin with a new --state.\n`,
    );
  } finally {
    await rooms.close();
  }
}

async function lookNow(options: EarlierOptions): Promise<LostLog> {
  const settings = productionSettings();
  return withStoppedGateway(settings, async (database) =>
    lookAtLostLog(settings, database, broughtBy(options)),
  );
}

const broughtBy = ({ earlierKey, note = [], witnessKey = [] }: EarlierOptions) => ({
  earlierKeys: earlierKey,
  notes: note.map(readNote),
  witnessKeys: witnessKey,
});

function readAdministrators(values: readonly string[]): RenewalStatement['administrators'] {
  const [reference, name, otherReference, otherName, ...others] = values;
  if (reference === undefined) return [];
  const isTwo = name !== undefined && otherReference !== undefined && otherName !== undefined;
  if (!isTwo || others.length > 0) {
    throw inputInvalid('administrator', '--administrator takes two references, each with a name');
  }
  return [
    { reference, name },
    { reference: otherReference, name: otherName },
  ];
}

function foundersOf({ statement, operators }: Renewal): readonly Founder[] {
  return statement.administrators.map(({ reference, name }, at) => ({
    reference,
    name,
    certificate: new X509Certificate(operators[at]?.certificate ?? Buffer.alloc(0)).toString(),
  }));
}

function signAs(profile: string | undefined, renewal: Renewal): Renewal {
  const { certificate, key } = readStaffProfile(profile);
  return signRenewal(renewal, new X509Certificate(certificate).raw, createPrivateKey(key));
}

function readRequest(path: string): Renewal {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw inputInvalid('file', `${path} cannot be read`);
  }
  return decodeRenewal(text);
}

/** Both logs, in words. */
function describe({ earlier, next, trees, isWhole }: LostLog): string {
  const head = (note: string | null) => {
    if (note === null) return 'none found';
    const { size, root } = parseCheckpoint(splitNote(note).text);
    return `${size} rounds, root ${root.toString('base64')}`;
  };
  return [
    `log that ends    ${earlier.origin}`,
    `  last cosigned  ${head(earlier.cosigned)}`,
    `  last signed    ${head(earlier.signed)}`,
    `new log          ${next.origin}, ${next.verifierKey}`,
    ...trees.map(({ tree, signed, kept }) =>
      kept >= signed
        ? `  ${tree}: ${kept} here, nothing signed is missing`
        : `  ${tree}: ${kept} here, ${signed - kept} of ${signed} LOST`,
    ),
    isWhole
      ? 'Nothing is known to be lost.'
      : 'Acts that restrict may be lost with the journal: every partner will be suspended.',
    '',
  ].join('\n');
}

function print({ json }: Output, result: object, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : text);
}
