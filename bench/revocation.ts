import { parseArgs } from 'node:util';
import { startPostgresServer } from '../test/support/postgres-server.js';
import { startGateway } from '../test/support/gateway.js';
import { measureRevocation, revocationKinds } from '../test/support/revocation.js';

/**
 * `npm run bench:revocation -- [--rounds 10] [--json]`: from an act of staff to the last refusal, of
 * each kind, with two gateways over a PostgreSQL it starts itself. Goal: under one second.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const goalMs = 1_000;

const server = await startPostgresServer();
process.env['TEST_POSTGRES_URL'] = server.url;
try {
  const gateway = await startGateway({ kind: 'PostgreSQL', staff: true });
  const other = await gateway.replica();
  const worst: Record<string, unknown>[] = [];
  for (const kind of revocationKinds) {
    const measured = [];
    for (let round = 0; round < rounds; round += 1) {
      measured.push(await measureRevocation(gateway, [gateway.url, other.url], kind));
    }
    const spread = (figures: readonly number[]) => {
      const sorted = [...figures].sort((a, b) => a - b);
      const at = (share: number) =>
        Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
      return { medianMs: at(0.5), worstMs: at(1) };
    };
    const refused = spread(measured.map(({ refusedMs }) => refusedMs));
    const idle = measured.flatMap(({ idleCutMs }) => (idleCutMs === null ? [] : [idleCutMs]));
    worst.push({
      kind,
      refused,
      idleCut: idle.length === 0 ? null : spread(idle),
      enforced: spread(measured.map(({ enforcedMs }) => enforcedMs)),
      lateMs: Math.max(...measured.map(({ lateMs }) => lateMs)),
      ratioToGoal: Math.round((refused.worstMs / goalMs) * 1000) / 1000,
    });
  }
  await other.close();
  await gateway.close();
  if (values.json) process.stdout.write(`${JSON.stringify({ rounds, goalMs, kinds: worst })}\n`);
  else {
    process.stdout.write(`${rounds} rounds a kind, two gateways, PostgreSQL; goal ${goalMs} ms\n`);
    for (const line of worst) process.stdout.write(`${JSON.stringify(line)}\n`);
  }
} finally {
  await server.stop();
}
