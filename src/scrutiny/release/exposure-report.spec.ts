import { describe, expect, test } from '@jest/globals';
import type { LogSearch, ReadRecord } from '../../access-log/index.js';
import type { PartnerCode } from '../../core/ids.js';
import { ExposureReport, mostAnswers } from './exposure-report.js';

const partner = 'ALPHA-BORDER' as PartnerCode;
const query = { partner, from: '2026-01-01', to: '2026-02-01' };
const certificate = 'A'.repeat(43);
const caller = {
  account: 'a',
  reference: 'SEC-1',
  name: 'N',
  roles: ['SECURITY' as const],
  active: true,
  approvesFrom: new Date(0),
  certificateFingerprint: 'f',
};

const read = (at: number, host: Partial<ReadRecord['host']> | null = {}): ReadRecord => ({
  partner,
  origin: 'log.test/partner/a',
  index: at,
  record: {
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    requestId: 'r',
    at: '2026-01-02T00:00:00.000Z',
    grant: 'g',
    grantVersion: 1,
    purpose: 'BORDER_VERIFICATION',
    question: null,
    outcome: 'MATCH',
    fields: [['visaStatus', 'FULL']],
    reference: `r${at}`,
    nonce: Buffer.alloc(32),
    sealed: Buffer.alloc(32),
  },
  host:
    host === null
      ? null
      : {
          clientId: 'c',
          officer: null,
          certificate: 'B'.repeat(43),
          caseReference: null,
          subject: `s${at}`,
          finding: null,
          ...host,
        },
  position: { at: new Date('2026-01-02T00:00:00Z'), kind: 1, index: at },
});

function reportOf(find: LogSearch['find'], recorded: unknown[] = []): ExposureReport {
  const never = async () => Promise.reject(new TypeError('not asked for here'));
  return new ExposureReport({
    releases: {
      requestExposure: never,
      request: never,
      approvedExposure: never,
      named: never,
      survivors: never,
      leftExport: never,
    },
    accessLog: { search: { find } },
    records: {
      admit: async () => undefined,
      record: async (_caller, _act, { content }) => void recorded.push(content),
    },
    now: () => new Date('2026-03-01T00:00:00Z'),
  });
}

/** Pages of a log, the latest first. */
const pagesOf =
  (all: readonly ReadRecord[]): LogSearch['find'] =>
  async (_filter, { after, first }) => {
    const from = after === undefined ? 0 : after.index + 1;
    return all.slice(from, from + first);
  };

describe('an exposure', () => {
  test('is counted over all pages, each answer once, after it is on record', async () => {
    const recorded: unknown[] = [];
    const all = Array.from({ length: 250 }, (_, at) => read(at));
    const { counts } = await reportOf(pagesOf(all), recorded).counts(caller, query, {});
    expect(counts).toMatchObject({ records: 250, people: 250 });
    expect(recorded).toEqual([query]);
  });

  test('of one officer or certificate holds theirs, what is forgotten too, and nobody else’s', async () => {
    const all = [
      read(0, { officer: 'o-1' }),
      read(1, { officer: 'o-2', certificate }),
      read(2, null),
      read(3),
    ];
    const report = reportOf(pagesOf(all));
    const of = async (more: object) =>
      (await report.counts(caller, { ...query, ...more }, {})).counts;
    expect(await of({ officer: 'o-1' })).toMatchObject({ records: 2, forgotten: 1 });
    expect(await of({ certificate })).toMatchObject({ records: 2, forgotten: 1 });
    expect(await of({})).toMatchObject({ records: 4 });
  });

  test('counts no made-up people of a test grant', async () => {
    const report = reportOf(pagesOf([read(0), read(1, { test: true })]));
    expect((await report.counts(caller, query, {})).counts.records).toBe(1);
  });

  test('of too many answers is refused, not cut', async () => {
    const page = Array.from({ length: 100 }, (_, at) => read(at));
    let calls = 0;
    const report = reportOf(async () => {
      calls += 1;
      return page;
    });
    await expect(report.counts(caller, query, {})).rejects.toMatchObject({
      code: 'ERR_INPUT_INVALID',
    });
    expect(calls).toBe(mostAnswers / 100);
  });
});
