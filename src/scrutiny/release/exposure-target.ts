import type { LogFilter } from '../../access-log/index.js';
import { inputInvalid } from '../../core/errors.js';
import { uuidForm } from '../../staff/index.js';
import { readLogQuery } from '../log-query.js';

/** What may have got out, as a door hands it over: one of these, from when to when. */
export interface ExposureQuery {
  readonly partner?: string | null | undefined;
  /** Opaque name of an officer; with `partner`. */
  readonly officer?: string | null | undefined;
  /** base64url SHA-256 of a client certificate; with `partner`. */
  readonly certificate?: string | null | undefined;
  readonly grant?: string | null | undefined;
  /** Id of the act of a register export. */
  readonly export?: string | null | undefined;
  /** RFC 3339, UTC; needed but for an export. */
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
}

export type ExposureTarget =
  | { readonly export: string }
  | {
      readonly filter: LogFilter & { readonly from: Date; readonly to: Date };
      /** Not in the side table for as long as there are records: looked for in each record. */
      readonly officer?: string;
      readonly certificate?: string;
    };

const certificateForm = /^[A-Za-z0-9_-]{43}$/;

/** @throws {GatewayError} ERR_INPUT_INVALID naming the member */
export function readTarget(query: ExposureQuery): ExposureTarget {
  const { export: exportAct, officer, certificate, ...rest } = query;
  const given = Object.values(query).filter((value) => typeof value === 'string').length;
  if (typeof exportAct === 'string') {
    if (given > 1 || !uuidForm.test(exportAct)) throw inputInvalid('export');
    return { export: exportAct };
  }
  const { partner, grant, from, to } = readLogQuery({ ...rest, officer });
  if (from === undefined || to === undefined || !(from < to)) throw inputInvalid('from');
  if ((partner === undefined) === (grant === undefined)) throw inputInvalid('partner');
  const isOfOne = typeof officer === 'string' || typeof certificate === 'string';
  if (isOfOne && partner === undefined) throw inputInvalid('partner');
  if (typeof certificate === 'string' && !certificateForm.test(certificate)) {
    throw inputInvalid('certificate');
  }
  return {
    filter: {
      ...(partner === undefined ? {} : { partner }),
      ...(grant === undefined ? {} : { grant }),
      from,
      to,
      outcomes: ['MATCH'],
    },
    ...(typeof officer === 'string' ? { officer } : {}),
    ...(typeof certificate === 'string' ? { certificate } : {}),
  };
}

/** As it is sealed and recorded: what was given, and nothing else. */
export function targetMembers(query: ExposureQuery): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    ),
  );
}

/** In words, for a document. */
export function describeTarget(query: ExposureQuery): string {
  const { partner, officer, certificate, grant } = query;
  if (typeof query.export === 'string') return `the register export ${query.export}`;
  if (typeof grant === 'string') return `answers under grant ${grant}`;
  const narrower = [
    ...(typeof officer === 'string' ? [`, officer ${officer}`] : []),
    ...(typeof certificate === 'string' ? [`, client certificate ${certificate}`] : []),
  ];
  return `answers to partner ${partner ?? ''}${narrower.join('')}`;
}
