import type { Caseload, PartnerCode } from '../../src/core/ids.js';
import type {
  HoldableRecords,
  HoldRange,
  RecordKindFacts,
} from '../../src/core/register/hold-range.js';

const [alpha, bravo] = ['ALPHA-BORDER', 'BRAVO-CONSULAR'] as PartnerCode[] as [
  PartnerCode,
  PartnerCode,
];
const [af, ua] = ['AF-2021', 'UA-2022'] as Caseload[] as [Caseload, Caseload];

/** March 2026 of ALPHA-BORDER, asked under a grant for AF-2021 alone. */
const march: HoldableRecords = {
  partner: alpha,
  from: new Date('2026-03-01T00:00:00Z'),
  to: new Date('2026-04-01T00:00:00Z'),
  caseloads: [af],
};

export interface HeldRecordsRow {
  readonly rule: string;
  readonly range: HoldRange;
  readonly records: HoldableRecords;
  readonly kept: boolean;
}

/** Whether a month of a tree is kept: each that is kept has a twin that is not. */
export const heldRecords: readonly HeldRecordsRow[] = [
  { rule: 'of a partner keeps its records', range: { partner: alpha }, records: march, kept: true },
  { rule: 'and no other’s', range: { partner: bravo }, records: march, kept: false },
  {
    rule: 'nor the host’s own',
    range: { partner: alpha },
    records: { ...march, partner: null },
    kept: false,
  },
  {
    rule: 'of no partner keeps the host’s own',
    range: { from: '2026-03-15T00:00:00Z' },
    records: { ...march, partner: null },
    kept: true,
  },
  {
    rule: 'of a caseload keeps what can speak of it',
    range: { caseload: af },
    records: march,
    kept: true,
  },
  {
    rule: 'and not what can speak of others alone',
    range: { caseload: ua },
    records: march,
    kept: false,
  },
  {
    rule: 'what cannot be told apart is kept for every caseload',
    range: { caseload: ua },
    records: { ...march, caseloads: null },
    kept: true,
  },
  {
    rule: 'what speaks of nobody is kept for none',
    range: { caseload: af },
    records: { ...march, caseloads: [] },
    kept: false,
  },
  {
    rule: 'of a time keeps what speaks of nobody too',
    range: { from: '2026-03-31T23:59:59Z' },
    records: { ...march, caseloads: [] },
    kept: true,
  },
  {
    rule: 'that begins with the next month keeps nothing of this one',
    range: { from: '2026-04-01T00:00:00Z' },
    records: march,
    kept: false,
  },
  {
    rule: 'that ends within its first moment keeps it whole',
    range: { to: '2026-03-01T00:00:00.001Z' },
    records: march,
    kept: true,
  },
  {
    rule: 'that ends as it begins keeps nothing of it',
    range: { to: '2026-03-01T00:00:00Z' },
    records: march,
    kept: false,
  },
  {
    rule: 'keeps what fits in every part',
    range: {
      partner: alpha,
      caseload: af,
      from: '2026-03-10T00:00:00Z',
      to: '2026-03-11T00:00:00Z',
    },
    records: march,
    kept: true,
  },
  {
    rule: 'and lets go what fits in all but one',
    range: {
      partner: alpha,
      caseload: ua,
      from: '2026-03-10T00:00:00Z',
      to: '2026-03-11T00:00:00Z',
    },
    records: march,
    kept: false,
  },
];

const asked = (grant: string | null, outcome = 'MATCH'): RecordKindFacts => ({
  outcome,
  grant,
  grantVersion: grant === null ? null : 1,
});

export interface SpokenCaseloadsRow {
  readonly rule: string;
  readonly kinds: readonly RecordKindFacts[];
  /** Caseloads by grant and version. */
  readonly grants: Readonly<Record<string, readonly Caseload[]>>;
  /** Null: anybody's. */
  readonly caseloads: readonly Caseload[] | null;
}

export const spokenCaseloads: readonly SpokenCaseloadsRow[] = [
  { rule: 'no records speak of nobody', kinds: [], grants: {}, caseloads: [] },
  {
    rule: 'an answer speaks of the caseloads of its grant, whatever it was',
    kinds: [asked('g'), asked('g', 'NOT_CONFIRMED'), asked('g', 'ERR_BUDGET_SPENT')],
    grants: { 'g 1': [af] },
    caseloads: [af],
  },
  {
    rule: 'answers under two grants speak of the caseloads of both',
    kinds: [asked('h'), asked('g')],
    grants: { 'g 1': [af], 'h 1': [ua, af] },
    caseloads: [af, ua],
  },
  {
    rule: 'one under a version that is not known speaks of anybody',
    kinds: [{ ...asked('g'), grantVersion: 2 }, asked('g')],
    grants: { 'g 1': [af] },
    caseloads: null,
  },
  {
    rule: 'a refusal without a grant and an event speak of nobody',
    kinds: [asked(null, 'ERR_GRANT_NOT_USABLE'), asked(null, 'EVENT_TOKENS_ISSUED')],
    grants: {},
    caseloads: [],
  },
  {
    rule: 'anything else without a grant speaks of anybody',
    kinds: [asked('g'), asked(null, 'READ_NOTICES')],
    grants: { 'g 1': [af] },
    caseloads: null,
  },
  {
    rule: 'an act of staff speaks of anybody',
    kinds: [asked(null, 'ACT_DONE')],
    grants: {},
    caseloads: null,
  },
];
