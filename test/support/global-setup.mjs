import { startPostgresServer } from './postgres-server.ts';

/** One PostgreSQL server for the whole run; each test file creates its own database on it. */
export default async function globalSetup() {
  const server = await startPostgresServer();
  process.env.TEST_POSTGRES_URL = server.url;
  globalThis.testPostgresServer = server;
}
