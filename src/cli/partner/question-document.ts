import type { PersonEvidenceInput } from '../../core/matching/index.js';

/** The operation `verify` and the demonstration send, for the fields of a profile. */
export function verifyIdentityDocument(fields: readonly string[]): string {
  const disclosed = fields.map((field) => `${field} { level present agreement value }`).join(' ');
  return `mutation Verify($input: VerifyIdentityInput!) {
  verifyIdentity(input: $input) {
    id requestId answeredAt relyUntil outcome handling
    evidence { element agreement }
    subject { reference ${disclosed} }
    receipt { record salt proof }
  }
}`;
}

/** The answer as JSON, as far as a client relies on it. */
export interface VerificationJson {
  readonly id: string;
  readonly requestId: string;
  readonly answeredAt: string;
  readonly relyUntil: string;
  readonly outcome: string;
  readonly evidence: readonly { readonly element: string; readonly agreement: string }[];
  readonly subject: Readonly<Record<string, unknown>> | null;
  readonly receipt: { readonly record: string; readonly salt: string; readonly proof: string };
}

export interface QuestionVariables {
  readonly input: {
    readonly requestId: string;
    readonly grantId: string;
    readonly purpose: string;
    readonly caseReference: string;
    readonly person: PersonEvidenceInput;
  };
}
