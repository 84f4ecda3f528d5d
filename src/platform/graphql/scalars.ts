import { GraphQLScalarType, Kind } from 'graphql';
import { isStateCode, readStateCode } from '../../core/register/states.js';

/**
 * A scalar that is a string of one form; what does not fit is refused without being repeated.
 *
 * @param read what an argument is read as, where it has more than one spelling; undefined refuses it
 */
export function stringScalar(
  name: string,
  description: string,
  isOf: (text: string) => boolean,
  specifiedByURL?: string,
  read = (text: string): string | undefined => (isOf(text) ? text : undefined),
): GraphQLScalarType<string, string> {
  // Not a GraphQLError: graphql-js adds the place to anything else.
  const notOfForm = () => new TypeError(`${name} is not of its form.`);
  const parse = (value: unknown): string => {
    const found = typeof value === 'string' ? read(value) : undefined;
    if (found === undefined) throw notOfForm();
    return found;
  };
  const serialize = (value: unknown): string => {
    if (typeof value === 'string' && isOf(value)) return value;
    throw notOfForm();
  };
  return new GraphQLScalarType({
    name,
    description,
    ...(specifiedByURL === undefined ? {} : { specifiedByURL }),
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
    serialize,
  });
}

export const StateCode = stringScalar(
  'StateCode',
  'A state or organisation by its code of ICAO Doc 9303-3, such as `AFG`, `D` or `XXA`. In an argument `DEU` is read as `D`.',
  isStateCode,
  undefined,
  readStateCode,
);

const instantForm = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z$/;

/** RFC 3339 §5.6 in UTC, `T` and `Z` in upper case, milliseconds at most. */
function parseInstant(value: unknown): Date {
  const instant =
    typeof value === 'string' && instantForm.test(value) ? new Date(value) : undefined;
  const isThere = instant !== undefined && !Number.isNaN(instant.getTime());
  // The parser rolls 30 February over into March: what it wrote back must be what was sent.
  if (isThere && String(value).startsWith(instant.toISOString().slice(0, 19))) return instant;
  throw new TypeError('DateTime is not of its form.');
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant in UTC, such as `2026-01-31T12:00:00.000Z`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : undefined),
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('a DateTime is a Date');
  },
});
