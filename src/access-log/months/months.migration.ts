import type { MigrationInterface, QueryRunner } from 'typeorm';
import { makeMonth, makeMonthsAhead, monthOf, rangeOfMonth } from './months.js';

/**
 * What goes with time stands in a part of its table for each month, which is dropped when the month is
 * forgotten:
 *
 * - `access_log_sealed`: sealed parts, one row a record. `month` is 202503 for March 2025; the leaf has
 *   it too. Rows are put in by the statement that inserts the leaf, which is what keeps them unique.
 * - `access_log_entry`: rows of search, by their time. Those there were stay where they are, as the
 *   part of everything before next month: no row is moved here.
 *
 * `access_log_leaf.sealed` is empty from now on. What stands in it is moved while gateways answer
 * (sealed-rows.ts), found by an index that holds nothing else.
 */
export class LogMonths1772000000300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_log_sealed (
        month      integer NOT NULL,
        tree       text    NOT NULL,
        leaf_index bigint  NOT NULL,
        sealed     bytea   NOT NULL
      ) PARTITION BY LIST (month)`);
    await runner.query(
      'CREATE INDEX access_log_sealed_leaf ON access_log_sealed (tree, leaf_index)',
    );
    await runner.query('ALTER TABLE access_log_leaf ADD COLUMN month integer');
    await runner.query(`ALTER TABLE access_log_leaf ALTER COLUMN sealed SET DEFAULT ''`);
    const now = new Date();
    const [row] = (await runner.query('SELECT max(at) AS last FROM access_log_entry')) as {
      last: Date | null;
    }[];
    await runner.query('ALTER TABLE access_log_entry RENAME TO access_log_entry_old');
    for (const index of ['kind', 'reference']) {
      await runner.query(
        `ALTER INDEX access_log_entry_${index} RENAME TO access_log_entry_old_${index}`,
      );
    }
    await runner.query(
      'CREATE TABLE access_log_entry (LIKE access_log_entry_old) PARTITION BY RANGE (at)',
    );
    await runner.query(
      'CREATE INDEX access_log_entry_kind ON access_log_entry (kind, at, leaf_index)',
    );
    await runner.query(
      'CREATE INDEX access_log_entry_reference ON access_log_entry (day, reference_mark)',
    );
    const last = row?.last ?? null;
    if (last === null) {
      await runner.query('DROP TABLE access_log_entry_old');
    } else {
      const end = rangeOfMonth(monthOf(last > now ? last : now)).to;
      const name = `access_log_entry_to_${monthOf(end).replace('-', '_')}`;
      await runner.query(`ALTER TABLE access_log_entry_old RENAME TO ${name}`);
      await runner.query(
        `ALTER TABLE access_log_entry ATTACH PARTITION ${name}
         FOR VALUES FROM (MINVALUE) TO ('${end.toISOString()}')`,
      );
      await makeMonth(runner, monthOf(end));
    }
    await makeMonthsAhead(runner, now);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `UPDATE access_log_leaf leaf SET sealed = part.sealed FROM access_log_sealed part
       WHERE leaf.month = part.month AND leaf.tree = part.tree
         AND leaf.leaf_index = part.leaf_index`,
    );
    await runner.query('DROP TABLE access_log_sealed');
    await runner.query('ALTER TABLE access_log_leaf DROP COLUMN month');
    await runner.query('ALTER TABLE access_log_leaf ALTER COLUMN sealed DROP DEFAULT');
    await runner.query('CREATE TABLE access_log_entry_old (LIKE access_log_entry)');
    await runner.query('INSERT INTO access_log_entry_old SELECT * FROM access_log_entry');
    await runner.query('DROP TABLE access_log_entry');
    await runner.query('ALTER TABLE access_log_entry_old RENAME TO access_log_entry');
    await runner.query(
      'CREATE INDEX access_log_entry_kind ON access_log_entry (kind, at, leaf_index)',
    );
    await runner.query(
      'CREATE INDEX access_log_entry_reference ON access_log_entry (day, reference_mark)',
    );
  }
}

/**
 * The index of sealed parts that are still to be moved; without a transaction, because it is built
 * while records are written. One that was left half built is built again.
 */
export class LogMonthsIndex1772000000301 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX IF EXISTS access_log_leaf_unmoved');
    await runner.query(
      `CREATE INDEX CONCURRENTLY access_log_leaf_unmoved ON access_log_leaf (tree, leaf_index)
       WHERE sealed <> ''`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX access_log_leaf_unmoved');
  }
}

/** Where in a month's rows of search a time stands: they are written in its order, so a few bytes say it. */
export class LogMonthsTime1772000000302 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX access_log_entry_at ON access_log_entry USING brin (at)
       WITH (pages_per_range = 16, autosummarize = on)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX access_log_entry_at');
  }
}
