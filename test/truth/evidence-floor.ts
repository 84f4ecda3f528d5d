import type { EvidenceElement, PersonEvidenceInput } from '../../src/core/matching/index.js';

/**
 * What evidence is enough to be looked up, by hand. Held to by the core
 * (core/matching/evidence-floor.spec.ts) and, as rows of question-decisions.ts, by the decision and by
 * every door a question comes in through.
 */
export interface EvidenceRow {
  readonly rule: string;
  readonly person: PersonEvidenceInput;
  /** What the grant compares, where that is less than everything. */
  readonly matchOn?: readonly EvidenceElement[];
  /** What the grant asks for besides the floor. */
  readonly minimumEvidence?: readonly EvidenceElement[];
  readonly enough: boolean;
}

const names = [{ full: 'Mohammad Rahim Ahmadi' }];
const passport = [{ type: 'PASSPORT' as const, number: 'P01234567' }];
const fatherName = 'Abdul Karim';
const zone = [
  'P<AFGAHMADI<<MOHAMMAD<RAHIM<<<<<<<<<<<<<<<<<',
  'P012345673AFG8403157M2701013<<<<<<<<<<<<<<06',
];
const enough = (
  rule: string,
  person: PersonEvidenceInput,
  grant: Pick<EvidenceRow, 'matchOn' | 'minimumEvidence'> = {},
): EvidenceRow => ({ rule, person, ...grant, enough: true });
const short = (...of: Parameters<typeof enough>): EvidenceRow => ({
  ...enough(...of),
  enough: false,
});

export const evidenceRows: readonly EvidenceRow[] = [
  enough('a document number alone', { documents: passport }),
  short('nothing', {}),
  short('no document in the list', { documents: [] }),
  short('everything but a name and a document', {
    fatherName,
    grandfatherName: 'Sabur',
    dateOfBirth: '1984-03-15',
    sex: 'M',
    nationality: 'AFG',
  }),
  short('a name alone', { names }),
  short('a name, sex and nationality', { names, sex: 'F', nationality: 'AFG' }),
  short('a name and a year', { names, dateOfBirth: '1984' }),
  enough('a name and a month', { names, dateOfBirth: '1984-03' }),
  enough('a name and a day', { names, dateOfBirth: '1984-03-15' }),
  enough('a name and a month of the Solar Hijri calendar', {
    names,
    dateOfBirth: '1362-12',
    calendar: 'SOLAR_HIJRI',
  }),
  short('a name and a year of the Solar Hijri calendar', {
    names,
    dateOfBirth: '1362',
    calendar: 'SOLAR_HIJRI',
  }),
  enough('a name, a year and a father', { names, dateOfBirth: '1984', fatherName }),
  short('a name and a father without a year', { names, fatherName }),
  short('a name, a year and a grandfather', {
    names,
    dateOfBirth: '1984',
    grandfatherName: 'Sabur',
  }),
  short('a name, a father and years that are none', {
    names,
    dateOfBirth: '[1960..1990]',
    fatherName,
  }),
  enough('a name, a father and about a year', { names, dateOfBirth: '1984~', fatherName }),
  enough('a name, a father and one of two years', {
    names,
    dateOfBirth: '[1984,1986]',
    fatherName,
  }),
  enough('a name and one of two months', { names, dateOfBirth: '[1984-03,1984-08]' }),
  short('a name and one of a month and a year', { names, dateOfBirth: '[1984-03,1985]' }),
  enough('the zone of a passport', { machineReadableZone: zone }),
  enough('a document the grant compares', { documents: passport }, { matchOn: ['DOCUMENT'] }),
  short(
    'a document the grant does not compare',
    { documents: passport },
    { matchOn: ['NAME', 'DATE_OF_BIRTH'] },
  ),
  enough(
    'a father the grant compares',
    { names, dateOfBirth: '1984', fatherName },
    { matchOn: ['NAME', 'DATE_OF_BIRTH', 'FATHER_NAME'] },
  ),
  short(
    'a father the grant does not compare',
    { names, dateOfBirth: '1984', fatherName },
    { matchOn: ['NAME', 'DATE_OF_BIRTH'] },
  ),
  short(
    'a date the grant does not compare',
    { names, dateOfBirth: '1984-03-15', fatherName },
    { matchOn: ['NAME', 'FATHER_NAME'] },
  ),
  short(
    'the zone, of whose document the grant compares nothing but the name',
    { machineReadableZone: zone },
    { matchOn: ['NAME'] },
  ),
  enough(
    'the floor with what the grant asks for besides',
    { names, documents: passport },
    { minimumEvidence: ['NAME'] },
  ),
  short(
    'the floor without what the grant asks for besides',
    { documents: passport },
    { minimumEvidence: ['NAME'] },
  ),
  short(
    'the floor with some of what the grant asks for besides',
    { names, documents: passport },
    { minimumEvidence: ['NAME', 'DATE_OF_BIRTH'] },
  ),
  short(
    'what the grant asks for, below the floor',
    { names, sex: 'F' },
    { minimumEvidence: ['NAME', 'SEX'] },
  ),
  enough(
    'what the grant asks for, out of the zone',
    { machineReadableZone: zone },
    { minimumEvidence: ['NAME', 'DATE_OF_BIRTH', 'NATIONALITY', 'DOCUMENT'] },
  ),
];
