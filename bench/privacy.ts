import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playAttacks, playColluders } from './privacy/attackers.js';
import { playHonestMonth, type HonestFigures } from './privacy/honest.js';
import { printPrivacy } from './privacy/report.js';
import { measureSockets } from './privacy/sockets.js';
import { BenchWorld } from './privacy/world.js';

/**
 * `npm run bench:privacy -- [--short] [--tries 1000] [--samples 10000] [--days 30] [--seeds 3]
 * [--port 18443] [--out docs/privacy.md]`: what attackers learn, what honest partners lose, what size
 * and time of an answer tell. In full it takes most of an hour of a quiet machine; `--short` a few
 * minutes, with figures too few for the statistics.
 */
const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    tries: { type: 'string' },
    samples: { type: 'string' },
    days: { type: 'string' },
    seeds: { type: 'string' },
    port: { type: 'string', default: '18443' },
    out: { type: 'string', default: 'docs/privacy.md' },
  },
});
const say = (text: string) => void process.stderr.write(`${text}\n`);
const tries = Number(values.tries ?? (values.short ? 150 : 1_000));
const samples = Number(values.samples ?? (values.short ? 200 : 10_000));
const days = Number(values.days ?? (values.short ? 5 : 30));
const seeds = Number(values.seeds ?? (values.short ? 1 : 3));

const world = await BenchWorld.open(Number(values.port));
try {
  // Real sockets first: tokens and certificates need the real clock.
  const sockets = [
    await measureSockets(world, samples, 1),
    await measureSockets(world, samples, 8),
  ];
  say(JSON.stringify(sockets, null, 1));
  const attacks = [
    ...(await playAttacks(world, true, tries, say)),
    ...(await playAttacks(world, false, tries, say)),
  ];
  const colluders = await playColluders(world);
  const honest: HonestFigures[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    for (const missShare of [0.3, 0.7]) {
      const month = await playHonestMonth(world, missShare, days, seed);
      say(JSON.stringify({ ...month, alarms: [...month.alarms] }));
      honest.push(month);
    }
  }
  const mode = `${tries} tries, ${days} days, ${seeds} seeds, ${samples} samples a class`;
  const page = printPrivacy({ mode, attacks, colluders, honest, sockets });
  writeFileSync(values.out, page);
  process.stdout.write(page);
} finally {
  await world.close();
}
