/**
 * What the answers of each caller may hold in memory, from the question until the last byte has been
 * taken: a caller that asks for much and reads slowly, or not at all, is asked to come again later,
 * and no other caller notices.
 */
export class HeldAnswers {
  readonly #held = new Map<string, { count: number; bytes: number }>();

  /** @param limits of one caller */
  constructor(private readonly limits: { readonly count: number; readonly bytes: number }) {}

  /**
   * Takes a place for one answer.
   *
   * @returns undefined when the caller has no place left
   */
  take(caller: string, bytes: number): HeldAnswer | undefined {
    const held = this.#held.get(caller) ?? { count: 0, bytes: 0 };
    if (held.count >= this.limits.count || held.bytes + bytes > this.limits.bytes) return undefined;
    held.count += 1;
    held.bytes += bytes;
    this.#held.set(caller, held);
    let own = bytes;
    let isHeld = true;
    return {
      grow: (wanted) => {
        const more = Math.max(0, wanted - own);
        if (!isHeld || held.bytes + more > this.limits.bytes) return false;
        held.bytes += more;
        own += more;
        return true;
      },
      free: () => {
        if (!isHeld) return;
        isHeld = false;
        held.count -= 1;
        held.bytes -= own;
        if (held.count === 0) this.#held.delete(caller);
      },
    };
  }

  /** Callers that hold anything. */
  get callers(): number {
    return this.#held.size;
  }
}

export interface HeldAnswer {
  /**
   * Makes room for an answer of this size, once the question says how large it will be.
   *
   * @returns false when there is no room: then nothing has changed
   */
  grow(bytes: number): boolean;
  /** Once the answer is gone, however it went; the second time changes nothing. */
  free(): void;
}
