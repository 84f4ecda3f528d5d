import type { Caseload } from '../../core/ids.js';
import { readStateCode } from '../../core/register/states.js';
import { readRowMembers, type ReadRow, type RowRules } from '../import-row.js';
import { RowReader, wholeRow } from '../row-reader.js';
import { noColumn, type Mapping } from './columns.js';
import { readHarmless } from './csv.js';
import { readLocalDate } from './local-date.js';

type Members = Record<string, unknown>;

const dateColumn = /^date_of_birth$|_expires$|^visa_granted$|^sharing_informed_on$/;
const stateColumn = /^nationality$|_issuing_state$/;

/**
 * Reads the cells of one record as the members of a row. An empty cell is an absent member. What is
 * found is told by the column's name.
 */
export function readCsvRow(
  columns: readonly string[],
  cells: readonly string[],
  mapping: Mapping,
  rules: RowRules,
): ReadRow {
  const reader = new RowReader();
  const isBeside = (cell: string, at: number) => columns[at] === noColumn && cellText(cell) !== '';
  if (cells.length !== columns.length || cells.some(isBeside)) {
    reader.fault(wholeRow, 'CELLS_DIFFER');
    const at = columns.indexOf('reference');
    // More cells or fewer: nobody knows which is the reference, unless it is the first.
    const reference = at === 0 ? cellText(cells[0] ?? '') : '';
    return {
      ok: false,
      reference: reference === '' ? undefined : reference,
      faults: reader.faults,
    };
  }
  const values = new Map<string, string>();
  for (const [at, column] of columns.entries()) {
    if (column === noColumn) continue;
    const value = readCell(column, cells[at] ?? '', mapping, reader);
    if (value !== '') values.set(column, value);
  }
  const nameColumns = numberedColumns(1, (number) =>
    values.has(nameColumn(number)) || values.has(`name_${number}_type`) ? [number] : [],
  );
  const documents = numberedColumns(1, (number) =>
    documentMembers.some(([, column]) => values.has(`document_${number}_${column}`))
      ? [number]
      : [],
  );
  const members = readMembers(values, nameColumns, documents, columns, rules.caseload);
  const read = readRowMembers(members, rules, reader);
  const columnOf = (path: string) => columnOfPath(path, nameColumns, documents);
  return read.ok
    ? {
        ...read,
        row: {
          ...read.row,
          warnings: read.row.warnings.map(({ column, code }) => ({
            column: columnOf(column),
            code,
          })),
        },
      }
    : {
        ...read,
        faults: read.faults.map(({ column, code }) => ({ column: columnOf(column), code })),
      };
}

const cellText = (cell: string): string => readHarmless(cell).trim();

const isState = (text: string): boolean => readStateCode(text) !== undefined;

function readCell(column: string, cell: string, mapping: Mapping, reader: RowReader): string {
  const text = cellText(cell);
  if (text === '') return text;
  if (stateColumn.test(column)) return mapping.states.meaningOf(text, isState);
  if (dateColumn.test(column)) {
    const date = readLocalDate(text, mapping.dateOrder);
    if ('text' in date) return date.text;
    reader.fault(column, date.fault);
    return '';
  }
  return text;
}

const documentMembers = [
  ['type', 'type'],
  ['number', 'number'],
  ['issuingState', 'issuing_state'],
  ['expires', 'expires'],
] as const;
const visaMembers = ['reference', 'class', 'status', 'granted', 'expires'] as const;
const plainMembers = [
  ['reference', 'reference'],
  ['caseload', 'caseload'],
  ['fatherName', 'father_name'],
  ['grandfatherName', 'grandfather_name'],
  ['dateOfBirth', 'date_of_birth'],
  ['calendar', 'calendar'],
  ['sex', 'sex'],
  ['nationality', 'nationality'],
  ['household', 'household'],
] as const;

function readMembers(
  values: ReadonlyMap<string, string>,
  names: readonly number[],
  documents: readonly number[],
  columns: readonly string[],
  caseload: Caseload | undefined,
): Members {
  const members: Members = {};
  for (const [member, column] of plainMembers) {
    if (values.has(column)) members[member] = values.get(column);
  }
  // A file of one caseload need not name it in every row; a column that is there counts.
  if (!columns.includes('caseload') && caseload !== undefined) members['caseload'] = caseload;
  if (names.length > 0) {
    members['names'] = names.map((number) => ({
      full: values.get(nameColumn(number)),
      type: values.get(`name_${number}_type`),
    }));
  }
  members['documents'] = documents.map((number) =>
    Object.fromEntries(
      documentMembers.map(([member, column]) => [
        member,
        values.get(`document_${number}_${column}`),
      ]),
    ),
  );
  members['visa'] = Object.fromEntries(
    visaMembers.map((member) => [member, values.get(`visa_${member}`)]),
  );
  members['sharing'] = {
    basis: values.get('sharing_basis'),
    informedOn: values.get('sharing_informed_on'),
    refusedFor: values.get('sharing_refused_for')?.split(/\s+/u),
  };
  const suppressions = values.get('suppressed_for');
  if (suppressions !== undefined) members['suppressedFor'] = suppressions.split(/\s+/u);
  return members;
}

const nameColumn = (number: number): string => (number === 1 ? 'name' : `name_${number}`);

function numberedColumns(first: number, of: (number: number) => readonly number[]): number[] {
  return Array.from({ length: 10 - first }, (_, at) => first + at).flatMap(of);
}

/** `documents[0].issuingState` as `document_2_issuing_state` when the second is the first filled. */
function columnOfPath(
  path: string,
  names: readonly number[],
  documents: readonly number[],
): string {
  const [, list, index, member] =
    /^(names|documents|suppressedFor)\[(\d+)\](?:\.(\w+))?$/.exec(path) ?? [];
  if (list === 'suppressedFor' || path === 'suppressedFor') return 'suppressed_for';
  if (list === 'names') {
    const column = nameColumn(names[Number(index)] ?? 1);
    return member === 'type' ? `${column}_type` : column;
  }
  if (list === 'documents') {
    const known = documentMembers.find(([name]) => name === member);
    return `document_${documents[Number(index)] ?? 1}${known === undefined ? '' : `_${known[1]}`}`;
  }
  if (path.startsWith('sharing.refusedFor')) return 'sharing_refused_for';
  if (path === 'sharing.basis') return 'sharing_basis';
  if (path === 'sharing.informedOn') return 'sharing_informed_on';
  if (path === 'names') return 'name';
  if (path.startsWith('visa.')) return `visa_${path.slice(5)}`;
  return plainMembers.find(([name]) => name === path)?.[1] ?? path;
}
