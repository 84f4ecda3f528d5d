import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError, isGatewayError } from '../../core/errors.js';
import { parseStrictJson, type JsonValue } from '../../platform/json/strict-json.js';
import { fingerprintsOf, printFingerprint } from '../fingerprints.js';
import { exitCodes } from '../exit-codes.js';
import { readStaffProfile, StaffClient } from './staff-client.js';

/** Options of every command that is a client of the staff door. */
export interface StaffOptions {
  readonly profile?: string;
  readonly json?: true;
}

export interface ActOptions extends StaffOptions {
  readonly wait?: true;
}

export interface ActJson {
  readonly id: string;
  readonly act: string;
  readonly state: 'PENDING' | 'DONE' | 'REFUSED';
  readonly content: string;
  readonly digest: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  /** Milliseconds until the last replica judged by it. */
  readonly enforcedMs: number | null;
}

export const actFields =
  'id act state content digest requestedBy requestedAt expiresAt decidedBy decidedAt enforcedMs';
const pollMs = 2_000;
const lookMs = 100;
const mostLooks = 20;

/** Runs something with a client of the staff door. */
export async function withStaffClient<Value>(
  options: StaffOptions,
  work: (client: StaffClient) => Promise<Value>,
): Promise<Value> {
  const client = new StaffClient(readStaffProfile(options.profile));
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/**
 * Does an act, and says what became of it: done, or *pending*, which is no failure. With `wait` it
 * stays until the second person has decided; refused or over in time is then exit code 3.
 */
export async function runAct(
  options: ActOptions,
  mutation: string,
  inputType: string,
  input: object,
): Promise<void> {
  await doAct(options, async (client) =>
    client.ask<ActJson>(
      `mutation Act($input: ${inputType}!) { ${mutation}(input: $input) { ${actFields} } }`,
      { input },
    ),
  );
}

/**
 * A refusal of the door in words for who stands at a terminal: what is missing, and the command that
 * mends it.
 */
export async function inWords<Value>(
  doing: Promise<Value>,
  wordsFor: (refusal: GatewayError) => string | undefined,
): Promise<Value> {
  try {
    return await doing;
  } catch (error) {
    const words = isGatewayError(error) ? wordsFor(error) : undefined;
    if (words === undefined || !isGatewayError(error)) throw error;
    throw new GatewayError(error.code, { detail: words, cause: error });
  }
}

/** As {@link runAct}, for an act that is begun in another way than by a mutation. */
export async function doAct(
  options: ActOptions,
  begin: (client: StaffClient) => Promise<ActJson>,
): Promise<void> {
  await withStaffClient(options, async (client) => {
    let act = await begin(client);
    if (options.wait === true) act = await waitForAct(client, act);
    // The last replica is a moment behind the first; what it took is worth that moment.
    for (
      let look = 0;
      act.state === 'DONE' && act.enforcedMs === null && look < mostLooks;
      look++
    ) {
      await pause(lookMs);
      act = await client.ask<ActJson>(`query Act($id: ID!) { act(id: $id) { ${actFields} } }`, {
        id: act.id,
      });
    }
    printAct(act, options);
  });
}

/** Stays until a waiting act was decided; sets exit code 3 when it was not done in time. */
export async function waitForAct(client: StaffClient, asked: ActJson): Promise<ActJson> {
  let act = asked;
  if (act.state !== 'PENDING') return act;
  process.stderr.write(`${describe(act)}; waiting\n`);
  while (act.state === 'PENDING' && Date.now() < Date.parse(act.expiresAt)) {
    await pause(pollMs);
    act = await client.ask<ActJson>(`query Act($id: ID!) { act(id: $id) { ${actFields} } }`, {
      id: act.id,
    });
  }
  if (act.state !== 'DONE') process.exitCode = exitCodes.couldNot;
  return act;
}

export function printAct(act: ActJson, { json }: StaffOptions): void {
  const fingerprints = act.state === 'REFUSED' ? [] : fingerprintsOf(contentOf(act));
  if (json === true) {
    const added = fingerprints.length === 0 ? {} : { fingerprints };
    process.stdout.write(`${JSON.stringify({ ...act, ...added })}\n`);
    return;
  }
  process.stdout.write(`${describe(act)}\n${fingerprints.map(printFingerprint).join('')}`);
}

/** Certificates and keys of an act are compared by telephone before it is approved. */
export function contentOf({ content }: ActJson): JsonValue {
  try {
    return parseStrictJson(Buffer.from(content));
  } catch {
    return null;
  }
}

/** What is drawn up or agreed is in force only when the partner has accepted it. */
const known = (act: string): string =>
  ['GRANT_DRAFT', 'GRANT_AMEND', 'GRANT_APPROVE'].includes(act) ? 'known to' : 'in force on';

export function describe(booked: ActJson): string {
  const { id, act, state, digest, expiresAt, decidedBy, enforcedMs } = booked;
  switch (state) {
    case 'PENDING':
      return `pending: ${act} ${id} waits for a second person until ${expiresAt} (digest ${digest})`;
    case 'DONE':
      return `done: ${act} ${id}${decidedBy === null ? '' : `, approved by ${decidedBy}`}${
        enforcedMs === null ? '' : `, ${known(act)} every replica after ${enforcedMs} ms`
      }`;
    case 'REFUSED':
      return `refused: ${act} ${id}`;
  }
}
