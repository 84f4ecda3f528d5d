import { isEdtf } from '../core/dates/index.js';
import { foldDigits } from '../core/matching/index.js';
import { stringScalar } from '../platform/graphql/scalars.js';
import { isBorderPoint } from '../referrals/index.js';
import { isCaseReference } from '../verification/index.js';

export { DateTime, StateCode } from '../platform/graphql/scalars.js';

export const EdtfDate = stringScalar(
  'EdtfDate',
  'A date: `1984-03-15`, `1984-03`, `1984`, `1984~` (approximate), `[1960..1965]` (one of), in the lexical form of EDTF (ISO 8601-2), read in the calendar named beside it. Persian and Arabic digits are digits.',
  (text) => {
    const folded = foldDigits(text);
    return isEdtf(folded, 'GREGORIAN') || isEdtf(folded, 'SOLAR_HIJRI');
  },
  'https://www.loc.gov/standards/datetime/',
);

export const CaseReference = stringScalar(
  'CaseReference',
  "The partner's own reference for the case, `^[A-Z0-9][A-Z0-9/._-]{0,63}$`. Never a name.",
  isCaseReference,
);

export const BorderPoint = stringScalar(
  'BorderPoint',
  'The code of a border point, such as its UN/LOCODE: `^[A-Z0-9][A-Z0-9/._-]{0,63}$`. Never a name.',
  isBorderPoint,
);
