import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { accessLogMigrations, openAccessLog } from '../../src/access-log/index.js';
import type { PartnerCode } from '../../src/core/ids.js';
import { migrate, openDatabase } from '../../src/platform/database/database.js';
import { FaultyFiles, type Fault } from './faulty-files.js';

/**
 * A gateway's log in a process of its own, for tests that end it without warning. It appends without
 * pause and writes a line for everything it was told, after it was told:
 *
 * ```
 * open
 * record <id> <index>
 * refused
 * cover <size> <root>
 * ```
 *
 * A line on standard input is a fault of the journal's disk (`write`, `short write`, `sync`), or
 * `mend`.
 */
interface LogWriterSettings {
  readonly home: string;
  readonly url: string | undefined;
  readonly logKey: string;
  readonly checkpointKey: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as LogWriterSettings;
const say = (line: string) => writeSync(1, `${line}\n`);

const files = new FaultyFiles();
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'mend') files.mend();
  else files.fail(line as Fault);
});

const database = await openDatabase({
  home: settings.home,
  migrations: accessLogMigrations,
  ...(settings.url === undefined ? {} : { url: settings.url }),
});
await migrate(database.dataSource);
const log = await openAccessLog({
  dataSource: database.dataSource,
  home: settings.home,
  logKey: Buffer.from(settings.logKey, 'hex'),
  checkpointKey: createPrivateKey({
    key: Buffer.from(settings.checkpointKey, 'hex'),
    format: 'der',
    type: 'pkcs8',
  }),
  origin: 'log.example.org',
  random: randomBytes,
  files,
  journal: { segmentBytes: 256 * 1024, stepBytes: 64 * 1024 },
});
say('open');

const partners = ['AUS-BORDER', 'CAN-CONSULAR'] as PartnerCode[];

async function append(partner: PartnerCode): Promise<void> {
  const id = randomUUID();
  try {
    const { index } = await log.append({
      tree: { kind: 'partner', partner },
      id,
      requestId: id,
      at: new Date(),
      grant: randomUUID(),
      grantVersion: 1,
      purpose: 'BORDER_VERIFICATION',
      person: { names: [{ full: 'Test Person' }] },
      outcome: 'NOT_CONFIRMED',
      fields: [],
      reference: null,
      host: {
        clientId: 'client',
        officer: null,
        certificate: 'x5t',
        caseReference: null,
        subject: null,
        finding: null,
      },
    });
    say(`record ${id} ${index}`);
  } catch {
    say('refused');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function makeRounds(): Promise<never> {
  for (;;) {
    try {
      await log.makeRound(new Date());
      const [, size = '', root = ''] = (await log.published.coverCheckpoint()).split('\n');
      say(`cover ${size} ${root}`);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

for (const partner of partners) {
  for (let worker = 0; worker < 4; worker += 1) {
    void (async () => {
      for (;;) await append(partner);
    })();
  }
}
void makeRounds();
