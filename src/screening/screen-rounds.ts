import { randomUUID } from 'node:crypto';
import type { PartnerCode } from '../core/ids.js';
import type { ToldKeys } from '../referrals/index.js';
import type { HoneyTrace } from '../register/index.js';

interface About {
  readonly verificationId: string;
  readonly partner: PartnerCode;
  readonly officer: string | null;
  readonly foundAt: Date;
}

/** What a question gave away; opened for security and the protection officer only. */
export type ScreenFinding = About &
  (
    | ({ readonly kind: 'HONEY_ASKED_FOR' } & HoneyTrace)
    | { readonly kind: 'SUPPRESSED_ASKED_FOR'; readonly subject: string }
  );

/** A finding and the round it stands in. */
export type ReadFinding = ScreenFinding & { readonly round: string };

/** Findings of the rounds since an instant, and how many questions were never looked at. */
export interface ScreenReport {
  readonly findings: readonly ReadFinding[];
  readonly notScreened: number;
  /** Of the newest round read; read on from here. */
  readonly readUntil: Date;
}

interface RoundContent {
  readonly lost: number;
  readonly findings: readonly (Omit<ScreenFinding, 'foundAt'> & { readonly foundAt: string })[];
}

const roundBytes = 4096;
/** As many as surely fit; further ones go into the next round. */
export const findingsPerRound = 12;
const roundsAtOnce = 500;

/** Rounds of the screen at rest: one sealed row each, whatever was found. */
export class ScreenRounds {
  constructor(private readonly keys: ToldKeys) {}

  async write(findings: readonly ScreenFinding[], lost: number, at: Date): Promise<void> {
    const key = await this.keys.at(at);
    const id = randomUUID();
    await this.keys.dataSource.query(
      'INSERT INTO screen_round (id, epoch, at, sealed) VALUES ($1, $2, $3, $4)',
      [id, key.epoch, at, key.seal({ lost, findings }, roundBytes, 'screen', id)],
    );
  }

  /** For the job that tells security and the protection officer: at most 500 rounds at a time. */
  async read(since: Date): Promise<ScreenReport> {
    const rows = await this.keys.dataSource.query<
      { id: string; epoch: string; at: Date; sealed: Buffer }[]
    >(
      `SELECT id, epoch, at, sealed FROM screen_round WHERE at > $1 ORDER BY at, id
       LIMIT ${roundsAtOnce}`,
      [since],
    );
    const keys = await this.keys.live();
    const findings: ReadFinding[] = [];
    let notScreened = 0;
    for (const { id, epoch, sealed } of rows) {
      const key = keys.find((one) => one.epoch === epoch);
      if (key === undefined) continue;
      const round = key.open(sealed, 'screen', id) as RoundContent;
      notScreened += round.lost;
      for (const one of round.findings) {
        findings.push({ ...one, foundAt: new Date(one.foundAt), round: id } as ReadFinding);
      }
    }
    return { findings, notScreened, readUntil: rows.at(-1)?.at ?? since };
  }
}
