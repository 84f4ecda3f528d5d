import { expect, test } from '@jest/globals';
import { evidenceRows } from '../../../test/truth/evidence-floor.js';
import {
  evidenceElements,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
} from './index.js';

const today = new Date('2026-06-01T00:00:00Z');

test.each(evidenceRows)('$rule: enough is $enough', (row) => {
  const { person, matchOn = evidenceElements, minimumEvidence = [], enough } = row;
  const compared = restrictEvidence(parseEvidence(person, today), new Set(matchOn));
  const elements = evidenceElementsOf(compared);
  const hasMore = minimumEvidence.every((element) => elements.has(element));
  expect(meetsEvidenceFloor(compared) && hasMore).toBe(enough);
});
