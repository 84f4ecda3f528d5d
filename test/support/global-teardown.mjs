import { rmSync } from 'node:fs';

export default async function globalTeardown() {
  await globalThis.testPostgresServer?.stop();
  rmSync(globalThis.testRunDirectory, { recursive: true, force: true });
}
