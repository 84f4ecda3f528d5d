import { operationLimits, type LimitName } from '../../src/platform/graphql/limits.js';

type Make = (root: string, leaf: string) => string;

/** A limit of one operation: a document at it, and the same kind of document just beyond. */
export interface LimitRow {
  readonly limit: string;
  /** As the gateway’s own log names it; tokens are counted before there is a document. */
  readonly named?: LimitName;
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
    named: 'fields',
    within: fields(operationLimits.fields),
    beyond: fields(operationLimits.fields + 1),
  },
  {
    limit: 'fields, when fragments are spread',
    named: 'fields',
    within: (root, leaf) => `{ ${root} { ${'... { ...f } '.repeat(19)} } } ${tenOf(root, leaf)}`,
    beyond: (root, leaf) => `{ ${root} { ${'... { ...f } '.repeat(20)} } } ${tenOf(root, leaf)}`,
  },
  {
    limit: 'directives',
    named: 'directives',
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
    named: 'names of a field',
    within: (root, leaf) => `{ ${root} { a: ${leaf} a: ${leaf} } }`,
    beyond: (root, leaf) => `{ ${root} { a: ${leaf} b: ${leaf} } }`,
  },
  {
    limit: 'root fields',
    named: 'root fields',
    within: (root, leaf) => `{ one: ${root} { ${leaf} } }`,
    beyond: (root, leaf) => `{ one: ${root} { ${leaf} } two: ${root} { ${leaf} } }`,
  },
  {
    limit: 'operations in a document',
    named: 'operations in a document',
    within: (root, leaf) => `query a { ${root} { ${leaf} } }`,
    beyond: (root, leaf) => `query a { ${root} { ${leaf} } } query b { ${root} { ${leaf} } }`,
  },
];

/**
 * Depth. No path of either schema is as long as the limit: none holds itself, and the longest are
 * named here. So no document is both valid and too deep, and the limit stands for a schema to come;
 * what is shown of it is that the deepest there is is taken, that one step beyond is refused by the
 * schema, and that the limit refuses, by its own name, what goes on further, however it is wrapped.
 */
export const deepestPaths = {
  partner: {
    fields: ['referrals', 'edges', 'node', 'verification', 'subject', 'sex', 'value'],
    types: [
      'ReferralConnection',
      'ReferralEdge',
      'Referral',
      'Verification',
      'DisclosedSubject',
      'Disclosed',
    ],
  },
  staff: {
    fields: ['partnerBundle(code: "ALPHA-BORDER")', 'partner', 'anchors', 'rule', 'kind'],
    types: ['PartnerBundle', 'Partner', 'PartnerAnchor', 'AnchorRule'],
  },
} as const;

type Path = readonly string[];

export interface DepthRow {
  readonly rule: string;
  readonly make: (fields: Path, types: Path) => string;
  readonly refusedBy: 'NOBODY' | 'THE SCHEMA' | 'THE LIMIT';
}

const nest = (path: Path): string =>
  path.reduceRight((inner, field) => `${field}${inner === '' ? '' : ` { ${inner} }`}`, '');
/** As deep as this, by members the last field does not have. */
const asDeepAs = (fields: Path, depth: number): Path => [
  ...fields,
  ...Array.from({ length: Math.max(0, depth - fields.length) }, (_, at) => `more${at}`),
];
/** Each step in an inline fragment of its type. */
const nestInline = (fields: Path, types: Path): string =>
  fields.reduceRight((inner, field, at) => {
    const type = types[at];
    if (inner === '') return field;
    return `${field} { ${type === undefined ? inner : `... on ${type} { ... { ${inner} } }`} }`;
  }, '');
/** Each step in a fragment of its own. */
const nestNamed = (fields: Path, types: Path): string => {
  const fragments = types.map(
    (type, at) =>
      `fragment f${at} on ${type} { ${fields[at + 1] ?? ''}${at + 1 < types.length ? ` { ...f${at + 1} }` : nestRest(fields.slice(types.length + 1))} }`,
  );
  return `{ ${fields[0] ?? ''} { ...f0 } } ${fragments.join(' ')}`;
};
const nestRest = (path: Path): string => (path.length === 0 ? '' : ` { ${nest(path)} }`);

const { depth } = operationLimits;
export const depthRows: readonly DepthRow[] = [
  { rule: 'the deepest there is', make: (fields) => `{ ${nest(fields)} }`, refusedBy: 'NOBODY' },
  {
    rule: 'the deepest there is, in inline fragments',
    make: (fields, types) => `{ ${nestInline(fields, types)} }`,
    refusedBy: 'NOBODY',
  },
  { rule: 'the deepest there is, in fragments', make: nestNamed, refusedBy: 'NOBODY' },
  {
    rule: 'one beyond the deepest there is',
    make: (fields) => `{ ${nest(asDeepAs(fields, fields.length + 1))} }`,
    refusedBy: 'THE SCHEMA',
  },
  {
    rule: 'at the limit',
    make: (fields) => `{ ${nest(asDeepAs(fields, depth))} }`,
    refusedBy: 'THE SCHEMA',
  },
  {
    rule: 'one beyond the limit',
    make: (fields) => `{ ${nest(asDeepAs(fields, depth + 1))} }`,
    refusedBy: 'THE LIMIT',
  },
  {
    rule: 'one beyond the limit, in inline fragments',
    make: (fields, types) => `{ ${nestInline(asDeepAs(fields, depth + 1), types)} }`,
    refusedBy: 'THE LIMIT',
  },
  {
    rule: 'one beyond the limit, in fragments',
    make: (fields, types) => nestNamed(asDeepAs(fields, depth + 1), types),
    refusedBy: 'THE LIMIT',
  },
  {
    rule: 'at the limit, in fragments',
    make: (fields, types) => nestNamed(asDeepAs(fields, depth), types),
    refusedBy: 'THE SCHEMA',
  },
  {
    rule: 'introspection, which holds itself, at the limit',
    make: () => `{ ${nest(['__type(name: "Query")', 'fields', ...ofTypes(depth - 3), 'name'])} }`,
    refusedBy: 'THE SCHEMA',
  },
  {
    rule: 'introspection one beyond it',
    make: () => `{ ${nest(['__type(name: "Query")', 'fields', ...ofTypes(depth - 2), 'name'])} }`,
    refusedBy: 'THE LIMIT',
  },
];

function ofTypes(count: number): Path {
  return ['type', ...Array.from({ length: count - 1 }, () => 'ofType')];
}

function tenOf(root: string, leaf: string): string {
  const type = root === 'access' ? 'Access' : 'Self';
  return `fragment f on ${type} { ${`${leaf} `.repeat(10)} }`;
}
