import { isGatewayError } from '../../core/errors.js';
import { readStateCode } from '../../core/register/states.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import { FileFault } from './file-fault.js';
import { foldSpace, ForeignNames } from './foreign-names.js';
import { dateOrders, type DateOrder } from './local-date.js';

/** Columns of a CSV file of people (contract, "Register import in detail"). */
const numbered = (from: number, names: (number: number) => readonly string[]) =>
  Array.from({ length: 10 - from }, (_, at) => names(at + from)).flat();

export const csvColumns: readonly string[] = [
  'reference',
  'caseload',
  'name',
  ...numbered(2, (n) => [`name_${n}`, `name_${n}_type`]),
  'father_name',
  'grandfather_name',
  'date_of_birth',
  'calendar',
  'sex',
  'nationality',
  ...numbered(1, (n) =>
    ['type', 'number', 'issuing_state', 'expires'].map((member) => `document_${n}_${member}`),
  ),
  'visa_reference',
  'visa_class',
  'visa_status',
  'visa_granted',
  'visa_expires',
  'suppressed_for',
  'household',
  'sharing_basis',
  'sharing_informed_on',
  'sharing_refused_for',
];
/** Under it nothing may stand. */
export const noColumn = '';
const knownColumns: ReadonlySet<string> = new Set(csvColumns);

/**
 * How a foreign file is read, as JSON:
 *
 *     {"columns":{"Heading":"column"},"dateOrder":"DMY","states":{"Afghanistan":"AFG"}}
 *
 * every member optional, unknown members refused. A heading that is not named is a column's own.
 * Names of headings and of states may be spelt otherwise than here ({@link ForeignNames}); two that
 * are one name then have to mean the same state, and never two columns.
 */
export interface Mapping {
  readonly columns: ForeignNames;
  readonly dateOrder: DateOrder | undefined;
  readonly states: ForeignNames;
}

export const noMapping: Mapping = {
  columns: ForeignNames.none,
  dateOrder: undefined,
  states: ForeignNames.none,
};

/** @throws {FileFault} MAPPING_INVALID with the member; COLUMN_UNKNOWN, COLUMN_REPEATED */
export function parseMapping(bytes: Uint8Array): Mapping {
  let value: unknown;
  try {
    value = parseStrictJson(bytes);
  } catch (error) {
    if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
    throw new FileFault('MAPPING_INVALID', 1, 'mapping');
  }
  const members = objectOf(value, 'mapping');
  for (const member of Object.keys(members)) {
    if (!['columns', 'dateOrder', 'states'].includes(member)) {
      throw new FileFault('MAPPING_INVALID', 1, 'mapping');
    }
  }
  const columns = textsOf(members['columns'], 'mapping.columns');
  for (const [, column] of columns) {
    if (!knownColumns.has(column)) throw new FileFault('COLUMN_UNKNOWN', 1, 'mapping.columns');
  }
  if (new Set(columns.map(([, column]) => column)).size < columns.length) {
    throw new FileFault('COLUMN_REPEATED', 1, 'mapping.columns');
  }
  const states = textsOf(members['states'], 'mapping.states');
  for (const [, code] of states) {
    if (readStateCode(code) === undefined) {
      throw new FileFault('MAPPING_INVALID', 1, 'mapping.states');
    }
  }
  const dateOrder = dateOrders.find((order) => order === members['dateOrder']);
  if (dateOrder === undefined && members['dateOrder'] !== undefined) {
    throw new FileFault('MAPPING_INVALID', 1, 'mapping.dateOrder');
  }
  return {
    columns: namesOf(columns, 'mapping.columns'),
    dateOrder,
    states: namesOf(states, 'mapping.states'),
  };
}

/**
 * The columns of a heading, in its order; {@link noColumn} where it is empty, as spreadsheets leave it
 * beside and between what was filled.
 *
 * @param caseloadDeclared whether every row is of one caseload that was named with the file
 * @throws {FileFault} HEADING_REPEATED, COLUMN_UNKNOWN, COLUMN_REPEATED, COLUMN_MISSING
 */
export function resolveHeading(
  headings: readonly string[],
  mapping: Mapping,
  caseloadDeclared: boolean,
): readonly string[] {
  const folded = headings.map(foldSpace);
  const columns: string[] = [];
  for (const [at, heading] of folded.entries()) {
    if (heading === '') {
      columns.push(noColumn);
      continue;
    }
    if (folded.indexOf(heading) < at) throw new FileFault('HEADING_REPEATED', 1, `#${at + 1}`);
    const column = mapping.columns.meaningOf(heading, (text) => knownColumns.has(text));
    if (!knownColumns.has(column)) throw new FileFault('COLUMN_UNKNOWN', 1, `#${at + 1}`);
    if (columns.includes(column)) throw new FileFault('COLUMN_REPEATED', 1, column);
    columns.push(column);
  }
  for (const column of ['reference', 'name', ...(caseloadDeclared ? [] : ['caseload'])]) {
    if (!columns.includes(column)) throw new FileFault('COLUMN_MISSING', 1, column);
  }
  return columns;
}

function objectOf(value: unknown, member: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileFault('MAPPING_INVALID', 1, member);
  }
  return value as Readonly<Record<string, unknown>>;
}

function textsOf(value: unknown, member: string): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  return Object.entries(objectOf(value, member)).map(([name, text]) => {
    if (typeof text !== 'string') throw new FileFault('MAPPING_INVALID', 1, member);
    return [name, text];
  });
}

function namesOf(entries: readonly (readonly [string, string])[], member: string): ForeignNames {
  const names = ForeignNames.of(entries);
  if (names === undefined) throw new FileFault('MAPPING_INVALID', 1, member);
  return names;
}
