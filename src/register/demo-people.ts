import { createHash } from 'node:crypto';
import type { PartnerCode, StateCode } from '../core/ids.js';
import {
  familyNames,
  menNames,
  menTitles,
  womenNames,
  womenTitles,
  type NamePart,
} from './demo-names.js';

/**
 * Made-up people for the demo, in the format of the import: families that share a father, a visa
 * reference and neighbouring passports; names in two scripts and several spellings; single names,
 * titles, tribal names, kunyas; dates in both calendars, to the day, the month, the year, about,
 * one of a range, or 1 January; paper, old and electronic tazkiras; and much that is missing.
 * Nobody is real; the same seed gives the same people.
 */
export interface DemoPeopleOptions {
  readonly seed: string;
  /** Partners some people are kept from, and their states. */
  readonly partners: readonly { readonly code: PartnerCode; readonly state: StateCode }[];
  /** 1,250 when not given. */
  readonly count?: number;
}

/** One line of the import, parsed. */
export interface DemoPerson {
  readonly reference: string;
  readonly caseload: string;
  readonly names: readonly { readonly full: string; readonly type?: string }[];
  readonly fatherName?: string;
  readonly grandfatherName?: string;
  readonly dateOfBirth?: string;
  readonly calendar?: 'SOLAR_HIJRI';
  readonly sex?: 'F' | 'M';
  readonly nationality?: string;
  readonly documents?: readonly Readonly<Record<string, string>>[];
  readonly visa?: Readonly<Record<string, string>>;
  readonly household?: string;
  readonly suppressedFor?: readonly string[];
}

export const demoCaseloads = ['AF-2021', 'AF-2022', 'AF-2023'] as const;

export function makeDemoPeople(options: DemoPeopleOptions): readonly DemoPerson[] {
  const chance = new Chance(options.seed);
  const count = options.count ?? 1250;
  const people: DemoPerson[] = [];
  for (let household = 1; people.length < count; household += 1) {
    const family = makeFamily(chance, household);
    const size = Math.min(chance.between(1, 5), count - people.length);
    for (let member = 0; member < size; member += 1) {
      people.push(makePerson(chance, family, member, people.length + 1, options));
    }
  }
  return people;
}

/** The lines of an import file. */
export function* demoPeopleLines(people: readonly DemoPerson[]): Generator<Buffer> {
  for (const person of people) yield Buffer.from(`${JSON.stringify(person)}\n`, 'utf8');
}

interface Family {
  readonly household: string;
  readonly caseload: string;
  readonly family: NamePart | undefined;
  readonly head: NamePart;
  readonly grandfather: NamePart;
  readonly visaReference: string;
  readonly passport: number;
  readonly visaYear: number;
}

function makeFamily(chance: Chance, household: number): Family {
  const caseload = chance.pick(['AF-2021', 'AF-2021', 'AF-2021', 'AF-2022', 'AF-2022', 'AF-2023']);
  return {
    household: `H-${String(household).padStart(4, '0')}`,
    caseload,
    // Many families have no name of their own.
    family: chance.in100(72) ? chance.pick(familyNames) : undefined,
    head: chance.pick(menNames),
    grandfather: chance.pick(menNames),
    visaReference: `V-${caseload.slice(3)}-${chance.digits(5)}`,
    passport: chance.between(1_000_000, 9_999_000),
    visaYear: Number(caseload.slice(3)),
  };
}

function makePerson(
  chance: Chance,
  family: Family,
  member: number,
  number: number,
  options: DemoPeopleOptions,
): DemoPerson {
  const isHead = member === 0 && chance.in100(55);
  const woman = isHead ? false : chance.in100(62);
  const given = isHead ? family.head : chance.pick(woman ? womenNames : menNames);
  const father = isHead ? family.grandfather : family.head;
  return {
    reference: `NZ-AF-${String(number).padStart(6, '0')}`,
    caseload: family.caseload,
    names: makeNames(chance, given, family, woman),
    ...(chance.in100(82) ? { fatherName: write(chance, father) } : {}),
    ...(chance.in100(35) ? { grandfatherName: write(chance, family.grandfather) } : {}),
    ...makeBirth(chance, member),
    ...(chance.in100(93) ? { sex: woman ? ('F' as const) : ('M' as const) } : {}),
    ...(chance.in100(95) ? { nationality: chance.in100(98) ? 'AFG' : 'XXA' } : {}),
    ...makeDocuments(chance, family, member),
    ...makeVisa(chance, family),
    ...(chance.in100(85) ? { household: family.household } : {}),
    ...makeSuppression(chance, options),
  };
}

function makeNames(
  chance: Chance,
  given: NamePart,
  family: Family,
  woman: boolean,
): DemoPerson['names'] {
  const title = chance.in100(11) ? chance.pick(woman ? womenTitles : menTitles) : undefined;
  const second = !woman && chance.in100(22) ? chance.pick(menNames) : undefined;
  const parts = [title, given, second, family.family].filter((one) => one !== undefined);
  const latin = () => parts.map((one) => chance.pick(one.latin)).join(' ');
  const native = parts.map((one) => one.native).join(' ');
  const names: { full: string; type?: string }[] = [
    { full: chance.in100(18) ? native : shout(chance, latin()) },
  ];
  if (chance.in100(48)) {
    const first = names[0]?.full ?? '';
    names.push({ full: first === native ? latin() : native, type: 'ALIAS' });
  }
  if (chance.in100(9)) names.push({ full: latin(), type: 'ALIAS' });
  if (woman && chance.in100(7)) {
    const maiden = chance.pick(familyNames);
    names.push({
      full: `${chance.pick(given.latin)} ${chance.pick(maiden.latin)}`,
      type: 'MAIDEN',
    });
  }
  if (chance.in100(6)) {
    const child = chance.pick(menNames);
    const form = woman ? ['Umm', 'Madar-e'] : ['Abu', 'Padar-e'];
    names.push({ full: `${chance.pick(form)} ${chance.pick(child.latin)}`, type: 'KUNYA' });
  }
  return names;
}

