import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each running replica is called, and which of the gateway's own keys it holds; never a key. */
export class ReplicaKeys1769000004001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("ALTER TABLE gateway_replica ADD COLUMN name text NOT NULL DEFAULT ''");
    await runner.query(`
      CREATE TABLE gateway_replica_key (
        replica uuid NOT NULL REFERENCES gateway_replica (id) ON DELETE CASCADE,
        use text NOT NULL CHECK (use IN ('TOKEN', 'CHECKPOINT', 'PARTNER_TLS', 'STAFF_TLS')),
        thumbprint text NOT NULL,
        kid text NOT NULL,
        not_after timestamptz,
        PRIMARY KEY (replica, use, thumbprint)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE gateway_replica_key');
    await runner.query('ALTER TABLE gateway_replica DROP COLUMN name');
  }
}
