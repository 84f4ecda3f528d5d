import type { MigrationInterface, QueryRunner } from 'typeorm';
import { allowActsOfOne } from '../staff/index.js';

/**
 * Emergency stops: of everything (scope `*`), or of one partner. Stopping takes one person; a row is
 * never taken out, and it is lifted by an act two people did.
 */
export class Stops1770000000601 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await allowActsOfOne(runner, ['DISCLOSURE_STOP']);
    await runner.query(`
      CREATE TABLE disclosure_stop (
        scope text PRIMARY KEY,
        stopped boolean NOT NULL,
        since timestamptz NOT NULL,
        act uuid NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION disclosure_stop_is_backed() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
          RAISE EXCEPTION 'a stop is never forgotten';
        END IF;
        IF NEW.scope <> OLD.scope OR (OLD.stopped AND NOT NEW.stopped
          AND NOT widening_is_backed(NEW.act, OLD.act)) THEN
          RAISE EXCEPTION 'a stop is lifted by an act approved by a second person';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER disclosure_stop_backed AFTER UPDATE OR DELETE ON disclosure_stop
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION disclosure_stop_is_backed()`);
    await runner.query(`
      CREATE TRIGGER disclosure_stop_stays BEFORE TRUNCATE ON disclosure_stop
      FOR EACH STATEMENT EXECUTE FUNCTION disclosure_stop_is_backed()`);
    await runner.query(`
      CREATE TRIGGER disclosure_stop_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE
      ON disclosure_stop FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE disclosure_stop');
    await runner.query('DROP FUNCTION disclosure_stop_is_backed()');
  }
}
