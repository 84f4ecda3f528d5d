import type { DataSource } from 'typeorm';
import { decideAct } from '../core/staff/acts.js';
import { readHeldKeys, StaffDirectory, type StaffCaller } from '../staff/index.js';
import type { Authority } from './authority.js';
import { endingWithin, type End } from './ends.js';

/** What is in force and ends, of partners, staff and the gateway itself. */
export class ReadEnds {
  constructor(
    private readonly dataSource: DataSource,
    private readonly authority: Pick<Authority, 'refresh' | 'ends'>,
    private readonly directory: Pick<StaffDirectory, 'activeCertificates'>,
    private readonly now: () => Date,
  ) {}

  /** Everything; for the gateway's own watching, which asks for nobody. */
  async all(): Promise<readonly End[]> {
    const held = await readHeldKeys(this.dataSource);
    const certificates = await this.directory.activeCertificates();
    return [
      ...this.authority.ends(),
      ...certificates.map(({ reference, notAfter }) => ({
        kind: 'STAFF_CERTIFICATE' as const,
        partner: null,
        id: reference,
        at: notAfter,
      })),
      ...held.flatMap(({ notAfter, use, replica }) =>
        notAfter === null
          ? []
          : [
              {
                kind: 'SERVER_CERTIFICATE' as const,
                partner: null,
                id: `${use === 'STAFF_TLS' ? 'staff' : 'partner'} door, ${replica}`,
                at: notAfter,
              },
            ],
      ),
    ];
  }

  /** What ends within so many days or is over, of what the caller's roles may read; the next first. */
  async within(caller: StaffCaller, days: number): Promise<readonly End[]> {
    await this.authority.refresh();
    const may = (act: Parameters<typeof decideAct>[0]) => decideAct(act, caller).allow;
    const [partners, staff, keys] = [may('PARTNER_READ'), may('STAFF_READ'), may('KEYS_READ')];
    const visible = (await this.all()).filter(({ kind }) =>
      kind === 'STAFF_CERTIFICATE' ? staff : kind === 'SERVER_CERTIFICATE' ? keys : partners,
    );
    return endingWithin(visible, days, this.now());
  }
}
