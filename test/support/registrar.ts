import { X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/cli/program.js';
import { keyPem, type TestGateway } from './gateway.js';
import { captureOutput, giveInput } from './output.js';
import { actFields, type StaffReply, type TestStaffClient } from './staff-client.js';

/** Selection of every mutation that answers with a change of the register. */
const changeFields = `act { ${actFields} } people fields batch release { ${actFields} }
  plan { people held backupsCoveredBy }`;

export interface ActValue {
  readonly id: string;
  readonly digest: string;
  readonly act: string;
  readonly state: string;
  readonly content: string;
}

export interface ChangeValue {
  readonly act: ActValue | null;
  readonly people: number;
  readonly fields: readonly string[];
  readonly batch: string | null;
  readonly release: ActValue | null;
  readonly plan: { readonly people: number; readonly held: number } | null;
}

export interface ChangeReply extends StaffReply {
  readonly change: ChangeValue;
}

/** A mutation of the register at the staff door. */
export async function changeRegister(
  staff: TestStaffClient,
  mutation: string,
  inputType: string,
  input: object,
): Promise<ChangeReply> {
  const reply = await staff.graphql(
    `mutation A($input: ${inputType}!) { ${mutation}(input: $input) { ${changeFields} } }`,
    { input },
  );
  return { ...reply, change: reply.value as ChangeValue };
}

/** Approves the act a change waits for. */
export async function approveAct(
  staff: TestStaffClient,
  act: { readonly id: string; readonly digest: string } | null,
): Promise<StaffReply> {
  if (act === null) throw new TypeError('nothing waits');
  return staff.act('approveAct', { id: act.id, digest: act.digest });
}

/** Writes a staff profile for the command. @returns its path */
export function writeStaffProfile(
  gateway: TestGateway,
  directory: string,
  reference: string,
): string {
  mkdirSync(directory, { recursive: true });
  const { pair, url } = gateway.staff(reference);
  if (pair === null) throw new TypeError(`${reference} has no certificate`);
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, `${reference}.${name}`), text, { mode: 0o600 });
    return `${reference}.${name}`;
  };
  const profile = {
    url,
    certificateFile: file('crt.pem', new X509Certificate(pair.certificate).toString()),
    keyFile: file('key.pem', keyPem(pair.privateKey)),
    caFile: file('ca.pem', gateway.serverCaPem),
  };
  return join(directory, file('json', JSON.stringify(profile)));
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process as a member of staff. */
export async function safeconductAs(profile: string, ...args: readonly string[]): Promise<Ran> {
  return safeconductTyping(undefined, profile, ...args);
}

/** {@link safeconductAs} on a terminal at which these lines are typed; undefined: on none. */
export async function safeconductTyping(
  answers: readonly string[] | undefined,
  profile: string,
  ...args: readonly string[]
): Promise<Ran> {
  const given = giveInput(answers);
  const captured = captureOutput();
  const before = { LOG_LEVEL: process.env['LOG_LEVEL'], NO_COLOR: process.env['NO_COLOR'] };
  process.env['LOG_LEVEL'] = 'silent';
  // Lines, not a bar.
  process.env['NO_COLOR'] = '1';
  try {
    process.exitCode = undefined;
    await run(['node', 'safeconduct', ...args, '--profile', profile]);
    return { code: Number(process.exitCode ?? 0), ...captured.text() };
  } finally {
    captured.end();
    given.end();
    process.exitCode = undefined;
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
