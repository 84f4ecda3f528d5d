/**
 * Counts told to people who are to see no person in them. Fewer than ten is not told, and anything
 * else is cut to the ten below: a difference of two counts, of two windows or of two overlapping
 * groups, then says nothing about one person either.
 */
export const leastCount = 10;

/** The count as it may be told; null for fewer than {@link leastCount}. */
export function tellableCount(count: number): number | null {
  return count < leastCount ? null : Math.floor(count / leastCount) * leastCount;
}
