import type { DemoPerson } from '../../src/register/index.js';
import type { Attempt } from './attempt.js';
import type { Told } from './world.js';

export const twoDigits = (number: number) => String(number).padStart(2, '0');

/**
 * Knows name and father's name, and tries year, then month, then day of birth, then the other
 * elements, one at a time; a value is learnt when an answer first agrees to it.
 */
export function climb(target: DemoPerson): Attempt {
  const years = Array.from({ length: 70 }, (_, at) => String(1948 + ((at * 29) % 70)));
  const known: { year?: string; month?: string; day?: string; sex?: 'F' | 'M'; state?: string } =
    {};
  const [year, month, day] = (target.dateOfBirth ?? '').split('-');
  const truth = { year, month, day, sex: target.sex, state: target.nationality };
  let learnt = 0;
  let trying: { readonly stage: keyof typeof known; readonly value: string } | undefined;
  const queue = {
    year: years,
    month: Array.from({ length: 12 }, (_, at) => twoDigits(at + 1)),
    day: Array.from({ length: 31 }, (_, at) => twoDigits(at + 1)),
    sex: ['F', 'M'],
    state: ['PAK', 'IRN', 'TJK', 'UZB', 'AFG'],
  };
  const agrees = (told: Told): boolean => {
    if (!told.answered || told.answer.outcome !== 'MATCH' || trying === undefined) return false;
    const element =
      trying.stage === 'sex' ? 'SEX' : trying.stage === 'state' ? 'NATIONALITY' : 'DATE_OF_BIRTH';
    return told.answer.evidence.some(
      (one) => one.element === element && one.agreement === 'AGREES',
    );
  };
  return {
    values: () => learnt,
    next: (last) => {
      if (last !== undefined && trying !== undefined && agrees(last)) {
        // An agreement to a wrong value teaches nothing, and is believed all the same.
        if (truth[trying.stage] === trying.value) learnt += 1;
        Object.assign(known, { [trying.stage]: trying.value });
        trying = undefined;
      }
      const stage = (['year', 'month', 'day', 'sex', 'state'] as const).find(
        (one) => known[one] === undefined && queue[one].length > 0,
      );
      const value = stage === undefined ? undefined : queue[stage].shift();
      if (stage === undefined || value === undefined) return undefined;
      trying = { stage, value };
      const with_ = { ...known, [stage]: value };
      const date = [with_.year ?? '1970', with_.month, with_.day].filter(Boolean).join('-');
      return {
        names: target.names.slice(0, 1).map(({ full }) => ({ full })),
        fatherName: target.fatherName ?? null,
        dateOfBirth: date,
        sex: with_.sex ?? null,
        nationality: with_.state ?? null,
      };
    },
  };
}
