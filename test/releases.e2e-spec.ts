import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compactDecrypt, exportJWK } from 'jose';
import type { AccessLog } from '../src/access-log/index.js';
import type { PartnerCode } from '../src/core/ids.js';
import { cosignCheckpoint, formatWitnessKey } from '../src/core/log/cosignature.js';
import type { LogKeys } from '../src/core/log/log-keys.js';
import type { HistoryDocument } from '../src/core/releases/history-document.js';
import { logVerify } from '../src/cli/partner/log-verify-command.js';
import { ACCESS_LOG } from '../src/wiring/settings.js';
import { encodingsOf, everyColumn, everyFile, findNeedles } from './support/byte-sweep.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { captureOutput } from './support/output.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';
import {
  approveAct,
  changeRegister,
  safeconductAs,
  writeStaffProfile,
  type ActValue,
} from './support/registrar.js';

const witnessKey = generateKeyPairSync('ed25519').privateKey;
const witness = {
  partner: 'BRAVO-CONSULAR' as PartnerCode,
  name: 'w.example',
  privateKey: witnessKey,
  vkey: formatWitnessKey('w.example', witnessKey),
};
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const recipient = async () => JSON.stringify(await exportJWK(keys.publicKey));
const opened = async (jwe: string) => {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe.trim(), keys.privateKey);
  const { files } = JSON.parse(Buffer.from(plaintext).toString()) as {
    files: { name: string; text: string }[];
  };
  return { files, protectedHeader };
};
const reason = 'a request of the person, by counsel';
const long = { from: '2020-01-01', to: '2120-01-01' };
const person = { caseload: laila.caseload, reference: laila.reference };

