#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 node --max-semi-space-size=8 --expose-gc
// Memory (docs/register.md, "Figures"): read before anything runs, and never after.
// Checks the Node it runs on before anything newer than that check is loaded.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `safeconduct needs Node 24 and was started with ${process.versions.node}.\n` +
      'After "npm ci", run it as "npx --no -- safeconduct": that takes the Node that came with it.\n',
  );
  process.exit(3);
}
// Whoever reads the output may have read enough, as `head` has: no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}
const { run } = await import('./program.js');
await run(process.argv);
