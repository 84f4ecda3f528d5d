import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLType,
} from 'graphql';

const scalars: Readonly<Record<string, string>> = { Int: 'number', Boolean: 'boolean' };

/**
 * Types of a client, from the schema alone: an interface for each object and input, arguments of each
 * root field, and enums that a value of a later release does not break.
 *
 * @param sdl a whole schema
 * @returns a TypeScript module without imports
 */
export function typesOfSchema(sdl: string): string {
  const types = Object.values(buildSchema(sdl).getTypeMap()).filter(
    ({ name }) => !name.startsWith('__'),
  );
  const blocks = types.flatMap((type): string[] => {
    if (isEnumType(type)) {
      const values = type.getValues().map(({ name }) => `'${name}'`);
      return [`export type ${type.name} = ${values.join(' | ')} | (string & {});`];
    }
    if (isUnionType(type)) {
      return [`export type ${type.name} = ${type.getTypes().join(' | ')};`];
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).map(inputField);
      return [interfaceOf(type.name, fields)];
    }
    if (!isObjectType(type)) return [];
    const fields = Object.values(type.getFields());
    const isRoot = type.name === 'Query' || type.name === 'Mutation';
    return [
      interfaceOf(
        type.name,
        fields.map(({ name, type: of }) => `readonly ${name}: ${print(of)};`),
      ),
      ...(isRoot ? fields.filter(({ args }) => args.length > 0).map(argumentsOf(type.name)) : []),
    ];
  });
  return `// Generated from schema.gql; do not edit.\n\n${blocks.join('\n\n')}\n`;
}

const interfaceOf = (name: string, fields: readonly string[]): string =>
  `export interface ${name} {\n${fields.map((field) => `  ${field}`).join('\n')}\n}`;

const inputField = ({ name, type }: Pick<GraphQLInputField, 'name' | 'type'>): string =>
  `readonly ${name}${isNonNullType(type) ? '' : '?'}: ${print(type)};`;

const argumentsOf =
  (root: string) =>
  ({ name, args }: GraphQLField<unknown, unknown>): string =>
    interfaceOf(
      `${root}${name.charAt(0).toUpperCase()}${name.slice(1)}Arguments`,
      args.map(inputField),
    );

function print(type: GraphQLType): string {
  return isNonNullType(type) ? printPresent(type.ofType) : `${printPresent(type)} | null`;
}

function printPresent(type: GraphQLType): string {
  if (isListType(type)) return `readonly (${print(type.ofType)})[]`;
  return isScalarType(type) ? (scalars[type.name] ?? 'string') : String(type);
}
