import type { INestApplicationContext } from '@nestjs/common';
import type { AccessLog } from '../access-log/index.js';
import { Authority, ReadEnds } from '../grants/index.js';
import { GatewayKeyRing } from '../identity/keys/index.js';
import type { ReadinessProbe } from '../ops/ops-door.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import type { ListenerTls } from '../platform/tls/listener-files.js';
import { countEnding } from './ending-credentials.js';
import { ACCESS_LOG } from './settings.js';

interface Served {
  readonly partner: ListenerTls;
  readonly staff: ListenerTls | undefined;
}

/** What makes the gateway ready; what ends soon is counted for /metrics on the way. */
export function readiness(
  context: INestApplicationContext,
  metrics: Metrics,
  now: () => Date,
  served: () => Served,
): ReadinessProbe {
  const authority = context.get(Authority);
  const accessLog = context.get<AccessLog>(ACCESS_LOG);
  const readEnds = context.get(ReadEnds);
  const ring = context.get(GatewayKeyRing);

  /** What ends soon shows on /metrics; a database that does not answer takes nothing else from it. */
  const measureEnding = async () => {
    for (const { kind, withinDays, count } of countEnding(await readEnds.all(), now())) {
      metrics.ending.set({ kind, within_days: String(withinDays) }, count);
    }
    const isStale = ({ crl }: { crl?: { nextUpdate: Date } }) =>
      crl !== undefined && crl.nextUpdate < now();
    metrics.staleRevocationLists.set(authority.anchors.filter(isStale).length);
  };
  return async () => {
    const { partner, staff } = served();
    const log = accessLog.isWritable();
    metrics.logWritable.set(log ? 1 : 0);
    const { endedAt, checked, total, relisted } = accessLog.check.progress;
    metrics.logCheckEnded.set((endedAt?.getTime() ?? 0) / 1000);
    metrics.logCheckProgress.set(total === 0 ? 0 : Math.min(1, checked / total));
    metrics.logCheckRelisted.set(relisted);
    // A stop is an answer, not a fault: who is stopped is told so, witnesses and staff go on.
    metrics.stops.set({ of: 'everybody' }, authority.stops.everybody);
    metrics.stops.set({ of: 'partner' }, authority.stops.partners);
    await measureEnding().catch(() => undefined);
    return [
      { name: 'access log can be written', ok: log },
      { name: 'listener certificate in force', ok: now() < partner.notAfter },
      { name: 'signing keys in force are held', ok: ring.lacking().length === 0 },
      {
        name: 'a witness has cosigned within a day',
        ok: await accessLog.witnesses.isCosigned(now()).catch(() => false),
      },
      ...(staff === undefined
        ? []
        : [{ name: 'staff listener certificate in force', ok: now() < staff.notAfter }]),
    ];
  };
}
