export { Cursors } from './cursor.js';
export { ExportLog, mostExported, type Tail, type TreeView } from './export-log.js';
export { instant, readLogQuery, type LogQuery } from './log-query.js';
export { viewOf, type RecordView } from './record-view.js';
export { SearchLog, type Page, type PageWanted } from './search-log.js';
export { fewest, ReadSummary, summarise, type MonthSummary } from './summary.js';