/** Some offices type in capitals only. */
function shout(chance: Chance, name: string): string {
  return chance.in100(12) ? name.toUpperCase() : name;
}

function write(chance: Chance, name: NamePart): string {
  const title = chance.in100(8) ? 'Haji ' : '';
  return chance.in100(22) ? name.native : `${title}${chance.pick(name.latin)}`;
}

function makeBirth(chance: Chance, member: number): Pick<DemoPerson, 'dateOfBirth' | 'calendar'> {
  const year = member < 2 ? chance.between(1948, 1992) : chance.between(1985, 2019);
  const month = two(chance.between(1, 12));
  const day = two(chance.between(1, 28));
  const solar = { calendar: 'SOLAR_HIJRI' as const };
  const kind = chance.between(0, 99);
  if (kind < 24) return { dateOfBirth: `${year}-${month}-${day}` };
  if (kind < 36) return { dateOfBirth: `${year}-01-01` };
  if (kind < 46) return { dateOfBirth: String(year) };
  if (kind < 52) return { dateOfBirth: `${year}~` };
  if (kind < 58) return { dateOfBirth: `${year}-${month}` };
  if (kind < 62) return { dateOfBirth: `[${year - 2}..${year + 2}]` };
  if (kind < 74) return { dateOfBirth: `${year - 621}-${month}-${day}`, ...solar };
  if (kind < 80) return { dateOfBirth: `${year - 621}-${month}`, ...solar };
  if (kind < 91) return { dateOfBirth: persianDigits(String(year - 621)), ...solar };
  if (kind < 95) return { dateOfBirth: `${year - 621}~`, ...solar };
  return {};
}

function makeDocuments(
  chance: Chance,
  family: Family,
  member: number,
): Pick<DemoPerson, 'documents'> {
  const documents: Record<string, string>[] = [];
  if (chance.in100(58)) {
    const number = `${chance.pick(['P', 'P', 'O', 'OR'])}${String(family.passport + member).padStart(8, '0')}`;
    documents.push({
      type: 'PASSPORT',
      number,
      issuingState: 'AFG',
      ...(chance.in100(80)
        ? { expires: `${chance.between(2020, 2031)}-${two(chance.between(1, 12))}-15` }
        : {}),
    });
  }
  const kind = chance.between(0, 99);
  const tazkira = (number: string) =>
    documents.push({ type: 'TAZKIRA', number, issuingState: 'AFG' });
  if (kind < 26) {
    // Electronic: thirteen digits, grouped.
    tazkira(`${chance.digits(4)}-${chance.digits(4)}-${chance.digits(5)}`);
  } else if (kind < 44) {
    // One page: volume, page, registration.
    tazkira(`${chance.between(1, 60)}/${chance.between(1, 200)}/${chance.digits(4)}`);
  } else if (kind < 56) {
    tazkira(persianDigits(chance.digits(8)));
  }
  if (chance.in100(6)) documents.push({ type: 'TRAVEL_DOCUMENT', number: `TD${chance.digits(7)}` });
  return documents.length === 0 ? {} : { documents };
}

function makeVisa(chance: Chance, family: Family): Pick<DemoPerson, 'visa'> {
  if (chance.in100(4)) return {};
  const status = chance.pick(['GRANTED', 'GRANTED', 'GRANTED', 'USED', 'EXPIRED', 'CANCELLED']);
  const granted = `${family.visaYear}-${two(chance.between(1, 12))}-${two(chance.between(1, 28))}`;
  return {
    visa: {
      reference: family.visaReference,
      class: chance.pick(['PROTECTION', 'PROTECTION', 'FAMILY', 'HUMANITARIAN']),
      status,
      ...(chance.in100(90) ? { granted } : {}),
      ...(chance.in100(90) ? { expires: `${family.visaYear + 5}-${granted.slice(5)}` } : {}),
    },
  };
}

function makeSuppression(
  chance: Chance,
  options: DemoPeopleOptions,
): Pick<DemoPerson, 'suppressedFor'> {
  const kind = chance.between(0, 99);
  const partner = options.partners.length === 0 ? undefined : chance.pick(options.partners);
  if (kind < 4) return { suppressedFor: ['PAK', 'IRN'] };
  if (kind < 7 && partner !== undefined) return { suppressedFor: [partner.code] };
  if (kind < 9 && partner !== undefined) return { suppressedFor: [partner.state] };
  return {};
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function persianDigits(text: string): string {
  return text.replace(/\d/g, (digit) => String.fromCharCode(0x06f0 + Number(digit)));
}

/** Choices that follow from a seed: SHA-256 of seed and counter, four bytes at a time. */
class Chance {
  readonly #seed: string;
  #counter = 0;
  #bytes = Buffer.alloc(0);

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A whole number from `least` to `most`, both inside. */
  between(least: number, most: number): number {
    if (this.#bytes.length === 0) {
      const input = `safeconduct/demo-people/v1\n${this.#seed}\n${this.#counter++}`;
      this.#bytes = createHash('sha256').update(input, 'utf8').digest();
    }
    const word = this.#bytes.readUInt32BE(0);
    this.#bytes = this.#bytes.subarray(4);
    return least + (word % (most - least + 1));
  }

  in100(percent: number): boolean {
    return this.between(0, 99) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)] as T;
  }

  digits(count: number): string {
    return Array.from({ length: count }, (_, at) => this.between(at === 0 ? 1 : 0, 9)).join('');
  }
}
