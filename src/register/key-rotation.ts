import { changeRegister } from './register-change.js';
import { indexSecretContext } from './register-keys.js';
import type { RegisterStore } from './register-store.js';

/** Pages written anew in one transaction. */
const pagesAtOnce = 16;

/**
 * Wraps the keys of every epoch and the index secret under the store's master key, where they are
 * under another. The store is opened with both keys (masterKeyRing), the new one first, as is every
 * process that serves. Each key is a compare-and-set of its own: interrupted anywhere and run again
 * it goes on; when it reports nothing any more, the old key is no longer needed.
 *
 * @returns how many keys were wrapped anew
 * @throws {GatewayError} ERR_KEY_UNUSABLE when none of the keys opens one of them
 */
export async function rotateMasterKey(
  store: RegisterStore,
  onProgress?: (keys: number) => void,
): Promise<number> {
  const { dataSource, masterKey } = store;
  let rotated = 0;
  for (const id of await store.epochs.provider.list()) {
    if (!(await store.epochs.rewrap(id))) continue;
    rotated += 1;
    onProgress?.(rotated);
  }
  const [head] = await dataSource.query<{ master_key_id: string; index_secret_wrapped: Buffer }[]>(
    'SELECT master_key_id, index_secret_wrapped FROM register_head WHERE master_key_id <> $1',
    [masterKey.id],
  );
  if (head !== undefined) {
    const secret = await masterKey.unwrap(head.index_secret_wrapped, indexSecretContext);
    await dataSource.query(
      `UPDATE register_head SET master_key_id = $1, index_secret_wrapped = $2
       WHERE master_key_id = $3`,
      [masterKey.id, await masterKey.wrap(secret, indexSecretContext), head.master_key_id],
    );
    rotated += 1;
    onProgress?.(rotated);
  }
  return rotated;
}

export interface PageRotation {
  readonly pages: number;
  /** Hand it in again to go on where this run ended. */
  readonly before: bigint;
}

/**
 * Writes every page anew under a fresh page key, a few at a time, beside everything else; replicas
 * take each step in as they do any change.
 *
 * @param options.before only pages last written before this register version; now when absent
 */
export async function rotatePageKeys(
  store: RegisterStore,
  options: { readonly before?: bigint; readonly onProgress?: (pages: number) => void } = {},
): Promise<PageRotation> {
  const [head] = await store.dataSource.query<{ version: string }[]>(
    'SELECT version FROM register_head',
  );
  const before = options.before ?? BigInt(head?.version ?? 0) + 1n;
  let pages = 0;
  for (;;) {
    const { result: written } = await changeRegister(store, async (change) => {
      const due = change.pagesBefore(before).slice(0, pagesAtOnce);
      await change.edit(due, () => true);
      return due.length;
    });
    if (written === 0) return { pages, before };
    pages += written;
    options.onProgress?.(pages);
  }
}
