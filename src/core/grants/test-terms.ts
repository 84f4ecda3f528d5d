import { builtInCaseload, type PartnerCode } from '../ids.js';
import { evidenceElements } from '../matching/index.js';
import type { GrantTerms } from './grant.js';

const validDays = 365;

/**
 * Terms of every test grant: the made-up people of the built-in caseload and nobody else, a field at
 * each level and one that is withheld, and room enough to try, fail and try again. A partner accepts
 * them as it accepts any other version.
 */
export function makeTestTerms(partner: PartnerCode, validFrom: Date): GrantTerms {
  const terms: GrantTerms = {
    partner,
    purpose: 'BORDER_VERIFICATION',
    legalBasis: 'Test of the connection, on made-up people; no personal data',
    caseloads: [builtInCaseload],
    fields: {
      FULL_NAME: 'FULL',
      FATHER_NAME: 'CONFIRM',
      DATE_OF_BIRTH: 'GENERALISED',
      NATIONALITY: 'GENERALISED',
      DOCUMENT_NUMBER: 'MASKED',
      VISA_REFERENCE: 'PRESENCE',
      VISA_CLASS: 'FULL',
      VISA_STATUS: 'FULL',
      VISA_EXPIRES: 'GENERALISED',
    },
    matchOn: evidenceElements,
    possibleMatch: 'ALLOWED',
    assuranceLevel: 'STANDARD',
    minimumEvidence: [],
    requiresNamedOfficer: false,
    handling: 'NO_ONWARD_TRANSFER',
    questionsPerDay: 1_000,
    budgets: { missesPerWeek: 2_000, valuesPerPerson: 500 },
    validFrom,
    validUntil: new Date(validFrom.getTime() + validDays * 86_400_000),
  };
  return Object.freeze(terms);
}