describeOnEachDatabase('what partners were told, released', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    const alpha = gateway.partner('ALPHA-BORDER');
    await alpha.verify(lailaAsSeen, { caseReference: 'CASE/7' });
    await alpha.verify(nobodyAsSeen);
    await alpha.verify(lailaAsSeen, { caseReference: 'CASE/8' });
    await gateway.partner('BRAVO-CONSULAR').verify(lailaAsSeen);
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await log.witnesses.register(witness.partner, witness.vkey, new Date());
    await log.makeRound(new Date());
    const checkpoint = await log.published.coverCheckpoint();
    const line = cosignCheckpoint(checkpoint, witness, Math.floor(Date.now() / 1000));
    await log.published.takeCosignatures(witness.partner, checkpoint + line, new Date());
  });
  afterAll(async () => gateway?.close());

  const ask = async (more: object = {}, who = 'REG-1') =>
    changeRegister(gateway.staff(who), 'releaseHistory', 'ReleaseHistoryInput', {
      person,
      reason,
      ...more,
    });
  const fetch = async (act: string | undefined, who = 'REG-1') =>
    gateway
      .staff(who)
      .graphql('query H($act: ID!) { historyDocument(act: $act) { name text } }', { act });
  const released = async (more: object = {}) => {
    const { change } = await ask(more);
    expect((await approveAct(gateway.staff('SEC-1'), change.act)).value).toMatchObject({
      state: 'DONE',
    });
    return (await fetch(change.act?.id)).value as { name: string; text: string }[];
  };
  const textOf = (files: readonly { name: string; text: string }[], name: string) =>
    files.find((file) => file.name === name)?.text ?? '';
  const exposure = async (of: object, who = 'SEC-1', words: object | null = null) =>
    gateway.staff(who).graphql(
      `query E($of: ExposureInput!, $words: BreachWordsInput) { exposure(of: $of, words: $words) {
         people records forgotten wholeRows page fields { field level records people }
         partners { partner records } } }`,
      { of, words },
    );

  test('tells counsel who was told what, when, why and under which agreement', async () => {
    const files = await released();
    const document = JSON.parse(textOf(files, 'history.json')) as HistoryDocument;
    expect(document.told.map(({ agency }) => [agency.code, agency.state])).toEqual([
      ['ALPHA-BORDER', 'AUS'],
      ['ALPHA-BORDER', 'AUS'],
      ['BRAVO-CONSULAR', 'CAN'],
    ]);
    expect(document.told[0]).toMatchObject({
      purpose: 'BORDER_VERIFICATION',
      officer: null,
      caseReference: null,
      forgotten: false,
      agreement: { version: 1, legalBasis: 'A memorandum of understanding' },
    });
    expect(document.told[0]?.agreement.digest).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(document.told[0]?.fields).toContainEqual({ field: 'visaStatus', level: 'FULL' });
    const markdown = textOf(files, 'history.md');
    expect(markdown).toContain('Partner ALPHA-BORDER');
    expect(markdown).toContain('A question that was no match is tied to nobody');
    expect(JSON.stringify(files)).not.toContain('CASE/7');
  });

  test('holds cases of partners only where the release says so', async () => {
    const document = JSON.parse(
      textOf(await released({ caseReferences: true }), 'history.json'),
    ) as HistoryDocument;
    expect(document.told.map(({ caseReference }) => caseReference).slice(0, 2)).toEqual([
      'CASE/7',
      'CASE/8',
    ]);
  });

  test('comes with a proof of exactly those records, which log verify takes; bent, it does not', async () => {
    const files = await released();
    const { told, proof } = JSON.parse(textOf(files, 'history.json')) as HistoryDocument;
    const known = textOf(files, 'keys.json');
    const directory = mkdtempSync(join(tmpdir(), 'release-'));
    const check = async (text: string, given: string) => {
      const path = join(directory, 'proof.jsonl');
      const keysPath = join(directory, 'keys.json');
      writeFileSync(path, text);
      writeFileSync(keysPath, given);
      const captured = captureOutput();
      try {
        process.exitCode = undefined;
        await logVerify(path, { keys: keysPath, json: true });
        return JSON.parse(captured.text().out) as {
          valid: boolean;
          records?: number;
          covered?: number;
        };
      } finally {
        captured.end();
        process.exitCode = undefined;
      }
    };
    const lines = textOf(files, 'proof.jsonl');
    // Two agencies, each in its own slot of the cosigned round.
    const { length } = told;
    expect(await check(lines, known)).toMatchObject({
      valid: true,
      records: length,
      covered: length,
    });
    const keys = JSON.parse(known) as LogKeys;
    expect(keys.trees.flatMap(({ verifierKeys }) => verifierKeys)).toEqual(proof.verifierKeys);
    expect(keys.witnessVerifierKeys).toEqual([witness.vkey]);
    const [one, other] = keys.trees;
    const exchanged = [
      { ...one, coverSlot: other?.coverSlot },
      { ...other, coverSlot: one?.coverSlot },
    ];
    for (const bent of [{ trees: exchanged }, { witnessQuorum: 2 }]) {
      expect(await check(lines, JSON.stringify({ ...keys, ...bent }))).toMatchObject({
        valid: false,
      });
    }
    const indexes = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { index?: number })
      .flatMap(({ index }) => index ?? []);
    expect(indexes).toEqual(told.map(({ record }) => record.index));
    const bent = lines.replace(
      /"record":"(.{40})(.)/,
      (_all, head: string, one: string) => `"record":"${head}${one === 'A' ? 'B' : 'A'}`,
    );
    expect(await check(bent, known)).toMatchObject({ valid: false });
  });

  test('is sealed for counsel where a key was given', async () => {
    const files = await released({ recipient: await recipient() });
    expect(files.map(({ name }) => name)).toEqual(['history.jwe']);
    expect(JSON.stringify(files)).not.toContain('ALPHA-BORDER');
    const { files: inside } = await opened(textOf(files, 'history.jwe'));
    expect(inside.map(({ name }) => name)).toEqual([
      'history.md',
      'history.json',
      'proof.jsonl',
      'keys.json',
    ]);
  });

  test.each(['LIA-1', 'SEC-1', 'OVR-1', 'PRO-1', 'ADM-1'])(
    'is not asked for by %s',
    async (who) => {
      expect((await ask({}, who)).code).toBe('ERR_ACT_NOT_PERMITTED');
    },
  );

  test('needs a security officer: no registrar, no liaison officer releases it', async () => {
    const { change } = await ask();
    for (const who of ['REG-1', 'REG-2', 'LIA-1', 'PRO-1']) {
      expect((await approveAct(gateway.staff(who), change.act)).code).toMatch(
        /ERR_ACT_NOT_PERMITTED|ERR_NOT_FOUND/,
      );
    }
    expect((await fetch(change.act?.id)).code).toBe('ERR_CONFLICT');
    expect((await approveAct(gateway.staff('SEC-1'), change.act)).code).toBeUndefined();
    for (const who of ['SEC-1', 'LIA-1', 'PRO-1']) {
      expect((await fetch(change.act?.id, who)).code).toBe('ERR_ACT_NOT_PERMITTED');
    }
    expect((await fetch(change.act?.id)).code).toBeUndefined();
  });

  test('tells who decides the reason, and never of whom', async () => {
    const { change } = await ask();
    const query = `query R($act: ID!) { releaseRequest(act: $act) { kind people reason recipientThumbprint } }`;
    const told = await gateway.staff('SEC-1').graphql(query, { act: change.act?.id });
    expect(told.value).toEqual({ kind: 'HISTORY', people: 1, reason, recipientThumbprint: null });
    expect(told.text).not.toContain(person.reference);
    expect((change.act as ActValue).content).not.toContain(person.reference);
    const other = await gateway.staff('LIA-1').graphql(query, { act: change.act?.id });
    expect(other.code).toBe('ERR_ACT_NOT_PERMITTED');
  });

  test.each([
    ['a reference nobody has', { person: { ...person, reference: 'T-NOBODY' } }, 'ERR_NOT_FOUND'],
    ['a reason too short', { reason: 'why' }, 'ERR_INPUT_INVALID'],
    ['a private key', { recipient: '{"kty":"EC","d":"x"}' }, 'ERR_INPUT_INVALID'],
  ])('is refused for %s', async (_what, more, code) => {
    expect((await ask(more)).code).toBe(code);
  });

  test('counts for a security officer who may be known of, by partner and by certificate', async () => {
    const all = (await exposure({ partner: 'ALPHA-BORDER', ...long })).value as {
      page: string;
      fields: unknown[];
    };
    expect(all).toMatchObject({ people: 1, records: 2, forgotten: 0, wholeRows: false });
    expect(all.fields).toContainEqual({
      field: 'visaStatus',
      level: 'FULL',
      records: 2,
      people: 1,
    });
    expect(all.page).toContain('Approximate number of data subjects | 1');
    expect(JSON.stringify(all)).not.toMatch(/Laila|SAMADI|CASE/);
    const certificate = 'A'.repeat(43);
    expect((await exposure({ partner: 'ALPHA-BORDER', certificate, ...long })).value).toMatchObject(
      { people: 0, records: 0 },
    );
    const { grantId } = gateway.partner('BRAVO-CONSULAR');
    expect((await exposure({ grant: grantId, ...long })).value).toMatchObject({ records: 1 });
    const late = await exposure({ grant: grantId, ...long }, 'SEC-1', {
      awareAt: '2021-01-01T00:00:00Z',
      contact: 'protection officer | desk 1',
    });
    expect((late.value as { page: string }).page).toMatch(/desk 1[\s\S]*/);
    expect((late.value as { page: string }).page).toContain('The 72 hours are over');
  });

  test.each(['LIA-1', 'REG-1', 'OVR-1', 'ADM-1'])('counts nothing for %s', async (who) => {
    expect((await exposure({ partner: 'ALPHA-BORDER', ...long }, who)).code).toBe(
      'ERR_ACT_NOT_PERMITTED',
    );
  });

  test.each([
    ['nothing', {}],
    ['no time', { partner: 'ALPHA-BORDER' }],
    [
      'a time that ends before it begins',
      { partner: 'ALPHA-BORDER', from: long.to, to: long.from },
    ],
    ['an officer of nobody', { officer: 'o-1', ...long }],
    ['a partner and a grant', { partner: 'ALPHA-BORDER', grant: randomUUID(), ...long }],
    ['an export and a time', { export: randomUUID(), ...long }],
  ])('counts nothing of %s', async (_what, of) => {
    expect((await exposure(of)).code).toBe('ERR_INPUT_INVALID');
  });

  test('names people only where a protection officer agrees, and for one key', async () => {
    const of = { partner: 'ALPHA-BORDER', ...long };
    const input = { of, reason, recipient: await recipient() };
    const request = async (who: string) =>
      changeRegister(gateway.staff(who), 'releaseExposure', 'ReleaseExposureInput', input);
    for (const who of ['SEC-1', 'PRO-1', 'LIA-1']) {
      expect((await request(who)).code).toBe('ERR_ACT_NOT_PERMITTED');
    }
    const { change } = await request('REG-1');
    const names = async () =>
      gateway
        .staff('REG-1')
        .graphql('query N($act: ID!) { exposureNames(act: $act) { name text } }', {
          act: change.act?.id,
        });
    for (const who of ['REG-1', 'REG-2', 'SEC-1']) {
      expect((await approveAct(gateway.staff(who), change.act)).code).toBe('ERR_ACT_NOT_PERMITTED');
    }
    expect((await names()).code).toBe('ERR_CONFLICT');
    expect((await approveAct(gateway.staff('PRO-1'), change.act)).code).toBeUndefined();
    const reply = await names();
    expect(reply.text).not.toContain(person.reference);
    const [file] = reply.value as { name: string; text: string }[];
    expect(file?.name).toBe('exposure.jwe');
    const { files } = await opened(file?.text ?? '');
    const { people, named } = JSON.parse(textOf(files, 'people.json')) as {
      people: number;
      named: { reference: string; times: number }[];
    };
    expect(people).toBe(1);
    expect(named).toMatchObject([{ reference: person.reference, times: 2 }]);
  });

  test('counts and names everybody of a register export', async () => {
    const exported = await changeRegister(
      gateway.staff('REG-1'),
      'exportPeople',
      'ExportPeopleInput',
      { caseload: person.caseload, recipient: await recipient() },
    );
    const of = { export: exported.change.act?.id };
    expect((await exposure(of)).code).toBe('ERR_NOT_FOUND');
    await approveAct(gateway.staff('REG-2'), exported.change.act);
    expect((await exposure(of)).value).toMatchObject({ people: 1, wholeRows: true });
    const { change } = await changeRegister(
      gateway.staff('REG-1'),
      'releaseExposure',
      'ReleaseExposureInput',
      { of, reason, recipient: await recipient() },
    );
    await approveAct(gateway.staff('PRO-1'), change.act);
    const reply = await gateway
      .staff('REG-1')
      .graphql('query N($act: ID!) { exposureNames(act: $act) { name text } }', {
        act: change.act?.id,
      });
    const [file] = reply.value as { name: string; text: string }[];
    const { files } = await opened(file?.text ?? '');
    expect(textOf(files, 'people.json')).toContain(person.reference);
  });

  test('is a command: asked for, released, written for its owner alone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'release-'));
    const [registrar, security] = ['REG-1', 'SEC-1'].map((who) =>
      writeStaffProfile(gateway, directory, who),
    );
    const asked = await safeconductAs(
      registrar ?? '',
      ...['log', 'history', person.reference, '--caseload', person.caseload],
      ...['--reason', reason, '--json'],
    );
    const { act } = JSON.parse(asked.out) as { act: ActValue };
    const out = join(directory, 'history');
    const early = await safeconductAs(
      registrar ?? '',
      'log',
      'history',
      '--act',
      act.id,
      '--out',
      out,
    );
    expect(early.code).not.toBe(0);
    const shown = await safeconductAs(security ?? '', 'log', 'release', act.id);
    expect(shown.out).toContain(reason);
    await safeconductAs(security ?? '', 'pending', 'approve', act.id, '--digest', act.digest);
    const done = await safeconductAs(
      registrar ?? '',
      'log',
      'history',
      '--act',
      act.id,
      '--out',
      out,
    );
    expect([done.code, done.err]).toEqual([0, '']);
    expect(readdirSync(out).sort()).toEqual([
      'history.json',
      'history.md',
      'keys.json',
      'proof.jsonl',
    ]);
    expect(statSync(out).mode & 0o777).toBe(0o700);
    expect(statSync(join(out, 'history.md')).mode & 0o777).toBe(0o600);
    const page = join(directory, 'page.md');
    const counted = await safeconductAs(
      security ?? '',
      ...['log', 'exposure', '--partner', 'ALPHA-BORDER', '--from', long.from, '--to', long.to],
      ...['--page', page],
    );
    expect(counted.out).toContain('1 people, 2 answers');
    expect(readFileSync(page, 'utf8')).toContain('Article 33');
  });

  test('leaves nobody in the book of acts, the journal, the database or what is logged', async () => {
    const { dataSource } = gateway.rooms.database;
    const bytes = Buffer.concat([
      await everyColumn(dataSource),
      everyFile(gateway.home),
      Buffer.from(gateway.logged.join('')),
    ]);
    const needles = [person.reference, reason, 'CASE/7'].flatMap((value) => encodingsOf(value));
    expect(findNeedles(bytes, needles).length).toBe(0);
  });

  test('finds what registrars read, by who reads the log, and not of whom', async () => {
    await gateway
      .staff('REG-1')
      .graphql('query P($r: PersonReferenceInput!) { person(reference: $r) { id } }', {
        r: person,
      });
    const found = await gateway.staff('SEC-1').graphql(
      `{ logRecords(filter: { host: true, purpose: "REGISTER_READ" }, first: 1) {
           edges { node { finding clientId } } } }`,
    );
    expect(found.text).toContain('{\\"of\\":\\"person\\"}');
    expect(found.text).not.toContain(person.reference);
  });

  test('of somebody who was erased there is nothing', async () => {
    const { change } = await ask();
    await approveAct(gateway.staff('SEC-1'), change.act);
    const erased = await changeRegister(gateway.staff('REG-1'), 'erasePeople', 'ErasePeopleInput', {
      people: { caseload: person.caseload, references: [person.reference] },
    });
    await approveAct(gateway.staff('REG-2'), erased.change.act);
    expect((await fetch(change.act?.id)).code).toBe('ERR_NOT_FOUND');
    expect((await ask()).code).toBe('ERR_NOT_FOUND');
  });

  test('holds what was told under an entry that was merged, asked for by either name', async () => {
    const twice = {
      ...laila,
      reference: 'T-AF-000099',
      names: [{ full: 'Spozhmai Zahir' }],
      fatherName: 'Wakil',
      dateOfBirth: '1991-05-14',
      documents: [{ type: 'PASSPORT', number: 'P00994417', issuingState: 'AFG' }],
    };
    const once = {
      ...twice,
      reference: 'T-AF-000098',
      names: [{ full: 'Torpekai Mangal' }],
      fatherName: 'Gul',
      dateOfBirth: '1983-11-02',
      documents: [{ type: 'PASSPORT', number: 'P00771204', issuingState: 'AFG' }],
    };
    await gateway.addPeople([once, twice]);
    const person = { caseload: once.caseload, reference: once.reference };
    const alpha = gateway.partner('ALPHA-BORDER');
    const ask = async ({ names, dateOfBirth, documents }: typeof twice) =>
      answerOf(
        await alpha.verify({
          names,
          dateOfBirth,
          documents: documents.map(({ type, number }) => ({ type, number })),
        }),
      );
    const own = await ask(once);
    const before = await ask(twice);
    expect([own.outcome, before.outcome]).toEqual(['MATCH', 'MATCH']);
    const other = { caseload: twice.caseload, reference: twice.reference };
    const told = async (of: object) => {
      const files = await released({ person: of });
      const document = JSON.parse(textOf(files, 'history.json')) as HistoryDocument;
      return { document, files, references: document.told.map(({ reference }) => reference) };
    };
    const alone = await told(person);
    expect(alone.document.merged).toEqual([]);
    expect(alone.references).toEqual([own.subject?.reference]);
    expect(alone.references).not.toContain(before.subject?.reference);
    const merge = await changeRegister(gateway.staff('REG-1'), 'mergePeople', 'MergePeopleInput', {
      into: person,
      from: other,
    });
    expect((await approveAct(gateway.staff('REG-2'), merge.change.act)).code).toBeUndefined();
    for (const asked of [person, other]) {
      const { document, files, references } = await told(asked);
      expect(document.person).toEqual(person);
      expect(document.merged).toEqual([other]);
      expect(references).toEqual([...alone.references, before.subject?.reference]);
      expect(textOf(files, 'history.md')).toMatch(
        /merged into it, included \| AF-2021, reference T-AF-000099/,
      );
      expect(textOf(files, 'proof.jsonl').trim().split('\n').length).toBeGreaterThan(
        references.length,
      );
    }
  });
});
