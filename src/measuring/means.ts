import type { Measure, Verdict } from './results.ts';

/** Number, sum, and sum of squares of some values: enough for their mean and its standard error. */
export interface Sums {
  count: number;
  sum: number;
  squares: number;
}

export function noSums(): Sums {
  return { count: 0, sum: 0, squares: 0 };
}

export function add(sums: Sums, value: number): void {
  sums.count++;
  sums.sum += value;
  sums.squares += value * value;
}

/** The sums over all the values behind several sums. */
export function merge(parts: readonly Sums[]): Sums {
  const all = noSums();
  for (const { count, sum, squares } of parts) {
    all.count += count;
    all.sum += sum;
    all.squares += squares;
  }
  return all;
}

/** The mean and its standard error, with n - 1 in the variance; the error of fewer than two values is unknown: null. */
export function meanOf({ count, sum, squares }: Sums): Measure {
  if (count === 0) return { mean: 0, standardError: null };
  const mean = sum / count;
  if (count === 1) return { mean, standardError: null };
  const variance = Math.max(0, squares - sum * mean) / (count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}

/**
 * The mean of all values and its standard error, for values that resemble one another within a cluster but not across
 * clusters (Liang and Zeger 1986). With one value per cluster it is `meanOf`.
 */
export function meanOfClusters(clusters: readonly Sums[]): Measure {
  const { count, sum } = merge(clusters);
  if (count === 0) return { mean: 0, standardError: null };
  const mean = sum / count;
  if (clusters.length === 1) return { mean, standardError: null };
  let squares = 0;
  for (const cluster of clusters) squares += (cluster.sum - cluster.count * mean) ** 2;
  const n = clusters.length;
  return { mean, standardError: Math.sqrt((squares * n) / (n - 1)) / count };
}

/** Whether a mean difference is above or below zero by more than two standard errors; otherwise it may be chance. */
export function verdictOf({ mean, standardError }: Measure): Verdict {
  if (standardError === null || Math.abs(mean) <= 2 * standardError) return 'tie';
  return mean > 0 ? 'better' : 'worse';
}
