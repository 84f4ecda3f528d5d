import { relative } from 'node:path';
import type { PartnerCode } from '../../core/ids.js';
import { readConfiguration } from '../../platform/configuration/configuration.js';
import { writeDemoPki } from '../../platform/pki/index.js';
import { createLogger } from '../../platform/telemetry/logger.js';
import {
  demoPeopleLines,
  importRegister,
  makeDemoPeople,
  Register,
  releaseBatch,
} from '../../register/index.js';
import type { AccessLog } from '../../access-log/index.js';
import { ACCESS_LOG } from '../../rooms.module.js';
import { checkDoorsCanOpen, openDoors, openRooms, type OpenRooms } from '../../main.js';
import { untilStopped } from '../host/serve-command.js';
import { askSampleQuestion } from './sample-question.js';
import { PartnerClient } from '../partner/partner-client.js';
import { readProfile } from '../partner/profile.js';
import { Watch, watchingKeys } from '../partner/witness-command.js';
import { demoKeys, takeDemoHome, type DemoHome } from './demo-home.js';
import {
  demoStaff,
  foundDemoStaff,
  giveTestGrants,
  staffCertificate,
  writeStaffProfiles,
} from './demo-staff.js';
import {
  demoPartners,
  demoWitness,
  registerDemoPartners,
  writeDemoProfiles,
} from './demo-partners.js';

const people = 1_250;
const seed = 'safeconduct demo 1';

/** The demonstration; see `safeconduct demo --help`. */
export async function demo(options: {
  readonly once?: true;
  readonly reset?: true;
}): Promise<void> {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const note = (text: string) => process.stderr.write(`${text}\n`);
  const configuration = readConfiguration({
    LOG_LEVEL: 'warn',
    ...process.env,
  });
  const logger = createLogger(configuration.logLevel);
  const now = () => new Date();

  // 1. A home of its own, throw-away keys and certificates.
  const home = takeDemoHome(configuration.home, options.reset === true);
  const keys = demoKeys(home);
  const codes = demoPartners.map(({ code }) => code);
  const pki = await writeDemoPki(home.certificatesDirectory, codes, now(), Object.keys(demoStaff));
  note(`home ${here(configuration.home)}, certificates ${here(home.certificatesDirectory)}`);

  // 2. The rooms; at the first start two partners, their grants, and made-up people, imported by one
  //    person and released by another as real ones are.
  const settings = {
    configuration,
    keys,
    logger,
    now,
    partnerTls: {
      certificateFile: pki.server.certificateFile,
      keyFile: pki.server.keyFile,
      caFile: pki.serverCa.certificateFile,
    },
    staffTls: configuration.staff.files ?? {
      certificateFile: pki.server.certificateFile,
      keyFile: pki.server.keyFile,
      caFile: pki.staffCa.certificateFile,
    },
  };
  await checkDoorsCanOpen(settings);
  const rooms = await openRooms(settings);
  let gateway;
  try {
    if (!home.isFilled) {
      await registerDemoPartners(rooms.database.dataSource, home, pki, now());
      await foundDemoStaff(
        rooms.database.dataSource,
        rooms.context.get<AccessLog>(ACCESS_LOG),
        (reference) => staffCertificate(pki, reference),
        now(),
      );
      await giveTestGrants(
        rooms.database.dataSource,
        rooms.context.get<AccessLog>(ACCESS_LOG),
        demoPartners.map(({ code }) => code),
        (reference) => staffCertificate(pki, reference),
        now,
      );
      await importDemoPeople(rooms, note);
      home.markFilled();
    }
    gateway = await openDoors(settings, rooms);
  } catch (error) {
    if (gateway === undefined) await rooms.close();
    throw error;
  }
  let closeWatches = (): void => undefined;
  try {
    const profiles = await writeDemoProfiles(
      rooms.context,
      home,
      pki,
      configuration.publicUrl,
      now(),
    );

    // The partners' slots are in the cover tree from its next round on; here it is made at once.
    await rooms.context.get<AccessLog>(ACCESS_LOG).makeRound(now());

    // 3. One question as a partner would ask it, over the public interface only.
    const [asker] = codes;
    const profile = profiles.get(asker as PartnerCode);
    if (profile === undefined) throw new TypeError('the asking partner has no profile');
    await askSampleQuestion(profile, samplePeople(), say);

    // 4. Each partner's witness looks at the log and cosigns it, and does while the gateway is up.
    const watches = codes.map((code) => watchAs(home, code, profiles.get(code) ?? ''));
    closeWatches = () => watches.forEach((watch) => watch.close());
    for (const watch of watches) {
      const found = await watch.once(now());
      if (found.what !== 'COSIGNED') note(found.detail);
      else say(`Cosigned by a partner's witness: ${found.size} rounds of the cover tree.`);
    }

    say('');
    say(`partner door  ${configuration.publicUrl}/graphql`);
    say(`staff door    ${configuration.staff.publicUrl}/graphql`);
    say(`ops door      ${gateway.opsUrl}/readyz`);
    for (const [code, path] of profiles) {
      const p12 = pki.partners.get(code)?.p12File ?? '';
      say(`${code.padEnd(13)} profile ${here(path)}, certificate ${here(p12)}`);
    }
    for (const [reference, path] of writeStaffProfiles(home, pki, configuration.staff.publicUrl)) {
      const p12 = pki.staff.get(reference)?.p12File ?? '';
      const role = demoStaff[reference]?.toLowerCase().replace('_', ' ') ?? '';
      say(`${reference.padEnd(13)} ${role}: profile ${here(path)}, certificate ${here(p12)}`);
    }
    if (options.once === true) return;
    say('');
    say(
      `Ask more: npx --no safeconduct verify QUESTIONS.jsonl --profile ${here(profile)} --out ANSWERS.jsonl`,
    );
    say('The gateway stays up; Ctrl-C ends it.');
    const cosigning = setInterval(() => {
      for (const watch of watches) void watch.once(now()).catch(() => undefined);
    }, 10_000);
    await untilStopped(logger);
    clearInterval(cosigning);
  } finally {
    closeWatches();
    await gateway.close();
  }
}

function watchAs(home: DemoHome, code: PartnerCode, profilePath: string): Watch {
  const profile = readProfile(profilePath);
  const { privateKey, stateFile } = demoWitness(home, code);
  return new Watch(new PartnerClient(profile), watchingKeys(profile, privateKey), stateFile);
}

async function importDemoPeople(rooms: OpenRooms, note: (text: string) => void): Promise<void> {
  const { store } = rooms.context.get(Register);
  const report = await importRegister(store, {
    source: jsonLines(),
    requestedBy: 'demo registrar 1',
    knownPartners: new Set(demoPartners.map(({ code }) => code)),
    dryRun: false,
  });
  if (report.batchId === undefined) throw new TypeError('no batch of made-up people is pending');
  await releaseBatch(store, {
    batchId: report.batchId,
    releasedBy: 'demo registrar 2',
    people: report.added + report.changed,
  });
  note(`${report.added} made-up people imported by one registrar and released by another`);
}

function samplePeople() {
  return makeDemoPeople({ seed, count: people, partners: demoPartners });
}

async function* jsonLines(): AsyncGenerator<Uint8Array> {
  yield* demoPeopleLines(samplePeople());
}

const here = (path: string): string => relative(process.cwd(), path) || path;
