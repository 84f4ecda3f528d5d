/**
 * Worker thread that holds PGlite and serves it on a Unix socket, so that the event loop of the
 * gateway stays free and one driver (`pg`) serves both databases. Imports packages only: it is
 * started from its own file both built and under test.
 */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, type ExecProtocolOptionsStream } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const { dataDirectory, socketPath } = workerData as { dataDirectory: string; socketPath: string };

/**
 * PGlite's own are 160 MB of shared buffers, in a process that answers questions as well. Its files
 * are in the page cache of the system either way.
 */
const memorySettings = ['shared_buffers=8MB', 'maintenance_work_mem=8MB'];

/** First bytes of the messages that get their answer with a later one: Parse, Bind, Describe, Execute, Close. */
const answeredLater = new Set(Buffer.from('PBDEC'));
/** A connection begins, with a message that names no kind: what one before it left unasked is not its. */
const startupByte = 0;
/** More of an answer than this is not held back, bytes. */
const heldBytes = 65_536;

/**
 * PGlite that answers a query of the extended protocol in one piece, when its Sync comes: written
 * message by message, each small piece is a system call here and wakes the gateway's thread for
 * itself, which takes longer than most queries.
 */
class InOnePiece extends PGlite {
  private held: Uint8Array[] = [];
  private size = 0;

  override async execProtocolRawStream(
    message: Uint8Array,
    options: ExecProtocolOptionsStream,
  ): Promise<void> {
    if (message[0] === startupByte) this.forget();
    const deliver = () => {
      if (this.size === 0) return;
      const whole = this.held.length === 1 ? this.held[0] : Buffer.concat(this.held, this.size);
      this.forget();
      if (whole !== undefined) options.onRawData(whole);
    };
    await super.execProtocolRawStream(message, {
      ...options,
      onRawData: (data) => {
        // A large piece follows what is held, as it is: it is copied once on its way, not twice.
        if (data.length > heldBytes) {
          deliver();
          options.onRawData(data);
          return;
        }
        this.held.push(data.slice());
        this.size += data.length;
        if (this.size > heldBytes) deliver();
      },
    });
    if (!answeredLater.has(message[0] ?? 0)) deliver();
  }

  private forget(): void {
    this.held = [];
    this.size = 0;
  }
}

const database = new InOnePiece(dataDirectory, {
  startParams: [
    ...PGlite.defaultStartParams,
    ...memorySettings.flatMap((setting) => ['-c', setting]),
  ],
});
await database.waitReady;
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
