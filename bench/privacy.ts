import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { playAttacks, playColluders } from './privacy/attackers.js';
import { playHonestMonth } from './privacy/honest.js';
import { printPrivacy, replaceAttacks, type PrivacyFigures } from './privacy/report.js';
import { measureSockets } from './privacy/sockets.js';
import { BenchWorld } from './privacy/world.js';

/**
 * `npm run bench:privacy -- [--short] [--part sockets|attacks|honest] [--tries 1000] [--samples 10000]
 * [--days 30] [--seeds 3] [--at-once 1,8] [--state WORDS] [--figures FILE] [--port 18443]
 * [--attack WORDS --measures with|without --made WORDS] [--out docs/privacy.md]`: what attackers learn, what honest partners lose, what size and time of an
 * answer tell. In full it takes about two hours, most of it waiting for answers to leave; `--short` a few minutes, with
 * figures too few for the statistics. A part can be measured alone: `--figures` keeps what was
 * measured, each part with how it was made, and the page is written once all three are there. One
 * attack can be played alone, by words of its name: its row is put into the page that is there,
 * with `--made` saying how all of its rows were made.
 */
const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    part: { type: 'string' },
    'at-once': { type: 'string', default: '1,8' },
    attack: { type: 'string' },
    measures: { type: 'string' },
    made: { type: 'string' },
    state: { type: 'string', default: 'a machine with nothing else to do' },
    figures: { type: 'string' },
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
const figures: Partial<PrivacyFigures> =
  values.figures !== undefined && existsSync(values.figures)
    ? (JSON.parse(readFileSync(values.figures, 'utf8')) as Partial<PrivacyFigures>)
    : {};
const { attack, made } = values;
if ((attack === undefined) !== (made === undefined)) throw new TypeError('--attack takes --made');
if (attack === undefined && values.measures !== undefined) {
  throw new TypeError('--measures takes --attack');
}
const isAsked = (part: string) =>
  attack === undefined ? values.part === undefined || values.part === part : part === 'attacks';
const keep = (part: Partial<PrivacyFigures>) => {
  Object.assign(figures, part);
  if (values.figures !== undefined) writeFileSync(values.figures, JSON.stringify(figures, null, 1));
};

const world = await BenchWorld.open(Number(values.port));
try {
  // Real sockets first: tokens and certificates need the real clock.
  if (isAsked('sockets')) {
    const { state } = values;
    for (const atOnce of values['at-once'].split(',').map(Number)) {
      const measured = { ...(await measureSockets(world, samples, atOnce)), state };
      const others = figures.sockets?.filter((one) => one.atOnce !== atOnce || one.state !== state);
      keep({ sockets: [...(others ?? []), measured] });
    }
  }
  if (isAsked('attacks')) {
    const isPlayed = (name: string) => attack === undefined || name.includes(attack);
    const measured = [];
    for (const measures of ['with', 'without']) {
      if (values.measures !== undefined && values.measures !== measures) continue;
      measured.push(...(await playAttacks(world, measures === 'with', tries, say, isPlayed)));
    }
    if (made === undefined) {
      const colluders = await playColluders(world);
      keep({ attacks: { made: `${tries} tries`, figures: measured, colluders } });
    } else {
      const page = readFileSync(values.out, 'utf8');
      writeFileSync(values.out, replaceAttacks(page, measured, made));
    }
  }
  if (isAsked('honest')) {
    const measured = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      for (const missShare of [0.3, 0.7]) {
        measured.push(await playHonestMonth(world, missShare, days, seed));
        say(JSON.stringify(measured.at(-1)));
        keep({ honest: { made: `${measured.length} months of ${days} days`, figures: measured } });
      }
    }
  }
  const { sockets, attacks, honest } = figures;
  if (
    made === undefined &&
    sockets !== undefined &&
    attacks !== undefined &&
    honest !== undefined
  ) {
    const page = printPrivacy({ sockets, attacks, honest });
    writeFileSync(values.out, page);
    process.stdout.write(page);
  }
} finally {
  await world.close();
}
