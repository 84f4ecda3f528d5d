import { isDeepStrictEqual } from 'node:util';
import { checkAnswerReceipt, requestIdOf, requireAsking } from '../partner/ask.js';
import { PartnerClient } from '../partner/partner-client.js';
import { readProfile } from '../partner/profile.js';
import {
  verifyIdentityDocument,
  type QuestionVariables,
  type VerificationJson,
} from '../partner/question-document.js';
import type { FileQuestion } from '../partner/question-file.js';
import { GatewayError } from '../../core/errors.js';
import type { DemoPerson } from '../../register/index.js';

/** Asks about one made-up person as an officer would write the name down, and checks the answer. */
export async function askSampleQuestion(
  profilePath: string,
  people: Iterable<DemoPerson>,
  say: (text: string) => void,
): Promise<void> {
  const profile = requireAsking(readProfile(profilePath));
  const question = sampleQuestion(people);
  const variables: QuestionVariables = {
    input: {
      requestId: `${requestIdOf(profile, question)}-${Date.now().toString(36)}`,
      grantId: profile.grantId,
      purpose: profile.purpose,
      caseReference: profile.caseReference,
      person: question.person,
    },
  };
  const client = new PartnerClient(profile);
  try {
    const reply = await client.graphql(verifyIdentityDocument(profile.fields), variables);
    const json = JSON.parse(reply.text) as {
      data?: { verifyIdentity?: VerificationJson | null };
      errors?: readonly { extensions?: { code?: string } }[];
    };
    const answer = json.data?.verifyIdentity;
    if (answer === null || answer === undefined) {
      throw new GatewayError('ERR_INTERNAL', {
        detail: `the sample question was not answered (HTTP ${reply.status}, ${json.errors?.[0]?.extensions?.code ?? 'no code'})`,
      });
    }
    say('Question, asked over mutual TLS with a certificate-bound token:');
    say(indent(variables.input.person));
    say('Answer:');
    const { receipt: _, ...told } = answer;
    say(indent(told));
    const checked = checkAnswerReceipt(profile, variables, answer);
    if (checked === undefined || !isDeepStrictEqual(checked.record.outcome, answer.outcome)) {
      throw new GatewayError('ERR_PROOF_INVALID', { detail: 'the receipt was not checked' });
    }
    say(
      `Receipt checked: record ${checked.index} of ${checked.checkpoint.size} in ${checked.checkpoint.origin}, ` +
        'signed; it says what the answer says.',
    );
  } finally {
    client.close();
  }
}

/** A person with a passport and a full date, the name written another way than on the register. */
function sampleQuestion(people: Iterable<DemoPerson>): FileQuestion {
  for (const person of people) {
    const [name] = person.names;
    const [document] = person.documents ?? [];
    const isLatin = /^[A-Za-z ]+$/.test(name?.full ?? '');
    const hasDay = /^\d{4}-\d{2}-\d{2}$/.test(person.dateOfBirth ?? '');
    if (name === undefined || document?.['type'] !== 'PASSPORT' || !isLatin || !hasDay) continue;
    if (person.caseload !== 'AF-2021' || person.suppressedFor !== undefined) continue;
    return {
      id: 'sample',
      person: {
        names: [{ full: name.full.toUpperCase().split(' ').reverse().join(' ') }],
        dateOfBirth: person.dateOfBirth ?? null,
        calendar: person.calendar ?? 'GREGORIAN',
        documents: [{ type: 'PASSPORT', number: document['number'] ?? '' }],
      },
    };
  }
  throw new TypeError('no made-up person fits the sample question');
}

const indent = (value: unknown): string => JSON.stringify(value, null, 2).replace(/^/gm, '  ');
