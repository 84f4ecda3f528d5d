import { expect, test } from '@jest/globals';
import { csvHeading, csvLine, ocsfEvent, type ExportedRecord } from './siem.js';

const record: ExportedRecord = {
  id: '6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21',
  at: '2026-03-01T09:30:00.000Z',
  partner: 'ALPHA-BORDER',
  tree: 'log.test/partner/1',
  index: 4,
  requestId: '=cmd()',
  grant: 'g',
  grantVersion: 2,
  purpose: 'BORDER_VERIFICATION',
  outcome: 'MATCH',
  fields: [
    { field: 'dateOfBirth', level: 'GENERALISED' },
    { field: 'visaStatus', level: 'FULL' },
  ],
  reference: 'r',
  officer: null,
  clientId: 'alpha',
  certificate: null,
  finding: '{"a":"b, c"}',
};

test('a line of CSV has a cell for each heading, and no cell a spreadsheet runs', () => {
  const line = csvLine(record);
  expect(line).toContain("'=cmd()");
  expect(line).toContain('"{""a"":""b, c""}"');
  expect(line).toContain('dateOfBirth:GENERALISED visaStatus:FULL');
  const plain = csvLine({ ...record, finding: null });
  expect(plain.split(',')).toHaveLength(csvHeading.split(',').length);
});

test.each([
  ['MATCH', 6003, 600302, 1],
  ['ERR_BUDGET_SPENT', 6003, 600399, 2],
  ['ACT_DONE', 6003, 600399, 1],
  ['EVENT_TOKENS_REFUSED', 3002, 300201, 2],
  ['EVENT_TOKENS_ISSUED', 3002, 300201, 1],
])('%s is an event of class %d', (outcome, class_uid, type_uid, status_id) => {
  const event = ocsfEvent({ ...record, outcome });
  expect(event).toMatchObject({ class_uid, type_uid, status_id, time: 1772357400000 });
  const { category_uid, activity_id } = event as { category_uid: number; activity_id: number };
  expect(type_uid).toBe(class_uid * 100 + activity_id);
  expect(category_uid).toBe(Math.floor(class_uid / 1000));
  expect(event['metadata']).toMatchObject({ version: '1.3.0' });
});
