/**
 * Worker thread that holds PGlite and serves it on a Unix socket, so that the event loop of the
 * gateway stays free and one driver (`pg`) serves both databases. Imports packages only: it is
 * started from its own file both built and under test.
 */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const { dataDirectory, socketPath } = workerData as { dataDirectory: string; socketPath: string };

/** PGlite's own are 160 MB of shared buffers, in a process that answers questions as well. Its files are
 * in the page cache of the system either way. */
const memorySettings = (process.env.PGM ?? 'shared_buffers=32MB,maintenance_work_mem=16MB').split(
  ',',
);

const database = await PGlite.create(dataDirectory, {
  startParams: [
    ...PGlite.defaultStartParams,
    ...memorySettings.flatMap((setting) => ['-c', setting]),
  ],
});
closeToOthers(dataDirectory);
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
await server.start();

parentPort?.once('message', () => {
  void (async () => {
    await server.stop();
    await database.close();
    parentPort?.postMessage('closed');
  })();
});
parentPort?.postMessage('listening');

/** PGlite's first files have the modes of its template (0666), whatever the umask; later ones do not. */
function closeToOthers(directory: string): void {
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    const { mode } = lstatSync(path);
    if ((mode & 0o077) !== 0) chmodSync(path, mode & 0o700);
  }
}
