import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playAttacks, playColluders } from './privacy/attackers.js';
import { playHonestMonth } from './privacy/honest.js';
import { printPrivacy } from './privacy/report.js';
import { measureSockets } from './privacy/sockets.js';
import { BenchWorld } from './privacy/world.js';

/**
 * `npm run bench:privacy -- [--tries 1000] [--samples 10000] [--days 30] [--port 18443] [--out docs/privacy.md]`:
 * what attackers learn, what honest partners lose, what size and time of an answer tell.
 */
const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '1000' },
    samples: { type: 'string', default: '10000' },
    days: { type: 'string', default: '30' },
    port: { type: 'string', default: '18443' },
    out: { type: 'string', default: 'docs/privacy.md' },
  },
});
const say = (text: string) => void process.stderr.write(`${text}\n`);
const tries = Number(values.tries);
const samples = Number(values.samples);
const days = Number(values.days);

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
  const honest = [await playHonestMonth(world, 0.3, days), await playHonestMonth(world, 0.7, days)];
  say(JSON.stringify(honest));
  const page = printPrivacy({ attacks, colluders, honest, sockets });
  writeFileSync(values.out, page);
  process.stdout.write(page);
} finally {
  await world.close();
}
