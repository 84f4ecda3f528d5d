/** Statistics of two series of measurements, for telling whether they can be told apart. */

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const variance = (values: readonly number[], about: number): number =>
  values.reduce((sum, value) => sum + (value - about) ** 2, 0) / (values.length - 1);

/** Welch's t (Welch 1947): difference of the means over its standard error. */
export function welchT(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const error = Math.sqrt(variance(a, meanA) / a.length + variance(b, meanB) / b.length);
  return error === 0 ? 0 : (meanA - meanB) / error;
}

/**
 * Area under the ROC curve: how often a value of `a` is larger than one of `b`, ties counted half
 * (Mann and Whitney 1947). 0.5 tells nothing.
 */
export function areaUnderCurve(a: readonly number[], b: readonly number[]): number {
  const all = [
    ...a.map((value) => ({ value, isA: true })),
    ...b.map((value) => ({ value, isA: false })),
  ].sort((x, y) => x.value - y.value);
  let rankSum = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + 1 + to) / 2;
    for (let at = from; at < to; at += 1) if (all[at]?.isA === true) rankSum += rank;
    from = to;
  }
  return (rankSum - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
}

/** Means of `repeats` neighbours each: what an observer of repeated questions has to go on. */
export function meansOf(values: readonly number[], repeats: number): readonly number[] {
  const groups = Math.floor(values.length / repeats);
  return Array.from({ length: groups }, (_, at) =>
    mean(values.slice(at * repeats, (at + 1) * repeats)),
  );
}
