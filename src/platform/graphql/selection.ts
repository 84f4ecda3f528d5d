import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  Kind,
  valueFromASTUntyped,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type SelectionNode,
  type ValueNode,
} from 'graphql';

type SelectionInfo = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments' | 'variableValues'>;

/**
 * Names of the fields selected below a resolved field along `path`, after fragments, `@skip` and
 * `@include`; without duplicates, in order of selection, `__typename` left out. Type conditions are
 * not judged: a field selected for any type counts as selected.
 */
export function selectedFields(info: SelectionInfo, ...path: readonly string[]): readonly string[] {
  let nodes: readonly FieldNode[] = info.fieldNodes;
  for (const step of path) {
    nodes = nodes
      .flatMap((node) => children(info, node))
      .filter((node) => node.name.value === step);
  }
  const names = nodes.flatMap((node) => children(info, node)).map((node) => node.name.value);
  return [...new Set(names)].filter((name) => name !== '__typename');
}

/**
 * An argument of the resolved field as it was sent: the variable's own JSON, or the literal, before
 * defaults of the schema and coercion.
 *
 * @param variables the request's `variables` as parsed from JSON
 */
export function argumentAsSent(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'operation'>,
  argument: string,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  const node = info.fieldNodes[0]?.arguments?.find(({ name }) => name.value === argument)?.value;
  if (node === undefined) return undefined;
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of info.operation.variableDefinitions ?? []) {
    if (defaultValue !== undefined) defaults[variable.name.value] = literal(defaultValue, {});
  }
  return literal(node, { ...defaults, ...variables });
}

function literal(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  return valueFromASTUntyped(node, variables);
}

function children(info: SelectionInfo, node: FieldNode): readonly FieldNode[] {
  return (node.selectionSet?.selections ?? []).flatMap((selection) => fieldsOf(info, selection));
}

function fieldsOf(info: SelectionInfo, selection: SelectionNode): readonly FieldNode[] {
  if (!isIncluded(info, selection)) return [];
  switch (selection.kind) {
    case Kind.FIELD:
      return [selection];
    case Kind.INLINE_FRAGMENT:
      return selection.selectionSet.selections.flatMap((inner) => fieldsOf(info, inner));
    case Kind.FRAGMENT_SPREAD: {
      const fragment: FragmentDefinitionNode | undefined = info.fragments[selection.name.value];
      const inside = fragment?.selectionSet.selections ?? [];
      return inside.flatMap((inner) => fieldsOf(info, inner));
    }
  }
}

function isIncluded(info: SelectionInfo, node: SelectionNode): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, info.variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}
