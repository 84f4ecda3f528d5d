import type { DataSource } from 'typeorm';
import { createSecretKey } from 'node:crypto';
import { findRows } from '../src/access-log/search/find-rows.js';
import type { LogFilter } from '../src/access-log/index.js';
import { makeMonth } from '../src/access-log/months/months.js';
import { withSealed, type SealedColumns } from '../src/access-log/months/sealed-rows.js';
import { MarkKeys } from '../src/access-log/search/mark-keys.js';
import { askerMark, dayOfInstant, markOf, windowOf } from '../src/core/log/marks.js';
import { localFiles } from '../src/access-log/journal/journal-files.js';
import type { PartnerCode } from '../src/core/ids.js';

/**
 * Search over a log of so many records: rows are made in SQL, as the log writes them, over a year,
 * 40 partners and some 1,500 kinds, with marks for the days whose keys live. Leaves are as long as
 * real ones, so that reading a page costs what it costs; opening their sealed parts (about 3 ms a
 * page) is not in it.
 */
export interface SearchFigures {
  readonly rows: number;
  readonly makingSeconds: number;
  /** Milliseconds, by what was searched. */
  readonly p95Ms: Readonly<Record<string, number>>;
  readonly worstP95Ms: number;
}

const partners = 40;
const grantsEach = 3;
const outcomes = ['MATCH', 'NOT_CONFIRMED', 'ERR_BUDGET_SPENT', 'ERR_EVIDENCE_INSUFFICIENT'];
const shapes = 10;
const day = 86_400_000;

export async function measureSearch(
  dataSource: DataSource,
  home: string,
  rows: number,
  rounds: number,
): Promise<SearchFigures> {
  const now = new Date();
  const keys = await MarkKeys.open({
    database: dataSource,
    files: localFiles,
    directory: home,
    logKey: Buffer.alloc(32, 1),
    random: () => Buffer.alloc(32, 2),
  });
  const window = windowOf(now);
  for (const key of [window - 1, window, window + 1]) await keys.key(key);
  const begun = performance.now();
  await makeKinds(dataSource);
  const asker = askerMark(createSecretKey(Buffer.alloc(32, 2)), 'bench-1', 'officer-1', '');
  const seen = markOf(createSecretKey(Buffer.alloc(32, 2)), 'case', 'CASE/1');
  await makeRows(dataSource, rows, now, asker, seen);
  const makingSeconds = (performance.now() - begun) / 1000;

  const partner = 'BENCH-1' as PartnerCode;
  const searches: Readonly<Record<string, LogFilter>> = {
    'newest of all': {},
    'one partner': { partner },
    'one grant and version': { partner, grant: 'grant-1-1', grantVersion: 1 },
    purpose: { purpose: 'ONWARD_TRAVEL' },
    'refusals of all': { refused: true },
    'a field of all': { field: 'field3' },
    'a field nobody was told': { field: 'field99' },
    'a month of refusals': {
      refused: true,
      from: new Date(now.getTime() - 200 * day),
      to: new Date(now.getTime() - 170 * day),
    },
    officer: { partner, officer: 'officer-1' },
    'refusals of an officer': { partner, officer: 'officer-1', outcomes: ['ERR_BUDGET_SPENT'] },
    'case reference': { caseReference: 'CASE/1' },
    'case reference nobody has': { caseReference: 'CASE/NONE' },
    'pairwise reference': { reference: 'p-none' },
  };
  const p95Ms: Record<string, number> = {};
  for (const [name, filter] of Object.entries(searches)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      // Each round stands somewhere else in time, as somebody does who turns pages.
      const at = new Date(now.getTime() - (round * 80 * day) / rounds);
      const from = performance.now();
      const found = await findRows(
        { database: dataSource, keys },
        { filter, after: { at, kind: 0, index: 0 }, most: 101, now },
      );
      const leaves = await dataSource.query<SealedColumns[]>(
        `SELECT l.tree, l.leaf_index, l.record, l.month, l.sealed
         FROM unnest($1::text[], $2::bigint[]) AS w (tree, leaf_index)
         JOIN access_log_leaf l ON l.tree = w.tree AND l.leaf_index = w.leaf_index`,
        [found.map(({ tree }) => tree), found.map(({ index }) => index)],
      );
      await withSealed(dataSource, leaves);
      times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    p95Ms[name] = times[Math.ceil(times.length * 0.95) - 1] ?? Number.NaN;
  }
  return { rows, makingSeconds, p95Ms, worstP95Ms: Math.max(...Object.values(p95Ms)) };
}

