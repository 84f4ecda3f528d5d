import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import { exitCodes } from '../exit-codes.js';
import { startProgress, type Progress } from '../progress.js';
import {
  describeDuplicate,
  duplicateFields,
  type DuplicateJson,
  type DuplicatePageJson,
} from './register-batches.js';
import {
  waitForAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
  type StaffOptions,
} from './run-act.js';
import { changeFields, printChange } from './run-register-act.js';
import { readText, type StaffClient } from './staff-client.js';

interface PersonJson {
  readonly caseload: string;
  readonly reference: string;
  readonly version: number;
  readonly state: 'LIVE' | 'PENDING';
  readonly content: string;
  readonly waiting: readonly string[];
  readonly batch: string | null;
  readonly suppressedFor: readonly string[];
  readonly held: boolean;
}

const personFields = 'id caseload reference version state content waiting batch suppressedFor held';

/** `safeconduct register find REFERENCE`: prints personal data; that it was read is on record. */
export async function findPerson(
  reference: string,
  options: StaffOptions & { readonly caseload: string; readonly household?: true },
): Promise<void> {
  await withStaffClient(options, async (client) => {
    const field = options.household === true ? 'household' : 'person';
    const found = await client.ask<PersonJson | readonly PersonJson[]>(
      `query Find($reference: PersonReferenceInput!) { ${field}(reference: $reference) { ${personFields} } }`,
      { reference: { caseload: options.caseload, reference } },
    );
    const people = [found].flat().map(({ content, ...person }) => ({
      ...person,
      content: JSON.parse(content) as object,
    }));
    const shown = options.household === true ? people : people[0];
    const indent = options.json === true ? undefined : 2;
    process.stdout.write(`${JSON.stringify(shown, null, indent)}\n`);
  });
}

/** `safeconduct register duplicates`: piece by piece, as comparing takes time. */
export async function listDuplicates(
  options: StaffOptions & { readonly first: string; readonly batch?: string },
): Promise<void> {
  await withStaffClient(options, async (client) => {
    const found = new Map<string, DuplicateJson>();
    let progress: Progress | undefined;
    for (let from = 0, total = 1; from < total;) {
      const page = await client.ask<DuplicatePageJson>(
        `query Duplicates($from: Int!, $batch: ID) {
          likelyDuplicates(from: $from, batch: $batch) { ${duplicateFields} } }`,
        { from, batch: options.batch ?? null },
      );
      // Found from either side, a pair is one.
      for (const pair of page.pairs) {
        const sides = [pair.one, pair.other].map(({ caseload, reference, state }) =>
          JSON.stringify([caseload, reference, state]),
        );
        found.set(sides.sort().join(), pair);
      }
      total = page.total;
      from += Math.max(1, page.compared);
      progress ??= startProgress('compared', total, 0);
      progress.reach(Math.min(from, total));
    }
    progress?.stop();
    const pairs = [...found.values()].sort(
      (a, b) => Number(b.likelihood === 'MATCH') - Number(a.likelihood === 'MATCH'),
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(pairs)}\n`);
    else if (pairs.length === 0) process.stderr.write('No likely duplicates.\n');
    else {
      const first = Number(options.first) || 0;
      for (const pair of pairs.slice(0, first)) {
        process.stdout.write(`${describeDuplicate(pair).trim()}\n`);
      }
      if (first < pairs.length) process.stderr.write(`${first} of ${pairs.length} are shown.\n`);
    }
  });
}

/** `safeconduct register show ACT`: what a waiting act of two is about. */
export async function showRequest(id: string, options: StaffOptions): Promise<void> {
  await withStaffClient(options, async (client) => {
    const { content, ...request } = await client.ask<{ readonly content: string }>(
      `query Request($act: ID!) { registerRequest(act: $act) {
        kind requestedBy requestedAt people content } }`,
      { act: id },
    );
    const shown = { ...request, content: JSON.parse(content) as unknown };
    const indent = options.json === true ? undefined : 2;
    process.stdout.write(`${JSON.stringify(shown, null, indent)}\n`);
  });
}

/** `safeconduct register stats`. */
export async function printStatistics(options: StaffOptions): Promise<void> {
  await withStaffClient(options, async (client) => {
    const counts = await client.ask<{
      readonly people: number | null;
      readonly caseloads: readonly { readonly caseload: string; readonly people: number | null }[];
    }>('{ registerStatistics { people caseloads { caseload people } } }');
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify(counts)}\n`);
      return;
    }
    const told = (people: number | null) => (people === null ? 'withheld' : String(people));
    process.stdout.write(`released: ${told(counts.people)}\n`);
    for (const { caseload, people } of counts.caseloads) {
      process.stdout.write(`${caseload}: ${told(people)}\n`);
    }
  });
}

interface ExportOptions extends ActOptions {
  readonly caseload?: string;
  readonly recipient?: string;
  readonly act?: string;
  readonly out?: string;
}

/** `safeconduct register export`: asks for one, or fetches one that was approved. */
export async function exportPeople(options: ExportOptions): Promise<void> {
  const { caseload, recipient, act, out } = options;
  await withStaffClient(options, async (client) => {
    if (act !== undefined) {
      if (out === undefined) throw wrongUse('--act needs --out');
      await fetchExport(client, act, out, options);
      return;
    }
    if (caseload === undefined || recipient === undefined) {
      throw wrongUse('name --caseload and --recipient, or --act of an approved export');
    }
    if (options.wait === true && out === undefined) throw wrongUse('--wait needs --out');
    const asked = await client.ask<Parameters<typeof printChange>[0]>(
      `mutation Export($input: ExportPeopleInput!) { exportPeople(input: $input) { ${changeFields} } }`,
      { input: { caseload, recipient: readText(recipient) } },
    );
    if (options.wait !== true || asked.act === null || out === undefined) {
      printChange(asked, options);
      return;
    }
    const decided: ActJson = await waitForAct(client, asked.act);
    if (decided.state === 'DONE') await fetchExport(client, decided.id, out, options);
    else printChange({ ...asked, act: decided }, options);
  });
}

/** Whole or not at all: a part of an export is never left under its name. */
export async function fetchExport(
  client: StaffClient,
  act: string,
  out: string,
  { json }: StaffOptions,
  route: 'export' | 'history' = 'export',
): Promise<void> {
  const part = `${out}.part`;
  let descriptor: number;
  try {
    closeSync(openSync(out, 'wx', 0o600));
    unlinkSync(out);
    descriptor = openSync(part, 'w', 0o600);
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `--out: ${out} is there already, or cannot be written`,
      cause,
    });
  }
  let bytes = 0;
  try {
    await client.stream(`/register/${route}?act=${encodeURIComponent(act)}`, {}, async (answer) => {
      for await (const chunk of answer) bytes += writeSync(descriptor, chunk);
    });
    closeSync(descriptor);
    renameSync(part, out);
  } catch (error) {
    closeSync(descriptor);
    unlinkSync(part);
    process.exitCode = exitCodes.couldNot;
    throw error;
  }
  process.stdout.write(
    json === true ? `${JSON.stringify({ act, out, bytes })}\n` : `done: ${act} is in ${out}\n`,
  );
}

function wrongUse(detail: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', { detail });
}
