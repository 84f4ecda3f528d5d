import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Migration } from '../platform/database/database.js';
import { LogRetention1768100000002 } from './retention.migration.js';
import {
  LogMonths1772000000300,
  LogMonthsIndex1772000000301,
  LogMonthsTime1772000000302,
} from './months/months.migration.js';
import { CoverTree1767225700300 } from './cover/cover.migration.js';
import { LogSearch1768100000001 } from './search/search.migration.js';

/**
 * - `access_log_tree`: one row a tree; `size` and `root` are its head, taken by compare-and-set.
 *   `tree` is the opaque id in the origin; `owner` the partner, null for the host's tree.
 * - `access_log_leaf`: one row a record. `hashes` are the stored hashes the leaf completes (the
 *   layout of core/log/tree.ts), 32 bytes each. `writer` and `number` name the journal line.
 * - `access_log_key`: the month's key under the log key; the row is deleted to forget.
 *
 * There is no foreign key from leaf to tree: leaves are inserted only by the statement that moves
 * the head (tree.repository.ts), and the check would cost a look-up for each.
 */
class AccessLog1767225600300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_log_tree (
        tree  text   PRIMARY KEY,
        owner text   UNIQUE,
        size  bigint NOT NULL CHECK (size >= 0),
        root  bytea  NOT NULL CHECK (octet_length(root) = 32)
      )`);
    await runner.query(`
      CREATE TABLE access_log_leaf (
        tree       text   NOT NULL,
        leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
        id         uuid   NOT NULL,
        record     bytea  NOT NULL,
        sealed     bytea  NOT NULL,
        hashes     bytea  NOT NULL CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) > 0),
        writer     text   NOT NULL,
        number     bigint NOT NULL,
        PRIMARY KEY (tree, leaf_index),
        UNIQUE (tree, id),
        UNIQUE (writer, number)
      )`);
    await runner.query(`
      CREATE TABLE access_log_key (
        epoch   text  PRIMARY KEY CHECK (epoch ~ '^[0-9]{4}-[0-9]{2}$'),
        wrapped bytea NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE access_log_key');
    await runner.query('DROP TABLE access_log_leaf');
    await runner.query('DROP TABLE access_log_tree');
  }
}

export const accessLogMigrations: readonly Migration[] = [
  AccessLog1767225600300,
  CoverTree1767225700300,
  LogSearch1768100000001,
  LogRetention1768100000002,
  LogMonths1772000000300,
  LogMonthsIndex1772000000301,
  LogMonthsTime1772000000302,
];
