import { inputInvalid } from '../core/errors.js';
import { isPartnerCode } from '../core/ids.js';
import type { LogFilter } from '../access-log/index.js';
import type { JsonValue } from '../platform/json/strict-json.js';

/** What staff search by, as a door hands it over: texts of unknown form. */
export interface LogQuery {
  /** Code of a partner. */
  readonly partner?: string | null | undefined;
  /** Records of the host's own tree only. */
  readonly host?: boolean | null | undefined;
  readonly officer?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly grant?: string | null | undefined;
  readonly grantVersion?: number | null | undefined;
  readonly purpose?: string | null | undefined;
  readonly outcomes?: readonly string[] | null | undefined;
  readonly refused?: boolean | null | undefined;
  readonly field?: string | null | undefined;
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
  readonly caseReference?: string | null | undefined;
  readonly reference?: string | null | undefined;
  readonly sameQuestionAs?: string | null | undefined;
}

const forms = {
  officer: /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
  clientId: /^[a-z0-9][a-z0-9._-]{1,63}$/,
  grant: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  purpose: /^[A-Z][A-Z0-9_]{0,63}$/,
  field: /^[a-z][A-Za-z0-9]{0,63}$/,
  caseReference: /^[A-Z0-9][A-Z0-9/._-]{0,63}$/,
  reference: /^[A-Za-z0-9_-]{1,64}$/,
  sameQuestionAs: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
} as const;
const outcomeForm = /^[A-Z][A-Z0-9_]{0,63}$/;
const mostOutcomes = 20;

/**
 * Reads a query once into a filter; what was not given is not there.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the member
 */
export function readLogQuery(query: LogQuery): LogFilter {
  const texts = Object.entries(forms).flatMap(([name, form]) => {
    const value = query[name as keyof typeof forms] ?? undefined;
    if (value === undefined) return [];
    if (!form.test(value)) throw inputInvalid(`filter.${name}`);
    return [[name, value] as const];
  });
  const { partner, host, grantVersion, outcomes, refused } = query;
  const from = instant(query.from, 'filter.from');
  const to = instant(query.to, 'filter.to');
  return {
    ...Object.fromEntries(texts),
    ...partnerOf(partner, host),
    ...versionOf(grantVersion),
    ...outcomesOf(outcomes),
    ...(refused === true ? { refused } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** A filter as JSON: what a cursor is bound to and the record of reading keeps. */
export function filterJson(filter: LogFilter): Readonly<Record<string, JsonValue>> {
  const { from, to, outcomes, caseReference: _hidden, ...rest } = filter;
  return {
    ...rest,
    ...(outcomes === undefined ? {} : { outcomes: [...outcomes] }),
    ...(from === undefined ? {} : { from: from.toISOString() }),
    ...(to === undefined ? {} : { to: to.toISOString() }),
  };
}

/**
 * An instant in UTC as RFC 3339 text.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID
 */
export function instant(text: string | null | undefined, argument: string): Date | undefined {
  if (text === null || text === undefined) return undefined;
  const form = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z)?$/;
  const at = new Date(text);
  if (!form.test(text) || Number.isNaN(at.getTime())) throw inputInvalid(argument);
  return at;
}

function partnerOf(
  partner: string | null | undefined,
  host: boolean | null | undefined,
): Pick<LogFilter, 'partner'> {
  if (host === true) {
    if (partner !== null && partner !== undefined) throw inputInvalid('filter.host');
    return { partner: null };
  }
  if (partner === null || partner === undefined) return {};
  if (!isPartnerCode(partner)) throw inputInvalid('filter.partner');
  return { partner };
}

function versionOf(version: number | null | undefined): Pick<LogFilter, 'grantVersion'> {
  if (version === null || version === undefined) return {};
  if (!Number.isSafeInteger(version) || version < 1) throw inputInvalid('filter.grantVersion');
  return { grantVersion: version };
}

function outcomesOf(outcomes: readonly string[] | null | undefined): Pick<LogFilter, 'outcomes'> {
  if (outcomes === null || outcomes === undefined) return {};
  if (outcomes.length > mostOutcomes || !outcomes.every((one) => outcomeForm.test(one))) {
    throw inputInvalid('filter.outcomes');
  }
  return { outcomes: [...outcomes] };
}
