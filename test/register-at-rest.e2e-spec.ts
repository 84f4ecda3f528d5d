import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { demoCaseloads, makeDemoPeople, type DemoPerson } from '../src/register/index.js';
import {
  encodingsOf,
  everyColumn,
  everyFile,
  findNeedles,
  mayBeChance,
  valuesOf,
} from './support/byte-sweep.js';
import { describeOnEachDatabase, temporaryHome } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import {
  approveAct,
  changeRegister,
  safeconductAs,
  writeStaffProfile,
  type ChangeValue,
} from './support/registrar.js';

/** Nobody of the first is on the register at the beginning, nobody of the second is released. */
const people = makeDemoPeople({ seed: 'registrars at rest', partners: testPartners, count: 90 });
const waiting = makeDemoPeople({ seed: 'who wait', partners: [], count: 12 }).map((person) => ({
  ...person,
  reference: `W-${person.reference}`,
}));
const correctedName = 'Shukria Correctionzai-Stanekzai';
const rejectedName = 'Palwasha Rejectedzai';

/**
 * What registrars do through the staff door leaves nobody in clear: not in the database, the journal,
 * the upload while it is read, the book of acts, the log of the process; on the registrar's own machine
 * only in the files that are meant to hold people.
 */
describeOnEachDatabase('what registrars leave at rest', (kind) => {
  const places: ReturnType<typeof temporaryHome>[] = [];
  const path = (name: string) => join(places.at(-1)?.path ?? '', name);
  let gateway: TestGateway;
  let bytes: Buffer;
  let answers = '';

  /** Does the work on a gateway of its own, and gives all it left. */
  async function leaveAtRest(): Promise<Buffer> {
    await gateway?.close();
    places.push(temporaryHome());
    gateway = await startGateway({ kind, staff: true });
    await work();
    const { dataSource } = gateway.rooms.database;
    await dataSource.query('CHECKPOINT');
    const columns = await everyColumn(dataSource);
    const held = everyFile(gateway.home);
    await gateway.gateway.close();
    const logged = Buffer.from(gateway.logged.join(''));
    return Buffer.concat([columns, held, everyFile(gateway.home), logged]);
  }

  beforeAll(async () => {
    bytes = await leaveAtRest();
  });
  afterAll(async () => {
    await gateway?.close();
    for (const place of places) place.remove();
  });

  async function work(): Promise<void> {
    const one = gateway.staff('REG-1');
    const two = gateway.staff('REG-2');
    const change = async (mutation: string, type: string, input: object): Promise<ChangeValue> => {
      const reply = await changeRegister(one, mutation, type, input);
      expect(reply.code).toBeUndefined();
      answers += reply.text;
      return reply.change;
    };
    const profile = writeStaffProfile(gateway, path('.'), 'REG-1');
    const lines = (rows: readonly object[]) =>
      rows.map((row) => `${JSON.stringify(row)}\n`).join('');

    // Imported by the command, some rows rejected, the rest released.
    const bad = {
      ...people[0],
      reference: 'BAD-4711-77',
      names: [{ full: rejectedName }],
      sex: 'Q',
    };
    writeFileSync(path('people.jsonl'), lines([...people, bad]));
    const ran = await safeconductAs(profile, 'register', 'import', path('people.jsonl'), '--json');
    answers += ran.out + ran.err;
    const { batch, act } = JSON.parse(ran.out) as { batch: string; act: string };
    const { value } = await two.graphql(`{ act(id: "${act}") { id digest } }`);
    await approveAct(two, value as { id: string; digest: string });
    expect(batch).toHaveLength(36);

    // Some wait for ever, a dry run is looked at, an upload is refused at its end.
    await one.upload(lines(waiting));
    await one.upload(lines(people), '?dryRun=true');
    await one.upload(lines(people), '?expect=3');

    // Corrected, suppressed, its lifting asked for, held, erased; one of each left waiting.
    const named = (person: DemoPerson | undefined) => ({
      caseload: person?.caseload ?? '',
      reference: person?.reference ?? '',
    });
    const listed = (...some: readonly (DemoPerson | undefined)[]) => ({
      caseload: some[0]?.caseload ?? '',
      references: some.map((person) => person?.reference ?? ''),
    });
    for (const person of [people[1], people[2]]) {
      const corrected = await change('correctPerson', 'CorrectPersonInput', {
        reference: named(person),
        correction: JSON.stringify({ names: [{ full: correctedName }], household: 'HOUSE-OF-47' }),
      });
      if (person === people[1]) await approveAct(two, corrected.release);
    }
    const input = { people: listed(people[3]), codes: ['AUS'] };
    await change('suppressPeople', 'SuppressPeopleInput', input);
    await change('liftSuppressions', 'SuppressPeopleInput', input);
    for (const person of [people[4], people[5]]) {
      const erase = await change('erasePeople', 'ErasePeopleInput', { people: listed(person) });
      if (person === people[4]) await approveAct(two, erase.act);
    }
    const endsAt = '2099-01-01';
    const hold = await change('setLegalHold', 'SetLegalHoldInput', {
      people: listed(people[6]),
      endsAt,
    });
    await approveAct(two, hold.act);

    // Exported into a file.
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const exported = await change('exportPeople', 'ExportPeopleInput', {
      caseload: people[0]?.caseload,
      recipient: JSON.stringify(publicKey.export({ format: 'jwk' })),
    });
    await approveAct(two, exported.act);
    const fetched = ['register', 'export', '--act', exported.act?.id ?? '', '--out'];
    const out = await safeconductAs(profile, ...fetched, path('export.jose'));
    expect(out.code).toBe(0);
    answers += out.out + out.err;
    const acts = await two.graphql('{ acts(waiting: false) { content } }');
    answers += acts.text;
  }

  const needles = (): readonly Buffer[] => {
    const values = new Set([
      ...[...people, ...waiting].flatMap(valuesOf),
      ...demoCaseloads.slice(1),
      correctedName,
      rejectedName,
      'HOUSE-OF-47',
      'BAD-4711-77',
    ]);
    values.delete('AF-2021');
    return [...values].flatMap((value) => encodingsOf(value));
  };

  test('holds no name, date, number or reference of a person, in no encoding in use', async () => {
    expect(needles().length).toBeGreaterThan(3_000);
    const found = findNeedles(bytes, needles());
    // Never the values: a failing test prints what it compares.
    expect(found.filter((needle) => !mayBeChance(needle)).length).toBe(0);
    // Six random letters are somewhere in megabytes of sealed text now and then, but not twice.
    if (found.length > 0) expect(findNeedles(await leaveAtRest(), found).length).toBe(0);
  });

  test('tells none of them in an answer to an act, in the book of acts, or on the terminal', () => {
    expect(findNeedles(Buffer.from(answers), needles()).length).toBe(0);
  });

  test('leaves no upload behind', () => {
    expect(readdirSync(join(gateway.home, 'uploads'))).toEqual([]);
  });

  test('on the registrar’s machine has people in the input and the rejected rows, for their owner alone', () => {
    const holding = readdirSync(path('.')).filter(
      (name) => findNeedles(readFileSync(path(name)), needles()).length > 0,
    );
    expect(holding.sort()).toEqual(['people.jsonl', 'people.rejected.jsonl']);
    expect(statSync(path('people.rejected.jsonl')).mode & 0o777).toBe(0o600);
    expect(statSync(path('export.jose')).mode & 0o777).toBe(0o600);
  });
});
