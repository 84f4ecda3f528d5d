import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { PartnerClient } from '../../src/cli/partner/partner-client.js';
import { readProfile } from '../../src/cli/partner/profile.js';
import { verifyIdentityDocument } from '../../src/cli/partner/question-document.js';
import type { PartnerCode } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { evidenceOf, strangers } from './attackers.js';
import { areaUnderCurve, meansOf, welchT } from './statistics.js';
import { withoutMeasures, type BenchWorld } from './world.js';

const classes = ['MATCH', 'ABSENT', 'SUPPRESSED'] as const;
type SampleClass = (typeof classes)[number];

export interface SocketFigures {
  readonly samples: number;
  readonly atOnce: number;
  readonly sizes: Readonly<Record<SampleClass, readonly number[]>>;
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
): Promise<SocketFigures> {
  const code = 'AUS-BORDER' as PartnerCode;
  const grantId = await world.grant(code, withoutMeasures);
  const profile = readProfile(world.profiles.get(code) ?? '');
  const client = new PartnerClient(profile);
  const document = verifyIdentityDocument(['visaStatus', 'fullName']);
  const people = await peopleOfEachClass(world, client, document, grantId);
  const times: Record<SampleClass, number[]> = { MATCH: [], ABSENT: [], SUPPRESSED: [] };
  const sizes: Record<SampleClass, Set<number>> = {
    MATCH: new Set(),
    ABSENT: new Set(),
    SUPPRESSED: new Set(),
  };
  const order = shuffled(classes.flatMap((one) => Array.from({ length: samples }, () => one)));
  let next = 0;
  const work = async () => {
    for (let at = next++; at < order.length; at = next++) {
      const of = order[at] as SampleClass;
      const pool = people[of];
      const person = pool[at % pool.length] as PersonEvidenceInput;
      const variables = { input: inputOf(grantId, person) };
      await client.accessToken();
      const start = performance.now();
      const answer = await client.graphql(document, variables);
      times[of].push(performance.now() - start);
      sizes[of].add(Buffer.byteLength(answer.text));
      if (answer.status !== 200 || answer.text.includes('"errors"')) {
        throw new Error(`a sample was refused: HTTP ${answer.status}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  client.close();
  const pairs = (
    [
      ['MATCH', 'ABSENT'],
      ['SUPPRESSED', 'ABSENT'],
    ] as const
  ).map(([a, b]) => ({
    pair: `${a} / ${b}`,
    t: welchT(times[a], times[b]),
    auc: [1, 10, 100]
      .filter((repeats) => samples / repeats >= 10)
      .map((repeats) => ({
        repeats,
        groups: Math.floor(samples / repeats),
        auc: areaUnderCurve(meansOf(times[a], repeats), meansOf(times[b], repeats)),
      })),
  }));
  const sorted = (of: SampleClass) => [...sizes[of]].sort((x, y) => x - y);
  return {
    samples,
    atOnce,
    sizes: {
      MATCH: sorted('MATCH'),
      ABSENT: sorted('ABSENT'),
      SUPPRESSED: sorted('SUPPRESSED'),
    },
    pairs,
  };
}

/** Passport holders; matched where the gateway says so, since not everybody in scope is. */
async function peopleOfEachClass(
  world: BenchWorld,
  client: PartnerClient,
  document: string,
  grantId: string,
): Promise<Record<SampleClass, readonly PersonEvidenceInput[]>> {
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
