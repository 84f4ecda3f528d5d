export default async function globalTeardown() {
  await globalThis.testPostgresServer?.stop();
}
