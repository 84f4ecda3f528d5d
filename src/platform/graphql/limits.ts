import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/** Limits of one operation. Tokens and body bytes are limited before there is a document. */
export const operationLimits = {
  /** The specified validation rules take time in the square of it: 2,000 tokens, tens of ms. */
  tokens: 2_000,
  depth: 8,
  /** Fields after fragments are spread. */
  fields: 200,
  /** `@skip` and `@include` and any other directive. */
  directives: 50,
  bodyBytes: 256 * 1024,
} as const;

/**
 * One operation, one root field, bounded depth, fields and directives, and each field of an object
 * selected under one name only, so that the size of an answer has a bound known from the schema.
 *
 * Works on the document alone and counts through fragments once each, so that its own cost is linear.
 */
export function operationLimitsRule(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      for (const [limit, complaint] of findExcess(document)) {
        context.reportError(new GraphQLError(complaint, { extensions: { limit } }));
      }
      return undefined;
    },
  };
}

interface Extent {
  readonly depth: number;
  readonly fields: number;
}

/** What an operator is told of a document that is beyond a limit; it never leaves. */
export const limitNames = [
  'operations in a document',
  'fragments in a circle',
  'depth',
  'fields',
  'root fields',
  'directives',
  'names of a field',
] as const;
export type LimitName = (typeof limitNames)[number];

type Complaint = readonly [limit: LimitName, message: string];

/** The limit an error of {@link operationLimitsRule} is about. */
export function limitOf(error: GraphQLError): LimitName | undefined {
  return limitNames.find((limit) => limit === error.extensions['limit']);
}

function findExcess(document: DocumentNode): readonly Complaint[] {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operations.length !== 1) {
    return [['operations in a document', 'A document holds one operation.']];
  }
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const complaints: Complaint[] = [];
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const measured = measure(operation.selectionSet, fragments);
    if (measured === undefined) return [['fragments in a circle', 'Fragments form a cycle.']];
    if (measured.depth > operationLimits.depth)
      complaints.push(['depth', 'The operation is too deep.']);
    if (measured.fields > operationLimits.fields)
      complaints.push(['fields', 'The operation is too large.']);
    const roots = rootFields(operation.selectionSet, fragments, new Set());
    if (roots !== 1) complaints.push(['root fields', 'An operation has one root field.']);
  }
  if (countDirectives(document) > operationLimits.directives) {
    complaints.push(['directives', 'The document has too many directives.']);
  }
  if (hasFieldTwice(document, fragments)) {
    complaints.push(['names of a field', 'A field of one object is selected under one name only.']);
  }
  return complaints;
}

/** Depth and number of fields with fragments spread; `undefined` for a cycle. */
function measure(
  root: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Extent | undefined {
  const known = new Map<string, Extent | 'open'>();
  const extentOf = (set: SelectionSetNode): Extent | undefined => {
    let depth = 0;
    let fields = 0;
    for (const selection of set.selections) {
      let inner: Extent | undefined = { depth: 0, fields: 0 };
      if (selection.kind === Kind.FRAGMENT_SPREAD) inner = spread(selection.name.value);
      else if (selection.selectionSet !== undefined) inner = extentOf(selection.selectionSet);
      if (inner === undefined) return undefined;
      const own = selection.kind === Kind.FIELD ? 1 : 0;
      depth = Math.max(depth, own + inner.depth);
      fields = Math.min(fields + own + inner.fields, Number.MAX_SAFE_INTEGER);
    }
    return { depth, fields };
  };
  const spread = (name: string): Extent | undefined => {
    const earlier = known.get(name);
    if (earlier === 'open') return undefined;
    if (earlier !== undefined) return earlier;
    const fragment = fragments.get(name);
    if (fragment === undefined) return { depth: 0, fields: 0 };
    known.set(name, 'open');
    const extent = extentOf(fragment.selectionSet);
    if (extent !== undefined) known.set(name, extent);
    return extent;
  };
  return extentOf(root);
}

/** Each fragment is counted once: spread over and over, a few kilobytes would take for ever. */
function rootFields(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  counted: Set<string>,
): number {
  let count = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) {
      count += rootFields(selection.selectionSet, fragments, counted);
    } else if (!counted.has(selection.name.value)) {
      counted.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment !== undefined) count += rootFields(fragment.selectionSet, fragments, counted);
    }
    if (count > 1) return count;
  }
  return count;
}

function countDirectives(document: DocumentNode): number {
  let count = 0;
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    for (const [name, member] of Object.entries(node)) {
      if (name === 'loc') continue;
      if (name === 'directives' && Array.isArray(member)) count += member.length;
      visit(member);
    }
  };
  visit(document.definitions);
  return count;
}

/**
 * Whether one field name appears under two response names among selections that can merge. Judged
 * by response path over the whole document, which is stricter than needed and cheap to see.
 */
function hasFieldTwice(
  document: DocumentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  const nameOf = new Map<string, string>();
  let budget: number = operationLimits.fields * 4;
  const visit = (set: SelectionSetNode, path: string): boolean => {
    for (const selection of set.selections) {
      budget -= 1;
      if (budget < 0) return true;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined && visit(fragment.selectionSet, path)) return true;
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (visit(selection.selectionSet, path)) return true;
      } else {
        const field = `${path}.${selection.name.value}`;
        const response = selection.alias?.value ?? selection.name.value;
        const earlier = nameOf.get(field);
        if (earlier !== undefined && earlier !== response) return true;
        nameOf.set(field, response);
        if (selection.selectionSet !== undefined && visit(selection.selectionSet, field))
          return true;
      }
    }
    return false;
  };
  return document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION && visit(definition.selectionSet, ''),
  );
}
