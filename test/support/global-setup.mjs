import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgresServer } from './postgres-server.ts';

/**
 * One PostgreSQL server for the whole run; each test file creates its own database on it. And one
 * directory of embedded databases that are ready to be copied (database-templates.ts).
 */
export default async function globalSetup() {
  const server = await startPostgresServer();
  process.env.TEST_POSTGRES_URL = server.url;
  process.env.TEST_TEMPLATES = mkdtempSync(join(tmpdir(), 'safeconduct-templates-'));
  globalThis.testPostgresServer = server;
}
