import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * - `access_log_renewal`: every new log that took the place of one that could not go on; nothing under
 *   an origin but the last is ever signed again. `request` is the file two administrators signed
 *   (core/log/renewal.ts), `record` the first record of the new log's host tree.
 * - `access_log_cosignature_earlier`: cosignatures of logs before, kept as evidence.
 */
export class LogOrigins1770000000703 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE access_log_renewal (
        place          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        earlier_origin text        NOT NULL UNIQUE,
        origin         text        NOT NULL UNIQUE,
        renewed_at     timestamptz NOT NULL,
        record         uuid        NOT NULL,
        request        text        NOT NULL,
        CHECK (earlier_origin <> origin)
      )`);
    await runner.query(`
      CREATE TABLE access_log_cosignature_earlier (
        origin      text        NOT NULL,
        size        bigint      NOT NULL,
        vkey        text        NOT NULL,
        cosigned_at timestamptz NOT NULL,
        received_at timestamptz NOT NULL,
        checkpoint  text        NOT NULL,
        line        text        NOT NULL,
        PRIMARY KEY (origin, size, vkey)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE access_log_cosignature_earlier');
    await runner.query('DROP TABLE access_log_renewal');
  }
}
