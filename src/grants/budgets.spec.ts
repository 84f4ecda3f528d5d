import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chargesOf } from '../core/budget/index.js';
import { isGatewayError } from '../core/errors.js';
import type { GrantId, PartnerCode, StateCode } from '../core/ids.js';
import { parseEvidence, type PersonEvidenceInput } from '../core/matching/index.js';
import type { DataSource } from 'typeorm';
import { migrations } from '../migrations.js';
import type { Database } from '../platform/database/database.js';
import { registerVersionSql } from '../register/index.js';
import type { StaffCaller } from '../staff/index.js';
import { standardTerms } from '../../test/support/gateway.js';
import { budgetRows } from '../../test/truth/budget-decisions.js';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { Budgets, type ChargedQuestion } from './budgets.js';
import { decodeKeptCharge } from './kept-charge.js';
import { putGrantInForce } from './put-grant-in-force.js';
import { ReadBudgets } from './read-budgets.js';

const now = new Date('2026-03-04T10:00:00Z');
const later = (milliseconds: number) => new Date(now.getTime() + milliseconds);
const minute = 60_000;
const day = 86_400_000;
const partner = 'ALPHA-BORDER' as PartnerCode;
const other = 'BRAVO-BORDER' as PartnerCode;
const state = 'AUS' as StateCode;
const key = randomBytes(32);

const evidence = (person: PersonEvidenceInput) =>
  chargesOf(parseEvidence(person, new Date('2026-03-04T00:00:00Z')), true);
const months = Array.from({ length: 200 }, (_, at) => {
  const month = String((at % 12) + 1).padStart(2, '0');
  return `${1950 + Math.floor(at / 12)}-${month}`;
});
const passport = (number: string) => ({ documents: [{ type: 'PASSPORT' as const, number }] });

