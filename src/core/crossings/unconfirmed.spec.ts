import { describe, expect, test } from '@jest/globals';
import {
  isSevere,
  standingAlarms,
  type ConfirmationAlarm,
  type MatchedPerson,
  type MatchHistory,
} from './unconfirmed.js';

const now = new Date('2026-03-04T12:00:00.000Z');
/** `-` unconfirmed, `+` confirmed, latest first; each an hour before the one on its left. */
const peopleOf = (marks: string, hoursAgo = 0): readonly MatchedPerson[] =>
  [...marks].map((mark, at) => ({
    matchedAt: new Date(now.getTime() - (hoursAgo + at) * 3_600_000),
    confirmed: mark === '+',
  }));

type Row = readonly [
  rule: string,
  level: MatchHistory['level'],
  partnerConfirms: boolean,
  people: readonly MatchedPerson[],
  alarms: readonly ConfirmationAlarm[],
];

const rows: readonly Row[] = [
  ['nobody matched', 'ASKER', true, [], []],
  ['nine in a row', 'ASKER', true, peopleOf('-'.repeat(9)), []],
  ['ten in a row', 'ASKER', true, peopleOf('-'.repeat(10)), ['UNCONFIRMED_RUN']],
  ['ten, of which one was confirmed', 'ASKER', true, peopleOf('-----+-----'), []],
  ['nine since the last crossing', 'ASKER', true, peopleOf(`${'-'.repeat(9)}+`), []],
  [
    'ten since the last crossing',
    'ASKER',
    true,
    peopleOf(`${'-'.repeat(10)}+`),
    ['UNCONFIRMED_RUN'],
  ],
  [
    'a run of all officers of a partner says nothing',
    'PARTNER',
    true,
    peopleOf('-'.repeat(12)),
    [],
  ],
  [
    'thirty of the latest forty, confirmed now and then',
    'ASKER',
    true,
    peopleOf('---+'.repeat(10)),
    ['UNCONFIRMED_SHARE'],
  ],
  ['twenty-nine of the latest forty', 'ASKER', true, peopleOf(`---+--++${'---+'.repeat(8)}`), []],
  [
    'what is older than the latest forty is not looked at for the share',
    'ASKER',
    true,
    peopleOf(`${'+-'.repeat(20)}${'---+'.repeat(5)}`),
    [],
  ],
  ['ten overdue, more than half', 'ASKER', true, peopleOf(`+${'-+-'.repeat(6)}`, 72), ['OVERDUE']],
  ['nine overdue', 'ASKER', true, peopleOf(`+${'-+-'.repeat(4)}-`, 72), []],
  ['ten overdue of twenty', 'ASKER', true, peopleOf('+-'.repeat(10), 72), []],
  ['not yet 72 hours ago', 'ASKER', true, peopleOf(`+${'-+-'.repeat(6)}`, 50), []],
  [
    'the overdue of a partner as a whole',
    'PARTNER',
    true,
    peopleOf(`+${'-+-'.repeat(6)}`, 72),
    ['OVERDUE'],
  ],
  ['a partner that never confirms', 'PARTNER', false, peopleOf('-'.repeat(10)), ['NEVER_CONFIRMS']],
  ['a partner that has not confirmed yet', 'PARTNER', false, peopleOf('-'.repeat(9)), []],
  ['an officer of one that never confirms', 'ASKER', false, peopleOf('-'.repeat(40), 80), []],
  [
    'however many it is told of',
    'PARTNER',
    false,
    peopleOf('-'.repeat(200), 80),
    ['NEVER_CONFIRMS'],
  ],
];

describe('alarms that stand', () => {
  test.each(rows)('%s', (_rule, level, partnerConfirms, people, alarms) => {
    expect(standingAlarms({ level, partnerConfirms, people }, now)).toEqual(alarms);
  });

  test('a run that has passed 72 hours is severe as well', () => {
    const people = peopleOf('-'.repeat(10), 72);
    const alarms = standingAlarms({ level: 'ASKER', partnerConfirms: true, people }, now);
    expect(alarms).toEqual(['UNCONFIRMED_RUN', 'OVERDUE']);
    expect(alarms.map(isSevere)).toEqual([false, true]);
  });
});
