import { sha256 } from './bytes.js';

/**
 * Fingerprints two people compare by telephone: a word for each byte, of the PGP word list (P. Juola
 * and P. Zimmermann, "Whole-Word Phonetic Distances and the PGPfone Alphabet", ICSLP 1996). Bytes at
 * even places have words of two syllables, at odd places of three, so that a word left out, said twice
 * or exchanged is heard.
 *
 * @param bytes such as a SHA-256
 */
export function fingerprintWords(bytes: Uint8Array): readonly string[] {
  return [...bytes].map((byte, at) => (at % 2 === 0 ? twoSyllables : threeSyllables)[byte] ?? '');
}

/** Words in lines of eight, as they are read out. */
export function printWords(bytes: Uint8Array): string {
  const words = fingerprintWords(bytes);
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 8) lines.push(words.slice(at, at + 8).join(' '));
  return lines.join('\n');
}

/** Members an RFC 7638 §3.2 thumbprint is over (RFC 8037 §2 for OKP), in its order. */
const thumbprintMembers: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};

/**
 * JWK thumbprint: SHA-256 over the JSON of the required members. RFC 7638 §3.
 *
 * @returns 32 bytes, or undefined for what is no public key of these kinds
 */
export function jwkThumbprint(jwk: Readonly<Record<string, unknown>>): Buffer | undefined {
  const members = thumbprintMembers[String(jwk['kty'])];
  if (members === undefined || !members.every((name) => typeof jwk[name] === 'string')) {
    return undefined;
  }
  const json = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return sha256(Buffer.from(json, 'utf8'));
}

/** Both lists, of two syllables and of three; for whoever computes words by another program. */
export const wordLists = (): readonly [readonly string[], readonly string[]] => [
  twoSyllables,
  threeSyllables,
];

const list = (text: string): readonly string[] => text.trim().split(/\s+/);

const twoSyllables = list(`
aardvark absurd accrue acme adrift adult afflict ahead aimless Algol allow alone ammo ancient apple artist
assume Athens atlas Aztec baboon backfield backward banjo beaming bedlamp beehive beeswax befriend Belfast berserk billiard
bison blackjack blockade blowtorch bluebird bombast bookshelf brackish breadline breakup brickyard briefcase Burbank button buzzard cement
chairlift chatter checkup chisel choking chopper Christmas clamshell classic classroom cleanup clockwork cobra commence concert cowbell
crackdown cranky crowfoot crucial crumpled crusade cubic dashboard deadbolt deckhand dogsled dragnet drainage dreadful drifter dropper
drumbeat drunken Dupont dwelling eating edict egghead eightball endorse endow enlist erase escape exceed eyeglass eyetooth
facial fallout flagpole flatfoot flytrap fracture framework freedom frighten gazelle Geiger glitter glucose goggles goldfish gremlin
guidance hamlet highchair hockey indoors indulge inverse involve island jawbone keyboard kickoff kiwi klaxon locale lockup
merit minnow miser Mohawk mural music necklace Neptune newborn nightbird Oakland obtuse offload optic orca payday
peachy pheasant physique playhouse Pluto preclude prefer preshrunk printer prowler pupil puppy python quadrant quiver quota
ragtime ratchet rebirth reform regain reindeer rematch repay retouch revenge reward rhythm ribcage ringbolt robust rocker
ruffled sailboat sawdust scallion scenic scorecard Scotland seabird select sentence shadow shamrock showgirl skullcap skydive slingshot
slowdown snapline snapshot snowcap snowslide solo southward soybean spaniel spearhead spellbind spheroid spigot spindle spyglass stagehand
stagnate stairway standard stapler steamship sterling stockman stopwatch stormy sugar surmount suspense sweatband swelter tactics talon
tapeworm tempest tiger tissue tonic topmost tracker transit trauma treadmill Trojan trouble tumor tunnel tycoon uncut
unearth unwind uproot upset upshot vapor village virus Vulcan waffle wallet watchword wayside willow woodlark Zulu
`);

const threeSyllables = list(`
adroitness adviser aftermath aggregate alkali almighty amulet amusement antenna applicant Apollo armistice article asteroid Atlantic atmosphere
autopsy Babylon backwater barbecue belowground bifocals bodyguard bookseller borderline bottomless Bradbury bravado Brazilian breakaway Burlington businessman
butterfat Camelot candidate cannonball Capricorn caravan caretaker celebrate cellulose certify chambermaid Cherokee Chicago clergyman coherence combustion
commando company component concurrent confidence conformist congregate consensus consulting corporate corrosion councilman crossover crucifix cumbersome customer
Dakota decadence December decimal designing detector detergent determine dictator dinosaur direction disable disbelief disruptive distortion document
embezzle enchanting enrollment enterprise equation equipment escapade Eskimo everyday examine existence exodus fascinate filament finicky forever
fortitude frequency gadgetry Galveston getaway glossary gossamer graduate gravity guitarist hamburger Hamilton handiwork hazardous headwaters hemisphere
hesitate hideaway holiness hurricane hydraulic impartial impetus inception indigo inertia infancy inferno informant insincere insurgent integrate
intention inventive Istanbul Jamaica Jupiter leprosy letterhead liberty maritime matchmaker maverick Medusa megaton microscope microwave midsummer
millionaire miracle misnomer molasses molecule Montana monument mosquito narrative nebula newsletter Norwegian October Ohio onlooker opulent
Orlando outfielder Pacific pandemic Pandora paperweight paragon paragraph paramount passenger pedigree Pegasus penetrate perceptive performance pharmacy
phonetic photograph pioneer pocketful politeness positive potato processor provincial proximate puberty publisher pyramid quantity racketeer rebellion
recipe recover repellent replica reproduce resistor responsive retraction retrieval retrospect revenue revival revolver sandalwood sardonic Saturday
savagery scavenger sensation sociable souvenir specialist speculate stethoscope stupendous supportive surrender suspicious sympathy tambourine telephone therapist
tobacco tolerance tomorrow torpedo tradition travesty trombonist truncated typewriter ultimate undaunted underfoot unicorn unify universe unravel
upcoming vacancy vagabond vertigo Virginia visitor vocalist voyager warranty Waterloo whimsical Wichita Wilmington Wyoming yesteryear Yucatan
`);
