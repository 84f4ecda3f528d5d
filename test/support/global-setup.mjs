import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgresServer } from './postgres-server.ts';
import { makeRunDirectory } from './run-directory.mjs';

/**
 * One PostgreSQL server for the whole run; each test file creates its own database on it. And one
 * directory of embedded databases that are ready to be copied (database-templates.ts).
 */
export default async function globalSetup() {
  const directory = makeRunDirectory();
  globalThis.testRunDirectory = directory;
  const server = await startPostgresServer();
  process.env.TEST_POSTGRES_URL = server.url;
  process.env.TEST_TEMPLATES = mkdtempSync(join(directory, 'templates-'));
  globalThis.testPostgresServer = server;
}
