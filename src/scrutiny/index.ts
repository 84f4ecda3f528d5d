export { Cursors } from './cursor.js';
export { ExportLog, mostExported, type Tail, type TreeView } from './export-log.js';
export { instant, readLogQuery, type LogQuery } from './log-query.js';
export { viewOf } from './record-view.js';
export type { RecordView } from '../core/log/record-view.js';
export { SearchLog, type Page, type PageWanted } from './search-log.js';
export { fewest, ReadSummary, summarise, type MonthSummary } from './summary.js';
export {
  HistoryOfPerson,
  type HistoryAsked,
  type ReleasedFile,
} from './release/history-of-person.js';
export { ExposureReport, type Exposure } from './release/exposure-report.js';
export type { ExposureQuery } from './release/exposure-target.js';
