import type { MigrationInterface, QueryRunner } from 'typeorm';
import { BatchAuthors1772000000601 } from './batch-authors.migration.js';
import { BuiltInCaseload1770000000102 } from './built-in-caseload.migration.js';
import { SealedHistory1770000000502 } from './sealed-history.migration.js';
import { MergedAndErased1772000000401 } from './merged-and-erased.migration.js';
import { PlantedHoney1770000000310 } from './planted-honey.migration.js';
import type { Migration } from '../platform/database/database.js';

/**
 * The register's tables. No column says who: people are in sealed blobs, and what finds them (term
 * and reference keys, caseload, suppressions, whether released) is in sealed pages.
 */
class Register1763800000000 implements MigrationInterface {
  readonly name = 'Register1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE erasure_epoch (
        id integer PRIMARY KEY,
        master_key_id text NOT NULL,
        key_wrapped bytea NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE register_head (
        single boolean PRIMARY KEY DEFAULT true CHECK (single),
        version bigint NOT NULL CHECK (version >= 0),
        state_mac bytea NOT NULL CHECK (octet_length(state_mac) = 32),
        master_key_id text NOT NULL,
        index_secret_wrapped bytea NOT NULL,
        blocking_scheme bytea NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE register_page (
        page_number integer PRIMARY KEY CHECK (page_number >= 0),
        version bigint NOT NULL,
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        key_wrapped bytea NOT NULL,
        sealed bytea NOT NULL
      )`);
    // Ciphertext does not compress: no time lost on trying.
    await runner.query('ALTER TABLE register_page ALTER COLUMN sealed SET STORAGE EXTERNAL');
    await runner.query('CREATE INDEX register_page_version ON register_page (version)');
    await runner.query(`
      CREATE TABLE subject (
        id uuid NOT NULL,
        version integer NOT NULL CHECK (version > 0),
        register_version bigint NOT NULL,
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        key_wrapped bytea NOT NULL,
        sealed bytea NOT NULL,
        PRIMARY KEY (id, version)
      )`);
    await runner.query('ALTER TABLE subject ALTER COLUMN sealed SET STORAGE EXTERNAL');
    await runner.query(`
      CREATE TABLE import_batch (
        id uuid PRIMARY KEY,
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        added integer NOT NULL DEFAULT 0,
        changed integer NOT NULL DEFAULT 0,
        pending integer NOT NULL DEFAULT 0 CHECK (pending >= 0),
        pages integer[] NOT NULL DEFAULT '{}',
        released_by text,
        released_at timestamptz,
        CONSTRAINT import_batch_release_whole CHECK ((released_by IS NULL) = (released_at IS NULL)),
        CONSTRAINT import_batch_two_people CHECK (released_by <> requested_by)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE import_batch, subject, register_page, register_head, erasure_epoch',
    );
  }
}

/**
 * Acts on people who are on the register. What an act is about is sealed until it is done, then
 * gone: the row says who did what kind of thing to how many people, never to whom.
 */
class RegisterActs1763900000000 implements MigrationInterface {
  readonly name = 'RegisterActs1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE register_act (
        id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN (
          'ADD', 'CORRECT', 'SUPPRESS', 'LIFT_SUPPRESSION', 'ERASE', 'SET_HOLD', 'LIFT_HOLD')),
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        approved_by text,
        approved_at timestamptz,
        done_at timestamptz,
        people integer NOT NULL CHECK (people >= 0),
        fields text[] NOT NULL DEFAULT '{}',
        register_version bigint,
        epoch_id integer REFERENCES erasure_epoch (id),
        sealed bytea,
        CONSTRAINT register_act_approval_whole
          CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
        CONSTRAINT register_act_two_people CHECK (approved_by <> requested_by),
        CONSTRAINT register_act_approved CHECK (
          done_at IS NULL OR approved_by IS NOT NULL OR kind IN ('ADD', 'CORRECT', 'SUPPRESS')),
        CONSTRAINT register_act_sealed CHECK (
          (sealed IS NULL) = (done_at IS NOT NULL) AND (sealed IS NULL) = (epoch_id IS NULL))
      )`);
    // Whom a hold protects is sealed; that it was set by two people stands in the act.
    await runner.query(`
      CREATE TABLE legal_hold (
        id uuid PRIMARY KEY REFERENCES register_act (id),
        ends_at timestamptz NOT NULL,
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        sealed bytea NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE legal_hold, register_act');
  }
}

const mergeKinds =
  "'ADD', 'CORRECT', 'SUPPRESS', 'LIFT_SUPPRESSION', 'ERASE', 'SET_HOLD', 'LIFT_HOLD', 'MERGE', 'KEEP_APART'";

