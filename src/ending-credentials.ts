import type { DataSource } from 'typeorm';
import type { Authority } from './grants/index.js';

/** Days before the end at which it shows (docs/staff.md). */
export const warningDays = [30, 7, 1] as const;

export const endingKinds = ['partner certificate', 'staff certificate', 'CA', 'CRL'] as const;

export interface EndingCount {
  readonly kind: (typeof endingKinds)[number];
  readonly withinDays: (typeof warningDays)[number];
  /** In force now, and not any more after so many days. */
  readonly count: number;
}

/** How many of what lets anybody in, or keeps anybody out, end soon; counts only, nobody is named. */
export async function countEnding(
  dataSource: DataSource,
  authority: Authority,
  now: Date,
): Promise<readonly EndingCount[]> {
  const rows = await dataSource.query<
    { kind: 'partner certificate' | 'staff certificate'; not_after: Date }[]
  >(
    `SELECT 'partner certificate' AS kind, c.not_after FROM credential c
       JOIN partner p ON p.code = c.partner WHERE c.active AND p.active AND c.not_after > $1
     UNION ALL
     SELECT 'staff certificate', c.not_after FROM staff_certificate c
       JOIN staff_account a ON a.id = c.account WHERE c.active AND a.active AND c.not_after > $1`,
    [now],
  );
  const ends: { readonly kind: EndingCount['kind']; readonly at: Date }[] = [
    ...rows.map(({ kind, not_after }) => ({ kind, at: not_after })),
    ...authority.anchors.map(({ notAfter }) => ({ kind: 'CA' as const, at: notAfter })),
    // A list that is over is worse than one that ends soon, and counts on.
    ...authority.anchors.flatMap(({ crl }) =>
      crl === undefined ? [] : [{ kind: 'CRL' as const, at: crl.nextUpdate }],
    ),
  ];
  return endingKinds.flatMap((kind) =>
    warningDays.map((withinDays) => {
      const limit = now.getTime() + withinDays * 86_400_000;
      const count = ends.filter((end) => end.kind === kind && end.at.getTime() <= limit).length;
      return { kind, withinDays, count };
    }),
  );
}
