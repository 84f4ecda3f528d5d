import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { addDocumentCommands } from './documents-command.js';
import { GatewayError } from '../../core/errors.js';
import type { JsonValue } from '../../platform/json/strict-json.js';
import {
  fingerprintInWords,
  fingerprintsOf,
  printFingerprint,
  type Fingerprint,
} from '../fingerprints.js';
import { addOnboardingCommands } from './onboarding-commands.js';
import { readBytes, readText } from './staff-client.js';
import {
  actFields,
  contentOf,
  describe,
  doAct,
  inWords,
  runAct,
  withStaffClient,
  type ActJson,
  type ActOptions,
  type StaffOptions,
} from './run-act.js';

const partnerFields = `code name state active contacts
  certificates { fingerprint serial notAfter active }
  anchors { id rule { kind value } active crlNextUpdate }
  clients { clientId kids active jwks }`;

interface PartnerJson {
  readonly code: string;
  readonly name: string;
  readonly state: string;
  readonly active: boolean;
  readonly certificates?: readonly { readonly fingerprint: string; readonly active: boolean }[];
  readonly anchors?: readonly { readonly id: string }[];
  readonly clients?: readonly { readonly clientId: string; readonly jwks?: string | null }[];
}

const latestActs = 5;

/** `safeconduct partner`: organisations and what they authenticate by. */
export function addPartnerCommands(program: Command, common: (command: Command) => Command): void {
  const partner = program
    .command('partner')
    .summary('partners and what they authenticate by')
    .description(
      'Partners, as clients of the staff door. What lets more in is pending until a second person approves; suspending and revoking act at once.',
    );
  const waiting = (command: Command): Command =>
    common(command).option('--wait', 'stay until the second person has decided');

  common(partner.command('list').summary('every partner')).action(async (options: StaffOptions) =>
    withStaffClient(options, async (client) => {
      const partners = await client.ask<readonly PartnerJson[]>(
        `{ partners { ${partnerFields} } }`,
      );
      if (options.json === true) process.stdout.write(`${JSON.stringify(partners)}\n`);
      else {
        for (const { code, state, name, active } of partners) {
          process.stdout.write(`${code}  ${state}  ${name}${active ? '' : '  suspended'}\n`);
        }
      }
    }),
  );
  common(partner.command('show').argument('<code>').summary('one partner, whole')).action(
    async (code: string, options: StaffOptions) =>
      withStaffClient(options, async (client) => {
        const found = await client.ask<PartnerJson>(
          `query Partner($code: ID!) { partner(code: $code) { ${partnerFields} } }`,
          { code },
        );
        const booked = await client.ask<readonly ActJson[]>(
          `{ acts(waiting: false) { ${actFields} } }`,
        );
        const acts = booked.filter((act) => isAbout(act, found)).slice(0, latestActs);
        process.stdout.write(
          options.json === true
            ? `${JSON.stringify({ ...found, acts })}\n`
            : `${JSON.stringify(found, null, 2)}\n${wordsOf(found)}${acts
                .map((act) => `${act.decidedAt ?? act.requestedAt}  ${describe(act)}\n`)
                .join('')}`,
        );
      }),
  );
  waiting(partner.command('add').argument('<code>').summary('an organisation'))
    .requiredOption('--name <name>')
    .requiredOption('--state <state>', 'ICAO Doc 9303-3, such as AUS')
    .option('--contact <text...>', 'whom to call')
    .action(
      async (
        code: string,
        options: ActOptions & {
          readonly name: string;
          readonly state: string;
          readonly contact?: readonly string[];
        },
      ) => {
        const { name, state, contact: contacts = [] } = options;
        await runAct(options, 'addPartner', 'AddPartnerInput', { code, name, state, contacts });
      },
    );
  common(partner.command('suspend').argument('<code>').summary('at once')).action(
    async (code: string, options: StaffOptions) =>
      runAct(options, 'suspendPartner', 'PartnerInput', { code }),
  );
  waiting(partner.command('resume').argument('<code>').summary('by two')).action(
    async (code: string, options: ActOptions) =>
      runAct(options, 'resumePartner', 'PartnerInput', { code }),
  );
  common(
    partner
      .command('suspend-state')
      .argument('<state>')
      .summary('every partner of a state, at once'),
  ).action(async (state: string, options: StaffOptions) =>
    runAct(options, 'suspendState', 'SuspendStateInput', { state }),
  );
  addCertificateCommands(partner, common, waiting);
  addKeyCommands(partner, common, waiting);
  addOnboardingCommands(partner, common, waiting);
  addDocumentCommands(partner, common);
}

