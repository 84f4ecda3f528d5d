import type { Provider } from '@nestjs/common';
import type { AccessLog } from '../access-log/index.js';
import { readAgreements } from '../grants/index.js';
import { ReleasePeople } from '../register/index.js';
import { ExposureReport, HistoryOfPerson } from '../scrutiny/index.js';
import { StaffRecords } from '../staff/index.js';
import type { Database } from '../platform/database/database.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';

/** What partners were told, released by two people. */
export function releaseProviders({ now }: RoomsSettings, { dataSource }: Database): Provider[] {
  return [
    {
      provide: HistoryOfPerson,
      inject: [ReleasePeople, ACCESS_LOG, StaffRecords],
      useFactory: (releases: ReleasePeople, accessLog: AccessLog, records: StaffRecords) =>
        new HistoryOfPerson({
          releases,
          accessLog,
          records,
          agreements: async (grants) => readAgreements(dataSource, grants),
          now,
        }),
    },
    {
      provide: ExposureReport,
      inject: [ReleasePeople, ACCESS_LOG, StaffRecords],
      useFactory: (releases: ReleasePeople, accessLog: AccessLog, records: StaffRecords) =>
        new ExposureReport({ releases, accessLog, records, now }),
    },
  ];
}
