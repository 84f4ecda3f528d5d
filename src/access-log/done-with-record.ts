import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { RestrictingAct } from './acts.js';
import type { Alongside } from './group-commit.js';

/**
 * Does `work` in the transaction that makes its record: both or neither. What `work` throws comes out
 * as it is, a fault of its own as ERR_INTERNAL; anything else is the log's.
 *
 * @param append makes the record, with what runs alongside
 * @throws {GatewayError} what `work` throws; ERR_LOG_UNAVAILABLE
 */
export async function doneWithRecord<Logged>(
  append: (alongside: Alongside) => Promise<Logged>,
  work: (manager: EntityManager) => Promise<readonly RestrictingAct[] | void>,
): Promise<Logged> {
  let thrown: { readonly error: unknown } | undefined;
  const alongside: Alongside = async (manager) => {
    thrown = undefined;
    try {
      const done = await work(manager);
      // What is only judged at commit is judged here: later it would fail whoever shares it.
      await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
      return done;
    } catch (error) {
      thrown = { error };
      throw error;
    }
  };
  try {
    return await append(alongside);
  } catch (error) {
    if (thrown === undefined) throw error;
    if (thrown.error instanceof GatewayError) throw thrown.error;
    throw new GatewayError('ERR_INTERNAL', {
      detail: 'an act could not be done',
      cause: thrown.error,
    });
  }
}
