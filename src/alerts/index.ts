import { Alerts1768100000002 } from './alerts.migration.js';

export {
  AlertWatch,
  ProcessSignals,
  type AlertSource,
  type AlertWatchOptions,
} from './alert-watch.js';
export { outlets, type AlertNote, type Outlet, type StoredAlert } from './alert-store.js';
export { logSource } from './log-source.js';
export { budgetSource, endingSource, witnessSource } from './sources.js';
export const alertMigrations = [Alerts1768100000002];
