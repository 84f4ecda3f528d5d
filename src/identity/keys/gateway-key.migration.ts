import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which of the gateway's own signing keys is in force, by thumbprint; never the key. A change is a
 * change of authority. One key a use is in force; one that has gone never comes back; once there is
 * staff a key comes in force by an act of two people, or in the place of one that counts no more.
 */
export class GatewayKeys1769000004002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway_key (
        use text NOT NULL CHECK (use IN ('TOKEN', 'CHECKPOINT')),
        thumbprint text NOT NULL CHECK (thumbprint ~ '^[A-Za-z0-9_-]{43}$'),
        kid text NOT NULL CHECK (length(kid) BETWEEN 1 AND 128),
        in_force_from timestamptz NOT NULL,
        ended_at timestamptz,
        gone_at timestamptz,
        revoked boolean NOT NULL DEFAULT false,
        act uuid,
        PRIMARY KEY (use, thumbprint),
        CONSTRAINT gone_is_ended CHECK (gone_at IS NULL OR ended_at IS NOT NULL),
        CONSTRAINT revoked_is_gone CHECK (NOT revoked OR gone_at IS NOT NULL)
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX gateway_key_in_force ON gateway_key (use) WHERE ended_at IS NULL',
    );
    await runner.query(`
      CREATE FUNCTION gateway_key_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          RAISE EXCEPTION 'a key of the gateway stays on record';
        ELSIF TG_OP = 'UPDATE' AND (
            (NEW.use, NEW.thumbprint, NEW.in_force_from)
              IS DISTINCT FROM (OLD.use, OLD.thumbprint, OLD.in_force_from)
            OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL)
            OR (OLD.gone_at IS NOT NULL AND NEW.gone_at IS NULL)
            OR (OLD.revoked AND NOT NEW.revoked)) THEN
          RAISE EXCEPTION 'a key that has ended never comes back';
        ELSIF TG_OP = 'INSERT' AND NEW.ended_at IS NULL
            AND NOT widening_is_backed(NEW.act, NULL)
            AND (SELECT gone_at IS NULL FROM gateway_key
              WHERE use = NEW.use AND thumbprint <> NEW.thumbprint
              ORDER BY ended_at DESC LIMIT 1) THEN
          RAISE EXCEPTION 'a key comes in force by an act of two people';
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE CONSTRAINT TRIGGER gateway_key_guard AFTER INSERT OR UPDATE OR DELETE ON gateway_key
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gateway_key_moves_on()`);
    await runner.query(`
      CREATE TRIGGER gateway_key_authority AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON gateway_key
      FOR EACH STATEMENT EXECUTE FUNCTION authority_changed()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE gateway_key');
    await runner.query('DROP FUNCTION gateway_key_moves_on()');
  }
}
