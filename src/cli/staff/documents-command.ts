import type { Command } from 'commander';
import { runAct, withStaffClient, type ActOptions, type StaffOptions } from './run-act.js';
import { readText } from './staff-client.js';

interface DocumentsJson {
  readonly mode: string;
  readonly documents: readonly { readonly id: string; readonly document: string }[];
  readonly report: readonly {
    readonly day: string;
    readonly id: string;
    readonly refused: boolean;
    readonly seen: number;
  }[];
}

/** `safeconduct partner documents`: the GraphQL documents a partner's systems may send. */
export function addDocumentCommands(partner: Command, common: (command: Command) => Command): void {
  const documents = partner.command('documents').summary('trusted GraphQL documents');
  common(
    documents
      .command('show')
      .argument('<code>')
      .summary('the documents, and what is or would be refused'),
  ).action(async (code: string, options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const found = await client.ask<DocumentsJson>(
        `query D($partner: ID!) { partnerDocuments(partner: $partner) {
          mode documents { id document } report { day id refused seen } } }`,
        { partner: code },
      );
      if (options.json === true) {
        process.stdout.write(`${JSON.stringify(found)}\n`);
        return;
      }
      process.stdout.write(`${found.mode}\n`);
      for (const { id } of found.documents) process.stdout.write(`trusted  ${id}\n`);
      for (const { day, id, refused, seen } of found.report) {
        process.stdout.write(`${day}  ${refused ? 'refused' : 'would refuse'}  ${id}  ${seen}\n`);
      }
    }),
  );
  common(
    documents
      .command('set')
      .argument('<code>')
      .argument('[files...]', 'one GraphQL document a file; all from now on')
      .summary('at once'),
  ).action(async (code: string, files: readonly string[], options: StaffOptions) =>
    runAct(options, 'setDocuments', 'SetDocumentsInput', {
      partner: code,
      documents: files.map(readText),
    }),
  );
  common(documents.command('require').argument('<code>').summary('no other document, at once'))
    .option('--dry-run', 'only count what would be refused')
    .action(async (code: string, options: StaffOptions & { readonly dryRun?: true }) =>
      runAct(options, 'requireDocuments', 'DocumentModeInput', {
        partner: code,
        mode: options.dryRun === true ? 'DRY_RUN' : 'REQUIRED',
      }),
    );
  common(documents.command('relax').argument('<code>').summary('any document again, by two'))
    .option('--dry-run', 'and go on counting')
    .option('--wait', 'stay until the second person has decided')
    .action(async (code: string, options: ActOptions & { readonly dryRun?: true }) =>
      runAct(options, 'relaxDocuments', 'DocumentModeInput', {
        partner: code,
        mode: options.dryRun === true ? 'DRY_RUN' : 'OFF',
      }),
    );
}
