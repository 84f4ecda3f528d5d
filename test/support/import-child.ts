/**
 * Imports made-up people in a process of its own that is killed inside the transaction after the
 * last one it is given: by its own hand, so that no busy parent comes too late. Arguments: home,
 * database URL or `-`, master key in hex, people, rows a transaction, transactions or `Infinity`.
 */
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../src/platform/database/database.js';
import { epochKeyFiles } from '../../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../../src/platform/keys/keys.js';
import { importRegister, registerMigrations } from '../../src/register/index.js';
import { RegisterStore } from '../../src/register/register-store.js';

const [home = '', url = '-', masterKey = '', people = '0', rows = '1', last = 'Infinity'] =
  process.argv.slice(2);
let transactions = 0;
const database = await openDatabase({
  home,
  migrations: registerMigrations,
  ...(url === '-' ? {} : { url }),
});
const store = await RegisterStore.open({
  dataSource: database.dataSource,
  masterKey: localMasterKey(Buffer.from(masterKey, 'hex')),
  epochKeys: epochKeyFiles(`${home}-epoch-keys`, 'epoch keys'),
  now: () => new Date('2026-11-22T10:00:00Z'),
  random: randomBytes,
});
await importRegister(store, {
  source: (async function* () {
    for (let number = 0; number < Number(people); number += 1) {
      const row = { reference: `K-${number}`, caseload: 'AF-2021', names: [{ full: 'Palwasha' }] };
      yield Buffer.from(`${JSON.stringify(row)}\n`);
    }
  })(),
  requestedBy: 'registrar-1',
  knownPartners: new Set(),
  dryRun: false,
  rowsPerTransaction: Number(rows),
  onProgress: () => {
    transactions += 1;
    if (transactions >= Number(last)) setImmediate(() => process.kill(process.pid, 'SIGKILL'));
  },
});
await database.close();
process.stdout.write('done\n');
