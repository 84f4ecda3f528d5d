import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { GatewayError } from '../../core/errors.js';

export interface HomeLock {
  release(): void;
}

/**
 * Takes the one lock of a home (`lock.db`), so that two processes never write one embedded database
 * or one journal.
 *
 * The lock is SQLite's exclusive file lock, which the kernel drops when the process ends however it
 * ends: there is no stale lock to judge by process number. The file itself stays empty.
 *
 * @param home directory; made with mode 0700 when absent
 * @throws {GatewayError} ERR_HOME_IN_USE; ERR_CONFIGURATION for what is no directory
 */
export function lockHome(home: string): HomeLock {
  // PGlite and SQLite are given no modes: whatever is written from here on is this user's alone.
  process.umask(0o077);
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_HOME: ${home} is no directory and cannot be made one`,
      cause,
    });
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(home, 'lock.db'), { timeout: 0 });
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    throw new GatewayError('ERR_HOME_IN_USE', {
      detail:
        `${home} is in use by another gateway (or cannot be written); ` +
        'stop it, or set SAFECONDUCT_HOME to another directory',
      cause,
    });
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}
