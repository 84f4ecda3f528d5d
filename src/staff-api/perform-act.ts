import type { ActPayload, StaffActs } from '../staff/index.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import { toAct, type Act } from './act.type.js';
import { mutationActs } from './requirements.js';
import type { StaffContext } from './staff-context.js';

/**
 * A mutation does the act its requirement names, and no other.
 *
 * @param json members that came as JSON texts: whoever parses them sees every null there was
 */
export async function performAct(
  acts: StaffActs,
  { caller }: StaffContext,
  mutation: keyof typeof mutationActs,
  input: object,
  json: ActPayload = {},
): Promise<Act> {
  const content = { ...plain(input), ...json };
  return toAct(await acts.perform(caller, mutationActs[mutation], content));
}

/** Input objects as plain JSON; a member that is null was not given. */
function plain(input: object): ActPayload {
  const given = Object.entries(input as Readonly<Record<string, JsonValue>>).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      typeof value === 'object' && !Array.isArray(value) ? plain(value as object) : value,
    ]),
  );
}
