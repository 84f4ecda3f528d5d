import { Module, type DynamicModule } from '@nestjs/common';
import { migrations } from './migrations.js';
import type { Configuration } from './platform/configuration/configuration.js';
import { migrate, openDatabase, type Database } from './platform/database/database.js';
import { accessLogProviders } from './wiring/access-log.providers.js';
import { grantsProviders } from './wiring/grants.providers.js';
import { keysProviders } from './wiring/keys.providers.js';
import { referralsProviders } from './wiring/referrals.providers.js';
import { registerProviders } from './wiring/register.providers.js';
import { releaseProviders } from './wiring/release.providers.js';
import type { RoomsSettings } from './wiring/settings.js';
import { staffProviders } from './wiring/staff.providers.js';
import { verificationProviders } from './wiring/verification.providers.js';

export { ACCESS_LOG, type GatewayKeys, type RoomsSettings } from './wiring/settings.js';

/** The rooms and their use cases, without any door. */
@Module({})
export class RoomsModule {
  /** @param database open and migrated; the caller closes it after the application context */
  static with(settings: RoomsSettings, database: Database): DynamicModule {
    return {
      module: RoomsModule,
      providers: [
        ...keysProviders(settings, database),
        ...registerProviders(settings, database),
        ...accessLogProviders(settings, database),
        ...releaseProviders(settings, database),
        ...staffProviders(settings, database),
        ...grantsProviders(settings, database),
        ...referralsProviders(settings, database),
        ...verificationProviders(settings),
      ],
    };
  }
}

/** Opens the database of a configuration, and runs the migrations that are due. */
export async function openMigratedDatabase(configuration: Configuration): Promise<Database> {
  const database = await openDatabase({
    home: configuration.home,
    migrations,
    ...(configuration.databaseUrl === undefined ? {} : { url: configuration.databaseUrl }),
  });
  try {
    await migrate(database.dataSource);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}
