import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ExportChecker,
  type ExportEnd,
  type ExportHead,
  type ExportLine,
} from '../src/core/log/export.js';
import { parseVerifierKey } from '../src/core/log/note.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';

const recordFields = `id partner tree index purpose outcome fields { field level } reference officer
  clientId finding hasCaseReference forgotten`;
const search = `query Search($filter: LogFilterInput!, $first: Int, $after: String) {
  logRecords(filter: $filter, first: $first, after: $after) {
    edges { cursor node { ${recordFields} } } pageInfo { hasNextPage endCursor } } }`;

interface RecordNode {
  readonly id: string;
  readonly partner: string | null;
  readonly tree: string;
  readonly index: number;
  readonly purpose: string | null;
  readonly outcome: string;
  readonly reference: string | null;
  readonly finding: string | null;
  readonly hasCaseReference: boolean;
}
interface PageOfRecords {
  readonly edges: readonly { readonly cursor: string; readonly node: RecordNode }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describeOnEachDatabase('the access log for staff', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    const alpha = gateway.partner('ALPHA-BORDER');
    await alpha.verify(lailaAsSeen, { caseReference: 'CASE/7' });
    await alpha.verify(nobodyAsSeen);
    await alpha.verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
    await gateway.partner('BRAVO-CONSULAR').verify(lailaAsSeen);
  });
  afterAll(async () => gateway?.close());

  const find = async (filter: object, more: object = {}, who = 'SEC-1') =>
    gateway.staff(who).graphql(search, { filter, ...more });
  const nodes = async (filter: object) =>
    ((await find(filter)).value as PageOfRecords).edges.map(({ node }) => node);

  test('shows who asked, under what, and what left; never the person, nor the case', async () => {
    const found = await nodes({ partner: 'ALPHA-BORDER' });
    expect(found.map(({ outcome }) => outcome)).toEqual([
      'ERR_PURPOSE_NOT_GRANTED',
      'NOT_CONFIRMED',
      'MATCH',
    ]);
    expect(found[2]).toMatchObject({
      hasCaseReference: true,
      clientId: 'alpha-border',
      officer: null,
    });
    const text = JSON.stringify((await find({})).value);
    expect(text).not.toMatch(/CASE\/7|Laila|SAMADI|T-AF-000001|O7654321/);
  });

  test('finds by case, by the partner’s reference, and by the same question', async () => {
    const [match] = await nodes({ partner: 'ALPHA-BORDER', caseReference: 'CASE/7' });
    expect(match?.outcome).toBe('MATCH');
    expect((await nodes({ reference: match?.reference })).map(({ id }) => id)).toEqual([match?.id]);
    const same = await nodes({ sameQuestionAs: match?.id });
    expect(same.map(({ partner, outcome }) => [partner, outcome])).toEqual([
      ['BRAVO-CONSULAR', 'MATCH'],
      ['ALPHA-BORDER', 'ERR_PURPOSE_NOT_GRANTED'],
      ['ALPHA-BORDER', 'MATCH'],
    ]);
  });

  test('turns pages by a cursor that is of this search and this account only', async () => {
    const first = (await find({ partner: 'ALPHA-BORDER' }, { first: 2 })).value as PageOfRecords;
    expect(first.pageInfo.hasNextPage).toBe(true);
    const after = first.pageInfo.endCursor;
    const second = (await find({ partner: 'ALPHA-BORDER' }, { first: 2, after }))
      .value as PageOfRecords;
    expect(second.edges.map(({ node }) => node.outcome)).toEqual(['MATCH']);
    expect(second.pageInfo.hasNextPage).toBe(false);
    for (const [filter, cursor] of [
      [{}, after],
      [{ partner: 'ALPHA-BORDER' }, `${after}A`],
      [{ partner: 'ALPHA-BORDER' }, 'x'],
    ] as const) {
      expect((await find(filter, { after: cursor })).code).toBe('ERR_INPUT_INVALID');
    }
    expect((await find({}, { first: 101 })).code).toBe('ERR_INPUT_INVALID');
    expect((await find({ officer: 'o-1' })).code).toBe('ERR_INPUT_INVALID');
  });

  test.each(['LIA-1', 'REG-1', 'OVR-1', 'PRO-1', 'ADM-1'])('is closed to %s', async (who) => {
    expect((await find({}, {}, who)).code).toBe('ERR_ACT_NOT_PERMITTED');
    const revealed = await gateway
      .staff(who)
      .graphql(
        'mutation R($input: RevealCaseReferenceInput!) { revealCaseReference(input: $input) { caseReference } }',
        {
          input: { record: '6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21', reason: 'a reason long enough' },
        },
      );
    expect(revealed.code).toBe('ERR_ACT_NOT_PERMITTED');
  });

  test('reveals a case for a reason, and keeps both reading and reason in the log', async () => {
    const [match] = await nodes({ partner: 'ALPHA-BORDER', caseReference: 'CASE/7' });
    const reveal = async (reason: string) =>
      gateway
        .staff('SEC-1')
        .graphql(
          'mutation R($input: RevealCaseReferenceInput!) { revealCaseReference(input: $input) { caseReference } }',
          { input: { record: match?.id, reason } },
        );
    expect((await reveal('why')).code).toBe('ERR_INPUT_INVALID');
    expect((await reveal('asked for by counsel')).value).toEqual({ caseReference: 'CASE/7' });
    const [reading] = await nodes({ host: true, purpose: 'CASE_REFERENCE_READ' });
    expect(reading?.finding).toContain('asked for by counsel');
    const searches = await nodes({ host: true, purpose: 'LOG_READ' });
    expect(searches.length).toBeGreaterThan(3);
    expect(searches.some(({ hasCaseReference }) => hasCaseReference)).toBe(true);
    expect(JSON.stringify(searches)).not.toContain('CASE/7');
  });

  test('counts by outcome, and tells oversight no small number', async () => {
    const counts = await gateway
      .staff('SEC-1')
      .graphql(
        `query C($filter: LogFilterInput!) { logCounts(filter: $filter) { partner outcome count } }`,
        { filter: { partner: 'ALPHA-BORDER', from: '2020-01-01', to: '2120-01-01' } },
      );
    expect(counts.value).toEqual([
      { partner: 'ALPHA-BORDER', outcome: 'ERR_PURPOSE_NOT_GRANTED', count: 1 },
      { partner: 'ALPHA-BORDER', outcome: 'MATCH', count: 1 },
      { partner: 'ALPHA-BORDER', outcome: 'NOT_CONFIRMED', count: 1 },
    ]);
    const month = new Date().toISOString().slice(0, 7);
    const summary = (query: string) =>
      gateway.staff('OVR-1').graphql(`{ logSummary(month: "${query}") { partner answered } }`);
    expect((await summary(month)).code).toBe('ERR_INPUT_INVALID');
    expect((await summary('2020-01')).value).toEqual([]);
  });

  test('exports ranges and picked records that verify without the gateway', async () => {
    const staff = gateway.staff('SEC-1');
    const { value } = await staff.graphql('{ logTrees { trees { partner size verifierKey } } }');
    const { trees } = value as {
      trees: { partner: string | null; size: number; verifierKey: string }[];
    };
    const tree = trees.find(({ partner }) => partner === 'ALPHA-BORDER');
    const key = parseVerifierKey(tree?.verifierKey ?? '');
    for (const input of [
      { partner: 'ALPHA-BORDER', from: 0, to: 3 },
      { partner: 'ALPHA-BORDER', indexes: [0, 2] },
    ]) {
      const exported = await staff.graphql(
        'query E($input: LogExportInput!) { logExport(input: $input) }',
        { input },
      );
      const lines = (exported.value as string[]).map((line) => JSON.parse(line) as unknown);
      const checker = new ExportChecker(lines[0] as ExportHead, key);
      for (const line of lines.slice(1, -1)) checker.take(line as ExportLine);
      expect(checker.finish(lines.at(-1) as ExportEnd).records).toBe(lines.length - 2);
    }
  });

  test('hands a copy every record once, in the order of each tree, over any number of calls', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let turn = 0; turn < 4; turn += 1) {
      const reply = await gateway
        .staff('SEC-1')
        .graphql(
          `query T($after: String) { logTail(first: 2, after: $after) { cursor atEnd records { tree index } } }`,
          { after },
        );
      const tail = reply.value as {
        cursor: string;
        records: { tree: string; index: number }[];
      };
      seen.push(...tail.records.map(({ tree, index }) => `${tree} ${index}`));
      after = tail.cursor;
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
    const other = await gateway.staff('SEC-1').graphql(search, { filter: {}, after });
    expect(other.code).toBe('ERR_INPUT_INVALID');
  });
});
