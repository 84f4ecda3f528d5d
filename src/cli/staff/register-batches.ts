import { GatewayError, isGatewayError } from '../../core/errors.js';
import { exitCodes } from '../exit-codes.js';
import {
  actFields,
  printAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
  type StaffOptions,
} from './run-act.js';
import { changeFields, printChange } from './run-register-act.js';
import type { StaffClient } from './staff-client.js';

interface BatchJson {
  readonly id: string;
  readonly state: 'WAITING' | 'RELEASED' | 'DISCARDED';
  readonly requestedBy: string;
  readonly alsoBy: readonly string[];
  readonly requestedAt: string;
  readonly people: number;
  readonly added: number;
  readonly changed: number;
  readonly rows: number | null;
  readonly unchanged: number | null;
  readonly rejected: number | null;
  readonly findings: readonly {
    readonly column: string;
    readonly code: string;
    readonly count: number;
  }[];
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
}

export interface DuplicateJson {
  readonly one: DuplicateSideJson;
  readonly other: DuplicateSideJson;
  readonly likelihood: string;
  readonly agreeing: readonly string[];
  readonly sameHousehold: boolean;
}

export interface DuplicatePageJson {
  readonly pairs: readonly DuplicateJson[];
  readonly compared: number;
  readonly total: number;
}

interface DuplicateSideJson {
  readonly caseload: string;
  readonly reference: string;
  readonly state: string;
  readonly isKept: boolean;
}

interface ReviewJson {
  readonly batch: BatchJson;
  readonly caseloads: readonly {
    readonly caseload: string;
    readonly people: number;
    readonly isNew: boolean;
  }[];
  readonly duplicates: DuplicatePageJson;
  readonly release: ActJson | null;
}

const batchFields = `id state requestedBy alsoBy requestedAt people added changed rows unchanged rejected
  findings { column code count } decidedBy decidedAt`;
export const duplicateFields = `pairs { one { caseload reference state isKept }
  other { caseload reference state isKept } likelihood agreeing sameHousehold } compared total`;

/** `safeconduct register batches`. */
export async function printBatches(options: StaffOptions & { readonly all?: true }): Promise<void> {
  await withStaffClient(options, async (client) => {
    const batches = await client.ask<readonly BatchJson[]>(
      `query Batches($waiting: Boolean!) { importBatches(waiting: $waiting) { ${batchFields} } }`,
      { waiting: options.all !== true },
    );
    if (options.json === true) process.stdout.write(`${JSON.stringify(batches)}\n`);
    else if (batches.length === 0) process.stderr.write('No batch waits.\n');
    else {
      for (const batch of batches) {
        const { id, people, requestedBy, requestedAt, state } = batch;
        process.stdout.write(
          `${id}  ${state === 'WAITING' ? `${people} people wait` : state.toLowerCase()}  ${requestedBy}  ${requestedAt}\n`,
        );
      }
    }
  });
}

/** `safeconduct register show BATCH`. @returns false when there is no such batch */
export async function showBatch(
  id: string,
  options: StaffOptions & { readonly duplicates: string },
): Promise<boolean> {
  return withStaffClient(options, async (client) => {
    const review = await readReview(client, id).catch((error: unknown) => {
      if (isGatewayError(error, 'ERR_NOT_FOUND')) return undefined;
      throw error;
    });
    if (review === undefined) return false;
    if (options.json === true) process.stdout.write(`${JSON.stringify(review)}\n`);
    else process.stdout.write(describeReview(review, Number(options.duplicates) || 0));
    return true;
  });
}

