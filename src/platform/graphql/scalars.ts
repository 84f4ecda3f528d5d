import { GraphQLScalarType, Kind } from 'graphql';
import { isStateCode } from '../../core/register/states.js';

/** A scalar that is a string of one form; what does not fit is refused without being repeated. */
export function stringScalar(
  name: string,
  description: string,
  isOf: (text: string) => boolean,
  specifiedByURL?: string,
): GraphQLScalarType<string, string> {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && isOf(value)) return value;
    // Not a GraphQLError: graphql-js adds the place to anything else.
    throw new TypeError(`${name} is not of its form.`);
  };
  return new GraphQLScalarType({
    name,
    description,
    ...(specifiedByURL === undefined ? {} : { specifiedByURL }),
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
    serialize: parse,
  });
}

export const StateCode = stringScalar(
  'StateCode',
  'A state or organisation by its code of ICAO Doc 9303-3, such as `AFG`, `D` or `XXA`.',
  isStateCode,
);

/** RFC 3339 in UTC, to the second or millisecond. */
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/;

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant in UTC, such as `2026-01-31T12:00:00.000Z`.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('a DateTime is a Date');
  },
  parseValue: (value) => {
    const isText = typeof value === 'string' && instantForm.test(value);
    const instant = new Date(isText ? value : NaN);
    if (Number.isNaN(instant.getTime())) throw new TypeError('no instant');
    return instant;
  },
});
