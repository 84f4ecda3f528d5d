import type { RestoredRecords } from '../access-log/index.js';
import { lookBackDays } from '../core/crossings/unconfirmed.js';
import type { PartnerCode, SubjectId } from '../core/ids.js';
import { reviewAccount } from './confirmation-alarms.js';
import { accountOf, personOf, type ToldFacts } from './told-facts.js';
import type { ToldKeys } from './told-keys.js';

/**
 * Matches a restored database has forgotten wait for their crossing again, as of their time, from what
 * is sealed in their records. Whom a partner confirmed since counts as confirmed; where it was and when
 * stands in no record, so the partner's next word about it is taken as its first. What was corrected
 * may have been taken back, and counts as not confirmed: the alarm is raised rather than missed.
 *
 * What was told at CONFIRM is left out of notices: whether the grant compared it stands in no record.
 */
export function noteRestored(keys: ToldKeys, facts: ToldFacts, openedAt: Date): RestoredRecords {
  return {
    since: new Date(openedAt.getTime() - lookBackDays * 86_400_000),
    apply: async (manager, { owner, record, host }) => {
      if (owner === null || host.subject === null || host.test === true) return;
      const partner = owner as PartnerCode;
      const subject = host.subject as SubjectId;
      const officer = host.officer ?? undefined;
      const at = new Date(record.at);
      if (record.outcome === 'MATCH') {
        const { id, reference, grant, grantVersion, purpose, fields } = record;
        if (reference === null || grant === null || grantVersion === null) return;
        if (purpose === null) return;
        const kept = fields.filter(([, level]) => level !== 'CONFIRM');
        const told = { verificationId: id, reference, grant, grantVersion, purpose, fields: kept };
        // On the one connection of the embedded database, in this transaction.
        const note = await facts.prepare({ ...told, partner, subject, officer, at }, manager);
        await note(manager);
      } else if (
        record.outcome === 'CROSSING_CONFIRMED' ||
        record.outcome === 'CROSSING_CORRECTED'
      ) {
        const live = await keys.live(manager);
        await manager.query(
          'UPDATE match_told SET confirmed_at = $3 WHERE partner = $1 AND person = ANY ($2)',
          [
            partner,
            live.map((key) => personOf(key, partner, subject)),
            record.outcome === 'CROSSING_CONFIRMED' ? at : null,
          ],
        );
        await reviewAccount(manager, { partner, account: accountOf(partner, officer) }, at);
      }
    },
  };
}
