import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from '../staff/index.js';

/**
 * Trusted documents of partners: the documents, whether others are refused, and what was or would
 * have been refused, by hash and day. Requiring them takes one person; once there is staff, no longer
 * requiring them takes an act two people did.
 */
export class Documents1769000000302 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, ['DOCUMENTS_SET', 'DOCUMENTS_REQUIRE']);
    await runner.query(`
      CREATE TABLE trusted_document (
        partner text NOT NULL REFERENCES partner (code),
        id text NOT NULL CHECK (id ~ '^sha256:[0-9a-f]{64}$'),
        document text NOT NULL,
        PRIMARY KEY (partner, id)
      )`);
    await runner.query(`
      CREATE TABLE document_rule (
        partner text PRIMARY KEY REFERENCES partner (code),
        mode text NOT NULL CHECK (mode IN ('OFF', 'DRY_RUN', 'REQUIRED')),
        act uuid
      )`);
    await runner.query(`
      CREATE TABLE document_report (
        partner text NOT NULL REFERENCES partner (code),
        day date NOT NULL,
        id text NOT NULL,
        refused boolean NOT NULL,
        seen bigint NOT NULL,
        PRIMARY KEY (partner, day, id, refused)
      )`);
    await runner.query(`
      CREATE FUNCTION document_rule_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        v_modes text[] := ARRAY['OFF', 'DRY_RUN', 'REQUIRED'];
      BEGIN
        IF TG_OP = 'DELETE' THEN
          RAISE EXCEPTION 'whether documents are required is never forgotten';
        END IF;
        IF TG_OP = 'UPDATE' AND (NEW.partner <> OLD.partner
            OR array_position(v_modes, NEW.mode) < array_position(v_modes, OLD.mode))
          AND NOT widening_is_backed(NEW.act, OLD.act) THEN
          RAISE EXCEPTION 'documents are no longer required by an act approved by a second person';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER document_rule_backed AFTER UPDATE OR DELETE ON document_rule
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION document_rule_is_backed()`);
    for (const table of ['trusted_document', 'document_rule']) {
      await runner.query(`
        CREATE TRIGGER ${table}_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['document_report', 'document_rule', 'trusted_document']) {
      await runner.query(`DROP TABLE ${table}`);
    }
    await runner.query('DROP FUNCTION document_rule_is_backed()');
  }
}