describeOnEachDatabase('budgets', (kind) => {
  let database: Database;
  let budgets: Budgets;
  const use = async (asked: ChargedQuestion, of: string, at = now) => {
    const found = (await budgets.use(asked.grant, at)).find((one) => one.kind === of);
    return [found?.used, found?.limit];
  };

  const question = (
    change: Partial<ChargedQuestion> & { readonly person?: PersonEvidenceInput } = {},
  ): ChargedQuestion => {
    const { person = passport(randomBytes(6).toString('hex')), ...rest } = change;
    const requestId = rest.requestId ?? randomUUID();
    return {
      partner: `P-${randomUUID()}` as PartnerCode,
      state: randomUUID() as StateCode,
      grant: { id: randomUUID() as GrantId, questionsPerDay: 1_000 },
      peers: { partner: [], state: [] },
      requestId,
      canonicalQuestion: JSON.stringify(person),
      charges: evidence(person),
      ...rest,
    };
  };
  const refusal = async (asked: ChargedQuestion, at = now) => {
    try {
      await budgets.charge(asked, at);
      return 'CHARGED';
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return error.budget ?? error.code;
    }
  };
  const addGrant = async (id: GrantId) => {
    await database.dataSource.query(
      `INSERT INTO partner (code, name, state, active, valid_after)
       VALUES ($1, $1, 'AUS', true, now()) ON CONFLICT DO NOTHING`,
      [partner],
    );
    await putGrantInForce(database.dataSource, {
      id,
      terms: { ...standardTerms, partner, validFrom: now, validUntil: later(day) },
      requestedBy: 'one',
      approvedBy: 'two',
      approvedAt: now,
    });
  };

  beforeAll(async () => {
    database = await openTestDatabase(kind, migrations);
    budgets = new Budgets(database.dataSource, key, registerVersionSql);
  });
  afterAll(async () => database.close());

  test.each(budgetRows)('$rule', async (row) => {
    const asker = `P-${randomUUID()}` as PartnerCode;
    const grants = Array.from({ length: row.grants ?? 1 }, () => ({
      id: randomUUID() as GrantId,
      questionsPerDay: row.questionsPerDay,
      ...(row.budgets === undefined ? {} : { budgets: row.budgets }),
    }));
    const requests = row.asked.map(() => randomUUID());
    const got: string[] = [];
    for (const [at, { person, grant = 0, requestOf = at, isMatched }] of row.asked.entries()) {
      const under = grants[grant];
      if (under === undefined) throw new TypeError('no such grant');
      const asked = question({
        partner: asker,
        grant: under,
        peers: { partner: grants, state: grants },
        requestId: requests[requestOf] ?? '',
        person,
      });
      if (isMatched !== true) {
        got.push(await refusal(asked));
        continue;
      }
      const charged = await budgets.charge(asked, now);
      await database.dataSource.transaction(async (manager) =>
        charged.giveBackMiss(manager, 'the one person'),
      );
      got.push('CHARGED');
    }
    expect(got).toEqual(row.asked.map(({ becomes }) => becomes));
    const [first] = grants;
    const left = first === undefined ? [] : await budgets.use(first, now);
    expect(Object.fromEntries(left.map(({ kind: of, used }) => [of, used]))).toEqual(row.used);
  });

  test('charges question, person and miss, and tells the live versions', async () => {
    const asked = question();
    const charged = await budgets.charge(asked, now);
    expect([typeof charged.register, typeof charged.authority]).toEqual(['bigint', 'bigint']);
    expect(await use(asked, 'QUESTIONS')).toEqual([1, 1_000]);
    expect(await use(asked, 'PEOPLE')).toEqual([1, 1_000]);
    expect(await use(asked, 'MISSES')).toEqual([1, 100]);
  });

  test('counts questions to the limit of the grant, and anew the next day', async () => {
    const grant = { id: randomUUID() as GrantId, questionsPerDay: 2 };
    expect(await refusal(question({ grant }))).toBe('CHARGED');
    expect(await refusal(question({ grant }))).toBe('CHARGED');
    expect(await refusal(question({ grant }))).toBe('QUESTIONS');
    await expect(budgets.charge(question({ grant }), now)).rejects.toMatchObject({
      code: 'ERR_BUDGET_SPENT',
      retryAt: new Date('2026-03-05T00:00:00Z'),
    });
    expect(await refusal(question({ grant }), later(day + 3_600_000))).toBe('CHARGED');
  });

  test('the same question under the same request is free ten times in ten minutes', async () => {
    const asked = question();
    for (let time = 0; time <= 10; time += 1) await budgets.charge(asked, later(time * 1000));
    expect(await use(asked, 'QUESTIONS')).toEqual([1, 1_000]);
    await budgets.charge(asked, later(minute));
    expect(await use(asked, 'QUESTIONS')).toEqual([2, 1_000]);
  });

  test('the same request after ten minutes is charged', async () => {
    const asked = question();
    await budgets.charge(asked, now);
    await budgets.charge(asked, later(11 * minute));
    expect(await use(asked, 'QUESTIONS')).toEqual([2, 1_000]);
  });

  test('another question under the same request is refused, and another partner’s is not', async () => {
    const asked = question({ partner });
    await budgets.charge(asked, now);
    const changed = { ...asked, canonicalQuestion: 'another' };
    expect(await refusal(changed)).toBe('ERR_REQUEST_ID_REUSED');
    expect(await refusal({ ...changed, partner: other })).toBe('CHARGED');
  });

  test('a refused question leaves nothing behind: it may be asked again', async () => {
    const id = randomUUID() as GrantId;
    const first = question({ grant: { id, questionsPerDay: 1 } });
    const second = question({ grant: { id, questionsPerDay: 1 } });
    await budgets.charge(first, now);
    expect(await refusal(second)).toBe('QUESTIONS');
    expect(await use(second, 'PEOPLE')).toEqual([1, 1]);
    expect(await use(second, 'MISSES')).toEqual([1, 40]);
    expect(await refusal(second, later(day + 3_600_000))).toBe('CHARGED');
  });

  test('people are those of the last 24 hours: midnight brings nobody new', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 100,
      budgets: { peoplePerDay: 2 },
    };
    const evening = new Date('2026-03-04T23:10:00Z');
    const after = (hours: number) => new Date(evening.getTime() + hours * 3_600_000);
    expect(await refusal(question({ grant }), evening)).toBe('CHARGED');
    expect(await refusal(question({ grant }), after(0.5))).toBe('CHARGED');
    expect(await refusal(question({ grant }), after(1))).toBe('PEOPLE');
    await expect(budgets.charge(question({ grant }), after(2))).rejects.toMatchObject({
      retryAt: new Date('2026-03-06T00:00:00Z'),
    });
    expect(await use(question({ grant }), 'PEOPLE', after(23))).toEqual([2, 2]);
    expect(await refusal(question({ grant }), after(25))).toBe('CHARGED');
    expect(await use(question({ grant }), 'PEOPLE', after(25))).toEqual([1, 2]);
  });

  test('a match gives its miss back once, however often it is asked again', async () => {
    const asked = question();
    for (let time = 0; time < 2; time += 1) {
      const charged = await budgets.charge(asked, now);
      await database.dataSource.transaction(async (manager) =>
        charged.giveBackMiss(manager, 'reference'),
      );
    }
    expect(await use(asked, 'MISSES')).toEqual([0, 100]);
    // Folded in by the next charge, and still so.
    await budgets.charge(question({ grant: asked.grant }), now);
    expect(await use(asked, 'MISSES')).toEqual([0, 100]);
  });

  test('a miss is not given back when its record is not kept', async () => {
    const asked = question();
    const charged = await budgets.charge(asked, now);
    const broken = database.dataSource.transaction(async (manager) => {
      await charged.giveBackMiss(manager, 'reference');
      throw new Error('no record');
    });
    await expect(broken).rejects.toThrow('no record');
    expect(await use(asked, 'MISSES')).toEqual([1, 100]);
  });

  test('misses stop a caller who finds nobody; one person earns more once a day', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { missesPerWeek: 2 },
    };
    const partner = 'MISSING' as PartnerCode;
    const match = async (at: Date) => {
      const charged = await budgets.charge(question({ partner, state, grant }), at);
      await database.dataSource.transaction(async (manager) =>
        charged.giveBackMiss(manager, 'one person'),
      );
    };
    await match(now);
    await match(now);
    // What is earned is never more than the limit again.
    expect(await use({ ...question(), grant }, 'MISSES')).toEqual([0, 2]);
    for (let miss = 0; miss < 4; miss += 1) {
      expect(await refusal(question({ partner, state, grant }))).toBe('CHARGED');
    }
    expect(await refusal(question({ partner, state, grant }))).toBe('MISSES');
    await expect(budgets.charge(question({ partner, state, grant }), now)).rejects.toMatchObject({
      retryAt: later(3.5 * day),
    });
  });

  test('misses fade over a week; no Monday wipes them out', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { missesPerWeek: 7 },
    };
    const sunday = new Date('2026-03-08T23:59:00Z');
    const after = (hours: number) => new Date(sunday.getTime() + hours * 3_600_000);
    for (let miss = 0; miss < 7; miss += 1) {
      expect(await refusal(question({ grant }), sunday)).toBe('CHARGED');
    }
    expect(await refusal(question({ grant }), after(0.1))).toBe('MISSES');
    expect(await refusal(question({ grant }), after(24))).toBe('CHARGED');
    expect(await refusal(question({ grant }), after(24))).toBe('MISSES');
    expect(await use(question({ grant }), 'MISSES', after(24 + 3.5 * 24))).toEqual([4, 7]);
    expect(await use(question({ grant }), 'MISSES', after(24 + 7 * 24))).toEqual([0, 7]);
  });

  test('what matches earned fades as well: nobody banks it', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { missesPerWeek: 6 },
    };
    const charged = await budgets.charge(question({ grant }), now);
    await database.dataSource.transaction(async (manager) => charged.giveBackMiss(manager, 'one'));
    const through = async (at: Date) => {
      let count = 0;
      while ((await refusal(question({ grant }), at)) === 'CHARGED') count += 1;
      return count;
    };
    // Five earned of six, and a week later nothing of it is left.
    await budgets.charge(question({ grant }), now);
    expect(await use(question({ grant }), 'MISSES', now)).toEqual([0, 6]);
    expect(await through(later(7 * day))).toBe(6);
  });

  test('a miss without a document costs twice, where one could have been compared', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { missesPerWeek: 4 },
    };
    const thin = { names: [{ full: 'Omar Stanekzai' }], fatherName: 'Gul', dateOfBirth: '1984' };
    const asked = question({ grant, person: thin });
    await budgets.charge(asked, now);
    expect(await use(asked, 'MISSES')).toEqual([2, 4]);
    const named = question({ grant, person: { ...thin, ...passport('P00112233') } });
    await budgets.charge(named, now);
    expect(await use(asked, 'MISSES')).toEqual([3, 4]);
    const blind = chargesOf(parseEvidence(thin, now), false);
    expect(blind.missCost).toBe(1);
    // A match gives back what its question cost.
    const matched = await budgets.charge(asked, later(1000));
    await database.dataSource.transaction(async (manager) => matched.giveBackMiss(manager, 'one'));
    await budgets.charge(question({ grant }), later(2000));
    expect(await use(asked, 'MISSES', later(2000))).toEqual([0, 4]);
  });

  test('once a person was matched, two values more may be tried around them', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { valuesPerPerson: 9 },
    };
    const known = { names: [{ full: 'Farid Noori' }], fatherName: 'Karim' };
    const asked = (at: number, more: object = {}) =>
      question({ grant, person: { ...known, dateOfBirth: months[at] ?? '', ...more } });
    for (let at = 0; at < 5; at += 1) {
      expect(await refusal(asked(at), later(at * 2 * minute))).toBe('CHARGED');
    }
    const charged = await budgets.charge(asked(5), later(10 * minute));
    await database.dataSource.transaction(async (manager) => charged.giveBackMiss(manager, 'he'));
    // The same again is no new value; of new ones a date and the sex go through, no third.
    expect(await refusal(asked(5), later(12 * minute))).toBe('CHARGED');
    expect(await refusal(asked(6), later(14 * minute))).toBe('CHARGED');
    expect(await refusal(asked(6, { sex: 'F' }), later(16 * minute))).toBe('CHARGED');
    await expect(budgets.charge(asked(7), later(20 * minute))).rejects.toMatchObject({
      budget: 'VALUES',
      retryAt: new Date('2026-03-08T00:00:00Z'),
    });
    // A namesake with papers is somebody else.
    const namesake = asked(8, passport('P55667788'));
    expect(await refusal(namesake, later(22 * minute))).toBe('CHARGED');
  });

  test('values around one person are slowed, then stopped; what was tried before is free', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 1_000,
      budgets: { valuesPerPerson: 4 },
    };
    const known = { names: [{ full: 'Farid Noori' }], fatherName: 'Karim' };
    const asked = (at: number) =>
      question({ grant, person: { ...known, dateOfBirth: months[at] ?? '' } });
    for (let at = 0; at < 4; at += 1) expect(await refusal(asked(at))).toBe('CHARGED');
    expect(await refusal(asked(3))).toBe('CHARGED');
    // The fourth of four set the pace.
    await expect(budgets.charge(asked(4), later(1000))).rejects.toMatchObject({
      budget: 'VALUES',
      retryAt: later(minute),
    });
    await expect(budgets.charge(asked(4), later(2 * minute))).rejects.toMatchObject({
      budget: 'VALUES',
      retryAt: new Date('2026-03-08T00:00:00Z'),
    });
    expect(await use(asked(0), 'VALUES')).toEqual([4, 4]);
    const another = { ...known, fatherName: 'Zmaray', dateOfBirth: '1984' };
    expect(await refusal(question({ grant, person: another }), later(2 * minute))).toBe('CHARGED');
  });

  test('a run of document numbers is stopped', async () => {
    const grant = { id: randomUUID() as GrantId, questionsPerDay: 1_000 };
    const answers = [];
    for (let number = 0; number < 25; number += 1) {
      const person = passport(`P7700${String(300 + number)}`);
      answers.push(await refusal(question({ grant, person }), later(number * 2 * minute)));
    }
    expect(answers.indexOf('VALUES')).toBe(12);
  });

  test.each([
    [
      'one name with many dates',
      (at: number) => ({ names: [{ full: 'Omar Stanekzai' }], dateOfBirth: months[at] ?? '' }),
    ],
    [
      'a list of names with one guess',
      (at: number) => ({ names: [{ full: `Gul${letters(at)} Zadran` }], dateOfBirth: '1985-01' }),
    ],
  ])('%s is stopped', async (_, person) => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 100,
      budgets: { missesPerWeek: 1_000 },
    };
    const answers: string[] = [];
    for (let at = 0; at < 30 && !answers.includes('VALUES'); at += 1) {
      const asked = question({ grant, person: person(at) });
      answers.push(await refusal(asked, later(at * 2 * minute)));
    }
    expect(answers.at(-1)).toBe('VALUES');
    expect(answers.length).toBeLessThanOrEqual(30);
  });

  test('an officer has less than the grant, a second officer of the grant the rest', async () => {
    const grant = { id: randomUUID() as GrantId, questionsPerDay: 4 };
    const ask = (officer: string) => refusal(question({ partner, grant, officer }));
    expect([await ask('one'), await ask('one'), await ask('one')]).toEqual([
      'CHARGED',
      'CHARGED',
      'QUESTIONS',
    ]);
    expect(await ask('two')).toBe('CHARGED');
  });

  test('values tried under one grant count for another grant of the partner and of its state', async () => {
    const budgeted = () => ({
      id: randomUUID() as GrantId,
      questionsPerDay: 10_000,
      budgets: { valuesPerPerson: 5 },
    });
    const at = 40 * day;
    let tried = 0;
    const climb = async (asker: PartnerCode) => {
      const grant = budgeted();
      let through = 0;
      for (;;) {
        const person = {
          names: [{ full: 'Latifa Barakzai' }],
          fatherName: 'Sabur',
          dateOfBirth: months[tried] ?? '',
        };
        const asked = question({ partner: asker, state, grant, person });
        if ((await refusal(asked, later(at + tried * 2 * minute))) !== 'CHARGED') return through;
        tried += 1;
        through += 1;
      }
    };
    expect([await climb(partner), await climb(partner)]).toEqual([5, 1]);
    expect([await climb(other), await climb(other)]).toEqual([4, 0]);
  });

  test('a small grant is not spent by a large one of the same partner', async () => {
    const small = { id: randomUUID() as GrantId, questionsPerDay: 2 };
    const large = { id: randomUUID() as GrantId, questionsPerDay: 10 };
    const asked = question();
    const under = (grant: ChargedQuestion['grant']) =>
      question({
        partner: asked.partner,
        grant,
        peers: { partner: [small, large], state: [small, large] },
      });
    for (let time = 0; time < 9; time += 1) await budgets.charge(under(large), now);
    expect([await refusal(under(small)), await refusal(under(small))]).toEqual([
      'CHARGED',
      'CHARGED',
    ]);
    expect(await refusal(under(small))).toBe('QUESTIONS');
  });

  test('alarms name who came near and who was stopped, once a window', async () => {
    const grant = {
      id: randomUUID() as GrantId,
      questionsPerDay: 10,
      budgets: { missesPerWeek: 4 },
    };
    for (let miss = 0; miss < 8; miss += 1) await refusal(question({ grant }), later(miss));
    const alarms = await database.dataSource.query<{ stage: string; raised_at: Date }[]>(
      `SELECT stage, raised_at FROM budget_alarm WHERE account = $1 AND kind = 'MISSES' ORDER BY raised_at`,
      [`GRANT:${grant.id}`],
    );
    expect(alarms.map(({ stage }) => stage)).toEqual(['NEAR', 'SPENT']);
    expect(alarms[1]?.raised_at).toEqual(later(4));
  });

  describe('three quarters and one more of', () => {
    const asking = (officer: string, grant: string, from: string, state: string) =>
      question({
        partner: from as PartnerCode,
        state: state as StateCode,
        officer,
        grant: { id: grant as GrantId, questionsPerDay: 8, budgets: { missesPerWeek: 1_000 } },
        // Another grant of theirs is no more generous.
        peers: { partner: [{ questionsPerDay: 8 }], state: [{ questionsPerDay: 8 }] },
      });
    const alarmsOf = async (account: string) =>
      database.dataSource.query<{ kind: string; stage: string }[]>(
        'SELECT kind, stage FROM budget_alarm WHERE account = $1 ORDER BY kind, stage',
        [account],
      );
    // Who else asks is always new, so that the one account alone comes near its end.
    const levels = [
      ['OFFICER', 4, 3],
      ['GRANT', 8, 6],
      ['PARTNER', 12, 9],
      ['STATE', 16, 12],
    ] as const;
    test.each(levels)(
      'the questions and people of a %s are an alarm, and one less is none',
      async (level, limit, under) => {
        const same = {
          OFFICER: 'o',
          GRANT: randomUUID(),
          PARTNER: `P-${randomUUID()}`,
          STATE: randomUUID(),
        };
        const account =
          level === 'OFFICER' ? `OFFICER:${same.PARTNER}:o` : `${level}:${same[level]}`;
        const ask = async (at: number) =>
          refusal(
            asking(
              level === 'OFFICER' ? same.OFFICER : `o-${at}`,
              level === 'GRANT' ? same.GRANT : randomUUID(),
              level === 'OFFICER' || level === 'PARTNER' ? same.PARTNER : `P-${randomUUID()}`,
              level === 'STATE' ? same.STATE : randomUUID(),
            ),
          );
        for (let at = 0; at < under; at += 1) expect(await ask(at)).toBe('CHARGED');
        expect(await alarmsOf(account)).toEqual([]);
        expect(await ask(under)).toBe('CHARGED');
        const both = ['PEOPLE', 'QUESTIONS'].map((one) => ({ kind: one, stage: 'NEAR' }));
        expect(await alarmsOf(account)).toEqual(both);
        // Once a window, and nobody is held back by it.
        for (let at = under + 1; at < limit; at += 1) expect(await ask(at)).toBe('CHARGED');
        expect(await alarmsOf(account)).toEqual(both);
        expect(await ask(limit)).toBe('QUESTIONS');
        expect((await alarmsOf(account)).map(({ stage }) => stage)).toEqual([
          'NEAR',
          'NEAR',
          'SPENT',
        ]);
      },
    );

    test('people alone, where the same is asked again', async () => {
      const grant = {
        id: randomUUID() as GrantId,
        questionsPerDay: 100,
        budgets: { peoplePerDay: 4 },
      };
      const known = passport('P1234567');
      for (let at = 0; at < 20; at += 1)
        await budgets.charge(question({ grant, person: known }), now);
      expect(await alarmsOf(`GRANT:${grant.id}`)).toEqual([]);
      for (let at = 0; at < 3; at += 1) await budgets.charge(question({ grant }), now);
      expect(await alarmsOf(`GRANT:${grant.id}`)).toEqual([{ kind: 'PEOPLE', stage: 'NEAR' }]);
    });
  });

  test('fingerprints go when their window has ended', async () => {
    const grant = { id: randomUUID() as GrantId, questionsPerDay: 10 };
    await budgets.charge(question({ grant }), now);
    const left = async () =>
      database.dataSource.query<unknown[]>('SELECT 1 FROM budget_seen WHERE account = $1', [
        `GRANT:${grant.id}`,
      ]);
    expect((await left()).length).toBeGreaterThan(0);
    for (let time = 0; time < 20; time += 1) await budgets.charge(question(), later(400 * day));
    expect(await left()).toEqual([]);
  });

  test('what is charged again after a restore is charged to a test grant alone, and else to all', async () => {
    for (const isTest of [true, false]) {
      const asked = question({ isTest });
      const { kept } = await budgets.charge(asked, now);
      const charge = decodeKeptCharge(kept ?? '');
      if (charge === undefined) throw new TypeError('nothing was charged');
      const accounts = async () =>
        (
          await database.dataSource.query<{ account: string }[]>(
            `SELECT DISTINCT account FROM budget_use WHERE account = ANY ($1::text[]) ORDER BY 1`,
            [[`GRANT:${asked.grant.id}`, `PARTNER:${asked.partner}`, `STATE:${asked.state}`]],
          )
        ).map(({ account }) => account);
      const before = await accounts();
      expect(before).toHaveLength(isTest ? 1 : 3);
      await database.dataSource.query(
        'TRUNCATE budget_use, budget_seen, question_asked, miss_score',
      );
      const terms = [asked.grant];
      await database.dataSource.transaction(async (manager) =>
        budgets.recharge(manager, {
          partner: asked.partner,
          state: asked.state,
          grant: asked.grant.id,
          isTest,
          terms: { OFFICER: terms, GRANT: terms, PARTNER: terms, STATE: terms },
          requestId: asked.requestId,
          charge,
          matched: null,
          at: now,
        }),
      );
      expect(await accounts()).toEqual(before);
      // The same request is known again, and free.
      await budgets.charge(asked, later(1000));
      expect(await use(asked, 'QUESTIONS')).toEqual([1, 1_000]);
    }
  });

  test('a duty officer’s release lets a spent grant through, as often as it says', async () => {
    const id = randomUUID() as GrantId;
    const grant = { id, questionsPerDay: 1 };
    await addGrant(id);
    await budgets.charge(question({ grant }), now);
    await database.dataSource.query(
      `INSERT INTO budget_release (id, grant_id, released_by, released_at, until, left_over, reason)
       VALUES ($1, $2, 'duty', $3, $4, 2, 'a family of seven at the crossing')`,
      [randomUUID(), id, now, later(60 * minute)],
    );
    const asked = question({ grant });
    // A referral is never paid for by it.
    expect(await refusal(question({ grant, isReferral: true }), later(0.5))).toBe('QUESTIONS');
    expect(await refusal(asked, later(1))).toBe('CHARGED');
    expect(await refusal(asked, later(2))).toBe('CHARGED');
    expect(await refusal(question({ grant }), later(3))).toBe('CHARGED');
    expect(await refusal(question({ grant }), later(4))).toBe('QUESTIONS');
    expect(await use(asked, 'QUESTIONS')).toEqual([1, 1]);
  });

  test('a day is told with the misses that were kept, whenever a match gave them back', async () => {
    const id = randomUUID() as GrantId;
    const grant = { id, questionsPerDay: 1_000 };
    await addGrant(id);
    const readBudgets = new ReadBudgets(
      database.dataSource,
      { refresh: async () => undefined, grant: () => undefined },
      budgets,
      () => later(2 * day),
    );
    const overseer = { active: true, roles: ['OVERSIGHT'] } as unknown as StaffCaller;
    const told = async (kind: string) =>
      (await readBudgets.counters(overseer, { from: later(-30 * day), until: later(30 * day) }))
        .filter((one) => one.grant === id && one.kind === kind)
        .map(({ endedAt, used }) => [endedAt.toISOString().slice(0, 10), used]);
    const matched = async (asked: ChargedQuestion, at: Date) => {
      const charged = await budgets.charge(asked, at);
      return async () =>
        database.dataSource.transaction(async (manager) =>
          charged.giveBackMiss(manager, randomUUID()),
        );
    };
    const midnight = new Date('2026-03-05T00:00:00Z');
    const giveBack = [];
    for (let at = 0; at < 30; at += 1) {
      const asked = question({ grant });
      if (at < 10) giveBack.push(await matched(asked, later(at)));
      else await budgets.charge(asked, later(at));
    }
    expect(await told('MISSES')).toEqual([['2026-03-05', 30]]);
    // Nine found are nobody's business; the tenth comes back after midnight, to the day of its question.
    for (const one of giveBack.slice(0, 9)) await one();
    expect(await told('MISSES')).toEqual([['2026-03-05', 30]]);
    await giveBack[9]?.();
    await giveBack[9]?.();
    expect(await told('MISSES')).toEqual([['2026-03-05', 20]]);
    // Folded in by the next charge, and still so; what is refused or repeated is not counted.
    const next = question({ grant });
    for (const asked of [next, next]) await budgets.charge(asked, midnight);
    expect(await refusal(question({ grant: { ...grant, questionsPerDay: 1 } }), midnight)).toBe(
      'QUESTIONS',
    );
    expect(await told('MISSES')).toEqual([['2026-03-05', 20]]);
    expect(await told('QUESTIONS')).toEqual([['2026-03-05', 30]]);
    const rows = await database.dataSource.query<object[]>(
      `SELECT questions, people, misses, tried, matched, returned FROM use_of_day
       WHERE grant_id = $1 ORDER BY ends_at`,
      [id],
    );
    // A number is tried in its run: one value each.
    expect(rows).toEqual([
      { questions: 30, people: 30, misses: 30, tried: 30, matched: 10, returned: 10 },
      { questions: 1, people: 1, misses: 1, tried: 1, matched: 0, returned: 0 },
    ]);
    expect(
      await database.dataSource.query('SELECT 1 FROM use_returned WHERE grant_id = $1', [id]),
    ).toEqual([]);
  });

  test('a day is one of UTC, on a server of another time zone too when its clock changes', async () => {
    const id = randomUUID() as GrantId;
    await addGrant(id);
    // Clocks go forward in Berlin at 01:00 UTC: a day from midnight there has 23 hours.
    const asked = new Date('2026-03-29T00:30:00Z');
    const charged = await budgets.charge(
      question({ grant: { id, questionsPerDay: 1_000 } }),
      asked,
    );
    await database.dataSource.transaction(async (manager) => {
      await manager.query("SET LOCAL TIME ZONE 'Europe/Berlin'");
      await charged.giveBackMiss(manager, randomUUID());
    });
    const ends = await database.dataSource.query<{ at: Date }[]>(
      `SELECT ends_at AS at FROM use_of_day WHERE grant_id = $1
       UNION ALL SELECT ends_at FROM use_returned WHERE grant_id = $1`,
      [id],
    );
    const midnight = new Date('2026-03-30T00:00:00Z');
    expect(ends.map(({ at }) => at)).toEqual([midnight, midnight]);

    const overseer = { active: true, roles: ['OVERSIGHT'] } as unknown as StaffCaller;
    await database.dataSource.transaction(async (manager) => {
      await manager.query("SET LOCAL TIME ZONE 'Europe/Berlin'");
      await manager.query(
        `INSERT INTO budget_release (id, grant_id, released_by, released_at, until, left_over, reason)
         VALUES ($1, $2, 'duty', $3, $3, 0, 'a family of seven at the crossing')`,
        [randomUUID(), id, asked],
      );
      const inBerlin = new ReadBudgets(
        manager as unknown as DataSource,
        { refresh: async () => undefined, grant: () => undefined },
        budgets,
        () => new Date('2026-04-02T00:00:00Z'),
      );
      const told = await inBerlin.counters(overseer, { from: asked, until: midnight });
      const releases = told.filter((one) => one.grant === id && one.kind === 'RELEASES');
      expect(releases.map(({ endedAt }) => endedAt)).toEqual([midnight]);
    });
  });

  test('two hundred at once against a budget of five let five through', async () => {
    const grant = { id: randomUUID() as GrantId, questionsPerDay: 5 };
    const answers = await Promise.all(
      Array.from({ length: 200 }, async () => refusal(question({ grant }))),
    );
    expect(answers.filter((answer) => answer === 'CHARGED')).toHaveLength(5);
    expect(await use({ ...question(), grant }, 'QUESTIONS')).toEqual([5, 5]);
  });

  test('a database that cannot say is a refusal', async () => {
    const broken = new Budgets(database.dataSource, key, 'SELECT version FROM no_such_table');
    await expect(broken.charge(question(), now)).rejects.toMatchObject({ code: 'ERR_BUSY' });
  });
});

/** Digits as letters, so that each number is another name. */
function letters(number: number): string {
  return String(number).replace(/\d/g, (digit) => 'bdgklmnrst'.charAt(Number(digit)));
}
