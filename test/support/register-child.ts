/**
 * Does one thing to a register in a process of its own, which is killed by its own hand at the n-th
 * statement it sends: any place between two of them. Arguments: home, database URL or `-`, master key
 * in hex, the day as milliseconds, work, statements or `Infinity`, and what the work needs.
 */
import { randomBytes } from 'node:crypto';
import { openDatabase } from '../../src/platform/database/database.js';
import { epochKeyFiles } from '../../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../../src/platform/keys/keys.js';
import {
  approveErasure,
  importRegister,
  registerMigrations,
  releaseBatch,
  rotateEpochs,
  rotatePageKeys,
} from '../../src/register/index.js';
import { RegisterStore } from '../../src/register/register-store.js';

const [home = '', url = '-', masterKey = '', at = '0', work = '', last = 'Infinity', ...rest] =
  process.argv.slice(2);
const database = await openDatabase({
  home,
  migrations: registerMigrations,
  ...(url === '-' ? {} : { url }),
});
const { dataSource } = database;
const store = await RegisterStore.open({
  dataSource,
  masterKey: localMasterKey(Buffer.from(masterKey, 'hex')),
  epochKeys: epochKeyFiles(`${home}-epoch-keys`, 'epoch keys'),
  now: () => new Date(Number(at)),
  random: randomBytes,
});
let statements = 0;
const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
dataSource.createQueryRunner = (mode) => {
  const runner = createQueryRunner(mode);
  runner.query = new Proxy<typeof runner.query>(runner.query.bind(runner), {
    apply: (query, self, parameters: unknown[]): unknown => {
      statements += 1;
      if (statements > Number(last)) process.kill(process.pid, 'SIGKILL');
      return Reflect.apply(query, self, parameters) as unknown;
    },
  });
  return runner;
};
const [one = '', two = '0'] = rest;
const works: Readonly<Record<string, () => Promise<unknown>>> = {
  import: async () =>
    importRegister(store, {
      source: (async function* () {
        for (let number = 0; number < Number(one); number += 1) {
          const row = { reference: `K-${number}`, caseload: two, names: [{ full: 'Palwasha' }] };
          yield Buffer.from(`${JSON.stringify(row)}\n`);
        }
      })(),
      requestedBy: 'registrar-1',
      knownPartners: new Set(),
      dryRun: false,
      rowsPerTransaction: 12,
    }),
  release: async () =>
    releaseBatch(store, { batchId: one, people: Number(two), releasedBy: 'registrar-2' }),
  erase: async () =>
    approveErasure(store, { actId: one, people: Number(two), approvedBy: 'registrar-2' }),
  epochs: async () => rotateEpochs(store, { everything: true }),
  pages: async () => rotatePageKeys(store),
};
await works[work]?.();
process.stdout.write(`done ${statements}\n`);
await database.close();
