import { expect, test } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { actHandlers } from '../wiring/act-handlers.js';
import { staffActs } from '../core/staff/acts.js';
import { GatewayError } from '../core/errors.js';
import type { ActHandler } from './act-handler.js';
import { isRestricting, restrictingActOf, staffActAppliers } from './restricting-acts.js';

const manager = {} as EntityManager;
const at = new Date('2026-03-01T09:30:00Z');
const done = {
  act: 'STAFF_SUSPEND',
  payload: { account: 'a' },
  actId: 'act',
  at,
  by: 'b',
} as const;

function handlersThat(apply: ReturnType<ActHandler>['apply']): typeof actHandlers {
  return { ...actHandlers, STAFF_SUSPEND: (payload) => ({ payload, apply }) };
}

test('an act that takes away is done again with its content, its name and its time', async () => {
  const seen: unknown[] = [];
  const appliers = staffActAppliers(
    handlersThat(async (_, context) => void seen.push(context)),
    () => 'new',
  );
  const { act, body } = restrictingActOf(done);
  await appliers[act]?.(manager, JSON.parse(JSON.stringify(body)) as typeof body);
  const newId: unknown = expect.any(Function);
  expect(seen).toEqual([{ actId: 'act', at, newId, by: 'journal', requestedBy: 'b', again: true }]);
});

test.each(['ERR_NOT_FOUND', 'ERR_CONFLICT'] as const)(
  '%s means there is nothing left to do',
  async (code) => {
    const appliers = staffActAppliers(
      handlersThat(async () => Promise.reject(new GatewayError(code))),
      () => 'new',
    );
    const { act, body } = restrictingActOf(done);
    await expect(appliers[act]?.(manager, body)).resolves.toBeUndefined();
  },
);

test('any other failure refuses the start', async () => {
  const appliers = staffActAppliers(
    handlersThat(async () => Promise.reject(new GatewayError('ERR_INPUT_INVALID'))),
    () => 'new',
  );
  const { act, body } = restrictingActOf(done);
  await expect(appliers[act]?.(manager, body)).rejects.toThrow(/ERR_INPUT_INVALID/);
});

test('every act that suspends, revokes or removes is one, and none that gives', () => {
  for (const act of Object.keys(staffActs)) {
    expect([act, isRestricting(act)]).toEqual([
      act,
      /_(SUSPEND|REVOKE|REMOVE|NARROW|REQUIRE|STOP)$/.test(act),
    ]);
  }
});
