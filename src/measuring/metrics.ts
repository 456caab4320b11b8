import type { Metric } from './results.ts';

/** discounts[i]: what a hit at place i counts for in DCG, 1 / log2(i + 2). gains[i]: the sum of the first i of them. */
const discounts: number[] = [];
const gains: number[] = [0];

function prepare(length: number): void {
  for (let i = discounts.length; i < length; i++) {
    discounts.push(1 / Math.log2(i + 2));
    gains.push(gains[i] + discounts[i]);
  }
}

/**
 * The metrics of one list, best first, cut at k places, against a set of targets; binary relevance.
 *
 * - `recall`: hits / targets.
 * - `ndcg`: the sum of 1 / log2(place + 1) over the hits / what min(k, targets) hits in the first places would give
 *   (Järvelin and Kekäläinen 2002).
 * - `hitRate`: 1 where there is a hit.
 * - `precision`: hits / k, also where the list is shorter than k.
 * - `mrr`: 1 / place of the first hit, 0 without one.
 * - `map`: the sum over the hits of the precision up to their place / min(k, targets).
 *
 * @param isHit for each place of the list whether a target stands there; the list may be shorter or longer than k.
 * @param targets how many there are; above zero.
 */
export function metricsOf(isHit: ArrayLike<boolean | number>, k: number, targets: number): Record<Metric, number> {
  prepare(k);
  const places = Math.min(k, isHit.length);
  let hits = 0;
  let dcg = 0;
  let first = 0;
  let precisions = 0;
  for (let i = 0; i < places; i++) {
    if (!isHit[i]) continue;
    hits++;
    dcg += discounts[i];
    precisions += hits / (i + 1);
    if (first === 0) first = i + 1;
  }
  const ideal = Math.min(k, targets);
  return {
    recall: hits / targets,
    ndcg: dcg / gains[ideal],
    hitRate: hits > 0 ? 1 : 0,
    precision: hits / k,
    mrr: first > 0 ? 1 / first : 0,
    map: precisions / ideal,
  };
}

/** Number, sum and sum of squares. */
export interface Sums {
  count: number;
  sum: number;
  squares: number;
}

export function add(sums: Sums, value: number): void {
  sums.count++;
  sums.sum += value;
  sums.squares += value * value;
}

/** Mean and its standard error, with n - 1 in the variance; the error of fewer than two values is not known. */
export function meanOf({ count, sum, squares }: Sums): { mean: number; standardError: number | null } {
  if (count === 0) return { mean: 0, standardError: null };
  const mean = sum / count;
  if (count === 1) return { mean, standardError: null };
  const variance = Math.max(0, squares - sum * mean) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}
