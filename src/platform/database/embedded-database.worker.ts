/**
 * Worker thread that holds PGlite and serves it on a Unix socket, so that the event loop of the
 * gateway stays free and one driver (`pg`) serves both databases. Imports packages only: it is
 * started from its own file both built and under test.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const { dataDirectory, socketPath } = workerData as { dataDirectory: string; socketPath: string };

const database = await PGlite.create(dataDirectory);
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