/** Whether an act names the partner, its state, or something of its own. */
function isAbout(act: ActJson, { code, state, certificates, anchors, clients }: PartnerJson) {
  const content = (contentOf(act) ?? {}) as Readonly<Record<string, unknown>>;
  const own: Readonly<Record<string, readonly (string | undefined)[]>> = {
    code: [code],
    partner: [code],
    state: act.act === 'STATE_SUSPEND' ? [state] : [],
    fingerprint: certificates?.map(({ fingerprint }) => fingerprint) ?? [],
    anchor: anchors?.map(({ id }) => id) ?? [],
    clientId: clients?.map(({ clientId }) => clientId) ?? [],
  };
  return Object.entries(own).some(([member, values]) => {
    const value = content[member];
    return typeof value === 'string' && values.includes(value);
  });
}

type Wrap = (command: Command) => Command;

function addCertificateCommands(partner: Command, common: Wrap, waiting: Wrap): void {
  const cert = partner.command('cert').summary('client certificates');
  waiting(cert.command('add').argument('<code>').summary('one of a registered CA'))
    .requiredOption('--certificate <file>', 'PEM')
    .action(async (code: string, options: ActOptions & { readonly certificate: string }) =>
      inWords(
        runAct(options, 'addCertificate', 'AddCertificateInput', {
          partner: code,
          certificate: readText(options.certificate),
        }),
        ({ code: refusal, argument }) =>
          refusal === 'ERR_NOT_FOUND' && argument === 'certificate.issuer'
            ? `the CA that issued ${options.certificate} is not registered; first, by two: ` +
              `safeconduct partner anchor add ${code} --certificate CA.pem (without ${code} where it is the host's own CA)`
            : undefined,
      ),
    );
  common(cert.command('revoke').argument('[fingerprint]').summary('at once'))
    .option('--anchor <id>', 'of a certificate let in by the rule of its CA, with --serial')
    .option('--serial <hex>')
    .action(
      async (
        fingerprint: string | undefined,
        options: StaffOptions & { readonly anchor?: string; readonly serial?: string },
      ) => {
        const { anchor, serial } = options;
        if ((fingerprint === undefined) === (anchor === undefined || serial === undefined)) {
          throw new GatewayError('ERR_INPUT_INVALID', {
            detail: 'name a fingerprint, or --anchor and --serial',
          });
        }
        const input = fingerprint === undefined ? { anchor, serial } : { fingerprint };
        await runAct(options, 'revokeCertificate', 'RevokeCertificateInput', input);
      },
    );

  const anchor = partner.command('anchor').summary('CAs that issue client certificates directly');
  waiting(anchor.command('add').argument('[code]').summary('without a code, a CA of the host'))
    .requiredOption('--certificate <file>', 'PEM')
    .option('--subject <name>', 'certificates of exactly this subject (RFC 4514) are the partner’s')
    .option('--dns <name>', 'or with exactly this alternative name')
    .option('--email <address>')
    .option('--uri <uri>')
    .action(
      async (
        code: string | undefined,
        options: ActOptions &
          Readonly<Partial<Record<'subject' | 'dns' | 'email' | 'uri', string>>> & {
            readonly certificate: string;
          },
      ) => {
        const rules = (['subject', 'dns', 'email', 'uri'] as const).flatMap((kind) => {
          const value = options[kind];
          return value === undefined ? [] : [{ kind: kind.toUpperCase(), value }];
        });
        if (rules.length > 1) {
          throw new GatewayError('ERR_INPUT_INVALID', { detail: 'a CA has one rule at most' });
        }
        await runAct(options, 'addAnchor', 'AddAnchorInput', {
          partner: code ?? null,
          certificate: readText(options.certificate),
          rule: rules[0] ?? null,
        });
      },
    );
  common(anchor.command('revoke').argument('<id>').summary('at once')).action(
    async (id: string, options: StaffOptions) =>
      runAct(options, 'revokeAnchor', 'RevokeAnchorInput', { anchor: id }),
  );

  const crl = partner.command('crl').summary('revocation lists');
  common(crl.command('import').argument('<file>').summary('PEM or DER, at once')).action(
    async (file: string, options: StaffOptions) => {
      const bytes = readBytes(file);
      await doAct(options, async (client) =>
        client.stream(
          '/partners/crl',
          {
            headers: { 'content-type': 'application/pkix-crl' },
            body: Readable.from([bytes]),
          },
          async (answer) => {
            const chunks: Buffer[] = [];
            for await (const chunk of answer) chunks.push(chunk);
            const text = Buffer.concat(chunks).toString('utf8');
            return (JSON.parse(text) as { data: { importCrl: ActJson } }).data.importCrl;
          },
        ),
      );
    },
  );
}

