import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

/** Flags of Node in the first line of the command, which the system hands over before it starts. */
const flags = /^#!\/usr\/bin\/env -S (?:\w+=\S+ )*node (.+)$/m
  .exec(readFileSync('src/cli/safeconduct.ts', 'utf8').split('\n')[0] ?? '')?.[1]
  ?.split(' ');

/** Room for young objects, MiB, after more of them have lived for a while than it holds at first. */
function youngMebibytes(...nodeFlags: readonly string[]): number {
  const work = `
    for (let round = 0; round < 100; round += 1) {
      const kept = [];
      for (let at = 0; at < 60_000; at += 1) kept.push({ at, more: [at] });
    }
    const spaces = require('node:v8').getHeapSpaceStatistics();
    console.log(spaces.find(({ space_name }) => space_name === 'new_space').space_size / 1048576);`;
  return Number(
    execFileSync(process.execPath, [...nodeFlags, '--eval', work], { encoding: 'utf8' }),
  );
}

test('the command keeps its young generation at two halves of 8 MiB, which it would not by itself', () => {
  expect(youngMebibytes(...(flags ?? []))).toBeLessThanOrEqual(17);
  expect(youngMebibytes()).toBeGreaterThan(17);
});

test.each(['start', 'demo'])('npm run %s runs the command by its first line', (name) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  expect(scripts[name]).toMatch(/^dist\/cli\/safeconduct\.js /);
});
