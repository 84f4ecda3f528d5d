import { describe, expect, test } from '@jest/globals';
import { checkDigit, parseMachineReadableZone } from './mrz.js';

/** The specimens of ICAO Doc 9303 parts 4 to 7, of the made-up state Utopia. */
const specimens = {
  TD3: [
    'P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
    'L898902C36UTO7408122F1204159ZE184226B<<<<<10',
  ],
  TD2: ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'],
  TD1: [
    'I<UTOD231458907<<<<<<<<<<<<<<<',
    '7408122F1204159UTO<<<<<<<<<<<6',
    'ERIKSSON<<ANNA<MARIA<<<<<<<<<<',
  ],
  MRVA: [
    'V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<',
    'L8988901C4XXX4009078F96121096ZE184226B<<<<<<',
  ],
  MRVB: ['V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'L8988901C4XXX4009078F9612109<<<<<<<<'],
} as const;

describe('machine readable zones (ICAO Doc 9303)', () => {
  test('check digits weigh 7 3 1 (part 3, section 4.9)', () => {
    expect(checkDigit('520727')).toBe(3);
    expect(checkDigit('AB2134<<<')).toBe(5);
  });
  test.each(Object.entries(specimens))('reads the specimen %s', (form, lines) => {
    const zone = parseMachineReadableZone(lines);
    expect(zone).toMatchObject({ name: 'ANNA MARIA ERIKSSON', sex: 'F', issuingState: 'UTO' });
    expect(zone?.documentNumber).toBe(
      form === 'TD3' ? 'L898902C3' : form.startsWith('TD') ? 'D23145890' : 'L8988901C',
    );
  });
  test.each(Object.entries(specimens))('refuses %s with any digit of it misread', (form, lines) => {
    const at = form === 'TD1' ? 0 : 1;
    const line = lines[at] ?? '';
    const checked = form === 'TD1' ? [5, 6, 7, 8, 13, 14] : [0, 1, 2, 8, 9, 13, 14, 18, 19, 21, 26];
    for (const place of checked) {
      const letter = line.charAt(place);
      const other = letter === '7' ? '4' : '7';
      const damaged = lines.map((text, index) =>
        index === at ? text.slice(0, place) + other + text.slice(place + 1) : text,
      );
      expect(parseMachineReadableZone(damaged)).toBeUndefined();
    }
  });
  test('reads letters in digits-only fields as the digits they resemble', () => {
    const [first, second] = specimens.TD3;
    const misread = second.replace('7408122', '74O8I22');
    expect(parseMachineReadableZone([first, misread])?.birth).toBe('740812');
  });
  test('reads a long document number on into the optional data (part 5)', () => {
    const number = 'D23145890734';
    const digit = checkDigit(number);
    const upper = `I<UTO${number.slice(0, 9)}<${number.slice(9)}${digit}<<<<<<<<<<<<<<<<`.slice(
      0,
      30,
    );
    const lower = '7408122F1204159UTO<<<<<<<<<<<';
    const composite = checkDigit(
      `${upper.slice(5, 30)}${lower.slice(0, 7)}${lower.slice(8, 15)}${lower.slice(18, 29)}`,
    );
    const zone = parseMachineReadableZone([upper, `${lower}${composite}`, specimens.TD1[2]]);
    expect(zone?.documentNumber).toBe(number);
  });
  test.each([
    [[]],
    [['']],
    [['P<UTO']],
    [['A'.repeat(44), 'B'.repeat(44)]],
    [['x', 'y', 'z', 'w']],
  ])('refuses what is no zone', (lines) => {
    expect(parseMachineReadableZone(lines)).toBeUndefined();
  });
});