/** `safeconduct register release BATCH`. */
export async function releaseBatch(
  id: string,
  options: ActOptions & { readonly people?: string },
): Promise<void> {
  await withStaffClient(options, async (client) => {
    const review = await readReview(client, id);
    const { batch, release } = review;
    if (batch.state !== 'WAITING') {
      throw new GatewayError('ERR_CONFLICT', {
        detail: `the batch is ${batch.state.toLowerCase()}`,
      });
    }
    // What is released stands before the eyes of who releases it, every time.
    if (options.json !== true) process.stderr.write(describeReview(review, shownBeforeRelease));
    if (options.people === undefined) {
      process.stderr.write(
        `Nothing was released. If that is what you mean: safeconduct register release ${id} --people ${batch.people}\n`,
      );
      if (options.json === true) process.stdout.write(`${JSON.stringify(review)}\n`);
      process.exitCode = exitCodes.wrongUse;
      return;
    }
    if (options.people !== String(batch.people)) {
      throw new GatewayError('ERR_INPUT_INVALID', {
        detail: `${batch.people} people wait in the batch, not the number you named: nothing was released`,
      });
    }
    const act = release === null ? undefined : await approveRelease(client, id, release);
    if (act !== undefined && 'digest' in act) return printAct(act, options);
    const asked = act ?? (await askForRelease(client, id));
    printChange(asked, options);
    const authors = [batch.requestedBy, ...batch.alsoBy];
    const by = asked.act?.requestedBy;
    if (by !== undefined && !authors.includes(by)) {
      process.stderr.write(
        `Neither you nor ${authors.join(', ')} can release it now. Where there is no other registrar, ${batch.requestedBy} asks for it with this command, and you release it.\n`,
      );
    }
  });
}

type ChangeJson = Parameters<typeof printChange>[0];

async function askForRelease(client: StaffClient, id: string): Promise<ChangeJson> {
  return client.ask<ChangeJson>(
    `mutation Release($input: BatchInput!) { requestRelease(input: $input) { ${changeFields} } }`,
    { input: { batch: id } },
  );
}

/** @returns the act that was done; or a request of one's own, where the one that waits helps nobody */
async function approveRelease(
  client: StaffClient,
  id: string,
  waits: ActJson,
): Promise<ActJson | ChangeJson> {
  try {
    return await client.ask<ActJson>(
      `mutation Approve($input: ApproveActInput!) { approveAct(input: $input) { ${actFields} } }`,
      { input: { id: waits.id, digest: waits.digest } },
    );
  } catch (error) {
    if (!isGatewayError(error, 'ERR_APPROVER_IS_REQUESTER')) throw error;
    const asked = await askForRelease(client, id);
    if (asked.act === null || asked.act.id === waits.id) throw error;
    return asked;
  }
}

const shownBeforeRelease = 20;

async function readReview(client: StaffClient, id: string): Promise<ReviewJson> {
  return client.ask<ReviewJson>(
    `query Batch($id: ID!) { importBatch(id: $id) {
      batch { ${batchFields} } caseloads { caseload people isNew } duplicates { ${duplicateFields} }
      release { ${actFields} } } }`,
    { id },
  );
}

function describeReview({ batch, caseloads, duplicates }: ReviewJson, first: number): string {
  const { id, state, requestedBy, alsoBy, requestedAt, people, added, changed } = batch;
  const { rows, unchanged, rejected, findings, decidedBy } = batch;
  const { pairs, compared, total } = duplicates;
  const lines = [
    `batch ${id} of ${requestedBy}, ${requestedAt}: ${state.toLowerCase()}${decidedBy === null ? '' : ` by ${decidedBy}`}`,
    `${people} people wait: ${added} added, ${changed} changed`,
    ...caseloads.map(
      ({ caseload, people: ofIt, isNew }) =>
        `  ${ofIt} of ${caseload}${isNew ? ', of which nobody is released yet: is it the caseload that is meant?' : ''}`,
    ),
    ...(alsoBy.length === 0 ? [] : [`with work of ${alsoBy.join(', ')}, who cannot release it`]),
    rows === null
      ? 'no file, or the import was cut off: run it again before releasing'
      : `of a file of ${rows} rows: ${unchanged ?? 0} unchanged, ${rejected ?? 0} rejected`,
    ...findings.map(({ column, code, count }) => `  ${count} x ${column}: ${code}`),
    ...(pairs.length === 0
      ? ['no likely duplicates']
      : [
          `${pairs.length} likely duplicates${first < pairs.length ? `, the likeliest ${first}` : ''}:`,
          ...pairs.slice(0, first).map(describeDuplicate),
        ]),
    ...(compared < total
      ? [
          `only ${compared} of ${total} were compared; all: safeconduct register duplicates --batch ${id}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

export function describeDuplicate(pair: DuplicateJson): string {
  const side = ({ caseload, reference, state, isKept }: DuplicateSideJson) =>
    `${caseload} ${reference}${state === 'PENDING' ? ' (waits)' : ''}${isKept ? ' (kept from some)' : ''}`;
  const household = pair.sameHousehold ? ', one household' : '';
  return `  ${side(pair.one)} and ${side(pair.other)}: ${pair.likelihood} by ${pair.agreeing.join(', ')}${household}`;
}
