import { createInterface } from 'node:readline';
import { basename } from 'node:path';
import { GatewayError } from '../../core/errors.js';

/** Where a person is asked: both ends of a terminal, or whatever takes their place. */
export interface Asked {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Whether somebody sits there who can be asked. */
export const isTerminal = ({ input, output }: Asked): boolean =>
  input.isTTY === true && output.isTTY === true;

export const isRowCount = (text: string): boolean => /^\d{1,9}$/.test(text);

/**
 * Asks how many rows are meant, before anything tells how many there are: the number is the one a
 * person has in mind. Asks again until it is told one.
 *
 * @returns decimal digits
 * @throws {GatewayError} ERR_INPUT_INVALID when the input ends without a number
 */
export async function askExpectedRows(path: string, { input, output }: Asked): Promise<string> {
  // Line by line, as the terminal hands them over: an interrupt ends the program as it always does.
  const lines = createInterface({ input, terminal: false });
  try {
    output.write(`How many rows do you mean to import from ${basename(path)}? `);
    for await (const line of lines) {
      const text = line.trim();
      if (isRowCount(text)) return text;
      output.write('A number of rows, such as 150: ');
    }
  } finally {
    lines.close();
  }
  throw new GatewayError('ERR_INPUT_INVALID', {
    detail: 'no number of rows was given, nothing was sent; --expect gives it as well',
  });
}

/** What is said where nobody can be asked, with the true number, before a row is sent. */
export function sayNothingExpected(path: string, rows: number, output: Asked['output']): void {
  // With none there is nothing to be mistaken about.
  if (rows === 0) return;
  output.write(
    `No number of rows was given: ${basename(path)} has ${rows}, and all of them are imported. ` +
      `Say --expect with the number you mean, and a file of another is refused whole.\n`,
  );
}
