import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { accessEntry, openTestLog } from '../../test/support/access-log.js';
import { temporaryHome } from '../../test/support/databases.js';
import { migrate, openDatabase } from '../platform/database/database.js';
import { accessLogMigrations } from './index.js';

/** Made-up values that must not be found at rest in any encoding in use. */
const canaries = {
  name: 'Zarmina Canaryzoi',
  script: 'زرمینه قناری',
  number: 'QX7731954',
  birth: '1971-11-23',
  caseReference: 'CANARY/CASE-55',
  officer: 'officer-canary-81',
  client: 'client-canary-17',
  finding: 'CANARY_FINDING',
};
/** Stands in a record in the clear, so that the sweep is known to find what is there. */
const visible = 'visible-request-canary';

function spellings(text: string): readonly Buffer[] {
  const utf8 = Buffer.from(text, 'utf8');
  const utf16 = Buffer.from(text, 'utf16le');
  const base64 = [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64');
    // Digits that mix with neighbouring bytes are left off at both ends.
    const inner = shifted.replace(/=+$/, '').slice(shift === 0 ? 0 : shift + 1, -2);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [
    utf8,
    utf16,
    Buffer.from(utf16).swap16(),
    Buffer.from(JSON.stringify(text).slice(1, -1)),
    ...base64.map((part) => Buffer.from(part)),
    Buffer.from(utf8.toString('hex')),
    Buffer.from(utf8.toString('hex').toUpperCase()),
  ];
}

function filesUnder(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('no byte of what was asked, by whom, or for which case is in the home', async () => {
  const home = temporaryHome();
  const database = await openDatabase({ home: home.path, migrations: accessLogMigrations });
  await migrate(database.dataSource);
  const log = await openTestLog(database.dataSource, home.path);
  for (let round = 0; round < 20; round += 1) {
    await log.append(
      accessEntry({
        requestId: `${visible}-${round}`,
        person: {
          names: [{ full: canaries.name }, { full: canaries.script }],
          dateOfBirth: canaries.birth,
          documents: [{ type: 'PASSPORT', number: canaries.number }],
        },
        host: {
          clientId: canaries.client,
          officer: canaries.officer,
          certificate: 'x5t',
          caseReference: canaries.caseReference,
          subject: null,
          finding: canaries.finding,
        },
      }),
    );
  }
  await database.dataSource.query('CHECKPOINT');
  await log.close();
  await database.close();

  const contents = filesUnder(home.path).map((path) => readFileSync(path));
  const isFound = (text: string) =>
    contents.some((bytes) => spellings(text).some((spelling) => bytes.includes(spelling)));
  expect(isFound(visible)).toBe(true);
  for (const [what, canary] of Object.entries(canaries)) {
    expect([what, isFound(canary)]).toEqual([what, false]);
  }
  home.remove();
});
