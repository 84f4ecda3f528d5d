import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { exitCodes } from '../exit-codes.js';
import { readText } from './staff-client.js';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';

interface MemberJson {
  readonly account: string;
  readonly reference: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly active: boolean;
  readonly approvesFrom: string;
  readonly certificates: readonly {
    readonly fingerprint: string;
    readonly notAfter: string;
    readonly active: boolean;
  }[];
}

const staffQuery =
  '{ staff { account reference name roles active approvesFrom certificates { fingerprint notAfter active } } }';
const expiresSoonDays = 30;
/** With fewer, one suspension or one lost card leaves nobody who could approve. */
const wantedAdministrators = 3;

/** `safeconduct staff`: people, accounts and roles. */
export function addStaffCommands(program: Command, common: (command: Command) => Command): void {
  const staff = program
    .command('staff')
    .summary('people, accounts and roles')
    .description('Accounts of staff, as clients of the staff door.');
  common(staff.command('list').summary('every account')).action(async (options: StaffOptions) => {
    const members = await readMembers(options);
    if (options.json === true) process.stdout.write(`${JSON.stringify(members)}\n`);
    else {
      for (const { reference, name, roles, active } of members) {
        process.stdout.write(
          `${reference}  ${name}  ${roles.join(' ')}${active ? '' : '  suspended'}\n`,
        );
      }
    }
  });
  common(
    staff
      .command('check')
      .summary('what about accounts asks for attention; exit 1 when anything does'),
  ).action(async (options: StaffOptions) => {
    const findings = [
      ...checkStaff(await readMembers(options), new Date()),
      ...checkEnds(await readEnds(options)),
    ];
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify({ findings })}\n`
        : findings.length === 0
          ? 'nothing asks for attention\n'
          : `${findings.join('\n')}\n`,
    );
    if (findings.length > 0) process.exitCode = exitCodes.notValid;
  });
  common(staff.command('add').argument('<reference>').summary('a person with an account'))
    .requiredOption('--name <name>')
    .requiredOption('--role <roles...>')
    .requiredOption('--certificate <file>', 'PEM')
    .option('--wait', 'stay until the second person has decided')
    .action(
      async (
        reference: string,
        options: ActOptions & {
          readonly name: string;
          readonly role: readonly string[];
          readonly certificate: string;
        },
      ) =>
        runAct(options, 'addStaff', 'AddStaffInput', {
          reference,
          name: options.name,
          roles: options.role,
          certificate: readText(options.certificate),
        }),
    );
  common(staff.command('suspend').argument('<reference>').summary('at once')).action(
    async (reference: string, options: StaffOptions) =>
      runAct(options, 'suspendStaff', 'StaffAccountInput', {
        account: await accountOf(options, reference),
      }),
  );
  common(staff.command('resume').argument('<reference>').summary('by two'))
    .option('--wait', 'stay until the second person has decided')
    .action(async (reference: string, options: ActOptions) =>
      runAct(options, 'resumeStaff', 'StaffAccountInput', {
        account: await accountOf(options, reference),
      }),
    );
}

async function readMembers(options: StaffOptions): Promise<readonly MemberJson[]> {
  return withStaffClient(options, async (client) => client.ask<MemberJson[]>(staffQuery));
}

interface EndJson {
  readonly kind: string;
  readonly partner: string | null;
  readonly id: string;
  readonly at: string;
}

async function readEnds(options: StaffOptions): Promise<readonly EndJson[]> {
  return withStaffClient(options, async (client) =>
    client.ask<EndJson[]>(`{ ends(withinDays: ${expiresSoonDays}) { kind partner id at } }`),
  );
}

/** What of partners and of the gateway ends soon, in sentences; staff are told of by {@link checkStaff}. */
export function checkEnds(ends: readonly EndJson[]): readonly string[] {
  return ends
    .filter(({ kind }) => kind !== 'STAFF_CERTIFICATE')
    .map(({ kind, partner, id, at }) => {
      const what = kind.toLowerCase().replaceAll('_', ' ');
      return `${partner ?? 'host'}: ${what} ${id} ends ${at.slice(0, 10)}`;
    });
}

async function accountOf(options: StaffOptions, reference: string): Promise<string> {
  const member = (await readMembers(options)).find((one) => one.reference === reference);
  if (member === undefined) {
    throw new GatewayError('ERR_NOT_FOUND', { detail: `there is no account of ${reference}` });
  }
  return member.account;
}

/** What an administrator ought to see to, in sentences. */
export function checkStaff(members: readonly MemberJson[], now: Date): readonly string[] {
  const active = members.filter((member) => member.active);
  const administrators = active.filter(({ roles }) => roles.includes('ADMINISTRATOR')).length;
  const soon = now.getTime() + expiresSoonDays * 86_400_000;
  const ends = active.flatMap(({ reference, certificates }) => {
    const inForce = certificates
      .filter((certificate) => certificate.active)
      .map(({ notAfter }) => Date.parse(notAfter));
    const last = Math.max(0, ...inForce);
    if (last <= now.getTime()) return [`${reference} has no certificate in force`];
    return last < soon
      ? [`${reference}: the certificate ends ${new Date(last).toISOString().slice(0, 10)}`]
      : [];
  });
  return [
    ...(administrators < wantedAdministrators
      ? [`${administrators} active administrators; keep ${wantedAdministrators}`]
      : []),
    ...ends,
  ];
}
