import type { DataSource } from 'typeorm';
import type { RetentionRule } from '../access-log/index.js';
import { caseloadsSpokenOf } from '../core/register/hold-range.js';
import { readGrantCaseloads } from '../grants/index.js';
import { isHeld, type RegisterStore } from '../register/index.js';

/**
 * What is kept of the access log: so many months, and longer where a legal hold of the register is in
 * force. Whom records can be about is told by the grants they stand under; a hold that cannot be read
 * lets nothing be forgotten.
 */
export function logRetention(
  months: number,
  dataSource: DataSource,
  store: RegisterStore,
): RetentionRule {
  return {
    months,
    isHeld: async ({ partner, from, to, kinds }) => {
      const grants = (kinds ?? []).flatMap(({ grant }) => grant ?? []);
      const known = await readGrantCaseloads(dataSource, grants);
      const caseloads =
        kinds === null ? null : caseloadsSpokenOf(kinds, (grant, version) => known(grant, version));
      return isHeld(store, { partner, from, to, caseloads });
    },
  };
}
