import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ruleOf, staffActs, type StaffAct } from '../src/core/staff/acts.js';
import { staffErrors } from '../src/staff-api/staff-errors.js';

/** docs/staff.md shows the table of role and act, and the door's errors, as the code has them. */
const tables = (): string => {
  const words = (roles: readonly string[]) =>
    roles.length === 6 ? 'everyone' : roles.map((role) => `\`${role}\``).join(', ');
  const acts = (Object.keys(staffActs) as StaffAct[]).map((act) => {
    const { roles, approvers } = ruleOf(act);
    return `| \`${act}\` | ${words(roles)} | ${approvers === undefined ? 'at once' : `by two: ${words(approvers)}`} |`;
  });
  const errors = Object.entries(staffErrors).map(([code, text]) => `| \`${code}\` | ${text} |`);
  return [
    '| act | who | how |',
    '| --- | --- | --- |',
    ...acts,
    '',
    '## Errors of the staff door',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...errors,
    '',
  ].join('\n');
};

test('docs/staff.md has the table of role and act, to the letter', () => {
  const file = new URL('../docs/staff.md', import.meta.url);
  const [before = '', rest = ''] = readFileSync(file, 'utf8').split('<!-- acts -->\n');
  const [, after = ''] = rest.split('<!-- end -->\n');
  const expected = `${before}<!-- acts -->\n\n${tables()}\n<!-- end -->\n${after}`;
  if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, expected);
  expect(readFileSync(file, 'utf8')).toBe(expected);
});