function addKeyCommands(partner: Command, common: Wrap, waiting: Wrap): void {
  const jwks = partner.command('jwks').summary('keys of a client at the token endpoint');
  waiting(jwks.command('set').argument('<code>').argument('<file>').summary('all keys from now on'))
    .option('--client <id>', 'client id; the code in lower case by default')
    .action(
      async (code: string, file: string, options: ActOptions & { readonly client?: string }) =>
        runAct(options, 'setClientKeys', 'SetClientKeysInput', {
          partner: code,
          clientId: options.client ?? code.toLowerCase(),
          jwks: readText(file),
        }),
    );
  common(
    jwks.command('remove').argument('<client>').argument('<kid>').summary('one key, at once'),
  ).action(async (clientId: string, kid: string, options: StaffOptions) =>
    runAct(options, 'removeClientKey', 'RemoveClientKeyInput', { clientId, kid }),
  );
  const client = partner.command('client').summary('systems at the token endpoint');
  waiting(
    client
      .command('tls')
      .argument('<code>')
      .argument('<client>')
      .summary('authenticates by its certificate (tls_client_auth)'),
  )
    .requiredOption('--subject <name>', 'of the certificate, RFC 4514')
    .action(
      async (code: string, clientId: string, options: ActOptions & { readonly subject: string }) =>
        runAct(options, 'setClientTlsSubject', 'SetClientTlsSubjectInput', {
          partner: code,
          clientId,
          subject: options.subject,
        }),
    );
  common(client.command('suspend').argument('<client>').summary('at once')).action(
    async (clientId: string, options: StaffOptions) =>
      runAct(options, 'suspendClient', 'ClientInput', { clientId }),
  );

  const officers = partner.command('officers').summary('the identity provider that names officers');
  waiting(officers.command('set').argument('<code>').argument('<jwks>').summary('register it'))
    .requiredOption('--issuer <url>', 'iss of its assertions')
    .action(async (code: string, file: string, options: ActOptions & { readonly issuer: string }) =>
      runAct(options, 'setOfficerProvider', 'SetOfficerProviderInput', {
        partner: code,
        issuer: options.issuer,
        jwks: readText(file),
      }),
    );
  common(
    officers.command('remove').argument('<code>').summary('at once: nobody is named any more'),
  ).action(async (code: string, options: StaffOptions) =>
    runAct(options, 'removeOfficerProvider', 'RemoveOfficerProviderInput', { partner: code }),
  );
  common(
    officers
      .command('revoke')
      .argument('<code>')
      .argument('<officer>')
      .summary('at once and for good'),
  ).action(async (code: string, officer: string, options: StaffOptions) =>
    runAct(options, 'revokeOfficer', 'RevokeOfficerInput', { partner: code, officer }),
  );
}

/** What a partner's people can compare by telephone: certificates in force, keys of clients. */
function wordsOf({ certificates = [], clients = [] }: PartnerJson): string {
  const ofKeys = (jwks: string | null | undefined): readonly Fingerprint[] =>
    jwks === null || jwks === undefined
      ? []
      : fingerprintsOf({ jwks: JSON.parse(jwks) as JsonValue });
  return [
    ...certificates
      .filter(({ active }) => active)
      .map(({ fingerprint }) =>
        fingerprintInWords('certificate', Buffer.from(fingerprint, 'base64url')),
      ),
    ...clients.flatMap(({ jwks }) => ofKeys(jwks)),
  ]
    .map(printFingerprint)
    .join('');
}
