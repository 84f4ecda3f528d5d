import { isObjectType, type GraphQLSchema } from 'graphql';

/**
 * Refuses to start when a field of the schema has no declared requirement, or one is declared for a
 * field that is not there. Introspection types are off and not looked at.
 *
 * @param declared requirement by `Type.field`
 * @throws TypeError naming the fields
 */
export function checkRequirementsDeclared(
  schema: GraphQLSchema,
  declared: Readonly<Record<string, unknown>>,
): void {
  const fields = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.keys(type.getFields())) fields.add(`${type.name}.${field}`);
  }
  const undeclared = [...fields].filter((field) => !Object.hasOwn(declared, field));
  const unknown = Object.keys(declared).filter((field) => !fields.has(field));
  if (undeclared.length > 0 || unknown.length > 0) {
    throw new TypeError(
      `schema fields without a declared requirement: ${undeclared.join(', ') || 'none'}; ` +
        `requirements without a field: ${unknown.join(', ') || 'none'}`,
    );
  }
}
