import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printSchema, type GraphQLSchema } from 'graphql';
import { startGateway, type TestGateway } from './support/gateway.js';

let gateway: TestGateway | undefined;
beforeAll(async () => {
  gateway = await startGateway({ kind: 'PGlite', staff: true });
});
afterAll(async () => gateway?.close());

test.each([
  ['schema.gql', 'partner', (): GraphQLSchema | undefined => gateway?.gateway.schema],
  ['schema.staff.gql', 'staff', (): GraphQLSchema | undefined => gateway?.gateway.staff?.schema],
])('%s is the schema of the %s door, to the letter', (name, _door, schemaOf) => {
  const schema = schemaOf();
  if (schema === undefined) throw new TypeError('no such door');
  const file = new URL(`../${name}`, import.meta.url);
  const printed = `${printSchema(schema)}\n`;
  // `npm run schema` writes the file; a difference otherwise fails.
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, printed);
  expect(printed).toBe(readFileSync(file, 'utf8'));
});
