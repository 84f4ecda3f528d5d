import type { StateCode } from '../ids.js';

/**
 * Codes of states and organisations, ICAO Doc 9303 Part 3 section 5: ISO 3166-1 alpha-3 (with `D`
 * for Germany) and the codes ICAO adds for organisations, British nationalities and persons without
 * a defined nationality.
 */
const isoCodes =
  'ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR ' +
  'BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG ' +
  'COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE D DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH ' +
  'FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY ' +
  'HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM ' +
  'KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL ' +
  'MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR ' +
  'NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU ' +
  'SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA ' +
  'TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB ' +
  'VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE';
const icaoCodes =
  'EUE GBD GBN GBO GBP GBS RKS UNA UNK UNO XBA XCC XCE XCO XDC XEC XES XIM XMP XOM XPO ' +
  'XXA XXB XXC XXX';

export const stateCodes: ReadonlySet<string> = new Set(`${isoCodes} ${icaoCodes}`.split(' '));

/** `XXA` stateless, `XXB` and `XXC` refugee, `XXX` unspecified: says nothing about a nationality. */
export function isUnspecified(code: StateCode): boolean {
  return code.startsWith('XX');
}

/** A code of the list as it stands; upper case only, `D` and not `DEU`. */
export function isStateCode(text: string): text is StateCode {
  return stateCodes.has(text);
}

/** As {@link isStateCode}, with the ISO spelling `DEU` read as `D`. */
export function readStateCode(text: string): StateCode | undefined {
  const code = text === 'DEU' ? 'D' : text;
  return isStateCode(code) ? code : undefined;
}
