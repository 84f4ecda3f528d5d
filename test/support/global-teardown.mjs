import { rmSync } from 'node:fs';

export default async function globalTeardown() {
  await globalThis.testPostgresServer?.stop();
  rmSync(process.env.TEST_TEMPLATES, { recursive: true, force: true });
}
