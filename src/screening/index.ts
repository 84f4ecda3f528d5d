import type { Migration } from '../platform/database/database.js';
import { Screening1769100000200 } from './screening.migration.js';

export { QuestionScreen, type ScreenedQuestion } from './question-screen.js';
export { ReadFindings } from './read-findings.js';
export { ScreenRounds, type ScreenFinding, type ScreenReport } from './screen-rounds.js';

export const screeningMigrations: readonly Migration[] = [Screening1769100000200];