async function makeKinds(dataSource: DataSource): Promise<void> {
  await dataSource.query(
    `INSERT INTO access_log_tree (tree, owner, size, root)
     SELECT 'bench-' || p, 'BENCH-' || p, 0, sha256('') FROM generate_series(1, $1::int) p`,
    [partners],
  );
  await dataSource.query(
    `INSERT INTO access_log_kind (tree, grant_id, grant_version, purpose, outcome, fields)
     SELECT 'bench-' || p, 'grant-' || p || '-' || g, 1,
       (ARRAY['BORDER_VERIFICATION', 'ONWARD_TRAVEL', 'CONSULAR_ASSISTANCE'])[g], outcome,
       CASE WHEN outcome = 'MATCH' THEN '[["field' || s || '","FULL"]]' ELSE '[]' END
     FROM generate_series(1, $1::int) p, generate_series(1, $2::int) g, unnest($3::text[]) outcome,
       generate_series(1, $4::int) s
     WHERE outcome = 'MATCH' OR s = 1`,
    [partners, grantsEach, outcomes, shapes],
  );
}

async function makeRows(
  dataSource: DataSource,
  rows: number,
  now: Date,
  asker: string,
  seen: string,
): Promise<void> {
  const today = dayOfInstant(now);
  await dataSource.query(
    `CREATE TEMP TABLE made AS
     SELECT k.kind, k.tree, made.at, floor(extract(epoch FROM made.at) / 86400)::int AS day,
       row_number() OVER (PARTITION BY k.tree ORDER BY made.at) - 1 AS leaf_index
     FROM (SELECT $1::timestamptz - random() * interval '365 days' AS at,
             1 + floor(power(random(), 2) * (SELECT count(*) FROM access_log_kind WHERE tree LIKE 'bench-%')) AS place
           FROM generate_series(1, $2::int)) made
     JOIN (SELECT kind, tree, row_number() OVER (ORDER BY kind) AS place
           FROM access_log_kind WHERE tree LIKE 'bench-%') k USING (place)`,
    [now, rows],
  );
  const months = await dataSource.query<{ month: string }[]>(
    `SELECT DISTINCT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month FROM made`,
  );
  for (const { month } of months) await makeMonth(dataSource, month);
  await dataSource.query(
    `INSERT INTO access_log_entry (kind, day, at, leaf_index, reference_mark)
     SELECT kind, day, at, leaf_index, ('x' || md5(random()::text))::bit(64)::bigint FROM made ORDER BY at`,
  );
  await dataSource.query(
    `INSERT INTO access_log_mark (kind, day, at, leaf_index, asker, person, person_next, case_mark, subject_mark)
     SELECT kind, day, at, leaf_index,
       CASE WHEN tree = 'bench-1' AND random() < 0.3 THEN $2::bigint ELSE floor(random() * 800)::bigint END,
       ('x' || md5(random()::text))::bit(64)::bigint, ('x' || md5(random()::text))::bit(64)::bigint,
       CASE WHEN random() < 0.0001 THEN $3::bigint ELSE ('x' || md5(random()::text))::bit(64)::bigint END,
       ('x' || md5(random()::text))::bit(64)::bigint
     FROM made WHERE day >= $1 ORDER BY at`,
    [Math.floor(today / 45) * 45 - 45, asker, seen],
  );
  const monthOfRow = `to_char(at AT TIME ZONE 'UTC', 'YYYYMM')::int`;
  await dataSource.query(
    `INSERT INTO access_log_leaf (tree, leaf_index, id, record, hashes, writer, number, month)
     SELECT tree, leaf_index, uuidv7(), decode(repeat('61', 480), 'hex'),
       decode(repeat('63', 64), 'hex'), tree, leaf_index, ${monthOfRow}
     FROM made ORDER BY at`,
  );
  await dataSource.query(
    `INSERT INTO access_log_sealed (month, tree, leaf_index, sealed)
     SELECT ${monthOfRow}, tree, leaf_index, decode(repeat('62', 1084), 'hex')
     FROM made ORDER BY at`,
  );
  await dataSource.query('DROP TABLE made');
  await dataSource.query(
    `VACUUM ANALYZE access_log_entry, access_log_mark, access_log_leaf, access_log_sealed,
       access_log_kind`,
  );
}
