import type { DataSource } from 'typeorm';
import type { Authority } from './grants/index.js';

/** Days before the end at which it shows (docs/staff.md). */
export const warningDays = [30, 7, 1] as const;

export const endingKinds = ['partner certificate', 'staff certificate', 'CA', 'CRL'] as const;

export interface Ending {
  /** Of the credential, certificate or CA. */
  readonly id: string;
  readonly what: (typeof endingKinds)[number];
  readonly partner: string | null;
  readonly endsAt: Date;
}

export interface EndingCount {
  readonly kind: (typeof endingKinds)[number];
  readonly withinDays: (typeof warningDays)[number];
  /** In force now, and not any more after so many days. */
  readonly count: number;
}

/** What lets anybody in, or keeps anybody out, and ends; what is over already is not in force. */
export async function readEnding(
  dataSource: DataSource,
  authority: Authority,
  now: Date,
): Promise<readonly Ending[]> {
  const rows = await dataSource.query<
    {
      id: string;
      kind: 'partner certificate' | 'staff certificate';
      partner: string | null;
      not_after: Date;
    }[]
  >(
    `SELECT c.id::text AS id, 'partner certificate' AS kind, c.partner, c.not_after
       FROM credential c JOIN partner p ON p.code = c.partner
       WHERE c.active AND p.active AND c.not_after > $1
     UNION ALL
     SELECT c.fingerprint, 'staff certificate', NULL, c.not_after FROM staff_certificate c
       JOIN staff_account a ON a.id = c.account WHERE c.active AND a.active AND c.not_after > $1`,
    [now],
  );
  return [
    ...rows.map(({ id, kind, partner, not_after }) => {
      return { id, what: kind, partner, endsAt: not_after };
    }),
    ...authority.anchors.map(({ id, notAfter }) => {
      return { id, what: 'CA' as const, partner: null, endsAt: notAfter };
    }),
    // A list that is over is worse than one that ends soon, and counts on.
    ...authority.anchors.flatMap(({ id, crl }) =>
      crl === undefined
        ? []
        : [{ id, what: 'CRL' as const, partner: null, endsAt: crl.nextUpdate }],
    ),
  ];
}

/** How many end soon; counts only, nobody is named. */
export async function countEnding(
  dataSource: DataSource,
  authority: Authority,
  now: Date,
): Promise<readonly EndingCount[]> {
  const ends = await readEnding(dataSource, authority, now);
  return endingKinds.flatMap((kind) =>
    warningDays.map((withinDays) => {
      const limit = now.getTime() + withinDays * 86_400_000;
      const count = ends.filter(
        ({ what, endsAt }) => what === kind && endsAt.getTime() <= limit,
      ).length;
      return { kind, withinDays, count };
    }),
  );
}
