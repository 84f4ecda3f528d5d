import { sound as s, soundCount } from './sounds.js';

/**
 * Edit distance between two rows of sounds (Wagner and Fischer 1974, with a cost per pair of sounds).
 * Costs are whole hundredths of one consonant taken for an unrelated one. Bounded by the longest
 * word: {@link maxSounds} squared steps.
 */
export const maxSounds = 32;

const full = 100;
/** What leaving a sound out costs: between two romanisations, and where one side is Arabic script. */
const dropLatin = new Uint8Array(soundCount).fill(full);
const dropMixed = new Uint8Array(soundCount).fill(full);
const swap = new Uint8Array(soundCount * soundCount).fill(full);

function near(cost: number, first: number, ...others: readonly number[]): void {
  for (const other of others) {
    swap[first * soundCount + other] = cost;
    swap[other * soundCount + first] = cost;
  }
}
for (let code = 0; code < soundCount; code += 1) swap[code * soundCount + code] = 0;

// One letter of the alphabet, two sounds; or two letters read alike in Dari and Pashto.
near(10, s.DH, s.Z);
near(15, s.TH, s.S);
near(20, s.TH, s.T);
near(20, s.DH, s.D);
near(20, s.Q, s.GH, s.K);
near(20, s.GH, s.G);
near(35, s.Q, s.G, s.KH);
near(30, s.KH, s.K, s.H);
near(35, s.KH, s.GH);
near(30, s.KH, s.SH);
near(25, s.ZH, s.J, s.Z);
near(35, s.ZH, s.G);
near(35, s.J, s.G, s.Y, s.Z);
near(45, s.J, s.CH, s.D);
near(35, s.CH, s.SH);
near(45, s.CH, s.K, s.KH);
near(35, s.S, s.Z);
near(40, s.S, s.SH, s.CH);
near(45, s.T, s.D);
near(50, s.K, s.G);
near(40, s.B, s.P);
near(40, s.F, s.P);
near(45, s.W, s.F, s.B);
near(50, s.M, s.N);
// Vowels among themselves.
near(25, s.A, s.I);
near(25, s.A, s.U);
near(35, s.I, s.U);
near(15, s.AI, s.I);
near(20, s.AI, s.A, s.Y);
near(15, s.AU, s.U);
near(20, s.AU, s.A, s.W);
near(15, s.I, s.Y);
near(20, s.U, s.W);
// Arabic letters that may be vowels.
near(5, s.ALEF, s.A);
near(20, s.ALEF, s.I, s.U, s.AI, s.AU);
near(0, s.WAW, s.W);
near(5, s.WAW, s.U, s.AU);
near(35, s.WAW, s.A, s.I);
near(0, s.YA, s.Y);
near(5, s.YA, s.I, s.AI);
near(30, s.YA, s.A);
near(35, s.YA, s.ALEF);
near(40, s.WAW, s.ALEF);
near(10, s.AIN, s.A, s.I, s.U);
near(15, s.AIN, s.ALEF, s.AI);
near(0, s.FINAL_H, s.H);
near(10, s.FINAL_H, s.A, s.I);
near(15, s.FINAL_H, s.ALEF, s.YA);
near(20, s.FINAL_H, s.T);

for (const [table, short, diphthong] of [
  [dropLatin, 30, 40],
  [dropMixed, 6, 25],
] as const) {
  for (const code of [s.A, s.I, s.U]) table[code] = short;
  for (const code of [s.AI, s.AU]) table[code] = diphthong;
  table[s.AIN] = 10;
  table[s.FINAL_H] = 8;
  table[s.H] = 40;
  table[s.Y] = 40;
  table[s.W] = 60;
  table[s.ALEF] = 35;
  table[s.YA] = 35;
  table[s.WAW] = 40;
}

let previous = new Uint16Array(maxSounds + 1);
let current = new Uint16Array(maxSounds + 1);

/**
 * @param mixed whether either word is written in Arabic script
 * @param budget the distance beyond which the answer does not matter
 * @returns hundredths of a consonant, or `budget + 1` for anything above the budget
 */
export function soundDistance(
  a: Uint8Array,
  b: Uint8Array,
  mixed: boolean,
  budget: number,
): number {
  const drop = mixed ? dropMixed : dropLatin;
  const width = b.length;
  previous[0] = 0;
  for (let j = 0; j < width; j += 1) {
    previous[j + 1] = (previous[j] as number) + (drop[b[j] as number] as number);
  }
  for (let i = 0; i < a.length; i += 1) {
    const code = a[i] as number;
    const dropA = drop[code] as number;
    const row = code * soundCount;
    let least = (current[0] = (previous[0] as number) + dropA);
    for (let j = 0; j < width; j += 1) {
      const other = b[j] as number;
      let cost = (previous[j] as number) + (swap[row + other] as number);
      const above = (previous[j + 1] as number) + dropA;
      if (above < cost) cost = above;
      const left = (current[j] as number) + (drop[other] as number);
      if (left < cost) cost = left;
      current[j + 1] = cost;
      if (cost < least) least = cost;
    }
    if (least > budget) return budget + 1;
    const spare = previous;
    previous = current;
    current = spare;
  }
  const distance = previous[width] as number;
  return distance > budget ? budget + 1 : distance;
}
