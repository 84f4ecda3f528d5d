/**
 * Geographical sub-regions of the United Nations M49 standard ("Standard country or area codes for
 * statistical use"), by ISO 3166-1 alpha-3; `D` and the British variants of ICAO Doc 9303-3 are read
 * as the state they stand for.
 */
const members: Readonly<Record<string, string>> = {
  'Northern Africa': 'DZA EGY ESH LBY MAR SDN TUN',
  'Eastern Africa':
    'ATF BDI COM DJI ERI ETH IOT KEN MDG MOZ MUS MWI MYT REU RWA SOM SSD SYC TZA UGA ZMB ZWE',
  'Middle Africa': 'AGO CAF CMR COD COG GAB GNQ STP TCD',
  'Southern Africa': 'BWA LSO NAM SWZ ZAF',
  'Western Africa': 'BEN BFA CIV CPV GHA GIN GMB GNB LBR MLI MRT NER NGA SEN SHN SLE TGO',
  Caribbean:
    'ABW AIA ATG BES BHS BLM BRB CUB CUW CYM DMA DOM GLP GRD HTI JAM KNA LCA MAF MSR MTQ PRI SXM TCA TTO VCT VGB VIR',
  'Central America': 'BLZ CRI GTM HND MEX NIC PAN SLV',
  'South America': 'ARG BOL BRA BVT CHL COL ECU FLK GUF GUY PER PRY SGS SUR URY VEN',
  'Northern America': 'BMU CAN GRL SPM USA',
  'Central Asia': 'KAZ KGZ TJK TKM UZB',
  'Eastern Asia': 'CHN HKG JPN KOR MAC MNG PRK TWN',
  'South-eastern Asia': 'BRN IDN KHM LAO MMR MYS PHL SGP THA TLS VNM',
  'Southern Asia': 'AFG BGD BTN IND IRN LKA MDV NPL PAK',
  'Western Asia': 'ARE ARM AZE BHR CYP GEO IRQ ISR JOR KWT LBN OMN PSE QAT SAU SYR TUR YEM',
  'Eastern Europe': 'BGR BLR CZE HUN MDA POL ROU RUS SVK UKR',
  'Northern Europe':
    'ALA DNK EST FIN FRO GBR GBD GBN GBO GBP GBS GGY IMN IRL ISL JEY LTU LVA NOR SJM SWE',
  'Southern Europe': 'ALB AND BIH ESP GIB GRC HRV ITA MKD MLT MNE PRT RKS SMR SRB SVN VAT',
  'Western Europe': 'AUT BEL CHE D DEU FRA LIE LUX MCO NLD',
  'Australia and New Zealand': 'AUS CCK CXR HMD NFK NZL',
  Melanesia: 'FJI NCL PNG SLB VUT',
  Micronesia: 'FSM GUM KIR MHL MNP NRU PLW UMI',
  Polynesia: 'ASM COK NIU PCN PYF TKL TON TUV WLF WSM',
};

const regionByState: ReadonlyMap<string, string> = new Map(
  Object.entries(members).flatMap(([region, codes]) =>
    codes.split(' ').map((code) => [code, region] as const),
  ),
);

/** M49 sub-region of a state; `undefined` for stateless persons, organisations and others. */
export function regionOf(state: string): string | undefined {
  return regionByState.get(state);
}