/** People entered twice: merged by two people, or known to be two. */
class RegisterDuplicates1764000000003 implements MigrationInterface {
  readonly name = 'RegisterDuplicates1764000000003';
  readonly formerly = 'RegisterDuplicates1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE register_act
        DROP CONSTRAINT register_act_kind_check,
        ADD CONSTRAINT register_act_kind_check CHECK (kind IN (${mergeKinds})),
        DROP CONSTRAINT register_act_approved,
        ADD CONSTRAINT register_act_approved CHECK (
          done_at IS NULL OR approved_by IS NOT NULL
          OR kind IN ('ADD', 'CORRECT', 'SUPPRESS', 'KEEP_APART'))`);
    await runner.query(`
      CREATE TABLE kept_apart (
        one uuid NOT NULL,
        other uuid NOT NULL,
        act_id uuid NOT NULL REFERENCES register_act (id),
        PRIMARY KEY (one, other),
        CONSTRAINT kept_apart_in_order CHECK (one < other)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE kept_apart');
  }
}

/** Exports, and the fictional people that tell which export a leak came from. */
class RegisterExports1764100000000 implements MigrationInterface {
  readonly name = 'RegisterExports1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE register_act
        DROP CONSTRAINT register_act_kind_check,
        ADD CONSTRAINT register_act_kind_check CHECK (kind IN (${mergeKinds}, 'EXPORT'))`);
    await runner.query(`
      CREATE TABLE honey_record (
        id uuid PRIMARY KEY,
        export_id uuid NOT NULL REFERENCES register_act (id),
        epoch_id integer NOT NULL REFERENCES erasure_epoch (id),
        sealed bytea NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE honey_record');
  }
}

/** What the second person reads of an import before releasing it, and batches that are given up. */
class RegisterBatches1769100000001 implements MigrationInterface {
  readonly name = 'RegisterBatches1769100000001';

  async up(runner: QueryRunner): Promise<void> {
    // Counts by column and code; never a value, never a line.
    await runner.query(`
      ALTER TABLE import_batch
        ADD COLUMN rows integer,
        ADD COLUMN unchanged integer,
        ADD COLUMN rejected integer,
        ADD COLUMN findings jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN discarded_by text,
        ADD COLUMN discarded_at timestamptz,
        ADD CONSTRAINT import_batch_discard_whole CHECK (
          (discarded_by IS NULL) = (discarded_at IS NULL)),
        ADD CONSTRAINT import_batch_ends_once CHECK (released_at IS NULL OR discarded_at IS NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE import_batch DROP COLUMN rows, DROP COLUMN unchanged, DROP COLUMN rejected,
        DROP COLUMN findings, DROP COLUMN discarded_by, DROP COLUMN discarded_at`);
  }
}

/**
 * Keys of epochs leave the database: new rows hold only what tells a right key from a wrong one. The
 * first start moves those that are still here (epoch-keys.ts); the columns stay for it, empty.
 */
class EpochKeysLeave1769200000000 implements MigrationInterface {
  readonly name = 'EpochKeysLeave1769200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE erasure_epoch
        ALTER COLUMN master_key_id DROP NOT NULL,
        ALTER COLUMN key_wrapped DROP NOT NULL,
        ADD COLUMN key_check bytea CHECK (octet_length(key_check) = 16),
        ADD CONSTRAINT erasure_epoch_no_key CHECK (
          (key_wrapped IS NULL) = (master_key_id IS NULL)
          AND (key_wrapped IS NULL) = (key_check IS NOT NULL))`);
  }

  async down(): Promise<void> {
    throw new Error('keys that left the database do not return');
  }
}

/** How the background work on the register stands, for every gateway on the database. */
class RegisterUpkeep1769200000001 implements MigrationInterface {
  readonly name = 'RegisterUpkeep1769200000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE register_upkeep (
        job text PRIMARY KEY CHECK (job IN ('EPOCH', 'MASTER', 'PAGE', 'RETENTION')),
        state text NOT NULL CHECK (state IN ('ASKED', 'RUNNING', 'DONE', 'FAILED')),
        done integer NOT NULL DEFAULT 0 CHECK (done >= 0),
        started_at timestamptz,
        ended_at timestamptz,
        mark bigint,
        code text CHECK (code ~ '^ERR_[A-Z_]+$')
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE register_upkeep');
  }
}

/** Releases: the history of one person, the people who may be known of. */
class RegisterReleases1771000000001 implements MigrationInterface {
  readonly name = 'RegisterReleases1771000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE register_act
        DROP CONSTRAINT register_act_kind_check,
        ADD CONSTRAINT register_act_kind_check
          CHECK (kind IN (${mergeKinds}, 'EXPORT', 'HISTORY', 'EXPOSURE'))`);
  }

  async down(): Promise<void> {
    throw new Error('releases that were made do not become unmade');
  }
}

export const registerMigrations: readonly Migration[] = [
  Register1763800000000,
  RegisterActs1763900000000,
  RegisterDuplicates1764000000003,
  RegisterExports1764100000000,
  RegisterBatches1769100000001,
  EpochKeysLeave1769200000000,
  RegisterUpkeep1769200000001,
  BuiltInCaseload1770000000102,
  PlantedHoney1770000000310,
  SealedHistory1770000000502,
  RegisterReleases1771000000001,
  MergedAndErased1772000000401,
  BatchAuthors1772000000601,
];
