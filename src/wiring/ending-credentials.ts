import { warningDays, type End, type EndKind } from '../grants/index.js';

/** Labels of the metric, which dashboards know. */
const labels = {
  CERTIFICATE: 'partner certificate',
  CERTIFICATE_AUTHORITY: 'CA',
  REVOCATION_LIST: 'CRL',
  CLIENT_KEY: 'client key',
  OFFICER_KEY: 'officer key',
  GRANT: 'grant',
  STAFF_CERTIFICATE: 'staff certificate',
  SERVER_CERTIFICATE: 'server certificate',
} as const satisfies Readonly<Record<EndKind, string>>;

export interface EndingCount {
  readonly kind: (typeof labels)[EndKind];
  readonly withinDays: (typeof warningDays)[number];
  /** In force now, and not any more after so many days; of revocation lists also those over. */
  readonly count: number;
}

/** How many of what lets anybody in, or keeps anybody out, end soon; counts only, nobody is named. */
export function countEnding(ends: readonly End[], now: Date): readonly EndingCount[] {
  return (Object.keys(labels) as EndKind[]).flatMap((kind) =>
    warningDays.map((withinDays) => {
      const limit = now.getTime() + withinDays * 86_400_000;
      const counts = (end: End) =>
        end.kind === kind &&
        end.at.getTime() <= limit &&
        (kind === 'REVOCATION_LIST' || end.at > now);
      return { kind: labels[kind], withinDays, count: ends.filter(counts).length };
    }),
  );
}
