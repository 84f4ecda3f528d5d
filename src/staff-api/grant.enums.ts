import { counterKinds } from '../grants/index.js';
import { documentModes } from '../partners/index.js';
import { enumeration } from '../platform/graphql/enums.js';

export {
  BudgetKind,
  DisclosureLevel,
  GrantState,
  Purpose,
  SubjectField,
} from '../platform/graphql/enums.js';

export const DocumentMode = enumeration(
  'DocumentMode',
  'OFF: any document. DRY_RUN: any, and what REQUIRED would refuse is counted. REQUIRED: trusted documents only.',
  documentModes,
);
export const GrantPaper = enumeration(
  'GrantPaper',
  'The agreement as it is read and signed, or the page an impact assessment (GDPR Articles 30, 35) needs.',
  ['AGREEMENT', 'IMPACT_ASSESSMENT'],
);
export const AlarmStage = enumeration(
  'AlarmStage',
  'NEAR: three quarters used, or a release. SPENT: refused.',
  ['NEAR', 'SPENT'],
);
export const CounterKind = enumeration(
  'CounterKind',
  'As BudgetKind; MISSES are those charged and kept. RELEASES: of a spent budget, by a duty officer.',
  counterKinds,
);
