import type { StaffClient } from './staff-client.js';

/** What the gateway still knows of a reference that was erased. */
export interface ErasedPersonJson {
  readonly erasedAt: string;
  readonly act: string | null;
  readonly counselThumbprint: string | null;
  readonly history: { readonly records: number; readonly fetchedAt: string | null } | null;
}

/** Null when no erasure of the reference is known, or not any more. */
export async function findErased(
  client: StaffClient,
  reference: { readonly caseload: string; readonly reference: string },
): Promise<ErasedPersonJson | null> {
  return client.ask<ErasedPersonJson | null>(
    `query E($reference: PersonReferenceInput!) { erasedPerson(reference: $reference) {
       erasedAt act counselThumbprint history { records fetchedAt } } }`,
    { reference },
  );
}

export function printErased(erased: ErasedPersonJson, { json }: { readonly json?: true }): void {
  process.stdout.write(json === true ? `${JSON.stringify({ erased })}\n` : describeErased(erased));
}

/** In words: when, whether a history was sealed, for which key, and how it is fetched. */
export function describeErased(erased: ErasedPersonJson): string {
  const { erasedAt, act, counselThumbprint, history } = erased;
  const lines = [`erased: ${erasedAt}; nothing can be looked up under the reference any more`];
  if (counselThumbprint === null && history === null) {
    lines.push('no history was sealed for counsel with the erasure');
  } else {
    lines.push(
      `a history was sealed for counsel before it${
        counselThumbprint === null ? '' : `, for the key with thumbprint ${counselThumbprint}`
      }`,
    );
  }
  if (history !== null) {
    const { records, fetchedAt } = history;
    lines.push(
      `${records} records${fetchedAt === null ? ', not fetched yet' : `, fetched first at ${fetchedAt}, kept for seven days from then`}`,
      act === null
        ? 'its erasure is not in the book of acts: restore the book, or ask whoever asked for it'
        : `fetch it: safeconduct register erase --act ${act} --out FILE`,
    );
  } else if (counselThumbprint !== null) {
    lines.push('it was fetched and is not here any more: counsel has it');
  }
  return `${lines.join('\n')}\n`;
}
