import type { Provider } from '@nestjs/common';
import { Authority, ReadEnds } from '../grants/index.js';
import { GatewayKeyRing, ReadGatewayKeys } from '../identity/keys/index.js';
import { StaffDirectory } from '../staff/index.js';
import type { RoomsSettings } from './settings.js';
import type { Database } from '../platform/database/database.js';

/** The gateway's own keys, and what of authority ends when. */
export function keysProviders(settings: RoomsSettings, database: Database): Provider[] {
  const { keys, now, adoptKeys = [] } = settings;
  const { dataSource } = database;
  return [
    {
      provide: GatewayKeyRing,
      useFactory: () =>
        GatewayKeyRing.open({
          dataSource,
          keys: { TOKEN: keys.token, CHECKPOINT: keys.checkpoint },
          files: keys.files ?? {},
          now,
          adopt: adoptKeys,
        }),
    },
    {
      provide: Authority,
      inject: [GatewayKeyRing],
      useFactory: async (ring: GatewayKeyRing) => {
        const authority = await Authority.open(dataSource);
        const take = () => ring.take(authority.gatewayKeys);
        take();
        authority.onChange(take);
        return authority;
      },
    },
    { provide: ReadGatewayKeys, useFactory: () => new ReadGatewayKeys(dataSource, now) },
    {
      provide: ReadEnds,
      inject: [Authority, StaffDirectory],
      useFactory: (authority: Authority, directory: StaffDirectory) =>
        new ReadEnds(dataSource, authority, directory, now),
    },
  ];
}
