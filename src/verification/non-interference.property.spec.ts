import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTestGrant } from '../core/grants/grant.js';
import { migrations } from '../migrations.js';
import type { Database } from '../platform/database/database.js';
import { firstMadeUp } from '../../test/support/arbitrary-people.js';
import {
  earnestWorlds,
  testGrantId,
  twoWorlds,
  type TwoWorlds,
} from '../../test/support/arbitrary-world.js';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { forgetBudgets, InProcessGateway } from '../../test/support/in-process-gateway.js';

/**
 * Non-interference (Goguen and Meseguer 1982), as a partner would test it: two registers that differ
 * only in what the grant neither compares nor lets out, and in people out of scope or kept from the
 * partner, answer every sequence of questions in earnest and in rehearsal, of confirmations of
 * crossings and their corrections, of mistakes reported and notices read, with the same bytes: answers,
 * refusals, receipts, `access` after each, budgets. Made-up people are nothing to a real grant, and real
 * people nothing to a test grant.
 */
describeOnEachDatabase('non-interference', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase(kind, migrations);
  });
  afterAll(async () => database.close());

  const play = async (world: TwoWorlds['one'], steps: TwoWorlds['steps']) => {
    await forgetBudgets(database.dataSource);
    const gateway = new InProcessGateway(database.dataSource, world);
    const seen: string[] = [await gateway.access()];
    for (const step of steps) seen.push(await gateway.take(step), await gateway.access());
    // Afterwards everybody is erased: whoever was told of is named in a notice.
    await gateway.becomes([]);
    seen.push(await gateway.notices());
    return seen;
  };

  test('what is not declared changes no byte of this or any later answer', async () => {
    await fc.assert(
      fc.asyncProperty(twoWorlds, async ({ one, other, steps }) => {
        expect(await play(other, steps)).toEqual(await play(one, steps));
      }),
      { numRuns: 60 },
    );
  });

  test('a change of what is not declared is in no notice', async () => {
    await fc.assert(
      fc.asyncProperty(earnestWorlds, async ({ one, other, steps }) => {
        await forgetBudgets(database.dataSource);
        const gateway = new InProcessGateway(database.dataSource, one);
        for (const step of steps) await gateway.take(step);
        const inScope = one.people.filter(({ number }) => number < 100);
        await gateway.becomes([
          ...one.people.filter((person) => !inScope.includes(person)),
          ...other.people.filter(({ number }) => number < 100),
        ]);
        expect(await gateway.notices()).toBe('[[],false]');
      }),
      { numRuns: 30 },
    );
  });

  test('the generated worlds hold matches, refusals and spent budgets, or the law above is empty', async () => {
    const words = [
      '"MATCH"',
      '"NOT_CONFIRMED","handling',
      'ERR_EVIDENCE_INSUFFICIENT',
      'ERR_FIELD_NOT_GRANTED',
      '"budget":"PEOPLE"',
      '"budget":"MISSES"',
      '"budget":"QUESTIONS"',
      '"budget":"VALUES"',
      'ERR_REQUEST_ID_REUSED',
      'CROSSING_CONFIRMED',
      'CROSSING_CORRECTED',
      'ERR_CROSSING_CONFIRMED',
      'MISTAKE_REPORTED',
      '"crossedAt"',
      '"argument":"fields"',
      'ERR_VERIFICATION_NOT_USABLE',
      'since',
    ];
    const counted = new Map<string, number>();
    let rehearsed = 0;
    for (const { one, steps } of fc.sample(twoWorlds, { numRuns: 120, seed: 1 })) {
      for (const text of await play(one, steps)) {
        for (const word of words) {
          if (text.includes(word)) counted.set(word, (counted.get(word) ?? 0) + 1);
        }
        if (text.includes('"outcome":"MATCH"') && text.includes(testGrantId)) rehearsed += 1;
      }
    }
    expect(words.filter((word) => !counted.has(word))).toEqual([]);
    expect(counted.get('"MATCH"')).toBeGreaterThan(20);
    expect(rehearsed).toBeGreaterThan(0);
  });

  test('a person kept from the partner, one elsewhere, one not told and nobody are one answer, and budget', async () => {
    await fc.assert(
      fc.asyncProperty(earnestWorlds, async ({ one, steps }) => {
        const absent = { ...one, people: one.people.filter(({ number }) => number >= firstMadeUp) };
        const moved = (change: object) => ({
          ...one,
          people: one.people.map(({ number, subject }) => ({
            number,
            subject: number >= firstMadeUp ? subject : { ...subject, ...change },
          })),
        });
        const answers = await play(absent, steps);
        expect(await play(moved({ suppressedFor: ['ALPHA-BORDER'] }), steps)).toEqual(answers);
        expect(await play(moved({ suppressedFor: ['AUS'] }), steps)).toEqual(answers);
        expect(await play(moved({ caseload: 'AF-2023' }), steps)).toEqual(answers);
        // Where the grant asks for notice, so is one whom nobody told; one who was told is there.
        const asking = (world: typeof one) => ({
          ...world,
          grants: world.grants.map((grant) =>
            isTestGrant(grant) ? grant : { ...grant, requiresNotice: true },
          ),
        });
        expect(await play(asking(moved({ sharing: {} })), steps)).toEqual(
          await play(asking(absent), steps),
        );
        const silent = (seen: readonly string[]) =>
          seen.map((text) => text.replaceAll(/"requiresNotice":(true|false),/g, ''));
        expect(silent(await play(asking(one), steps))).toEqual(silent(await play(one, steps)));
      }),
      { numRuns: 20 },
    );
  });
});
