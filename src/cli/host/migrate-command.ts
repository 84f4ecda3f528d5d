import { readConfiguration } from '../../platform/configuration/configuration.js';
import { migrate, openDatabase } from '../../platform/database/database.js';
import { lockHome } from '../../platform/database/home-lock.js';
import { migrations } from '../../migrations.js';

/** Runs the migrations that are due; says which, or that none was. */
export async function migrateCommand(options: { readonly json?: true }): Promise<void> {
  const configuration = readConfiguration(process.env);
  const lock = configuration.databaseUrl === undefined ? lockHome(configuration.home) : undefined;
  try {
    const database = await openDatabase({
      home: configuration.home,
      migrations,
      ...(configuration.databaseUrl === undefined ? {} : { url: configuration.databaseUrl }),
    });
    try {
      const done = await migrate(database.dataSource);
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ migrations: done })}\n`
          : done.length === 0
            ? 'Nothing to do: the database is that of this release.\n'
            : `${done.map((name) => `ran ${name}`).join('\n')}\n`,
      );
    } finally {
      await database.close();
    }
  } finally {
    lock?.release();
  }
}
