import type { Command } from 'commander';
import { GatewayError } from '../../core/errors.js';
import { parseStrictJson } from '../../platform/json/strict-json.js';
import { readTerms } from './grant-terms.js';
import { withStaffClient, type StaffOptions } from './run-act.js';
import { readText } from './staff-client.js';

interface PreviewJson {
  readonly fields: readonly {
    readonly name: string;
    readonly level: string;
    readonly present: boolean | null;
    readonly agreement: string | null;
    readonly value: string | null;
  }[];
  readonly peopleInScope: number | null;
  readonly sharedIdentifiers: readonly {
    readonly field: string;
    readonly grant: string;
    readonly partner: string;
  }[];
}

const previewFields = `fields { name level present agreement value } peopleInScope
  sharedIdentifiers { field grant partner }`;

/** `safeconduct grant preview`, `preview-person`: what a partner would see. */
export function addGrantPreview(grant: Command, common: (command: Command) => Command): void {
  common(
    grant
      .command('preview')
      .argument('<terms>', 'JSON file (docs/grants.md)')
      .summary('what a partner would see of a made-up person'),
  )
    .option(
      '--person <file>',
      'made-up details, JSON: fullName, fatherName, dateOfBirth, documentNumber, visaReference',
    )
    .action(async (file: string, options: StaffOptions & { readonly person?: string }) =>
      withStaffClient(options, async (client) => {
        const person = options.person === undefined ? {} : { person: readPerson(options.person) };
        const preview = await client.ask<PreviewJson>(
          `query P($input: PreviewGrantInput!) { grantPreview(input: $input) { ${previewFields} } }`,
          { input: { terms: readTerms(file), ...person } },
        );
        print(preview, options);
      }),
    );
  common(
    grant
      .command('preview-person')
      .argument('<id>')
      .argument('<reference>', 'of a person of the register')
      .summary('what a partner would see of a person of the register; on record'),
  )
    .requiredOption('--caseload <caseload>', 'of the person')
    .requiredOption('--version-number <number>', 'of which version; one two people have agreed')
    .action(
      async (
        id: string,
        reference: string,
        options: StaffOptions & { readonly caseload: string; readonly versionNumber: string },
      ) =>
        withStaffClient(options, async (client) => {
          const { caseload, versionNumber } = options;
          const preview = await client.ask<PreviewJson>(
            `query P($input: PreviewGrantForPersonInput!) {
              grantPreviewForPerson(input: $input) { ${previewFields} } }`,
            { input: { grant: id, version: versionOf(versionNumber), caseload, reference } },
          );
          print(preview, options);
        }),
    );
}

function print({ fields, ...preview }: PreviewJson, { json }: StaffOptions): void {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ fields, ...preview })}\n`);
    return;
  }
  for (const { name, level, present, agreement, value } of fields) {
    const seen = value ?? agreement ?? (present === null ? '' : String(present));
    process.stdout.write(`${name}  ${level}${seen === '' ? '' : `  ${seen}`}\n`);
  }
  const { peopleInScope, sharedIdentifiers } = preview;
  const people = peopleInScope === null ? 'fewer than 10' : `${peopleInScope} or a few more`;
  process.stdout.write(`people in scope: ${people}\n`);
  for (const { field, grant, partner } of sharedIdentifiers) {
    process.stdout.write(
      `warning: ${partner} is shown ${field} in full as well (grant ${grant})\n`,
    );
  }
}

function readPerson(path: string): unknown {
  try {
    return parseStrictJson(Buffer.from(readText(path)));
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${path} is not JSON` });
  }
}

/** @throws {GatewayError} ERR_INPUT_INVALID */
export function versionOf(text: string, argument = '--version-number'): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${argument}: not a version` });
  }
  return Number(text);
}
