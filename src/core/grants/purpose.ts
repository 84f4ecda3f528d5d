/** Why a partner may ask (GDPR Article 5(1)(b)); closed, and part of the agreement with the partner. */
export const purposeDefinitions = {
  BORDER_VERIFICATION:
    'Confirm at a border crossing that the person present holds protection granted by the host.',
  ONWARD_TRAVEL:
    'Confirm, before onward travel to the host, that the person present holds a visa of the host.',
  CONSULAR_ASSISTANCE:
    'Confirm that a person who asks a consulate for help is one of those the host protects.',
  FAMILY_REUNIFICATION:
    'Confirm a relationship claimed with a person the host protects, at the request of the family.',
} as const;

export type Purpose = keyof typeof purposeDefinitions;
export const purposes = Object.keys(purposeDefinitions) as readonly Purpose[];
export const isPurpose = (text: string): text is Purpose => Object.hasOwn(purposeDefinitions, text);
