/** Made-up people of the tests, and what an officer would write down of them. */
export const laila = {
  reference: 'T-AF-000001',
  caseload: 'AF-2021',
  names: [{ full: 'Laila Zarghuna Samadi' }, { full: 'لیلا زرغونه صمدی', type: 'ALIAS' }],
  fatherName: 'Abdul Karim',
  dateOfBirth: '1990-04-05',
  sex: 'F',
  nationality: 'AFG',
  documents: [{ type: 'PASSPORT', number: 'O7654321', issuingState: 'AFG', expires: '2029-01-01' }],
  visa: { reference: 'V-77-1', class: 'PROTECTION', status: 'GRANTED', expires: '2027-05-01' },
};

export const lailaAsSeen = {
  names: [{ full: 'SAMADI LAILA ZARGHUNA' }],
  dateOfBirth: '1990-04-05',
  documents: [{ type: 'PASSPORT', number: 'O7654321' }],
};

/** As good a question as the one above, about nobody. */
export const nobodyAsSeen = {
  names: [{ full: 'WARDAK PALWASHA SHUKRIA' }],
  dateOfBirth: '1987-02-11',
  documents: [{ type: 'PASSPORT', number: 'P1112223' }],
};
