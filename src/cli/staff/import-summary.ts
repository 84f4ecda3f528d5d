import type { ImportSummary } from '../../register/index.js';
import { hintOf, placeOf } from './import-codes.js';
import type { ActJson } from './run-act.js';

/** What the staff door answers to an import. */
export interface ImportedJson extends ImportSummary {
  readonly refused: boolean;
  readonly rejectedLines: readonly number[];
  readonly batch: string | null;
  readonly people: number;
  readonly release: ActJson | null;
}

/** Findings shown to a person. */
const mostPrinted = 50;

/** What came of a file, on standard output; where its rejected rows are, on standard error. */
export function printImport(
  imported: ImportedJson,
  options: { readonly json?: true; readonly dryRun?: true; readonly expect?: string },
  rejectedFile: string | undefined,
): void {
  const { rows, added, changed, unchanged, rejected, rejections, warnings } = imported;
  const { batch, people, release } = imported;
  if (options.json === true) {
    const summary = { rows, added, changed, unchanged, rejected, rejections, warnings };
    const more = { batch, people, act: release?.id ?? null, rejectedFile: rejectedFile ?? null };
    const printed = options.dryRun === true ? summary : { ...summary, ...more };
    process.stdout.write(`${JSON.stringify(printed)}\n`);
  } else {
    printWords(imported, options);
  }
  if (rejectedFile !== undefined) {
    process.stderr.write(`Rejected rows are in ${rejectedFile} (0600): correct and import it.\n`);
  }
}

function printWords(
  imported: ImportedJson,
  { dryRun, expect }: { readonly dryRun?: true; readonly expect?: string },
): void {
  const { rows, added, changed, unchanged, rejected, rejections, warnings } = imported;
  const { batch, people, refused } = imported;
  const would = dryRun === true ? 'would be ' : '';
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (refused) {
    // Of a file that could not be read to its end nobody knows how many there are.
    const isCounted = rows > 0 || rejections[0]?.code === 'ROW_COUNT_DIFFERS';
    const meant = expect === undefined ? '' : ` where ${expect} were meant`;
    say(`refused: ${isCounted ? `${rows} rows${meant}, ` : ''}nothing was taken`);
  } else {
    say(
      `${rows} rows: ${would}${added} added, ${changed} changed, ${unchanged} unchanged, ${rejected} rejected`,
    );
    if (rows === 0) say('The file has a heading and no rows.');
  }
  for (const finding of rejections.slice(0, mostPrinted)) {
    say(`${placeOf(finding)}: ${finding.code}${hintOf(finding.code)}`);
  }
  for (const finding of warnings.slice(0, mostPrinted)) {
    say(`${placeOf(finding)}: ${finding.code}, a warning${hintOf(finding.code)}`);
  }
  if (rejections.length > mostPrinted || warnings.length > mostPrinted) {
    say(`Only ${mostPrinted} of each are shown; --json shows all.`);
  }
  if (batch !== null) {
    say(
      `pending: batch ${batch} of ${people} people waits for another registrar: safeconduct register release ${batch}`,
    );
  }
}
