import { operationLimits } from '../../src/platform/graphql/limits.js';

type Make = (root: string, leaf: string) => string;

/** A limit of one operation: a document at it, and the same kind of document just beyond. */
export interface LimitRow {
  readonly limit: string;
  readonly within: Make;
  readonly beyond: Make;
}

const fields =
  (count: number): Make =>
  (root, leaf) =>
    `{ ${root} { ${`${leaf} `.repeat(count - 1)} } }`;

const directives =
  (count: number): Make =>
  (root, leaf) =>
    `{ ${root} { ${`${leaf} @skip(if: false) `.repeat(count)} } }`;

/** Nested inline fragments: three tokens a level, no field and no depth. */
const tokens =
  (count: number): Make =>
  (root, leaf) => {
    const levels = Math.floor((count - 6) / 3);
    return `{ ${root} { ${'... { '.repeat(levels)}${leaf}${' }'.repeat(levels)} } }`;
  };

export const limitRows: readonly LimitRow[] = [
  {
    limit: 'fields',
    within: fields(operationLimits.fields),
    beyond: fields(operationLimits.fields + 1),
  },
  {
    limit: 'fields, when fragments are spread',
    within: (root, leaf) => `{ ${root} { ${'... { ...f } '.repeat(19)} } } ${tenOf(root, leaf)}`,
    beyond: (root, leaf) => `{ ${root} { ${'... { ...f } '.repeat(20)} } } ${tenOf(root, leaf)}`,
  },
  {
    limit: 'directives',
    within: directives(operationLimits.directives),
    beyond: directives(operationLimits.directives + 1),
  },
  {
    limit: 'tokens',
    within: tokens(operationLimits.tokens),
    beyond: tokens(operationLimits.tokens + 3),
  },
  {
    limit: 'names a field is selected under',
    within: (root, leaf) => `{ ${root} { a: ${leaf} a: ${leaf} } }`,
    beyond: (root, leaf) => `{ ${root} { a: ${leaf} b: ${leaf} } }`,
  },
  {
    limit: 'root fields',
    within: (root, leaf) => `{ one: ${root} { ${leaf} } }`,
    beyond: (root, leaf) => `{ one: ${root} { ${leaf} } two: ${root} { ${leaf} } }`,
  },
  {
    limit: 'operations in a document',
    within: (root, leaf) => `query a { ${root} { ${leaf} } }`,
    beyond: (root, leaf) => `query a { ${root} { ${leaf} } } query b { ${root} { ${leaf} } }`,
  },
];

function tenOf(root: string, leaf: string): string {
  const type = root === 'access' ? 'Access' : 'Self';
  return `fragment f on ${type} { ${`${leaf} `.repeat(10)} }`;
}
