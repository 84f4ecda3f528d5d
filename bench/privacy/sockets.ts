import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { PartnerClient } from '../../src/cli/partner/partner-client.js';
import { readProfile } from '../../src/cli/partner/profile.js';
import { verifyIdentityDocument } from '../../src/cli/partner/question-document.js';
import type { PartnerCode } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { evidenceOf, strangers } from './people.js';
import { areaUnderCurve, meansOf, welchT } from './statistics.js';
import { withoutMeasures, type BenchWorld } from './world.js';

const classes = ['MATCH', 'ABSENT', 'SUPPRESSED'] as const;
/** Crossings confirmed for an own match, and for a verification that is no match. */
const crossingClasses = ['CONFIRMED', 'NOT_USABLE'] as const;
type SampleClass = (typeof classes)[number] | (typeof crossingClasses)[number];
type Sample = () => Promise<{ readonly text: string; readonly status: number }>;

const confirmDocument = `mutation Confirm($input: ConfirmCrossingInput!) {
  confirmCrossing(input: $input) { confirmation { id revision } receipt { record salt proof } } }`;

export interface SocketFigures {
  readonly samples: number;
  readonly atOnce: number;
  /** What else the machine did. */
  readonly state: string;
  readonly sizes: Readonly<Record<string, readonly number[]>>;
  readonly pairs: readonly {
    readonly pair: string;
    readonly t: number;
    readonly auc: readonly {
      readonly repeats: number;
      readonly groups: number;
      readonly auc: number;
    }[];
  }[];
}

/** Time and size of answers over real mutual TLS, the classes interleaved at random. */
export async function measureSockets(
  world: BenchWorld,
  samples: number,
  atOnce: number,
): Promise<Omit<SocketFigures, 'state'>> {
  const code = 'AUS-BORDER' as PartnerCode;
  const grantId = await world.grant(code, withoutMeasures);
  const profile = readProfile(world.profiles.get(code) ?? '');
  const client = new PartnerClient(profile);
  const document = verifyIdentityDocument(['visaStatus', 'fullName']);
  const people = await peopleOfEachClass(world, client, document, grantId);
  const matches: string[] = [];
  const misses: string[] = [];
  const asking = (of: (typeof classes)[number], at: number): Sample => {
    const person = people[of][at % people[of].length] as PersonEvidenceInput;
    const variables = { input: inputOf(grantId, person) };
    return async () => {
      const answer = await client.graphql(document, variables);
      if (answer.status !== 200 || answer.text.includes('"errors"')) {
        throw new Error(`a sample was refused: HTTP ${answer.status}`);
      }
      const id = /"id":"([0-9a-f-]{36})"/.exec(answer.text)?.[1] ?? '';
      (of === 'MATCH' ? matches : misses).push(id);
      return answer;
    };
  };
  const asked = await measure(client, classes, samples, atOnce, asking);
  const confirming = (of: (typeof crossingClasses)[number]): Sample => {
    const verificationId = (of === 'CONFIRMED' ? matches : misses).pop() ?? '';
    const crossing = { state: 'PAK', borderPoint: 'PKTRM', crossedAt: new Date().toISOString() };
    const input = { requestId: randomUUID(), verificationId, ...crossing };
    return async () => {
      const answer = await client.graphql(confirmDocument, { input });
      if (answer.text.includes('"errors"') !== (of === 'NOT_USABLE')) {
        throw new Error(`a confirmation went wrong: HTTP ${answer.status}`);
      }
      return answer;
    };
  };
  const confirmed = await measure(client, crossingClasses, samples, atOnce, confirming);
  client.close();
  return {
    samples,
    atOnce,
    sizes: { ...asked.sizes, ...confirmed.sizes },
    pairs: [
      compare('MATCH', 'ABSENT', asked.times, samples),
      compare('SUPPRESSED', 'ABSENT', asked.times, samples),
      compare('CONFIRMED', 'NOT_USABLE', confirmed.times, samples),
    ],
  };
}

interface Measured {
  readonly times: Readonly<Record<string, readonly number[]>>;
  readonly sizes: Readonly<Record<string, readonly number[]>>;
}

/** Samples of every class in random order, `atOnce` under way at a time. */
async function measure<Class extends SampleClass>(
  client: PartnerClient,
  of: readonly Class[],
  samples: number,
  atOnce: number,
  sampleOf: (of: Class, at: number) => Sample,
): Promise<Measured> {
  const times = new Map<Class, number[]>(of.map((one) => [one, []]));
  const sizes = new Map<Class, Set<number>>(of.map((one) => [one, new Set()]));
  const order = shuffled(of.flatMap((one) => Array.from({ length: samples }, () => one)));
  let next = 0;
  const work = async () => {
    for (let at = next++; at < order.length; at = next++) {
      const one = order[at] as Class;
      const sample = sampleOf(one, at);
      await client.accessToken();
      const start = performance.now();
      const { text } = await sample();
      times.get(one)?.push(performance.now() - start);
      sizes.get(one)?.add(Buffer.byteLength(text));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return {
    times: Object.fromEntries(times),
    sizes: Object.fromEntries(
      [...sizes].map(([one, all]) => [one, [...all].sort((x, y) => x - y)]),
    ),
  };
}

function compare(
  a: SampleClass,
  b: SampleClass,
  times: Measured['times'],
  samples: number,
): SocketFigures['pairs'][number] {
  const [one, other] = [times[a] ?? [], times[b] ?? []];
  return {
    pair: `${a} / ${b}`,
    t: welchT(one, other),
    auc: [1, 10, 100]
      .filter((repeats) => samples / repeats >= 10)
      .map((repeats) => ({
        repeats,
        groups: Math.floor(samples / repeats),
        auc: areaUnderCurve(meansOf(one, repeats), meansOf(other, repeats)),
      })),
  };
}

/** Passport holders; matched where the gateway says so, since not everybody in scope is. */
async function peopleOfEachClass(
  world: BenchWorld,
  client: PartnerClient,
  document: string,
  grantId: string,
): Promise<Record<(typeof classes)[number], readonly PersonEvidenceInput[]>> {
  const holders = world.people.filter(
    ({ documents, dateOfBirth }) =>
      documents?.[0]?.['type'] === 'PASSPORT' && dateOfBirth !== undefined,
  );
  const keptFrom = (codes: readonly string[] | undefined) =>
    codes?.some((one) => one === 'AUS' || one === 'AUS-BORDER') === true;
  const matched: PersonEvidenceInput[] = [];
  for (const holder of holders.filter(({ suppressedFor }) => suppressedFor === undefined)) {
    const person = evidenceOf(holder);
    const { text } = await client.graphql(document, { input: inputOf(grantId, person) });
    if (text.includes('"MATCH"')) matched.push(person);
    if (matched.length === 20) break;
  }
  const absent = strangers('sockets', 400).filter(
    ({ documents, dateOfBirth }) =>
      documents?.[0]?.['type'] === 'PASSPORT' && dateOfBirth !== undefined,
  );
  return {
    MATCH: matched,
    ABSENT: absent.slice(0, 20).map(evidenceOf),
    SUPPRESSED: holders
      .filter(({ suppressedFor }) => keptFrom(suppressedFor))
      .slice(0, 20)
      .map(evidenceOf),
  };
}

const inputOf = (grantId: string, person: PersonEvidenceInput) => ({
  requestId: randomUUID(),
  grantId,
  purpose: 'BORDER_VERIFICATION',
  caseReference: 'BENCH',
  person,
});

function shuffled<T>(values: T[]): T[] {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [values[at], values[other]] = [values[other] as T, values[at] as T];
  }
  return values;
}
