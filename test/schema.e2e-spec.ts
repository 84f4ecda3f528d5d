import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { printSchema } from 'graphql';
import { startGateway, type TestGateway } from './support/gateway.js';

const file = new URL('../schema.gql', import.meta.url);
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ kind: 'PGlite' });
});
afterAll(async () => gateway.close());

test('schema.gql is the schema of the partner door, to the letter', () => {
  const printed = `${printSchema(gateway.gateway.schema)}\n`;
  // `npm run schema` writes the file; a difference otherwise fails.
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, printed);
  expect(printed).toBe(readFileSync(file, 'utf8'));
});
