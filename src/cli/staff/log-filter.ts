import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import type { StaffOptions } from './run-act.js';

/** Options that say which records are meant; as schema.staff.gql's LogFilterInput. */
export interface FilterOptions extends StaffOptions {
  readonly partner?: string;
  readonly host?: true;
  readonly officer?: string;
  readonly client?: string;
  readonly grant?: string;
  readonly grantVersion?: string;
  readonly purpose?: string;
  readonly outcome?: readonly string[];
  readonly refused?: true;
  readonly field?: string;
  readonly from?: string;
  readonly to?: string;
  readonly reference?: string;
  readonly sameQuestionAs?: string;
}

export function withFilter(command: Command): Command {
  return command
    .option('--partner <code>', 'records of this partner')
    .option('--host', "records of the host's own: staff, readings, events")
    .option('--officer <name>', 'opaque name of an officer; with --partner')
    .option('--client <id>', 'OAuth client with --partner, staff account with --host')
    .option('--grant <id>')
    .option('--grant-version <number>')
    .option('--purpose <purpose>', 'or name of an act')
    .option('--outcome <outcome...>', 'any of them')
    .option('--refused', 'refusals and faults only')
    .option('--field <field>', 'that left, such as dateOfBirth')
    .option('--from <time>', 'RFC 3339, UTC')
    .option('--to <time>', 'before this instant')
    .option('--reference <reference>', "a partner's own name for a person")
    .option('--same-question-as <record>', 'id of a record');
}

/** The filter as the staff door takes it. */
export function filterOf(options: FilterOptions, caseReference?: string): object {
  const { grantVersion, outcome, client } = options;
  if (grantVersion !== undefined && !/^\d{1,9}$/.test(grantVersion)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--grant-version is a number' });
  }
  if (options.officer !== undefined && options.partner === undefined) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--officer needs --partner' });
  }
  if (client !== undefined && options.partner === undefined && options.host === undefined) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: '--client needs --partner or --host' });
  }
  const given: Readonly<Record<string, unknown>> = {
    partner: options.partner,
    host: options.host,
    officer: options.officer,
    clientId: client,
    grant: options.grant,
    grantVersion: grantVersion === undefined ? undefined : Number(grantVersion),
    purpose: options.purpose,
    outcomes: outcome,
    refused: options.refused,
    field: options.field,
    from: options.from,
    to: options.to,
    reference: options.reference,
    sameQuestionAs: options.sameQuestionAs,
    caseReference,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
