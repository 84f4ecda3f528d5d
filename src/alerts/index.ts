import { Alerts1768100000003 } from './alerts.migration.js';

export {
  alertSource,
  AlertWatch,
  ProcessSignals,
  type AlertSource,
  type AlertWatchOptions,
} from './alert-watch.js';
export { outlets, type AlertNote, type Outlet, type StoredAlert } from './alert-store.js';
export { AlertDesk } from './alert-desk.js';
export { Outbox, retryAfter } from './delivery/outbox.js';
export { syslogOutlet, webhookOutlet, type Send } from './delivery/outlets.js';
export { logSource } from './log-source.js';
export {
  budgetSource,
  confirmationSource,
  endingSource,
  referralSource,
  screenSource,
  witnessSource,
} from './sources.js';
export const alertMigrations = [Alerts1768100000003];
