import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The side table of the log: what search reads instead of records.
 *
 * - `access_log_kind`: everything a search may ask of a record that stands in it and that few records
 *   differ in, once each: tree, grant and version (where the grant was the partner's own), purpose,
 *   outcome, fields with levels. A few hundred rows; every search begins by choosing among them.
 * - `access_log_entry`: one row a record: its kind, time and place. `reference_mark` is that of the
 *   pairwise reference; `day` is there so that inserting touches one part of the index.
 * - `access_log_mark`: marks of records (core/log/marks.ts), a partition a window, which is dropped
 *   with the last key its marks are under: equal marks would say "the same person" without any key.
 * - `access_log_mark_key`: keys of marks under the log key; null once destroyed.
 * - `access_log_tree.listed_from`: records before it came before the side table, and are listed at
 *   the next start.
 *
 * Rows are written by the statement that inserts the records, and hold nothing that a record and its
 * sealed part do not.
 */
export class LogSearch1768100000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_log_kind (
        kind          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tree          text NOT NULL,
        grant_id      text,
        grant_version integer,
        purpose       text,
        outcome       text NOT NULL,
        fields        text NOT NULL,
        UNIQUE NULLS NOT DISTINCT (tree, grant_id, grant_version, purpose, outcome, fields)
      )`);
    await runner.query(`
      CREATE TABLE access_log_entry (
        kind           integer     NOT NULL,
        day            integer     NOT NULL,
        at             timestamptz NOT NULL,
        leaf_index     bigint      NOT NULL,
        reference_mark bigint      NOT NULL
      )`);
    await runner.query(
      'CREATE INDEX access_log_entry_kind ON access_log_entry (kind, at, leaf_index)',
    );
    await runner.query(
      'CREATE INDEX access_log_entry_reference ON access_log_entry (day, reference_mark)',
    );
    await runner.query(`
      CREATE TABLE access_log_mark (
        day          integer     NOT NULL,
        kind         integer     NOT NULL,
        at           timestamptz NOT NULL,
        leaf_index   bigint      NOT NULL,
        asker        bigint      NOT NULL,
        person       bigint      NOT NULL,
        person_next  bigint      NOT NULL,
        case_mark    bigint      NOT NULL,
        subject_mark bigint      NOT NULL
      ) PARTITION BY RANGE (day)`);
    await runner.query(
      'CREATE INDEX access_log_mark_asker ON access_log_mark (asker, kind, at, leaf_index)',
    );
    for (const column of ['person', 'person_next', 'case_mark', 'subject_mark']) {
      await runner.query(
        `CREATE INDEX access_log_mark_${column} ON access_log_mark (day, ${column})`,
      );
    }
    await runner.query(`
      CREATE TABLE access_log_mark_key (
        key     integer PRIMARY KEY,
        wrapped bytea
      )`);
    await runner.query(
      'ALTER TABLE access_log_tree ADD COLUMN listed_from bigint NOT NULL DEFAULT 0',
    );
    await runner.query('UPDATE access_log_tree SET listed_from = size');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE access_log_tree DROP COLUMN listed_from');
    for (const table of ['mark_key', 'mark', 'entry', 'kind']) {
      await runner.query(`DROP TABLE access_log_${table}`);
    }
  }
}
