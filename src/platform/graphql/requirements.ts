import { defaultFieldResolver, GraphQLSchema, isObjectType } from 'graphql';

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

/** Puts `authorize` before the resolver of every root field. */
export function guardRootFields(
  schema: GraphQLSchema,
  declared: Readonly<Record<string, unknown>>,
  authorize: (requirement: unknown, context: unknown) => void,
): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const requirement = declared[`${type?.name ?? ''}.${field.name}`];
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (source, args, context, info) => {
        authorize(requirement, context);
        return resolve(source, args, context, info);
      };
    }
  }
}

/**
 * The schema with what its root fields reach and nothing else. Nest collects types for the whole
 * process and adds some of another door's that nothing here leads to.
 */
export function reachableSchema(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  const reached = new GraphQLSchema({ ...config, types: [] }).getTypeMap();
  return new GraphQLSchema({
    ...config,
    types: config.types.filter(({ name }) => Object.hasOwn(reached, name)),
  });
}
