/** The part of TypeORM's QueryRunner a migration of this room uses. */
interface MigrationRunner {
  query(sql: string): Promise<unknown>;
}

/** Assertions used: the primary key is what makes each of them usable once, on every replica. */
export class IdentityAssertionReplay1764000000000 {
  readonly name = 'IdentityAssertionReplay1764000000000';

  async up(runner: MigrationRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE identity_assertion_replay (
        id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(
      'CREATE INDEX identity_assertion_replay_expires ON identity_assertion_replay (expires_at)',
    );
  }

  async down(runner: MigrationRunner): Promise<void> {
    await runner.query('DROP TABLE identity_assertion_replay');
  }
}

/** Migrations of this room, oldest first, for TypeORM's `migrations`. */
export const identityMigrations = [IdentityAssertionReplay1764000000000];
